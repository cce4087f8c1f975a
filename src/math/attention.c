/* attention.c - attention over packed sequences, causal or both ways.
 *
 * A thread has one segment and one key head at a time, with all query heads that read it, and goes through the
 * queries in strips (strip.h).  Forward: scores with all keys that a strip may see, their exponentials, and the sum
 * of the values. Backward: scores and probabilities again, the gradient of the queries at once, those of keys and
 * values in a sum over the strips.  The memory of a thread grows with the longest segment times a head's width,
 * never with its square.
 *
 * Strips are counted from the end of a segment, so that the incomplete one is the first and has few keys.  What is
 * missing in it is zeros. */
#include "math/attention.h"
#include "base/arena.h"
#include "math/simd.h"
#include "math/strip.h"
#include <math.h>
#include <string.h>

/* Scores are kept times this: powers of two are cheaper than powers of e. */
static const float log2_e = 1.44269504f;

/* What all segments share. */
typedef struct {
    const hl_strips *s;
    const float *qkv, *o, *d_o, *lse; /* the last three: backward only */
    float *out, *out_lse;             /* forward: o and lse; backward: dqkv */
    int H, K, d, group, lead, wide;   /* wide: d up to a multiple of 8 */
    int window;
    bool both_ways;
    float scale;
    const hl_attention_drop *drop;
} job;

/* A thread's memory; n is the longest segment, up to a multiple of the lanes. */
typedef struct {
    float *k, *v;                /* (n, wide) */
    float *strip, *slope;        /* (n, lanes) */
    float *q, *o, *d_o;          /* (lanes, wide) */
    float *turned_q, *turned_do; /* (wide, lanes) */
    float *dk, *dv;              /* (n, wide) */
    float *factor;               /* (n) */
} memory;

/* One segment's part of a head. */
typedef struct {
    int first, length, head;
} place;

static size_t row_of(const job *j) { return (size_t)((j->H + 2 * j->K) * j->d); }

/* Head number `head` of qkv, counting queries, keys and values. */
static size_t head_at(const job *j, int first, int head) { return (size_t)first * row_of(j) + (size_t)(head * j->d); }

static hl_lines head_of(const job *j, int first, int head)
{
    return (hl_lines){j->qkv + head_at(j, first, head), row_of(j)};
}

/* The same head of o or do. */
static hl_lines out_of(const job *j, const float *o, const place *p)
{
    const size_t row = (size_t)(j->H * j->d);
    return (hl_lines){o + (size_t)p->first * row + p->head * j->d, row};
}

/* The first of my query heads that read this key head. */
static int first_head(const job *j, int key_head)
{
    const int head = key_head * j->group - j->lead;
    return head < 0 ? 0 : head < j->H ? head : j->H;
}

static void take_keys(const job *j, const memory *m, int first, int length, int key_head)
{
    const int n = hl_strips_up(j->s, length);
    j->s->copy(m->k, head_of(j, first, j->H + key_head), 0, n, length, j->d, j->wide);
    j->s->copy(m->v, head_of(j, first, j->H + j->K + key_head), 0, n, length, j->d, j->wide);
}

/* The keys [first, first + n) that a strip of queries from i0 on sees: all of its segment, all up to its last, or those
 * within a window of one of them.  from (lanes): where each lane's window begins, counted from `first`. */
typedef struct {
    int first, n, diagonal;
    int from[HL_LANES_MOST];
} view;

static view view_of(const job *j, const place *p, int i0)
{
    if (j->both_ways) return (view){.n = p->length, .diagonal = HL_SEES_ALL};
    const int lanes = j->s->lanes, before = j->window ? i0 + 1 - j->window : 0;
    view v = {.first = before > 0 ? before / lanes * lanes : 0};
    v.n = i0 + lanes - v.first;
    v.diagonal = i0 - v.first;
    for (int x = 0; j->window && x < lanes; x++) v.from[x] = before + x - v.first;
    return v;
}

/* The scores of the queries from i0 on, which is negative where the segment does not begin with a whole strip. */
static void take_scores(const job *j, const memory *m, const place *p, int i0, const view *v)
{
    j->s->copy(m->q, head_of(j, p->first, p->head), i0, j->s->lanes, p->length, j->d, j->wide);
    j->s->turn(m->turned_q, m->q, j->wide, j->scale * log2_e);
    j->s->score(m->strip, m->k + v->first * j->wide, m->turned_q, v->n, j->d, j->wide);
}

