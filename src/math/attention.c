/* attention.c - causal attention over packed sequences.
 *
 * A thread has one segment and one key head at a time, with all query heads that read it.  Everything is a product of
 * 8 rows by 8 lanes held in registers: one vector of the right factor times 8 single numbers of the left one.
 *
 * Forward: the lanes are 8 neighbouring queries.  Their scores with all keys they may see make a strip (keys, 8); maximum,
 * exponentials and sum go down the strip without any sum across lanes; the strip times the values is the output, transposed.
 * Backward: the lanes are 8 neighbouring keys, and the strip (queries, 8) reaches from the diagonal to the last query.
 * The memory of a thread grows with the longest segment times a head's width, never with its square.
 *
 * A strip begins or ends in a triangle of 8 by 8.  Groups of queries are counted from the end of a segment, so that the
 * incomplete one is the first and has few keys; groups of keys from the beginning, so that the incomplete one has few
 * queries.  What is missing in a group is zeros.  Widths that are no multiple of 8 are copied into rows that are. */
#include "math/attention.h"
#include "base/arena.h"
#include "math/expf.h"
#include "math/simd.h"
#include <math.h>
#include <string.h>

enum { LANES = 8, TILE = LANES * LANES };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t places __attribute__((vector_size(LANES * sizeof(int32_t))));

#define LOAD(x) (*(const lanes *)(x))
#define STORE(x, v) (*(lanes *)(x) = (v))
#define EACH_LANE(r) _Pragma("GCC unroll 8") for (int r = 0; r < LANES; r++)

/* Rows of numbers somewhere: row i begins at at[i * step]. */
typedef struct {
    const float *at;
    size_t step;
} rows;

/* Scores are kept times this: powers of two are cheaper than powers of e. */
static const float log2_e = 1.44269504f, ln_2 = 0.693147181f;

/* What all segments share. */
typedef struct {
    const float *qkv, *o, *d_o, *lse; /* the last three: backward only */
    float *out, *out_lse;             /* forward: o and lse; backward: dqkv */
    int H, K, d, group, lead, wide;   /* wide: d up to a multiple of the lanes */
    float scale;
} job;

/* A thread's memory; what the forward does not use is NULL there. */
typedef struct {
    float *k_columns, *v_columns;   /* (wide, n): transposed */
    float *q_columns, *do_columns;  /* (wide, n) */
    float *q, *k, *v, *o, *d_o;     /* (n, wide): copies, where d is no multiple of the lanes */
    float *strip, *slope;           /* (n, LANES): probabilities, and the gradient of the scores */
    float *turned;                  /* (wide, LANES) */
    float *dq, *dk, *dv;            /* (n, wide) and twice (n / LANES, wide, LANES) */
    float *delta, *lse;             /* (n) */
} memory;

static int up_to_lanes(int n)
{
    return (n + LANES - 1) / LANES * LANES;
}

/* c (8 rows a c_row apart, 8 lanes) = or += sum over k < n of left (8 rows a left_row apart, n a left_step apart) times
 * right (n rows a right_step apart, 8 lanes). */
HL_INLINE void multiply(float *c, size_t c_row, bool add, const float *left, size_t left_row, size_t left_step, const float *right,
                        size_t right_step, int n)
{
    lanes sum[LANES];
    EACH_LANE(r) {
        sum[r] = (lanes){0};
        if (add) sum[r] = LOAD(c + (size_t)r * c_row);
    }
    for (int k = 0; k < n; k++, left += left_step, right += right_step) {
        const lanes v = LOAD(right);
        EACH_LANE(r) sum[r] += left[(size_t)r * left_row] * v;
    }
    EACH_LANE(r) STORE(c + (size_t)r * c_row, sum[r]);
}

