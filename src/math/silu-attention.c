/* silu-attention.c - pointwise attention over packed sequences.
 *
 * As attention.c: a thread has one segment and one head at a time, and goes through the queries in strips (strip.h),
 * counted from the end of the segment.  Scores become silu(score) / length, and their slope is
 * q (1 + s (1 - q)) / length with q = 1 / (1 + e^-s). */
#include "math/silu-attention.h"
#include "base/arena.h"
#include "math/expf.h"
#include "math/simd.h"
#include "math/strip.h"
#include <math.h>
#include <string.h>

/* What all segments share. */
typedef struct {
    const hl_strips *s;
    const hl_silu_heads *heads;
    const float *q, *k, *v, *d_o; /* d_o: backward only */
    float *o, *dq, *dk, *dv;
    int wide;    /* d up to a multiple of 8 */
    int longest; /* segment */
} job;

/* A thread's memory; n is the longest segment, up to a multiple of the lanes. */
typedef struct {
    float *k, *v;                /* (n, wide) */
    float *strip, *slope;        /* (n, lanes) */
    float *q, *d_o;              /* (lanes, wide) */
    float *turned_q, *turned_do; /* (wide, lanes) */
    float *dk, *dv;              /* (n, wide) */
} memory;

/* One segment's part of a head. */
typedef struct {
    int first, length, head, segment;
} place;

static size_t at(const job *j, const place *p)
{
    return (size_t)p->first * j->heads->row + (size_t)(p->head * j->heads->d);
}

static hl_lines lines_of(const job *j, const float *x, const place *p)
{
    return (hl_lines){x + at(j, p), j->heads->row};
}

static size_t out_row(const job *j) { return (size_t)(j->heads->H * j->heads->d); }

static size_t out_at(const job *j, const place *p)
{
    return (size_t)p->first * out_row(j) + (size_t)(p->head * j->heads->d);
}

/* Scores (n, lanes), of which lane x sees those up to diagonal + x: the others, and what is behind n up to a multiple
 * of the lanes, become zero. */
HL_FAST static void soften(float *strip, int n, int lanes, int diagonal, float share)
{
    for (int k = 0; k < n; k++) {
        float *line = strip + k * lanes;
#pragma omp simd
        for (int x = 0; x < lanes; x++) {
            const float s = line[x], y = share * s / (1.0f + hl_expf(-s));
            line[x] = k <= diagonal + x ? y : 0.0f;
        }
    }
    memset(strip + n * lanes, 0, (size_t)((n + lanes - 1) / lanes * lanes - n) * (size_t)lanes * sizeof *strip);
}

/* The same, and slope (n, lanes), gradients of what scores became, become those of the scores. */
HL_FAST static void harden(float *strip, float *slope, int n, int lanes, int diagonal, float share)
{
    for (int k = 0; k < n; k++) {
        float *line = strip + k * lanes, *its = slope + k * lanes;
#pragma omp simd
        for (int x = 0; x < lanes; x++) {
            const float s = line[x], q = 1.0f / (1.0f + hl_expf(-s)), ds = share * its[x] * (q + s * q * (1.0f - q));
            line[x] = k <= diagonal + x ? share * s * q : 0.0f;
            its[x] = k <= diagonal + x ? ds : 0.0f;
        }
    }
    const size_t bytes = (size_t)((n + lanes - 1) / lanes * lanes - n) * (size_t)lanes * sizeof *strip;
    memset(strip + n * lanes, 0, bytes);
    memset(slope + n * lanes, 0, bytes);
}

/* ---- biases */

enum { BUCKETS = HL_SILU_BUCKETS + 1 };

static int longest_of(const int *begin, int segments)
{
    int longest = 0;
    for (int s = 0; s < segments; s++)
        if (begin[s + 1] - begin[s] > longest) longest = begin[s + 1] - begin[s];
    return longest;
}

size_t hl_silu_bias_room(const int *begin, int segments, int H)
{
    return (size_t)segments * (size_t)H * (size_t)(BUCKETS + longest_of(begin, segments));
}

void hl_silu_bias_buckets(unsigned char *bucket, const int64_t *time, int L)
{
    for (int i = 0; i < L; i++)
        for (int j = 0; j <= i; j++) {
            const float apart = fabsf((float)(time[i + 1 < L ? i + 1 : i] - time[j]));
            const float x = logf(fmaxf(apart, 1.0f)) / 0.301f;
            bucket[i * L + j] = (unsigned char)fminf(x, (float)HL_SILU_BUCKETS);
        }
}

