/* item.c - the Item LLM: a chunk of texts in, a vector a text out. */
#include "model/item.h"
#include "base/error.h"
#include "math/rows.h"
#include <math.h>
#include <string.h>

void hl_item_open(hl_item_model *m, const hl_llama *shape, int item_tokens, int longest, const hl_peers *peers)
{
    *m = (hl_item_model){.item_tokens = item_tokens};
    const hl_cut vocab = hl_llama_share_of(shape, peers->rank, peers->size).vocab;
    bool first = peers->rank == 0;
    hl_llama_params(&m->table, shape, "item", true, peers->rank, peers->size);
    m->first_token = (int)vocab.begin;
    m->tokens = (int)(vocab.end - vocab.begin);
    if (item_tokens) {
        hl_param *p = hl_params_add(&m->table, "item_emb_tokens", "item_emb_tokens", -1, 1, 3, (int64_t[]){1, 1, shape->hidden_size}, first);
        p->init = HL_INIT_NORMAL;
        p->std = 0.02f;
        m->item_at = p->offset;
    }
    hl_param *scale = hl_params_add(&m->table, "logit_scale", "logit_scale", -1, 1, 0, NULL, first);
    scale->value = (float)log(1 / 0.07);
    m->scale_at = scale->offset;
    m->tokens_at = hl_params_find(&m->table, "item_llm.model.embed_tokens.weight")->offset;
    hl_stack_open(&m->stack, shape, &m->table, "item", longest + item_tokens, peers);
}

void hl_item_close(hl_item_model *m)
{
    hl_stack_close(&m->stack);
    hl_params_free(&m->table);
}

void hl_texts_pack(hl_texts *t, const hl_item_model *m, const hl_corpus *corpus, const int32_t *item, int n, hl_arena *arena)
{
    int *begin = HL_TAKE(arena, int, n + 1);
    begin[0] = 0;
    for (int i = 0; i < n; i++) {
        int length;
        corpus->tokens(corpus, item[i], &length);
        begin[i + 1] = begin[i] + length + m->item_tokens;
    }
    int T = begin[n], *token = HL_TAKE(arena, int, T), *position = HL_TAKE(arena, int, T);
    for (int i = 0; i < n; i++) {
        int length;
        const int32_t *ids = corpus->tokens(corpus, item[i], &length);
        for (int k = 0; k < begin[i + 1] - begin[i]; k++) {
            token[begin[i] + k] = k < length ? ids[k] : -1;
            position[begin[i] + k] = k;
        }
    }
    *t = (hl_texts){{T, n, begin, position, m->item_tokens > 0}, token};
}

/* Where the row of a token lies in the side's array; -1: another rank has it.  The [ITEM] vector, which all have, is rank
 * 0's to add. */
static int64_t row_of(const hl_item_model *m, int token)
{
    int mine = token - m->first_token;
    if (token < 0) return m->stack.peers->rank == 0 ? (int64_t)m->item_at : -1;
    return mine >= 0 && mine < m->tokens ? (int64_t)m->tokens_at + (int64_t)mine * m->stack.shape.hidden_size : -1;
}

static void embed_forward(float *x, const hl_item_model *m, const float *w, const hl_texts *t)
{
    size_t D = (size_t)m->stack.shape.hidden_size;
    for (int i = 0; i < t->pack.T; i++) {
        int64_t from = row_of(m, t->token[i]);
        if (from >= 0) memcpy(x + (size_t)i * D, w + from, D * sizeof *x);
        else memset(x + (size_t)i * D, 0, D * sizeof *x);
    }
    m->stack.peers->sum(m->stack.peers, x, (size_t)t->pack.T * D);
}

/* All peers have the same dx, so each can do its rows and all of them the [ITEM] vector. */
static void embed_backward(float *dw, const float *dx, const hl_item_model *m, const hl_texts *t)
{
    size_t D = (size_t)m->stack.shape.hidden_size;
    for (int i = 0; i < t->pack.T; i++) {
        int64_t to = t->token[i] < 0 ? (int64_t)m->item_at : row_of(m, t->token[i]);
        if (to >= 0) hl_add(dw + to, dx + (size_t)i * D, D);
    }
}

/* The [ITEM] token is the last row of its text, and what comes out of the stack is the vector. */
void hl_item_forward(float *vector, hl_stack_trace *trace, const hl_item_model *m, const float *w, const hl_texts *t, hl_arena *scratch)
{
    int D = m->stack.shape.hidden_size, n = t->pack.segments;
    size_t mark = hl_arena_mark(scratch), size = (size_t)t->pack.T * (size_t)D;
    float *x = HL_TAKE(scratch, float, size), *y = t->pack.last_only ? vector : HL_TAKE(scratch, float, size);
    embed_forward(x, m, w, t);
    hl_stack_forward(y, trace, &m->stack, w, x, &t->pack, scratch);
    if (!t->pack.last_only) hl_rows_mean_forward(vector, y, t->pack.begin, n, D);
    hl_arena_back(scratch, mark);
}

void hl_item_backward(float *dw, const float *dvector, const hl_stack_trace *trace, const hl_item_model *m, const float *w,
                      const hl_texts *t, hl_arena *scratch)
{
    int D = m->stack.shape.hidden_size, n = t->pack.segments;
    size_t mark = hl_arena_mark(scratch), size = (size_t)t->pack.T * (size_t)D;
    float *dx = HL_TAKE(scratch, float, size), *dy = HL_TAKE(scratch, float, t->pack.last_only ? 0 : size);
    if (!t->pack.last_only) hl_rows_mean_backward(dy, dvector, t->pack.begin, n, D);
    hl_stack_backward(dx, dw, t->pack.last_only ? dvector : dy, trace, &m->stack, w, &t->pack, scratch);
    embed_backward(dw, dx, m, t);
    hl_arena_back(scratch, mark);
}

float hl_item_scale(const hl_item_model *m, float *w)
{
    float *scale = w + m->scale_at, most = (float)log(100.0);
    if (*scale < 0) *scale = 0;
    if (*scale > most) *scale = most;
    return expf(*scale);
}