/* An 8 by 8 block becomes its transpose: pairs, then fours, then halves change places. */
HL_INLINE void transpose(lanes x[LANES])
{
    lanes two[LANES], four[LANES];
    _Pragma("GCC unroll 4") for (int i = 0; i < LANES; i += 2) {
        two[i] = __builtin_shuffle(x[i], x[i + 1], (places){0, 8, 1, 9, 4, 12, 5, 13});
        two[i + 1] = __builtin_shuffle(x[i], x[i + 1], (places){2, 10, 3, 11, 6, 14, 7, 15});
    }
    _Pragma("GCC unroll 4") for (int i = 0; i < LANES; i += 2) {
        const int first = i / 4 * 4 + i % 4 / 2;
        four[i] = __builtin_shuffle(two[first], two[first + 2], (places){0, 1, 8, 9, 4, 5, 12, 13});
        four[i + 1] = __builtin_shuffle(two[first], two[first + 2], (places){2, 3, 10, 11, 6, 7, 14, 15});
    }
    _Pragma("GCC unroll 4") for (int i = 0; i < LANES / 2; i++) {
        x[i] = __builtin_shuffle(four[i], four[i + 4], (places){0, 1, 2, 3, 8, 9, 10, 11});
        x[i + 4] = __builtin_shuffle(four[i], four[i + 4], (places){4, 5, 6, 7, 12, 13, 14, 15});
    }
}

/* to (wide rows a to_row apart, 8 lanes) = scale times rows [first, first + 8) of x, transposed; rows that are not among
 * [0, end) are zeros. */
HL_INLINE void turn_in(float *to, size_t to_row, rows x, int first, int end, int wide, float scale)
{
    const bool whole = first >= 0 && first + LANES <= end;
    for (int c = 0; c < wide; c += LANES, to += LANES * to_row) {
        lanes block[LANES];
        EACH_LANE(r) {
            block[r] = (lanes){0};
            if (whole || (first + r >= 0 && first + r < end)) block[r] = scale * LOAD(x.at + (size_t)(first + r) * x.step + c);
        }
        transpose(block);
        EACH_LANE(r) STORE(to + (size_t)r * to_row, block[r]);
    }
}

/* The way back: row first + r of y (d wide) = factor[r] times column r of x (wide, LANES), for rows among [0, end). */
HL_INLINE void turn_out(float *y, size_t y_row, const float *x, int first, int end, int d, const float *factor)
{
    for (int c = 0; c < d; c += LANES, x += TILE) {
        lanes block[LANES];
        EACH_LANE(r) block[r] = LOAD(x + r * LANES) * LOAD(factor);
        transpose(block);
        EACH_LANE(r) {
            if (first + r < 0 || first + r >= end) continue;
            float *row = y + (size_t)(first + r) * y_row + c;
            if (d - c >= LANES) STORE(row, block[r]);
            else memcpy(row, &block[r], (size_t)(d - c) * sizeof *row);
        }
    }
}

/* The rows themselves, or a copy with zeros behind the width. */
HL_INLINE rows widened(float *copy, rows x, int n, int d, int wide)
{
    if (d == wide) return x;
    for (int i = 0; i < n; i++) {
        float *row = copy + (size_t)i * (size_t)wide;
        memcpy(row, x.at + (size_t)i * x.step, (size_t)d * sizeof *row);
        memset(row + d, 0, (size_t)(wide - d) * sizeof *row);
    }
    return (rows){copy, (size_t)wide};
}

/* Head number `head` of qkv, counting queries, keys and values. */
static size_t head_at(const job *j, int first, int head)
{
    return (size_t)first * (size_t)((j->H + 2 * j->K) * j->d) + (size_t)(head * j->d);
}

static rows head_of(const job *j, int first, int head)
{
    return (rows){j->qkv + head_at(j, first, head), (size_t)((j->H + 2 * j->K) * j->d)};
}

