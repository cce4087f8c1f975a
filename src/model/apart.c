/* apart.c - rows between products: all on every peer, or each peer's some. */
#include "model/apart.h"
#include "base/part.h"

hl_apart hl_apart_of(const hl_stack *m, int T, bool apart, hl_arena *scratch)
{
    const hl_tensor_group *p = m->tp;
    hl_apart r = {apart, 0, T, NULL};
    if (!apart) return r;
    r.begin = (int)hl_part_begin(T, p->size, p->rank);
    r.n = (int)hl_part_count(T, p->size, p->rank);
    r.at = HL_TAKE(scratch, size_t, p->size + 1);
    for (int i = 0; i <= p->size; i++) r.at[i] = (size_t)hl_part_begin(T, p->size, i) * (size_t)m->shape.hidden_size;
    return r;
}

size_t hl_apart_first(const hl_stack *m, const hl_apart *r)
{
    return (size_t)r->begin * (size_t)m->shape.hidden_size;
}

void hl_apart_gather(float *x, const hl_stack *m, const hl_apart *r)
{
    if (r->apart) m->tp->all_gather(m->tp, x, r->at);
}

void hl_apart_sum(float *x, const hl_stack *m, const hl_apart *r, int T)
{
    if (r->apart) m->tp->reduce_scatter(m->tp, x, r->at);
    else m->tp->all_reduce(m->tp, x, (size_t)T * (size_t)m->shape.hidden_size);
}

float *hl_apart_norm_gradient(float *dw, const hl_stack *m, bool alike, hl_arena *scratch)
{
    const bool counts = !m->tp->rows_apart || !alike || m->tp->rank == 0;
    return counts ? dw : HL_TAKE_ZERO(scratch, float, m->shape.hidden_size);
}
