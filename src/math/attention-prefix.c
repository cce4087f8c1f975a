/* attention-prefix.c - keys and values that come before every segment.
 *
 * The prefix is short and everybody's, so its keys and values are turned once a head: number c of all keys in one row.  Scores of
 * a query are then a sum of rows, without sums across a vector.  A key head and the query heads that read it belong to
 * one thread, which adds their gradients in order. */
#include "math/attention-prefix.h"
#include "math/expf.h"
#include "math/simd.h"
#include <math.h>
#include <string.h>

/* What a key head works with, all (d, P) but the scores. */
typedef struct {
    float *k, *v, *dk, *dv;
    float *p, *ds; /* (P) */
} turned;

static turned take_turned(const hl_prefix *x, const hl_heads *h, hl_arena *scratch)
{
    size_t n = (size_t)h->d * (size_t)x->P;
    float *at = HL_TAKE(scratch, float, 4 * n + 2 * (size_t)x->P);
    return (turned){at, at + n, at + 2 * n, at + 3 * n, at + 4 * n, at + 4 * n + x->P};
}

static void turn(float *to, const float *from, int P, int step, int d)
{
    for (int j = 0; j < P; j++)
        for (int c = 0; c < d; c++) to[c * P + j] = from[(size_t)j * (size_t)step + (size_t)c];
}

static void turn_back_and_add(float *to, const float *from, int P, int step, int d)
{
    for (int j = 0; j < P; j++)
        for (int c = 0; c < d; c++) to[(size_t)j * (size_t)step + (size_t)c] += from[c * P + j];
}

/* s (P) = scale times the products of x with all rows. */
HL_INLINE void products(float *restrict s, const float *restrict x, const float *restrict rows, int P, int d, float scale)
{
    memset(s, 0, (size_t)P * sizeof *s);
    for (int c = 0; c < d; c++) {
        const float f = scale * x[c], *restrict row = rows + c * P;
#pragma omp simd
        for (int j = 0; j < P; j++) s[j] += f * row[j];
    }
}

HL_INLINE float product(const float *restrict a, const float *restrict b, int n)
{
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j < n; j++) sum += a[j] * b[j];
    return sum;
}

HL_FAST static void forward_query(float *restrict o, float *lse, const float *q, const turned *t, int P, int d, float scale)
{
    float *restrict p = t->p, most = *lse, sum = 0;
    products(p, q, t->k, P, d, scale);
#pragma omp simd reduction(max : most)
    for (int j = 0; j < P; j++) most = p[j] > most ? p[j] : most;
#pragma omp simd reduction(+ : sum)
    for (int j = 0; j < P; j++) {
        p[j] = hl_expf(p[j] - most);
        sum += p[j];
    }
    const float others = hl_expf(*lse - most), share = 1 / (others + sum);
    for (int c = 0; c < d; c++) o[c] = share * (others * o[c] + product(p, t->v + c * P, P));
    *lse = most + logf(others + sum);
}

HL_FAST static void backward_query(float *restrict dq, const float *d_o, const float *o, float lse, const float *q, const turned *t, int P, int d, float scale)
{
    float *restrict p = t->p, *restrict ds = t->ds;
    const float delta = product(d_o, o, d);
    products(p, q, t->k, P, d, scale);
    products(ds, d_o, t->v, P, d, 1);
#pragma omp simd
    for (int j = 0; j < P; j++) {
        p[j] = hl_expf(p[j] - lse);
        ds[j] = scale * p[j] * (ds[j] - delta);
    }
    for (int c = 0; c < d; c++) {
        float *restrict dk = t->dk + c * P, *restrict dv = t->dv + c * P;
        const float fq = q[c], fo = d_o[c];
        dq[c] += product(ds, t->k + c * P, P);
#pragma omp simd
        for (int j = 0; j < P; j++) {
            dk[j] += fq * ds[j];
            dv[j] += fo * p[j];
        }
    }
}

/* The query heads [*begin, *end) that read key head k. */
static void readers(int *begin, int *end, int k, const hl_heads *h)
{
    *begin = k * h->group - h->lead > 0 ? k * h->group - h->lead : 0;
    *end = (k + 1) * h->group - h->lead < h->H ? (k + 1) * h->group - h->lead : h->H;
}

static void forward_key_head(float *o, float *lse, const hl_prefix *x, int k, const turned *t, const hl_heads *h)
{
    int begin, end, d = h->d;
    readers(&begin, &end, k, h);
    turn(t->k, x->k + k * d, x->P, x->kv_step, d);
    turn(t->v, x->v + k * d, x->P, x->kv_step, d);
    for (int i = 0; i < x->n; i++)
        for (int head = begin; head < end; head++)
            forward_query(o + ((size_t)i * (size_t)h->H + (size_t)head) * (size_t)d, lse + (size_t)i * (size_t)h->H + head,
                          x->q + (size_t)i * (size_t)x->q_step + (size_t)(head * d), t, x->P, d, 1 / sqrtf((float)d));
}

void hl_attention_prefix_forward(float *o, float *lse, const hl_prefix *x, const hl_heads *heads, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    turned *t = HL_TAKE(scratch, turned, heads->K);
    for (int k = 0; k < heads->K; k++) t[k] = take_turned(x, heads, scratch);
#pragma omp parallel for schedule(static, 1) if (hl_is_worth_threads((size_t)x->n * (size_t)x->P))
    for (int k = 0; k < heads->K; k++) forward_key_head(o, lse, x, k, &t[k], heads);
    hl_arena_back(scratch, mark);
}

static void backward_key_head(float *dq, float *dk, float *dv, const float *d_o, const float *o, const float *lse, const hl_prefix *x, int k,
                              const turned *t, const hl_heads *h)
{
    int begin, end, d = h->d;
    readers(&begin, &end, k, h);
    turn(t->k, x->k + k * d, x->P, x->kv_step, d);
    turn(t->v, x->v + k * d, x->P, x->kv_step, d);
    memset(t->dk, 0, (size_t)d * (size_t)x->P * sizeof *t->dk);
    memset(t->dv, 0, (size_t)d * (size_t)x->P * sizeof *t->dv);
    for (int i = 0; i < x->n; i++)
        for (int head = begin; head < end; head++) {
            size_t row = (size_t)i * (size_t)h->H + (size_t)head, at = (size_t)i * (size_t)x->q_step + (size_t)(head * d);
            backward_query(dq + at, d_o + row * (size_t)d, o + row * (size_t)d, lse[row], x->q + at, t, x->P, d, 1 / sqrtf((float)d));
        }
    turn_back_and_add(dk + k * d, t->dk, x->P, x->kv_step, d);
    turn_back_and_add(dv + k * d, t->dv, x->P, x->kv_step, d);
}

void hl_attention_prefix_backward(float *dq, float *dk, float *dv, const float *d_o, const float *o, const float *lse, const hl_prefix *x,
                                  const hl_heads *heads, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    turned *t = HL_TAKE(scratch, turned, heads->K);
    for (int k = 0; k < heads->K; k++) t[k] = take_turned(x, heads, scratch);
#pragma omp parallel for schedule(static, 1) if (hl_is_worth_threads((size_t)x->n * (size_t)x->P))
    for (int k = 0; k < heads->K; k++) backward_key_head(dq, dk, dv, d_o, o, lse, x, k, &t[k], heads);
    hl_arena_back(scratch, mark);
}