/* Scores of the queries [i0, i0 + 8) with the keys [0, i0 + 8) become exponentials: their largest and their sum. */
HL_INLINE void soften(float *restrict strip, int i0, float *restrict most, float *restrict sum)
{
    const int seen = i0 + LANES;
    for (int j = i0 > 0 ? i0 + 1 : 1; j < seen; j++)
        for (int x = 0; x < LANES; x++) strip[j * LANES + x] = j > i0 + x ? -INFINITY : strip[j * LANES + x];
    for (int x = 0; x < LANES; x++) most[x] = strip[x], sum[x] = 0.0f;
    for (int j = 1; j < seen; j++)
#pragma omp simd
        for (int x = 0; x < LANES; x++) most[x] = strip[j * LANES + x] > most[x] ? strip[j * LANES + x] : most[x];
    for (int j = 0; j < seen; j++)
#pragma omp simd
        for (int x = 0; x < LANES; x++) {
            const float e = hl_exp2f(strip[j * LANES + x] - most[x]);
            strip[j * LANES + x] = e;
            sum[x] += e;
        }
}

/* The queries [i0, i0 + 8): i0 is negative where the segment does not begin with 8. */
HL_INLINE void forward_queries(const job *j, const memory *m, rows q, rows v, int first, int length, int head, int i0)
{
    const size_t columns = (size_t)up_to_lanes(length), row = (size_t)(j->H * j->d);
    const int seen = i0 + LANES;
    float most[LANES], sum[LANES], share[LANES], lse[LANES];
    turn_in(m->turned, LANES, q, i0, length, j->wide, j->scale * log2_e);
    for (int k0 = 0; k0 < seen; k0 += LANES)
        multiply(m->strip + k0 * LANES, LANES, false, m->k_columns + k0, 1, columns, m->turned, LANES, j->d);
    soften(m->strip, i0, most, sum);
    for (int c = 0; c < j->wide; c += LANES)
        multiply(m->turned + c * LANES, LANES, false, v.at + c, 1, v.step, m->strip, LANES, seen);
#pragma omp simd
    for (int x = 0; x < LANES; x++) {
        share[x] = 1.0f / sum[x];
        lse[x] = ln_2 * most[x] + hl_logf(sum[x]);
    }
    turn_out(j->out + (size_t)first * row + head * j->d, row, m->turned, i0, length, j->d, share);
    for (int x = i0 < 0 ? -i0 : 0; x < LANES; x++)
        j->out_lse[(size_t)(first + i0 + x) * (size_t)j->H + (size_t)head] = lse[x];
}

/* The first of my query heads that read this key head. */
HL_INLINE int first_head(const job *j, int key_head)
{
    const int head = key_head * j->group - j->lead;
    return head < 0 ? 0 : head < j->H ? head : j->H;
}

HL_FAST static void forward_segment(const job *j, const memory *m, int first, int length, int key_head)
{
    const int columns = up_to_lanes(length);
    const rows k = widened(m->k, head_of(j, first, j->H + key_head), length, j->d, j->wide);
    const rows v = widened(m->v, head_of(j, first, j->H + j->K + key_head), length, j->d, j->wide);
    for (int i = 0; i < length; i += LANES) turn_in(m->k_columns + i, (size_t)columns, k, i, length, j->wide, 1.0f);
    for (int head = first_head(j, key_head); head < first_head(j, key_head + 1); head++) {
        const rows q = widened(m->q, head_of(j, first, head), length, j->d, j->wide);
        for (int i = length - columns; i < length; i += LANES) forward_queries(j, m, q, v, first, length, head, i);
    }
}

/* What the backward of a query head needs of its rows: lse, and delta = d_o . o. */
HL_INLINE void gather_rows(const job *j, const memory *m, rows o, rows d_o, int first, int length, int head)
{
    for (int i = 0; i < length; i += LANES) {
        lanes sum = {0};
        for (int c = 0; c < j->wide; c += LANES) {
            lanes block[LANES];
            EACH_LANE(r) {
                block[r] = (lanes){0};
                if (i + r < length) block[r] = LOAD(o.at + (size_t)(i + r) * o.step + c) * LOAD(d_o.at + (size_t)(i + r) * d_o.step + c);
            }
            transpose(block);
            EACH_LANE(r) sum += block[r];
        }
        STORE(m->delta + i, sum);
    }
    for (int i = 0; i < length; i++) m->lse[i] = log2_e * j->lse[(size_t)(first + i) * (size_t)j->H + (size_t)head];
}

