/* sequence-part.c - which rows a rank has between products. */
#include "model/sequence-part.h"
#include "base/part.h"

hl_sequence_part hl_sequence_part_of(const hl_stack *m, int T, bool sequence_parallel, hl_arena *scratch)
{
    const hl_tensor_group *p = m->tp;
    hl_sequence_part r = {sequence_parallel, 0, T, NULL};
    if (!sequence_parallel) return r;
    r.begin = (int)hl_part_begin(T, p->size, p->rank);
    r.n = (int)hl_part_count(T, p->size, p->rank);
    r.at = HL_TAKE(scratch, size_t, p->size + 1);
    for (int i = 0; i <= p->size; i++) r.at[i] = (size_t)hl_part_begin(T, p->size, i) * (size_t)m->shape.hidden_size;
    return r;
}

size_t hl_sequence_part_first(const hl_stack *m, const hl_sequence_part *r)
{
    return (size_t)r->begin * (size_t)m->shape.hidden_size;
}

void hl_sequence_part_all_gather(float *x, const hl_stack *m, const hl_sequence_part *r)
{
    if (r->sequence_parallel) m->tp->all_gather(m->tp, x, r->at);
}

void hl_sequence_part_reduce(float *x, const hl_stack *m, const hl_sequence_part *r, int T)
{
    if (r->sequence_parallel) m->tp->reduce_scatter(m->tp, x, r->at);
    else m->tp->all_reduce(m->tp, x, (size_t)T * (size_t)m->shape.hidden_size);
}

float *hl_sequence_part_norm_gradient(float *dw, const hl_stack *m, bool alike, hl_arena *scratch)
{
    const bool counts = !m->tp->sequence_parallel || !alike || m->tp->rank == 0;
    return counts ? dw : HL_TAKE_ZERO(scratch, float, m->shape.hidden_size);
}