static const unsigned char *buckets_of(const job *j, const place *p, int query)
{
    const hl_silu_bias *b = j->heads->bias;
    return b->bucket + b->begin[p->segment] + (size_t)query * (size_t)p->length;
}

/* The strip of the queries from i0 on, where there are any. */
static void add_bias(const job *j, float *strip, const place *p, int i0)
{
    const hl_silu_bias *b = j->heads->bias;
    const int lanes = j->s->lanes;
    for (int x = i0 < 0 ? -i0 : 0; b && x < lanes; x++) {
        const unsigned char *bucket = buckets_of(j, p, i0 + x);
        for (int k = 0; k <= i0 + x; k++) strip[k * lanes + x] += b->time[bucket[k]] + b->place[k - (i0 + x)];
    }
}

/* Gradients of scores, into the sums of this segment and head. */
static void sum_bias(const job *j, const float *slope, const place *p, int i0)
{
    const hl_silu_bias *b = j->heads->bias;
    const int lanes = j->s->lanes;
    if (!b) return;
    float *time = b->sums + (size_t)(p->segment * j->heads->H + p->head) * (size_t)(BUCKETS + j->longest),
          *apart = time + BUCKETS;
    for (int x = i0 < 0 ? -i0 : 0; x < lanes; x++) {
        const unsigned char *bucket = buckets_of(j, p, i0 + x);
        for (int k = 0; k <= i0 + x; k++) {
            time[bucket[k]] += slope[k * lanes + x];
            apart[i0 + x - k] += slope[k * lanes + x];
        }
    }
}

/* Segment by segment and head by head, whoever made them. */
static void give_bias(const job *j, int segments)
{
    const hl_silu_bias *b = j->heads->bias;
    const float *sum = b ? b->sums : NULL;
    for (int i = 0; b && i < segments * j->heads->H; i++, sum += BUCKETS + j->longest) {
        for (int k = 0; k < BUCKETS; k++) b->dtime[k] += sum[k];
        for (int d = 0; d < j->longest; d++) b->dplace[-d] += sum[BUCKETS + d];
    }
}

static void take_scores(const job *j, const memory *m, const place *p, int i0)
{
    j->s->copy(m->q, lines_of(j, j->q, p), i0, j->s->lanes, p->length, j->heads->d, j->wide);
    j->s->turn(m->turned_q, m->q, j->wide, 1.0f);
    j->s->score(m->strip, m->k, m->turned_q, i0 + j->s->lanes, j->heads->d, j->wide);
    add_bias(j, m->strip, p, i0);
}

static void forward_strip(const job *j, const memory *m, const place *p, int i0)
{
    float one[HL_LANES_MOST];
    for (int x = 0; x < j->s->lanes; x++) one[x] = 1.0f;
    const hl_strip_target to = {j->o + out_at(j, p), out_row(j), i0, p->length, NULL, one};
    take_scores(j, m, p, i0);
    soften(m->strip, i0 + j->s->lanes, j->s->lanes, i0, j->heads->share);
    j->s->give(&to, m->strip, m->v, i0 + j->s->lanes, j->heads->d, j->wide);
}

static void backward_strip(const job *j, const memory *m, const place *p, int i0)
{
    const hl_strips *s = j->s;
    const int n = i0 + s->lanes;
    float one[HL_LANES_MOST];
    for (int x = 0; x < s->lanes; x++) one[x] = 1.0f;
    const hl_strip_target dq = {j->dq + at(j, p), j->heads->row, i0, p->length, NULL, one};
    s->copy(m->d_o, (hl_lines){j->d_o + out_at(j, p), out_row(j)}, i0, s->lanes, p->length, j->heads->d, j->wide);
    s->turn(m->turned_do, m->d_o, j->wide, 1.0f);
    take_scores(j, m, p, i0);
    s->score(m->slope, m->v, m->turned_do, n, j->heads->d, j->wide);
    harden(m->strip, m->slope, n, s->lanes, i0, j->heads->share);
    sum_bias(j, m->slope, p, i0);
    s->give(&dq, m->slope, m->k, n, j->heads->d, j->wide);
    s->add(m->dk, m->slope, m->q, n, j->wide);
    s->add(m->dv, m->strip, m->d_o, n, j->wide);
}

