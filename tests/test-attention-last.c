/* test-attention-last.c - the last token's attention is that of the whole segment, read out at its last row. */
#include "math/attention-last.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <string.h>

enum { SEGMENTS = 5 };
static const int begin[SEGMENTS + 1] = {0, 1, 3, 68, 85, 385};

static const hl_heads shapes[] = {
    {2, 1, 8, 2, 0, 0, false, NULL},  /* grouped */
    {4, 4, 12, 1, 0, 0, false, NULL}, /* a key head each */
    {3, 2, 8, 2, 1, 0, false, NULL},  /* a share that begins inside a group */
    {6, 2, 64, 3, 0, 0, false, NULL},
};

/* Queries, keys and values as the one op and as the other wants them. */
typedef struct {
    const hl_heads *h;
    int T, od, kv;
    float *qkv, *q, *rest;
} input;

static input input_of(const hl_heads *h)
{
    input x = {.h = h, .T = begin[SEGMENTS], .od = h->H * h->d, .kv = 2 * h->K * h->d};
    size_t row = (size_t)(x.od + x.kv);
    x.qkv = ref_random((size_t)x.T * row, 1, 1.0);
    x.q = ref_zeros((size_t)(SEGMENTS * x.od));
    x.rest = ref_zeros((size_t)(x.T * x.kv));
    for (int s = 0; s < SEGMENTS; s++)
        memcpy(x.q + s * x.od, x.qkv + (size_t)(begin[s + 1] - 1) * row, (size_t)x.od * sizeof *x.q);
    for (int t = 0; t < x.T; t++)
        memcpy(x.rest + t * x.kv, x.qkv + (size_t)t * row + x.od, (size_t)x.kv * sizeof *x.rest);
    return x;
}

/* Rows of the last tokens of a (T, width), as doubles. */
static double *last_rows(const float *x, int width)
{
    double *y = ref_double_zeros((size_t)(SEGMENTS * width));
    for (int s = 0; s < SEGMENTS; s++)
        for (int i = 0; i < width; i++) y[s * width + i] = x[(begin[s + 1] - 1) * width + i];
    return y;
}

static void agrees(const hl_heads *h)
{
    input x = input_of(h);
    size_t n = (size_t)(SEGMENTS * x.od);
    float *o = ref_zeros((size_t)(x.T * x.od)), *lse = ref_zeros((size_t)(x.T * h->H)), *few = ref_zeros(n),
          *few_lse = ref_zeros((size_t)(SEGMENTS * h->H));
    hl_attention_forward(o, lse, x.qkv, begin, SEGMENTS, h);
    hl_attention_last_forward(few, few_lse, x.q, x.rest, begin, SEGMENTS, h);
    CHECK_NEAR(ref_distance(few, last_rows(o, x.od), n), 0, 2e-6);
    CHECK_NEAR(ref_distance(few_lse, last_rows(lse, h->H), (size_t)(SEGMENTS * h->H)), 0, 2e-6);

    float *d_few = ref_random(n, 2, 1.0), *d_o = ref_zeros((size_t)(x.T * x.od)),
          *dqkv = ref_zeros((size_t)(x.T * (x.od + x.kv)));
    float *dq = ref_random(n, 3, 1.0), *drest = ref_random((size_t)(x.T * x.kv), 4, 1.0);
    for (int s = 0; s < SEGMENTS; s++)
        memcpy(d_o + (begin[s + 1] - 1) * x.od, d_few + s * x.od, (size_t)x.od * sizeof *d_o);
    hl_attention_backward(dqkv, d_o, o, lse, x.qkv, begin, SEGMENTS, h);
    hl_attention_last_backward(dq, drest, d_few, few, few_lse, x.q, x.rest, begin, SEGMENTS, h);
    double *want_q = ref_double_zeros(n), *want_rest = ref_double_zeros((size_t)(x.T * x.kv));
    for (int t = 0; t < x.T; t++)
        for (int i = 0; i < x.kv; i++) want_rest[t * x.kv + i] = dqkv[t * (x.od + x.kv) + x.od + i];
    for (int s = 0; s < SEGMENTS; s++)
        for (int i = 0; i < x.od; i++) want_q[s * x.od + i] = dqkv[(begin[s + 1] - 1) * (x.od + x.kv) + i];
    CHECK_NEAR(ref_distance(dq, want_q, n), 0, 4e-6);
    CHECK_NEAR(ref_distance(drest, want_rest, (size_t)(x.T * x.kv)), 0, 4e-6);
    ref_done();
}

static void the_last_row_is_that_of_all_rows(void)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) agrees(&shapes[i]);
}

static const test tests[] = {
    {"the last row is that of all rows, forward and backward", the_last_row_is_that_of_all_rows},
};
HL_TESTS("attention-last", tests)
