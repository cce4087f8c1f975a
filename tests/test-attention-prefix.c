/* test-attention-prefix.c - a shared prefix gives what every segment with a prefix of its own gives. */
#include "base/arena.h"
#include "base/rng.h"
#include "math/attention-last.h"
#include "math/attention-prefix.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

/* Segments of own rows after P rows that all share; `wide`: the same with P rows before each. */
typedef struct {
    hl_heads h;
    int P, segments, T, wide, row, od;
    int begin[8], wide_begin[8];
    float *qkv, *wide_qkv;
    hl_arena scratch;
} sharing;

static float *noise(int n, uint64_t seed)
{
    float *x = hl_alloc((size_t)n * sizeof *x);
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 31, 0);
    for (int i = 0; i < n; i++) x[i] = (float)hl_rng_normal(&r);
    return x;
}

static void open_sharing(sharing *s, const hl_heads *h, int P, int longest)
{
    *s = (sharing){.h = *h,
                   .P = P,
                   .segments = 5,
                   .row = (h->H + 2 * h->K) * h->d,
                   .od = h->H * h->d,
                   .scratch = hl_arena_growing("scratch")};
    s->begin[0] = P;
    for (int i = 0; i < s->segments; i++) {
        int L = 1 + (i * 7 + P) % longest;
        s->begin[i + 1] = s->begin[i] + L;
        s->wide_begin[i + 1] = s->wide_begin[i] + P + L;
    }
    s->T = s->begin[s->segments];
    s->wide = s->wide_begin[s->segments];
    s->qkv = noise(s->T * s->row, 1);
    s->wide_qkv = hl_alloc((size_t)(s->wide * s->row) * sizeof(float));
}

static void close_sharing(sharing *s)
{
    free(s->qkv);
    free(s->wide_qkv);
    hl_arena_free(&s->scratch);
}

/* The row among the shared ones that row k of segment i is. */
static int shared_row(const sharing *s, int i, int k) { return k < s->P ? k : s->begin[i] + k - s->P; }

/* wide (wide, n) from narrow (T, n). */
static void widen(float *wide, const float *narrow, const sharing *s, int n)
{
    for (int i = 0; i < s->segments; i++)
        for (int k = 0; k < s->wide_begin[i + 1] - s->wide_begin[i]; k++)
            memcpy(wide + (size_t)(s->wide_begin[i] + k) * (size_t)n, narrow + (size_t)shared_row(s, i, k) * (size_t)n,
                   (size_t)n * sizeof *wide);
}

/* narrow (T, n) = the sums over what wide (wide, n) has of each. */
static void narrow_sum(double *narrow, const float *wide, const sharing *s, int n)
{
    memset(narrow, 0, (size_t)(s->T * n) * sizeof *narrow);
    for (int i = 0; i < s->segments; i++)
        for (int k = 0; k < s->wide_begin[i + 1] - s->wide_begin[i]; k++)
            for (int c = 0; c < n; c++) narrow[shared_row(s, i, k) * n + c] += wide[(s->wide_begin[i] + k) * n + c];
}

static hl_prefix prefix_of(const sharing *s, const float *qkv)
{
    const float *k = qkv + s->od;
    return (hl_prefix){qkv + s->P * s->row, k, k + s->h.K * s->h.d, s->row, s->row, s->T - s->P, s->P, NULL};
}

/* Rows of the prefix are given no gradient, so that their own queries do not count several times. */
static void compare_all_rows(sharing *s)
{
    int n = s->T * s->od, wide = s->wide * s->od;
    float *o = hl_alloc((size_t)n * sizeof *o), *lse = hl_alloc((size_t)(s->T * s->h.H) * sizeof *lse),
          *d_o = noise(n, 2), *dqkv = hl_alloc((size_t)(s->T * s->row) * sizeof *dqkv);
    float *wo = hl_alloc((size_t)wide * sizeof *wo), *wlse = hl_alloc((size_t)(s->wide * s->h.H) * sizeof *wlse),
          *wd_o = hl_alloc((size_t)wide * sizeof *wd_o);
    float *wdqkv = hl_alloc((size_t)(s->wide * s->row) * sizeof *wdqkv),
          *expected = hl_alloc((size_t)wide * sizeof *expected);
    double *sum = hl_alloc((size_t)(s->T * s->row) * sizeof *sum);
    int runs[8] = {0}, from = s->P * s->od;
    memcpy(runs + 1, s->begin, (size_t)(s->segments + 1) * sizeof *runs);
    memset(d_o, 0, (size_t)from * sizeof *d_o);
    widen(s->wide_qkv, s->qkv, s, s->row);
    widen(wd_o, d_o, s, s->od);
    hl_attention_forward(wo, wlse, s->wide_qkv, s->wide_begin, s->segments, &s->h);
    hl_attention_backward(wdqkv, wd_o, wo, wlse, s->wide_qkv, s->wide_begin, s->segments, &s->h);
    narrow_sum(sum, wdqkv, s, s->row);
    const hl_prefix x = prefix_of(s, s->qkv);
    hl_attention_forward(o, lse, s->qkv, runs, s->segments + 1, &s->h);
    hl_attention_prefix_forward(o + from, lse + s->P * s->h.H, &x, &s->h);
    hl_attention_backward(dqkv, d_o, o, lse, s->qkv, runs, s->segments + 1, &s->h);
    hl_attention_prefix_backward(dqkv + s->P * s->row, dqkv + s->od, dqkv + s->od + s->h.K * s->h.d, d_o + from,
                                 o + from, lse + s->P * s->h.H, &x, &s->h, &s->scratch);
    widen(expected, o, s, s->od);
    for (int i = 0; i < wide; i++) CHECK_NEAR(expected[i], wo[i], 2e-6);
    for (int i = 0; i < s->T * s->row; i++) CHECK_NEAR(dqkv[i], sum[i], 2e-5);
    free(o), free(lse), free(d_o), free(dqkv), free(wo), free(wlse), free(wd_o), free(wdqkv), free(expected), free(sum);
}

