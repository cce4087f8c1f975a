/* drop.c - what a stack drops by chance in training. */
#include "model/drop.h"
#include "base/error.h"
#include "base/part.h"

static hl_dropout draws_of(const hl_pass *p, hl_drop_site site, double rate)
{
    return (hl_dropout){p->pack.seed, p->pack.step, p->layer * HL_DROP_SITES + (int)site, rate};
}

bool hl_drops_rows(const hl_pass *p) { return p->pack.sample && p->m->shape.hidden_dropout > 0; }

void hl_drop_rows(const hl_pass *p, float *x, hl_drop_site site, int first, int n)
{
    if (!hl_drops_rows(p)) return;
    HL_CHECK(!p->query && p->pack.prefix == 0);
    const hl_tensor_group *tp = p->m->tp;
    const int D = p->m->shape.hidden_size, columns = tp->rows ? hl_tensor_group_columns(tp) : 1,
              column = tp->rows ? hl_tensor_group_column(tp) : 0;
    const hl_dropout draws = draws_of(p, site, p->m->shape.hidden_dropout);
    hl_dropout_apply(x, &draws,
                     &(hl_dropout_rows){p->pack.sample + first, p->pack.position + first, n, p->m->hidden,
                                        (int)hl_part_begin(D, columns, column), D});
}

const hl_attention_drop *hl_drop_attention(hl_attention_drop *to, const hl_pass *p)
{
    if (!p->pack.sample || p->m->shape.attention_dropout <= 0) return NULL;
    HL_CHECK(!p->query && p->pack.prefix == 0);
    *to = (hl_attention_drop){draws_of(p, HL_DROP_PROBABILITIES, p->m->shape.attention_dropout), p->pack.sample,
                              p->m->first_head, p->m->positions};
    return to;
}
