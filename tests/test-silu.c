/* test-silu.c - HSTU's ops agree with their slow twins: pointwise attention, silu, gates. */
#include "math/gate.h"
#include "math/silu-attention.h"
#include "math/silu.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <string.h>

/* ---- attention */

typedef struct {
    int H, d, segments, begin[8];
    float share;
} pack;

static const pack packs[] = {
    {3, 8, 7, {0, 1, 3, 3, 68, 368, 376, 393}, 0.02f},
    {2, 16, 4, {0, 65, 66, 66, 78}, 1.0f},
    {4, 12, 3, {0, 2, 67, 90}, 0.1f},
    {1, 5, 2, {0, 33, 73}, 0.5f},
    {2, 1, 2, {0, 9, 12}, 0.1f},
};
enum { PACKS = sizeof packs / sizeof *packs, PARTS = 4 };

static size_t row_of(const pack *p) { return (size_t)(PARTS * p->H * p->d); }
static size_t tokens_of(const pack *p) { return (size_t)p->begin[p->segments]; }
static size_t out_of(const pack *p) { return tokens_of(p) * (size_t)(p->H * p->d); }
static size_t all_of(const pack *p) { return tokens_of(p) * row_of(p); }

/* A head of part `part` (u, v, q, k) of token t. */
static size_t at(const pack *p, int t, int part, int h)
{
    return (size_t)t * row_of(p) + (size_t)((part * p->H + h) * p->d);
}

static double silu(double s) { return s / (1 + exp(-s)); }

static double slope(double s)
{
    const double q = 1 / (1 + exp(-s));
    return q * (1 + s * (1 - q));
}

static const hl_silu_bias *biases; /* of the test at hand */

static int bucket_of(const pack *p, int s, int t, int k)
{
    const int L = p->begin[s + 1] - p->begin[s];
    return biases->bucket[biases->begin[s] + (size_t)((t - p->begin[s]) * L + k - p->begin[s])];
}

/* visit(self, ...) every pair of a query and a key that it sees, with their score. */
static void each_pair(const pack *p, const double *x,
                      void (*visit)(void *self, int s, int t, int k, int h, double score), void *self)
{
    for (int s = 0; s < p->segments; s++)
        for (int t = p->begin[s]; t < p->begin[s + 1]; t++)
            for (int k = p->begin[s]; k <= t; k++)
                for (int h = 0; h < p->H; h++) {
                    const double bias =
                        biases ? (double)biases->time[bucket_of(p, s, t, k)] + (double)biases->place[k - t] : 0;
                    visit(self, s, t, k, h, bias + ref_dot(x + at(p, t, 2, h), x + at(p, k, 3, h), (size_t)p->d));
                }
}

typedef struct {
    const pack *p;
    const double *x, *d_o;
    double *o, *dx, *dtime, *dplace;
} twin;

static void give(void *self, int s, int t, int k, int h, double score)
{
    (void)s;
    const twin *w = self;
    const int d = w->p->d;
    for (int c = 0; c < d; c++)
        w->o[(t * w->p->H + h) * d + c] += (double)w->p->share * silu(score) * w->x[at(w->p, k, 1, h) + (size_t)c];
}

static void take(void *self, int s, int t, int k, int h, double score)
{
    const twin *w = self;
    const int d = w->p->d;
    const double *grad = w->d_o + (t * w->p->H + h) * d;
    const double ds = (double)w->p->share * slope(score) * ref_dot(grad, w->x + at(w->p, k, 1, h), (size_t)d);
    if (biases) w->dtime[bucket_of(w->p, s, t, k)] += ds, w->dplace[k - t] += ds;
    for (size_t c = 0; c < (size_t)d; c++) {
        w->dx[at(w->p, t, 2, h) + c] += ds * w->x[at(w->p, k, 3, h) + c];
        w->dx[at(w->p, k, 3, h) + c] += ds * w->x[at(w->p, t, 2, h) + c];
        w->dx[at(w->p, k, 1, h) + c] += (double)w->p->share * silu(score) * grad[c];
    }
}

static void forward(float *o, const float *x, const pack *p)
{
    const hl_silu_heads heads = {p->H, p->d, row_of(p), p->share, NULL};
    hl_silu_attention_forward(o, x + at(p, 0, 2, 0), x + at(p, 0, 3, 0), x + at(p, 0, 1, 0), p->begin, p->segments,
                              &heads);
}

