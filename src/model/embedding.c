/* embedding.c - rows of the token table go into a stack, and gradients go back to them. */
#include "model/embedding.h"
#include "base/part.h"
#include "math/rows.h"
#include <string.h>

/* Where the row of a token lies in the side's array; -1: another rank has it. */
static int64_t row_of(const hl_pass *p, int token)
{
    const hl_embedding *e = &p->m->embedding;
    const int mine = token - e->first;
    if (token < 0) return (int64_t)e->item_at;
    return mine >= 0 && mine < e->tokens ? (int64_t)e->at + (int64_t)mine * p->m->shape.hidden_size : -1;
}

/* Where the gradient of row i's token lies; -1: another rank has it, or nobody, as the row of the padding is not
 * trained. */
static int64_t gradient_of(const hl_pass *p, int i)
{
    const int token = p->whole->token[i];
    if (token >= 0 && token + 1 == p->m->shape.padding) return -1;
    if (!p->whole->slot) return row_of(p, token);
    const int slot = p->whole->slot[i];
    return slot < 0 ? -1 : (int64_t)p->m->embedding.at + (int64_t)slot * p->m->shape.hidden_size;
}

/* The [ITEM] vector, which all have, is rank 0's to give. */
void hl_embedding_forward(float *x, const hl_pass *p)
{
    const size_t D = (size_t)p->m->shape.hidden_size;
    const int *token = p->whole->token;
    for (int i = 0; i < p->whole->T; i++, x += D) {
        const int64_t from = token[i] >= 0 || p->m->tp->rank == 0 ? row_of(p, token[i]) : -1;
        if (from >= 0) memcpy(x, p->w + from, D * sizeof *x);
        else memset(x, 0, D * sizeof *x);
    }
}

void hl_embedding_add(const hl_pass *p, float *x, const hl_row_share *r)
{
    const hl_embedding *e = &p->m->embedding;
    const hl_tensor_group *tp = p->m->tp;
    const int D = p->m->shape.hidden_size, C = p->m->hidden;
    const int64_t column = tp->rows ? hl_part_begin(D, hl_tensor_group_columns(tp), hl_tensor_group_column(tp)) : 0;
    for (int i = 0; i < r->kept && e->places != HL_NOWHERE; i++)
        hl_add(x + hl_rows_numbers(i, C),
               p->w + e->places + hl_rows_numbers(p->pack.position[r->first + i], D) + column, (size_t)C);
    for (int i = 0; i < r->kept && e->types != HL_NOWHERE; i++)
        hl_add(x + hl_rows_numbers(i, C), p->w + e->types + column, (size_t)C);
}

/* Each peer does its rows, and all of them the [ITEM] vector. */
void hl_embedding_backward(const hl_pass *p, const float *dx)
{
    const size_t D = (size_t)p->m->shape.hidden_size;
    const hl_embedding *e = &p->m->embedding;
    for (int i = 0; i < p->whole->T; i++, dx += D) {
        const int64_t to = p->whole->token ? gradient_of(p, i) : -1;
        if (to >= 0) hl_add(p->dw + to, dx, D);
        if (e->places != HL_NOWHERE) hl_add(p->dw + e->places + hl_rows_numbers(p->whole->position[i], (int)D), dx, D);
        if (e->types != HL_NOWHERE) hl_add(p->dw + e->types, dx, D);
    }
}