static void take_keys(const job *j, const memory *m, const place *p)
{
    const int n = hl_strips_up(j->s, p->length);
    j->s->copy(m->k, lines_of(j, j->k, p), 0, n, p->length, j->heads->d, j->wide);
    j->s->copy(m->v, lines_of(j, j->v, p), 0, n, p->length, j->heads->d, j->wide);
}

static void forward_head(const job *j, const memory *m, const place *p)
{
    take_keys(j, m, p);
    for (int i = p->length - hl_strips_up(j->s, p->length); i < p->length; i += j->s->lanes) forward_strip(j, m, p, i);
}

static void give_rows(const job *j, float *y, const place *p, const float *sum)
{
    for (int i = 0; i < p->length; i++)
        memcpy(y + at(j, p) + (size_t)i * j->heads->row, sum + (size_t)i * (size_t)j->wide,
               (size_t)j->heads->d * sizeof *y);
}

static void backward_head(const job *j, const memory *m, const place *p)
{
    const int n = hl_strips_up(j->s, p->length);
    const size_t bytes = (size_t)n * (size_t)j->wide * sizeof(float);
    take_keys(j, m, p);
    memset(m->dk, 0, bytes);
    memset(m->dv, 0, bytes);
    for (int i = p->length - n; i < p->length; i += j->s->lanes) backward_strip(j, m, p, i);
    give_rows(j, j->dk, p, m->dk);
    give_rows(j, j->dv, p, m->dv);
}

static memory lay_out(hl_arena *a, const job *j)
{
    const size_t n = (size_t)hl_strips_up(j->s, j->longest), wide = (size_t)j->wide, lanes = (size_t)j->s->lanes,
                 back = j->d_o ? 1 : 0;
    return (memory){.k = HL_TAKE(a, float, n *wide),
                    .v = HL_TAKE(a, float, n *wide),
                    .strip = HL_TAKE(a, float, n *lanes),
                    .q = HL_TAKE(a, float, wide *lanes),
                    .turned_q = HL_TAKE(a, float, wide *lanes),
                    .slope = HL_TAKE(a, float, back *n *lanes),
                    .d_o = HL_TAKE(a, float, back *wide *lanes),
                    .turned_do = HL_TAKE(a, float, back *wide *lanes),
                    .dk = HL_TAKE(a, float, back *n *wide),
                    .dv = HL_TAKE(a, float, back *n *wide)};
}

/* Every segment and head once, on whatever thread is free. */
static void share_out(void (*act)(const job *j, const memory *m, const place *p), const job *j, const int *begin,
                      int segments)
{
    if (j->longest == 0) return;
#pragma omp parallel if (hl_is_worth_threads((size_t)begin[segments] * 3 * out_row(j)))
    {
        static _Thread_local hl_arena room; /* stays until the thread ends, as in attention.c */
        if (!room.name) room = hl_arena_growing("silu attention");
        const memory m = lay_out(&room, j);
#pragma omp for collapse(2) schedule(dynamic)
        for (int s = 0; s < segments; s++)
            for (int h = 0; h < j->heads->H; h++) act(j, &m, &(place){begin[s], begin[s + 1] - begin[s], h, s});
        hl_arena_back(&room, 0);
    }
}

void hl_silu_attention_forward(float *o, const float *q, const float *k, const float *v, const int *begin, int segments,
                               const hl_silu_heads *heads)
{
    const job j = {.s = hl_strips_here(),
                   .heads = heads,
                   .q = q,
                   .k = k,
                   .v = v,
                   .o = o,
                   .wide = (heads->d + 7) / 8 * 8,
                   .longest = longest_of(begin, segments)};
    share_out(forward_head, &j, begin, segments);
}

void hl_silu_attention_backward(float *dq, float *dk, float *dv, const float *d_o, const float *q, const float *k,
                                const float *v, const int *begin, int segments, const hl_silu_heads *heads)
{
    const job j = {.s = hl_strips_here(),
                   .heads = heads,
                   .q = q,
                   .k = k,
                   .v = v,
                   .d_o = d_o,
                   .dq = dq,
                   .dk = dk,
                   .dv = dv,
                   .wide = (heads->d + 7) / 8 * 8,
                   .longest = longest_of(begin, segments)};
    if (heads->bias) memset(heads->bias->sums, 0, hl_silu_bias_room(begin, segments, heads->H) * sizeof(float));
    share_out(backward_head, &j, begin, segments);
    give_bias(&j, segments);
}
