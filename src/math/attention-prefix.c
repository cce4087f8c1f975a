/* attention-prefix.c - keys and values that come before every segment.
 *
 * All queries see all of them, so strips (strip.h) take queries as they come, whatever their segments.  A thread has
 * a key head and some hundred queries, with all query heads that read it.  What these give to keys and values is a
 * sum of its own, and the sums are added up in order. */
#include "math/attention-prefix.h"
#include "base/minmax.h"
#include "math/simd.h"
#include "math/strip.h"
#include <math.h>
#include <string.h>

enum { QUERIES = 128 }; /* of a thread's turn */

static const float log2_e = 1.44269504f;

/* What all turns share. */
typedef struct {
    const hl_strips *s;
    const hl_prefix *x;
    const hl_heads *h;
    int turns, keys, wide; /* turns of a key head; keys and width of a head in copies */
    float scale;
    float *o, *lse, *dq, *sums; /* sums (K, turns, 2, keys, wide): dk and dv */
    const float *d_o, *whole_o, *whole_lse;
} job;

/* A thread's memory. */
typedef struct {
    float *k, *v;                /* (keys, wide) */
    float *strip, *slope;        /* (keys, lanes) */
    float *q, *o, *d_o;          /* (lanes, wide) */
    float *turned_q, *turned_do; /* (wide, lanes) */
} memory;

/* Some queries of a head: row 0 is query `first`, strips may begin before it. */
typedef struct {
    int head, first, count;
} place;

static memory take_memory(const job *j, hl_arena *a)
{
    const size_t n = (size_t)j->keys, wide = (size_t)j->wide, lanes = (size_t)j->s->lanes;
    return (memory){HL_TAKE(a, float, n *wide),     HL_TAKE(a, float, n *wide),     HL_TAKE(a, float, n *lanes),
                    HL_TAKE(a, float, n *lanes),    HL_TAKE(a, float, lanes *wide), HL_TAKE(a, float, lanes *wide),
                    HL_TAKE(a, float, lanes *wide), HL_TAKE(a, float, lanes *wide), HL_TAKE(a, float, lanes *wide)};
}

static void take_keys(const job *j, const memory *m, int key_head)
{
    const size_t step = (size_t)j->x->kv_step;
    j->s->copy(m->k, (hl_lines){j->x->k + key_head * j->h->d, step}, 0, j->keys, j->x->P, j->h->d, j->wide);
    j->s->copy(m->v, (hl_lines){j->x->v + key_head * j->h->d, step}, 0, j->keys, j->x->P, j->h->d, j->wide);
}

static void take_scores(const job *j, const memory *m, const place *p, int i0)
{
    const size_t step = (size_t)j->x->q_step;
    const hl_lines q = {j->x->q + (size_t)p->first * step + p->head * j->h->d, step};
    j->s->copy(m->q, q, i0, j->s->lanes, p->count, j->h->d, j->wide);
    j->s->turn(m->turned_q, m->q, j->wide, j->scale * log2_e);
    j->s->score(m->strip, m->k, m->turned_q, j->x->P, j->h->d, j->wide);
}

/* Where number x of a strip is in lse (n, H). */
static size_t lse_at(const job *j, const place *p, int i)
{
    return (size_t)(p->first + i) * (size_t)j->h->H + (size_t)p->head;
}

static size_t out_at(const job *j, const place *p)
{
    return ((size_t)p->first * (size_t)j->h->H + (size_t)p->head) * (size_t)j->h->d;
}

/* With a window: from (lanes), the first key that each query sees; sees (lanes): is there one? */
static void take_windows(int *from, bool *sees, const job *j, const place *p, int i0)
{
    for (int x = 0; x < j->s->lanes; x++) {
        from[x] = i0 + x < 0 ? 0 : j->x->position[p->first + i0 + x] + 1 - j->h->window;
        sees[x] = from[x] < j->x->P;
    }
}

/* The scores of what lies before a window are gone, and a query that sees no key takes nothing. */
static void soften(const job *j, const memory *m, const place *p, int i0, float *share, float *lse)
{
    const float nothing = -1e30f;
    int from[HL_LANES_MOST];
    bool sees[HL_LANES_MOST];
    if (j->h->window) {
        take_windows(from, sees, j, p, i0);
        for (int x = 0; x < j->s->lanes; x++) from[x] = sees[x] ? from[x] : j->x->P - 1;
        hl_strips_hide(j->s, m->strip, from, j->x->P);
    }
    j->s->soften(m->strip, share, lse, j->x->P, HL_SEES_ALL);
    for (int x = 0; j->h->window && x < j->s->lanes; x++)
        if (!sees[x]) {
            share[x] = 0.0f;
            lse[x] = nothing;
        }
}

static void harden(const job *j, const memory *m, const place *p, int i0, const float *lse, const float *delta)
{
    int from[HL_LANES_MOST];
    bool sees[HL_LANES_MOST];
    j->s->harden(m->strip, m->slope, lse, delta, j->x->P, HL_SEES_ALL);
    if (!j->h->window) return;
    take_windows(from, sees, j, p, i0);
    hl_strips_clear(j->s, m->strip, m->slope, from, j->x->P);
}

static void forward_strip(const job *j, const memory *m, const place *p, int i0)
{
    float keep[HL_LANES_MOST], share[HL_LANES_MOST], lse[HL_LANES_MOST], own[HL_LANES_MOST] = {0};
    const hl_strip_target to = {j->o + out_at(j, p), (size_t)(j->h->H * j->h->d), i0, p->count, keep, share};
    const int from = i0 < 0 ? -i0 : 0;
    for (int x = from; x < j->s->lanes; x++) own[x] = j->lse[lse_at(j, p, i0 + x)];
    take_scores(j, m, p, i0);
    soften(j, m, p, i0, share, lse);
    j->s->merge(keep, share, lse, own);
    for (int x = from; x < j->s->lanes; x++) j->lse[lse_at(j, p, i0 + x)] = lse[x];
    j->s->give(&to, m->strip, m->v, j->x->P, j->h->d, j->wide);
}