/* A strip of the keys from v->first on, times the factors of the queries from i0 on. */
static void drop(const job *j, const memory *m, float *strip, const place *p, int i0, const view *v)
{
    const hl_attention_drop *d = j->drop;
    if (!d) return;
    const uint32_t blocks = (uint32_t)(d->places + 7) / 8;
    const int lanes = j->s->lanes, n = v->first + v->n < p->length ? v->first + v->n : p->length;
    for (int x = i0 < 0 ? -i0 : 0; x < lanes; x++) {
        const uint32_t line = (uint32_t)(d->first_head + p->head) * (uint32_t)d->places + (uint32_t)(i0 + x);
        hl_dropout_factors(m->factor, &d->draws, d->sample[p->first], line * blocks, n);
        for (int k = v->first; k < n; k++) strip[(k - v->first) * lanes + x] *= m->factor[k];
    }
}

static void forward_strip(const job *j, const memory *m, const place *p, int i0)
{
    const size_t row = (size_t)(j->H * j->d);
    const int lanes = j->s->lanes;
    float share[HL_LANES_MOST], lse[HL_LANES_MOST];
    const hl_strip_target to = {j->out + (size_t)p->first * row + p->head * j->d, row, i0, p->length, NULL, share};
    const view v = view_of(j, p, i0);
    take_scores(j, m, p, i0, &v);
    if (j->window) hl_strips_hide(j->s, m->strip, v.from, v.n);
    j->s->soften(m->strip, share, lse, v.n, v.diagonal);
    for (int x = i0 < 0 ? -i0 : 0; x < lanes; x++)
        j->out_lse[(size_t)(p->first + i0 + x) * (size_t)j->H + (size_t)p->head] = lse[x];
    drop(j, m, m->strip, p, i0, &v);
    j->s->give(&to, m->strip, m->v + v.first * j->wide, v.n, j->d, j->wide);
}

static void forward_segment(const job *j, const memory *m, int first, int length, int key_head)
{
    take_keys(j, m, first, length, key_head);
    for (int head = first_head(j, key_head); head < first_head(j, key_head + 1); head++)
        for (int i = length - hl_strips_up(j->s, length); i < length; i += j->s->lanes)
            forward_strip(j, m, &(place){first, length, head}, i);
}

static void backward_strip(const job *j, const memory *m, const place *p, int i0)
{
    const hl_strips *s = j->s;
    const view v = view_of(j, p, i0);
    const int before = v.first * j->wide;
    float lse[HL_LANES_MOST], delta[HL_LANES_MOST], scale[HL_LANES_MOST];
    const hl_strip_target dq = {j->out + head_at(j, p->first, p->head), row_of(j), i0, p->length, NULL, scale};
    for (int x = 0; x < s->lanes; x++) {
        lse[x] = i0 + x < 0 ? INFINITY : log2_e * j->lse[(size_t)(p->first + i0 + x) * (size_t)j->H + (size_t)p->head];
        scale[x] = j->scale;
    }
    s->copy(m->o, out_of(j, j->o, p), i0, s->lanes, p->length, j->d, j->wide);
    s->copy(m->d_o, out_of(j, j->d_o, p), i0, s->lanes, p->length, j->d, j->wide);
    s->dot(delta, m->o, m->d_o, j->wide);
    s->turn(m->turned_do, m->d_o, j->wide, 1.0f);
    take_scores(j, m, p, i0, &v);
    s->score(m->slope, m->v + before, m->turned_do, v.n, j->d, j->wide);
    drop(j, m, m->slope, p, i0, &v);
    s->harden(m->strip, m->slope, lse, delta, v.n, v.diagonal);
    if (j->window) hl_strips_clear(s, m->strip, m->slope, v.from, v.n);
    drop(j, m, m->strip, p, i0, &v);
    s->give(&dq, m->slope, m->k + before, v.n, j->d, j->wide);
    s->add(m->dk + before, m->slope, m->q, v.n, j->wide);
    s->add(m->dv + before, m->strip, m->d_o, v.n, j->wide);
}

static void give_rows(float *y, size_t y_row, const float *sum, int n, int d, int wide, float scale)
{
    for (int i = 0; i < n; i++)
        for (int c = 0; c < d; c++)
            y[(size_t)i * y_row + (size_t)c] = scale * sum[(size_t)i * (size_t)wide + (size_t)c];
}