static void compare_last_rows(sharing *s)
{
    int n = s->segments * s->od, kv = 2 * s->h.K * s->h.d;
    float *q = noise(n, 3), *d_o = noise(n, 4), *o = hl_alloc((size_t)n * sizeof *o),
          *lse = hl_alloc((size_t)(s->segments * s->h.H) * sizeof *lse), *dq = hl_alloc((size_t)n * sizeof *dq);
    float *wo = hl_alloc((size_t)n * sizeof *wo), *wlse = hl_alloc((size_t)(s->segments * s->h.H) * sizeof *wlse),
          *wdq = hl_alloc((size_t)n * sizeof *wdq);
    float *rows = noise(s->T * kv, 5), *wrows = hl_alloc((size_t)(s->wide * kv) * sizeof *wrows),
          *d = hl_alloc((size_t)(s->T * kv) * sizeof *d), *wd = hl_alloc((size_t)(s->wide * kv) * sizeof *wd);
    double *sum = hl_alloc((size_t)(s->T * kv) * sizeof *sum);
    widen(wrows, rows, s, kv);
    hl_attention_last_forward(wo, wlse, q, wrows, s->wide_begin, s->segments, &s->h);
    hl_attention_last_backward(wdq, wd, d_o, wo, wlse, q, wrows, s->wide_begin, s->segments, &s->h);
    narrow_sum(sum, wd, s, kv);
    const hl_prefix x = {q, rows, rows + s->h.K * s->h.d, s->od, kv, s->segments, s->P, NULL};
    hl_attention_last_forward(o, lse, q, rows, s->begin, s->segments, &s->h);
    hl_attention_prefix_forward(o, lse, &x, &s->h);
    memset(d, 0, (size_t)(s->T * kv) * sizeof *d);
    hl_attention_last_backward(dq, d, d_o, o, lse, q, rows, s->begin, s->segments, &s->h);
    hl_attention_prefix_backward(dq, d, d + s->h.K * s->h.d, d_o, o, lse, &x, &s->h, &s->scratch);
    for (int i = 0; i < n; i++) CHECK_NEAR(o[i], wo[i], 2e-6);
    for (int i = 0; i < n; i++) CHECK_NEAR(dq[i], wdq[i], 1e-5);
    for (int i = 0; i < s->T * kv; i++) CHECK_NEAR(d[i], sum[i], 2e-5);
    free(q), free(d_o), free(o), free(lse), free(dq), free(wo), free(wlse), free(wdq), free(rows), free(wrows), free(d),
        free(wd), free(sum);
}

/* Whole models and shares of heads that begin inside a group. */
static const hl_heads heads[] = {{4, 2, 8, 2, 0, 0, false, NULL},
                                 {3, 3, 4, 1, 0, 0, false, NULL},
                                 {6, 1, 16, 6, 0, 0, false, NULL},
                                 {3, 2, 6, 2, 1, 0, false, NULL},
                                 {5, 3, 8, 2, 1, 0, false, NULL}};

static void every_row_sees_the_prefix(void)
{
    for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++)
        for (int P = 1; P < 40; P += 12) {
            sharing s;
            open_sharing(&s, &heads[k], P, P < 20 ? 9 : 40);
            compare_all_rows(&s);
            close_sharing(&s);
        }
}

static void the_last_row_sees_the_prefix(void)
{
    for (size_t k = 0; k < sizeof heads / sizeof heads[0]; k++)
        for (int P = 1; P < 40; P += 12) {
            sharing s;
            open_sharing(&s, &heads[k], P, 9);
            compare_last_rows(&s);
            close_sharing(&s);
        }
}

static const test tests[] = {
    {"every row sees the prefix as if it had it for itself", every_row_sees_the_prefix},
    {"so does the last row of a segment", the_last_row_sees_the_prefix},
};
HL_TESTS("attention-prefix", tests)