/* Scores become probabilities, and the gradients of probabilities those of scores, for the queries [from, end). */
HL_INLINE void harden(float *strip, float *slope, const float *lse, const float *delta, int from, int end)
{
    for (int i = from; i < end; i++) {
        float *restrict p = strip + i * LANES, *restrict s = slope + i * LANES;
#pragma omp simd
        for (int x = 0; x < LANES; x++) {
            const float e = hl_exp2f(p[x] - lse[i]);
            p[x] = x > i - from ? 0.0f : e;
            s[x] = p[x] * (s[x] - delta[i]);
        }
    }
}

HL_INLINE void backward_keys(const job *j, const memory *m, rows q, rows k, rows d_o, int length, int k0)
{
    const int end = up_to_lanes(length), mine = length - k0 < LANES ? length - k0 : LANES;
    const size_t columns = (size_t)end, wide = (size_t)j->wide;
    float *dk = m->dk + (size_t)k0 * wide, *dv = m->dv + (size_t)k0 * wide;
    for (int i = k0; i < end; i += LANES) {
        multiply(m->strip + i * LANES, LANES, false, m->q_columns + i, 1, columns, m->k_columns + k0, columns, j->d);
        multiply(m->slope + i * LANES, LANES, false, m->do_columns + i, 1, columns, m->v_columns + k0, columns, j->d);
    }
    harden(m->strip, m->slope, m->lse, m->delta, k0, length);
    for (int c = 0; c < j->wide; c += LANES) {
        multiply(dv + c * LANES, LANES, true, d_o.at + (size_t)k0 * d_o.step + c, 1, d_o.step, m->strip + k0 * LANES, LANES, length - k0);
        multiply(dk + c * LANES, LANES, true, q.at + (size_t)k0 * q.step + c, 1, q.step, m->slope + k0 * LANES, LANES, length - k0);
        for (int i = k0; i < end; i += LANES)
            multiply(m->dq + (size_t)i * wide + c, wide, true, m->slope + i * LANES, LANES, 1, k.at + (size_t)k0 * k.step + c, k.step, mine);
    }
}

/* dqkv of a query head = scale times what has been added up. */
HL_INLINE void give_queries(const job *j, const memory *m, int first, int length, int head)
{
    for (int i = 0; i < length; i++) {
        float *dq = j->out + head_at(j, first + i, head);
        const float *sum = m->dq + (size_t)i * (size_t)j->wide;
#pragma omp simd
        for (int c = 0; c < j->d; c++) dq[c] = j->scale * sum[c];
    }
}

HL_INLINE void give_keys(const job *j, const memory *m, int first, int length, int key_head)
{
    const size_t row = (size_t)((j->H + 2 * j->K) * j->d);
    float scale[LANES], one[LANES];
    for (int x = 0; x < LANES; x++) scale[x] = j->scale, one[x] = 1.0f;
    for (int i = 0; i < length; i += LANES) {
        const size_t at = (size_t)i * (size_t)j->wide;
        turn_out(j->out + head_at(j, first, j->H + key_head), row, m->dk + at, i, length, j->d, scale);
        turn_out(j->out + head_at(j, first, j->H + j->K + key_head), row, m->dv + at, i, length, j->d, one);
    }
}