static void attention_agrees_with_its_twin(void)
{
    for (int i = 0; i < PACKS; i++) {
        const pack *p = &packs[i];
        const hl_silu_heads heads = {p->H, p->d, row_of(p), p->share, NULL};
        const size_t n = all_of(p), no = out_of(p);
        float *x = ref_random(n, 1, 1.0), *d_o = ref_random(no, 2, 1.0), *o = ref_random(no, 3, 1.0),
              *dx = ref_zeros(n);
        const twin w = {p,   ref_double(x, n), ref_double(d_o, no), ref_double_zeros(no), ref_double_zeros(n), NULL,
                        NULL};
        each_pair(p, w.x, give, (void *)(uintptr_t)&w);
        each_pair(p, w.x, take, (void *)(uintptr_t)&w);
        forward(o, x, p);
        hl_silu_attention_backward(dx + at(p, 0, 2, 0), dx + at(p, 0, 3, 0), dx + at(p, 0, 1, 0), d_o,
                                   x + at(p, 0, 2, 0), x + at(p, 0, 3, 0), x + at(p, 0, 1, 0), p->begin, p->segments,
                                   &heads);
        CHECK_NEAR(ref_distance(o, w.o, no), 0, 4e-6);
        CHECK_NEAR(ref_distance(dx, w.dx, n), 0, 4e-6);
        ref_done();
    }
}

typedef struct {
    const pack *p;
    const double *d_o;
} loss;

static double loss_of(const double *x, const void *self)
{
    const loss *l = self;
    const twin w = {l->p, x, NULL, ref_double_zeros(out_of(l->p)), NULL, NULL, NULL};
    each_pair(l->p, x, give, (void *)(uintptr_t)&w);
    return ref_dot(l->d_o, w.o, out_of(l->p));
}

static void the_twin_has_its_slope(void)
{
    for (int i = 1; i < PACKS; i++) {
        const pack *p = &packs[i];
        const size_t n = all_of(p), no = out_of(p);
        double *x = ref_double(ref_random(n, 1, 1.0), n), *d_o = ref_double(ref_random(no, 2, 1.0), no);
        const twin w = {p, x, d_o, NULL, ref_double_zeros(n), NULL, NULL};
        const loss l = {p, d_o};
        each_pair(p, x, take, (void *)(uintptr_t)&w);
        CHECK_NEAR(ref_slope(loss_of, x, w.dx, n, &l), 1.0, 1e-5);
        ref_done();
    }
}

static void nobody_sees_the_future_or_another_segment(void)
{
    const pack *p = &packs[0];
    const size_t n = all_of(p), out = (size_t)(p->H * p->d);
    float *x = ref_random(n, 1, 1.0), *o = ref_zeros(out_of(p)), *then = ref_zeros(out_of(p)), *other = ref_copy(x, n);
    const size_t t = 80, end = 368;
    for (size_t c = 0; c < row_of(p); c++) other[t * row_of(p) + c] += 1.0f;
    forward(o, x, p);
    forward(then, other, p);
    CHECK(memcmp(then, o, t * out * sizeof *o) == 0);
    CHECK(memcmp(then + end * out, o + end * out, (tokens_of(p) - end) * out * sizeof *o) == 0);
    CHECK(memcmp(then + t * out, o + t * out, (end - t) * out * sizeof *o) != 0);
    ref_done();
}

/* Every bucket by the formula: log(seconds) / 0.301, none below a second. */
static void buckets_are_logarithms_of_time(void)
{
    static const int64_t time[] = {0, 0, 1, 3, 100, 86400, 86400 * 400LL, INT64_C(1) << 60};
    enum { L = sizeof time / sizeof *time };
    unsigned char bucket[L * L];
    hl_silu_bias_buckets(bucket, time, L);
    for (int i = 0; i < L; i++)
        for (int k = 0; k <= i; k++) {
            const double apart = fabs((double)(time[i + 1 < L ? i + 1 : i] - time[k]));
            CHECK(bucket[i * L + k] == fmin(floor(log(fmax(apart, 1)) / 0.301), HL_SILU_BUCKETS));
        }
    CHECK(bucket[0] == 0 && bucket[(L - 1) * L] == HL_SILU_BUCKETS);
}

