/* see.c - what each token of a pack sees: its own segment before it, and the prefix that all segments begin with. */
#include "model/see.h"
#include "math/attention-last.h"
#include "math/attention-prefix.h"
#include <string.h>

/* Query and key heads, and numbers of a head, of a row of queries, keys and values, of its queries. */
typedef struct {
    int H, K, d, qkv, od;
} steps;

static steps steps_of(const hl_heads *h)
{
    const int H = h->H, K = h->K, d = h->d;
    return (steps){H, K, d, (H + 2 * K) * d, H * d};
}

/* Tokens that see earlier ones of their own run: the prefix is one, and every segment. */
static const int *runs_of(const hl_pack *pack) { return pack->prefix ? pack->begin - 1 : pack->begin; }

static int count_runs(const hl_pack *pack) { return pack->segments + (pack->prefix > 0); }

/* All rows after the prefix read it. */
static hl_prefix prefix_of(const float *qkv, const steps *s, const hl_pack *pack)
{
    const float *k = qkv + s->od;
    return (hl_prefix){qkv + (size_t)pack->prefix * (size_t)s->qkv,
                       k,
                       k + s->K * s->d,
                       s->qkv,
                       s->qkv,
                       pack->T - pack->prefix,
                       pack->prefix,
                       pack->position + pack->prefix};
}

/* One query a segment reads it, at `position` (segments). */
static hl_prefix last_prefix_of(const hl_block_saved *b, const steps *s, const hl_pack *pack, const int *position)
{
    return (hl_prefix){b->q,         b->qkv,  b->qkv + s->K * s->d, s->od, 2 * s->K * s->d, pack->segments,
                       pack->prefix, position};
}

void hl_see_forward(hl_block_saved *b, const hl_heads *heads, const hl_pack *pack)
{
    const steps s = steps_of(heads);
    size_t first = (size_t)pack->prefix;
    hl_attention_forward(b->o, b->lse, b->qkv, runs_of(pack), count_runs(pack), heads);
    const hl_prefix x = prefix_of(b->qkv, &s, pack);
    if (pack->prefix) hl_attention_prefix_forward(b->o + first * (size_t)s.od, b->lse + first * (size_t)s.H, &x, heads);
}

void hl_see_backward(float *dqkv, const float *d_o, const hl_block_saved *b, const hl_heads *heads, const hl_pack *pack,
                     hl_arena *scratch)
{
    const steps s = steps_of(heads);
    size_t first = (size_t)pack->prefix, from = first * (size_t)s.od;
    float *dk = dqkv + s.od;
    hl_attention_backward(dqkv, d_o, b->o, b->lse, b->qkv, runs_of(pack), count_runs(pack), heads);
    const hl_prefix x = prefix_of(b->qkv, &s, pack);
    if (pack->prefix)
        hl_attention_prefix_backward(dqkv + first * (size_t)s.qkv, dk, dk + s.K * s.d, d_o + from, b->o + from,
                                     b->lse + first * (size_t)s.H, &x, heads, scratch);
}

void hl_see_last_forward(hl_block_saved *b, const hl_heads *heads, const hl_pack *pack, const int *position)
{
    const steps s = steps_of(heads);
    hl_attention_last_forward(b->o, b->lse, b->q, b->qkv, pack->begin, pack->segments, heads);
    const hl_prefix x = last_prefix_of(b, &s, pack, position);
    if (pack->prefix) hl_attention_prefix_forward(b->o, b->lse, &x, heads);
}

/* Rows of the prefix are in no segment: nothing has written their gradients. */
void hl_see_last_backward(float *dq, float *dkv, const float *d_o, const hl_block_saved *b, const hl_heads *heads,
                          const hl_pack *pack, const int *position, hl_arena *scratch)
{
    const steps s = steps_of(heads);
    memset(dkv, 0, (size_t)pack->prefix * (size_t)(s.qkv - s.od) * sizeof *dkv);
    hl_attention_last_backward(dq, dkv, d_o, b->o, b->lse, b->q, b->qkv, pack->begin, pack->segments, heads);
    const hl_prefix x = last_prefix_of(b, &s, pack, position);
    if (pack->prefix) hl_attention_prefix_backward(dq, dkv, dkv + s.K * s.d, d_o, b->o, b->lse, &x, heads, scratch);
}