HL_FAST static void backward_segment(const job *j, const memory *m, int first, int length, int key_head)
{
    const int end = up_to_lanes(length);
    const size_t columns = (size_t)end, all = columns * (size_t)j->wide * sizeof(float), o_row = (size_t)(j->H * j->d);
    const rows k = widened(m->k, head_of(j, first, j->H + key_head), length, j->d, j->wide);
    const rows v = widened(m->v, head_of(j, first, j->H + j->K + key_head), length, j->d, j->wide);
    for (int i = 0; i < length; i += LANES) {
        turn_in(m->k_columns + i, columns, k, i, length, j->wide, 1.0f);
        turn_in(m->v_columns + i, columns, v, i, length, j->wide, 1.0f);
    }
    memset(m->dk, 0, all);
    memset(m->dv, 0, all);
    for (int head = first_head(j, key_head); head < first_head(j, key_head + 1); head++) {
        const rows q = widened(m->q, head_of(j, first, head), length, j->d, j->wide);
        const rows o = widened(m->o, (rows){j->o + (size_t)first * o_row + head * j->d, o_row}, length, j->d, j->wide);
        const rows d_o = widened(m->d_o, (rows){j->d_o + (size_t)first * o_row + head * j->d, o_row}, length, j->d, j->wide);
        for (int i = 0; i < length; i += LANES) {
            turn_in(m->q_columns + i, columns, q, i, length, j->wide, j->scale * log2_e);
            turn_in(m->do_columns + i, columns, d_o, i, length, j->wide, 1.0f);
        }
        gather_rows(j, m, o, d_o, first, length, head);
        memset(m->dq, 0, all);
        for (int k0 = 0; k0 < length; k0 += LANES) backward_keys(j, m, q, k, d_o, length, k0);
        give_queries(j, m, first, length, head);
    }
    give_keys(j, m, first, length, key_head);
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
    const size_t n = (size_t)up_to_lanes(longest), wide = (size_t)j->wide, copy = j->wide > j->d ? n * wide : 0;
    memory m = {
        .k_columns = HL_TAKE(a, float, n * wide),
        .k = HL_TAKE(a, float, copy),
        .v = HL_TAKE(a, float, copy),
        .q = HL_TAKE(a, float, copy),
        .strip = HL_TAKE(a, float, n * LANES),
        .turned = HL_TAKE(a, float, wide * LANES),
    };
    if (!j->d_o) return m;
    m.v_columns = HL_TAKE(a, float, n * wide);
    m.q_columns = HL_TAKE(a, float, n * wide);
    m.do_columns = HL_TAKE(a, float, n * wide);
    m.o = HL_TAKE(a, float, copy);
    m.d_o = HL_TAKE(a, float, copy);
    m.slope = HL_TAKE(a, float, n * LANES);
    m.dq = HL_TAKE(a, float, n * wide);
    m.dk = HL_TAKE(a, float, n * wide);
    m.dv = HL_TAKE(a, float, n * wide);
    m.delta = HL_TAKE(a, float, n);
    m.lse = HL_TAKE(a, float, n);
    return m;
}

typedef void (*act)(const job *j, const memory *m, int first, int length, int key_head);

/* Every segment and key head once, on whatever thread is free. */
static void share_out(act act_on, const job *j, const int *begin, int segments)
{
    const int longest = longest_of(begin, segments);
    if (longest == 0) return;
#pragma omp parallel if (hl_is_worth_threads((size_t)begin[segments] * (size_t)((j->H + 2 * j->K) * j->d)))
    {
        static _Thread_local hl_arena room; /* stays until the thread ends: after the longest segment nothing is allocated */
        if (!room.growing) room = hl_arena_growing("attention");
        const memory m = lay_out(&room, j, longest);
#pragma omp for collapse(2) schedule(dynamic)
        for (int s = 0; s < segments; s++)
            for (int k = 0; k < j->K; k++) act_on(j, &m, begin[s], begin[s + 1] - begin[s], k);
        hl_arena_back(&room, 0);
    }
}

static job job_of(const float *qkv, const hl_heads *h)
{
    return (job){.qkv = qkv, .H = h->H, .K = h->K, .d = h->d, .group = h->group, .lead = h->lead, .wide = up_to_lanes(h->d),
                 .scale = 1.0f / sqrtf((float)h->d)};
}

void hl_attention_forward(float *o, float *lse, const float *qkv, const int *begin, int segments, const hl_heads *heads)
{
    job j = job_of(qkv, heads);
    j.out = o;
    j.out_lse = lse;
    share_out(forward_segment, &j, begin, segments);
}

void hl_attention_backward(float *dqkv, const float *d_o, const float *o, const float *lse, const float *qkv, const int *begin, int segments,
                           const hl_heads *heads)
{
    job j = job_of(qkv, heads);
    j.o = o;
    j.d_o = d_o;
    j.lse = lse;
    j.out = dqkv;
    share_out(backward_segment, &j, begin, segments);
}
