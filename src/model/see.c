/* see.c - what each token of a pack sees: its own segment before it, and the prefix that all segments begin with. */
#include "model/see.h"
#include "math/attention-last.h"
#include "math/attention-prefix.h"
#include "math/rows.h"
#include <string.h>

/* Tokens that see earlier ones of their own run: the prefix is one, and every segment. */
static const int *runs_of(const hl_pack *pack) { return pack->prefix ? pack->begin - 1 : pack->begin; }

static int count_runs(const hl_pack *pack) { return pack->segments + (pack->prefix > 0); }

/* Rows that do not read the prefix, since they are in it; numbers of queries that a row of keys and values begins
 * with. */
static int rows_in_prefix(const hl_pass *p) { return p->query ? 0 : p->pack.prefix; }
static int queries_before(const hl_pass *p) { return p->query ? 0 : hl_widths_of(p->m).od; }

/* All rows after the prefix read it; or one query a segment. */
static hl_prefix prefix_of(const hl_pass *p)
{
    const hl_widths s = hl_widths_of(p->m);
    const hl_pack *pack = &p->pack;
    const float *k = p->b.qkv + queries_before(p), *v = k + s.K * s.d;
    const int kv = s.qkv - s.od, first = pack->prefix;
    if (p->query) return (hl_prefix){p->b.q, k, v, s.od, kv, pack->segments, pack->prefix, p->query_position};
    return (hl_prefix){
        p->b.qkv + hl_rows_numbers(first, s.qkv), k, v, s.qkv, s.qkv, pack->T - first, first, pack->position + first};
}

void hl_see_forward(const hl_pass *p)
{
    const hl_block_saved *b = &p->b;
    const hl_widths s = hl_widths_of(p->m);
    const hl_pack *pack = &p->pack;
    const int first = rows_in_prefix(p);
    if (p->query) hl_attention_last_forward(b->o, b->lse, b->q, b->qkv, pack->begin, pack->segments, p->heads);
    else hl_attention_forward(b->o, b->lse, b->qkv, runs_of(pack), count_runs(pack), p->heads);
    if (!pack->prefix) return;
    const hl_prefix x = prefix_of(p);
    hl_attention_prefix_forward(b->o + hl_rows_numbers(first, s.od), b->lse + hl_rows_numbers(first, s.H), &x,
                                p->heads);
}

/* Each segment's last row asks.  Rows of the prefix are in no segment: nothing else writes their gradients. */
static void last_backward(const hl_pass *p, float *dq, float *dkv, const float *d_o)
{
    const hl_block_saved *b = &p->b;
    memset(dkv, 0, hl_rows_numbers(p->pack.prefix, p->at->kv.out) * sizeof *dkv);
    hl_attention_last_backward(dq, dkv, d_o, b->o, b->lse, b->q, b->qkv, p->pack.begin, p->pack.segments, p->heads);
}

void hl_see_backward(const hl_pass *p, float *dq, float *dqkv, const float *d_o)
{
    const hl_block_saved *b = &p->b;
    const hl_widths s = hl_widths_of(p->m);
    const hl_pack *pack = &p->pack;
    const int first = rows_in_prefix(p);
    const size_t from = hl_rows_numbers(first, s.od);
    float *dk = dqkv + queries_before(p);
    if (p->query) last_backward(p, dq, dqkv, d_o);
    else hl_attention_backward(dqkv, d_o, b->o, b->lse, b->qkv, runs_of(pack), count_runs(pack), p->heads);
    if (!pack->prefix) return;
    const hl_prefix x = prefix_of(p);
    hl_attention_prefix_backward(p->query ? dq : dqkv + hl_rows_numbers(first, s.qkv), dk, dk + s.K * s.d, d_o + from,
                                 b->o + from, b->lse + hl_rows_numbers(first, s.H), &x, p->heads, p->scratch);
}
