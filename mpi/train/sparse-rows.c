/* sparse-rows.c - the gradient of a table of which a step reads some rows: those rows alone. */
#include "mpi/train/sparse-rows.h"
#include "base/error.h"

void hl_sparse_rows_open(hl_sparse_rows *s, const hl_params *t)
{
    *s = (hl_sparse_rows){0};
    for (int k = 0; k < t->n; k++) {
        const hl_param *p = &t->at[k];
        if (!p->row_sparse || p->count == 0) continue;
        HL_CHECK(s->end == 0 && p->ndim == 2 && p->split_axis == 0 && p->cross_axis < 0);
        s->at = p->offset;
        s->end = p->offset + p->count;
        s->width = (size_t)p->shape[1];
        s->first = p->mine.begin;
        hl_bitmap_open(&s->has, (size_t)(p->mine.end - p->mine.begin));
    }
}

void hl_sparse_rows_close(hl_sparse_rows *s)
{
    hl_bitmap_close(&s->has);
    *s = (hl_sparse_rows){0};
}

static bool is_mine(const hl_sparse_rows *s, int64_t token)
{
    return token >= s->first && token < s->first + (int64_t)s->has.n;
}

void hl_sparse_rows_take(hl_sparse_rows *s, const int32_t *item, int n)
{
    hl_bitmap_clear(&s->has);
    for (int i = 0; i < n; i++)
        if (is_mine(s, item[i])) hl_bitmap_add(&s->has, (size_t)(item[i] - s->first));
    hl_bitmap_count(&s->has);
}

void hl_sparse_rows_find(int *slot, const hl_sparse_rows *s, const int *token, int n)
{
    for (int i = 0; i < n; i++)
        slot[i] = is_mine(s, token[i]) ? (int)hl_bitmap_rank(&s->has, (size_t)(token[i] - s->first)) : -1;
}