static void backward_strip(const job *j, const memory *m, const place *p, int i0, float *dk, float *dv)
{
    const hl_strips *s = j->s;
    const int P = j->x->P, d = j->h->d;
    const size_t row = (size_t)(j->h->H * d), step = (size_t)j->x->q_step;
    float lse[HL_LANES_MOST], delta[HL_LANES_MOST], scale[HL_LANES_MOST], one[HL_LANES_MOST];
    const hl_strip_target dq = {j->dq + (size_t)p->first * step + p->head * d, step, i0, p->count, one, scale};
    for (int x = 0; x < s->lanes; x++) {
        lse[x] = i0 + x < 0 ? INFINITY : log2_e * j->whole_lse[lse_at(j, p, i0 + x)];
        scale[x] = j->scale;
        one[x] = 1.0f;
    }
    s->copy(m->o, (hl_lines){j->whole_o + out_at(j, p), row}, i0, s->lanes, p->count, d, j->wide);
    s->copy(m->d_o, (hl_lines){j->d_o + out_at(j, p), row}, i0, s->lanes, p->count, d, j->wide);
    s->dot(delta, m->o, m->d_o, j->wide);
    s->turn(m->turned_do, m->d_o, j->wide, 1.0f);
    take_scores(j, m, p, i0);
    s->score(m->slope, m->v, m->turned_do, P, d, j->wide);
    harden(j, m, p, i0, lse, delta);
    s->give(&dq, m->slope, m->k, P, d, j->wide);
    s->add(dk, m->slope, m->q, P, j->wide);
    s->add(dv, m->strip, m->d_o, P, j->wide);
}

/* The query heads [*begin, *end) that read key head k. */
static void readers(int *begin, int *end, int k, const hl_heads *h)
{
    *begin = k * h->group - h->lead > 0 ? k * h->group - h->lead : 0;
    *end = (k + 1) * h->group - h->lead < h->H ? (k + 1) * h->group - h->lead : h->H;
}

static void turn(const job *j, const memory *m, int key_head, int number)
{
    const int first = number * QUERIES, rest = j->x->n - first, count = hl_min(rest, QUERIES);
    const size_t size = (size_t)j->keys * (size_t)j->wide;
    float *sums = j->dq ? j->sums + 2 * size * (size_t)(key_head * j->turns + number) : NULL;
    int begin, end;
    readers(&begin, &end, key_head, j->h);
    take_keys(j, m, key_head);
    if (sums) memset(sums, 0, 2 * size * sizeof *sums);
    for (int head = begin; head < end; head++) {
        const place p = {head, first, count};
        for (int i = count - hl_strips_up(j->s, count); i < count; i += j->s->lanes)
            if (sums) backward_strip(j, m, &p, i, sums, sums + size);
            else forward_strip(j, m, &p, i);
    }
}

static void take_turns(const job *j)
{
#pragma omp parallel if (hl_is_worth_threads((size_t)j->x->n * (size_t)(j->x->P * j->h->d)))
    {
        static _Thread_local hl_arena room; /* stays until the thread ends, as attention's */
        if (!room.name) room = hl_arena_growing("attention to a prefix");
        const memory m = take_memory(j, &room);
#pragma omp for collapse(2) schedule(dynamic)
        for (int k = 0; k < j->h->K; k++)
            for (int i = 0; i < j->turns; i++) turn(j, &m, k, i);
        hl_arena_back(&room, 0);
    }
}

static job job_of(const hl_prefix *x, const hl_heads *h)
{
    const hl_strips *s = hl_strips_here();
    return (job){.s = s,
                 .x = x,
                 .h = h,
                 .turns = (x->n + QUERIES - 1) / QUERIES,
                 .keys = hl_strips_up(s, x->P),
                 .wide = (h->d + 7) / 8 * 8,
                 .scale = 1.0f / sqrtf((float)h->d)};
}

void hl_attention_prefix_forward(float *o, float *lse, const hl_prefix *x, const hl_heads *heads)
{
    job j = job_of(x, heads);
    j.o = o;
    j.lse = lse;
    take_turns(&j);
}

/* y (P rows y_step apart, d) += scale times the sums of all turns. */
static void give_sums(float *y, const float *sum, const job *j, float scale)
{
    for (int i = 0; i < j->turns; i++, sum += 2 * j->keys * j->wide)
        for (int p = 0; p < j->x->P; p++)
            for (int c = 0; c < j->h->d; c++)
                y[(size_t)p * (size_t)j->x->kv_step + (size_t)c] += scale * sum[p * j->wide + c];
}

void hl_attention_prefix_backward(float *dq, float *dk, float *dv, const float *d_o, const float *o, const float *lse,
                                  const hl_prefix *x, const hl_heads *heads, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    job j = job_of(x, heads);
    const size_t size = (size_t)j.keys * (size_t)j.wide, all = 2 * size * (size_t)j.turns;
    j.dq = dq;
    j.d_o = d_o;
    j.whole_o = o;
    j.whole_lse = lse;
    j.sums = HL_TAKE_ROWS(scratch, float, all, heads->K);
    take_turns(&j);
    for (int k = 0; k < heads->K; k++) {
        give_sums(dk + k * heads->d, j.sums + all * (size_t)k, &j, j.scale);
        give_sums(dv + k * heads->d, j.sums + all * (size_t)k + size, &j, 1.0f);
    }
    hl_arena_back(scratch, mark);
}