static void backward_segment(const job *j, const memory *m, int first, int length, int key_head)
{
    const int n = hl_strips_up(j->s, length);
    const size_t bytes = (size_t)n * (size_t)j->wide * sizeof(float);
    take_keys(j, m, first, length, key_head);
    memset(m->dk, 0, bytes);
    memset(m->dv, 0, bytes);
    for (int head = first_head(j, key_head); head < first_head(j, key_head + 1); head++)
        for (int i = length - n; i < length; i += j->s->lanes) backward_strip(j, m, &(place){first, length, head}, i);
    give_rows(j->out + head_at(j, first, j->H + key_head), row_of(j), m->dk, length, j->d, j->wide, j->scale);
    give_rows(j->out + head_at(j, first, j->H + j->K + key_head), row_of(j), m->dv, length, j->d, j->wide, 1.0f);
}

static int longest_of(const int *begin, int segments)
{
    int longest = 0;
    for (int s = 0; s < segments; s++)
        if (begin[s + 1] - begin[s] > longest) longest = begin[s + 1] - begin[s];
    return longest;
}

static memory lay_out(hl_arena *a, const job *j, int longest)
{
    const size_t n = (size_t)hl_strips_up(j->s, longest), wide = (size_t)j->wide, lanes = (size_t)j->s->lanes;
    memory m = {
        .k = HL_TAKE(a, float, n *wide),
        .v = HL_TAKE(a, float, n *wide),
        .strip = HL_TAKE(a, float, n *lanes),
        .q = HL_TAKE(a, float, wide *lanes),
        .turned_q = HL_TAKE(a, float, wide *lanes),
        .factor = HL_TAKE(a, float, j->drop ? n : 0),
    };
    if (!j->d_o) return m;
    m.slope = HL_TAKE(a, float, n *lanes);
    m.o = HL_TAKE(a, float, wide *lanes);
    m.d_o = HL_TAKE(a, float, wide *lanes);
    m.turned_do = HL_TAKE(a, float, wide *lanes);
    m.dk = HL_TAKE(a, float, n *wide);
    m.dv = HL_TAKE(a, float, n *wide);
    return m;
}

typedef void (*act)(const job *j, const memory *m, int first, int length, int key_head);

/* Every segment and key head once, on whatever thread is free. */
static void share_out(act act_on, const job *j, const int *begin, int segments)
{
    const int longest = longest_of(begin, segments);
    if (longest == 0) return;
#pragma omp parallel if (hl_is_worth_threads((size_t)begin[segments] * row_of(j)))
    {
        static _Thread_local hl_arena
            room; /* stays until the thread ends: after the longest segment nothing is allocated */
        if (!room.name) room = hl_arena_growing("attention");
        const memory m = lay_out(&room, j, longest);
#pragma omp for collapse(2) schedule(dynamic)
        for (int s = 0; s < segments; s++)
            for (int k = 0; k < j->K; k++) act_on(j, &m, begin[s], begin[s + 1] - begin[s], k);
        hl_arena_back(&room, 0);
    }
}

static job job_of(const float *qkv, const hl_heads *h)
{
    const hl_strips *s = hl_strips_here();
    return (job){.s = s,
                 .qkv = qkv,
                 .H = h->H,
                 .K = h->K,
                 .d = h->d,
                 .group = h->group,
                 .lead = h->lead,
                 .wide = (h->d + 7) / 8 * 8,
                 .window = h->window,
                 .both_ways = h->both_ways,
                 .scale = 1.0f / sqrtf((float)h->d),
                 .drop = h->drop};
}

void hl_attention_forward(float *o, float *lse, const float *qkv, const int *begin, int segments, const hl_heads *heads)
{
    job j = job_of(qkv, heads);
    j.out = o;
    j.out_lse = lse;
    share_out(forward_segment, &j, begin, segments);
}

void hl_attention_backward(float *dqkv, const float *d_o, const float *o, const float *lse, const float *qkv,
                           const int *begin, int segments, const hl_heads *heads)
{
    job j = job_of(qkv, heads);
    j.o = o;
    j.d_o = d_o;
    j.lse = lse;
    j.out = dqkv;
    share_out(backward_segment, &j, begin, segments);
}