static void biases_agree_with_the_twin_forward_and_backward(void)
{
    enum { PLACES = 400, TIMES = HL_SILU_BUCKETS + 1 };
    for (int i = 0; i < PACKS; i++) {
        const pack *p = &packs[i];
        const size_t n = all_of(p), no = out_of(p);
        float *place = ref_random(PLACES, 5, 1.0), *dplace = ref_random(PLACES, 6, 1.0),
              *time = ref_random(TIMES, 7, 1.0), *dtime = ref_random(TIMES, 8, 1.0);
        size_t begin[9] = {0};
        for (int s = 0; s < p->segments; s++)
            begin[s + 1] = begin[s] + (size_t)((p->begin[s + 1] - p->begin[s]) * (p->begin[s + 1] - p->begin[s]));
        unsigned char *bucket = ref_take(begin[p->segments] + 1);
        int64_t *when = ref_take(tokens_of(p) * sizeof *when);
        for (size_t t = 0; t < tokens_of(p); t++) when[t] = (int64_t)(t * t * 37);
        for (int s = 0; s < p->segments; s++)
            hl_silu_bias_buckets(bucket + begin[s], when + p->begin[s], p->begin[s + 1] - p->begin[s]);
        const hl_silu_bias bias = {time,
                                   place + PLACES - 1,
                                   bucket,
                                   begin,
                                   dtime,
                                   dplace + PLACES - 1,
                                   ref_zeros(hl_silu_bias_room(p->begin, p->segments, p->H))};
        const hl_silu_heads heads = {p->H, p->d, row_of(p), p->share, &bias};
        float *x = ref_random(n, 1, 1.0), *d_o = ref_random(no, 2, 1.0), *o = ref_zeros(no), *dx = ref_zeros(n);
        double *DPLACE = ref_double(dplace, PLACES);
        const twin w = {p,
                        ref_double(x, n),
                        ref_double(d_o, no),
                        ref_double_zeros(no),
                        ref_double_zeros(n),
                        ref_double(dtime, TIMES),
                        DPLACE + PLACES - 1};
        biases = &bias;
        each_pair(p, w.x, give, (void *)(uintptr_t)&w);
        each_pair(p, w.x, take, (void *)(uintptr_t)&w);
        biases = NULL;
        hl_silu_attention_forward(o, x + at(p, 0, 2, 0), x + at(p, 0, 3, 0), x + at(p, 0, 1, 0), p->begin, p->segments,
                                  &heads);
        hl_silu_attention_backward(dx + at(p, 0, 2, 0), dx + at(p, 0, 3, 0), dx + at(p, 0, 1, 0), d_o,
                                   x + at(p, 0, 2, 0), x + at(p, 0, 3, 0), x + at(p, 0, 1, 0), p->begin, p->segments,
                                   &heads);
        CHECK_NEAR(ref_distance(o, w.o, no), 0, 4e-6);
        CHECK_NEAR(ref_distance(dx, w.dx, n), 0, 4e-6);
        CHECK_NEAR(ref_distance(dtime, w.dtime, TIMES), 0, 1e-5);
        CHECK_NEAR(ref_distance(dplace, DPLACE, PLACES), 0, 1e-5);
        ref_done();
    }
}

/* ---- number by number */

enum { T = 37, F = 301 };

static void silu_and_its_slope_agree_with_the_formula(void)
{
    const size_t n = (size_t)T * F;
    float *z = ref_random(n, 1, 3.0), *h = ref_zeros(n), *d = ref_random(n, 2, 1.0);
    double *H = ref_double_zeros(n), *D = ref_double_zeros(n);
    for (size_t i = 0; i < n; i++) H[i] = silu((double)z[i]), D[i] = (double)d[i] * slope((double)z[i]);
    hl_silu_forward(h, z, T, F);
    hl_silu_backward(d, z, T, F);
    CHECK_NEAR(ref_distance(h, H, n), 0, 1e-6);
    CHECK_NEAR(ref_distance(d, D, n), 0, 1e-6);
    ref_done();
}

static void gates_multiply_rows_that_lie_apart(void)
{
    enum { STEP = 4 * F };
    const size_t n = (size_t)T * F, wide = (size_t)T * STEP;
    float *gate = ref_random(wide, 1, 1.0), *x = ref_random(n, 2, 1.0), *dy = ref_random(n, 3, 1.0), *y = ref_zeros(n),
          *dgate = ref_zeros(wide), *dx = ref_copy(dy, n);
    bool same = true;
    hl_gate_forward(y, gate, STEP, x, T, F);
    hl_gate_backward(dgate, dx, dx, gate, STEP, x, T, F);
    for (size_t t = 0; t < T; t++)
        for (size_t i = 0; i < STEP; i++) {
            const size_t here = t * STEP + i, k = t * F + i;
            if (i >= F) same &= dgate[here] == 0;
            else same &= y[k] == gate[here] * x[k] && dgate[here] == dy[k] * x[k] && dx[k] == dy[k] * gate[here];
        }
    CHECK(same);
    ref_done();
}

static const test tests[] = {
    {"pointwise attention agrees with its twin, forward and backward", attention_agrees_with_its_twin},
    {"the twin has its slope", the_twin_has_its_slope},
    {"nobody sees the future or another segment", nobody_sees_the_future_or_another_segment},
    {"buckets are logarithms of time", buckets_are_logarithms_of_time},
    {"biases of times and places agree with the twin, forward and backward",
     biases_agree_with_the_twin_forward_and_backward},
    {"silu and its slope agree with the formula", silu_and_its_slope_agree_with_the_formula},
    {"gates multiply rows that lie apart", gates_multiply_rows_that_lie_apart},
};
HL_TESTS("silu", tests)
