/* test-attention.c - packed causal attention agrees with its slow twin, forward and backward. */
#include "math/attention.h"
#include "math/linear.h"
#include "math/strip.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <string.h>

typedef struct {
    int H, K, d, segments, begin[8];
    bool both_ways;
} pack;

/* Segments of 1, 2, none, 65, 300, 8 and 17 tokens, and shorter ones where that is enough. */
static const pack packs[] = {
    {6, 3, 8, 7, {0, 1, 3, 3, 68, 368, 376, 393}, false},
    {6, 2, 16, 4, {0, 65, 66, 66, 78}, false},
    {8, 4, 64, 3, {0, 2, 67, 90}, false},
    {2, 2, 12, 4, {0, 7, 15, 24, 89}, false},
    {3, 1, 5, 3, {0, 65, 65, 98}, false},
    {1, 1, 128, 2, {0, 33, 73}, false},
    {2, 1, 1, 2, {0, 9, 12}, false},
};
enum { PACKS = sizeof packs / sizeof *packs };

static size_t tokens_of(const pack *p) { return (size_t)p->begin[p->segments]; }
static size_t qkv_of(const pack *p) { return tokens_of(p) * (size_t)((p->H + 2 * p->K) * p->d); }
static size_t out_of(const pack *p) { return tokens_of(p) * (size_t)(p->H * p->d); }

static void forward(float *o, float *lse, const float *qkv, const pack *p)
{
    hl_attention_forward(o, lse, qkv, p->begin, p->segments,
                         &(hl_heads){p->H, p->K, p->d, p->H / p->K, 0, 0, p->both_ways, NULL});
}

static void backward(float *dqkv, const float *d_o, const float *o, const float *lse, const float *qkv, const pack *p)
{
    hl_attention_backward(dqkv, d_o, o, lse, qkv, p->begin, p->segments,
                          &(hl_heads){p->H, p->K, p->d, p->H / p->K, 0, 0, p->both_ways, NULL});
}

static void agrees(const pack *p, double scale, double close)
{
    const size_t nq = qkv_of(p), no = out_of(p), nl = tokens_of(p) * (size_t)p->H;
    float *qkv = ref_random(nq, 1, scale), *d_o = ref_random(no, 2, 1.0), *o = ref_random(no, 3, 1.0),
          *lse = ref_zeros(nl), *dqkv = ref_random(nq, 4, 1.0);
    double *QKV = ref_double(qkv, nq), *O = ref_double_zeros(no), *LSE = ref_double_zeros(nl),
           *DQKV = ref_double_zeros(nq);
    ref_attention_forward(O, LSE, QKV, p->begin, p->segments, p->H, p->K, p->d, p->both_ways);
    ref_attention_backward(DQKV, ref_double(d_o, no), QKV, p->begin, p->segments, p->H, p->K, p->d, p->both_ways);
    forward(o, lse, qkv, p);
    backward(dqkv, d_o, o, lse, qkv, p);
    CHECK_NEAR(ref_distance(o, O, no), 0.0, close);
    CHECK_NEAR(ref_distance(lse, LSE, nl), 0.0, close);
    CHECK_NEAR(ref_distance(dqkv, DQKV, nq), 0.0, close);
    ref_done();
}

static void attention_agrees_with_its_twin(void)
{
    for (int i = 0; i < PACKS; i++) agrees(&packs[i], 1.0, 2e-6);
}

static void attention_both_ways_agrees_too(void)
{
    for (int i = 0; i < PACKS; i++) {
        pack p = packs[i];
        p.both_ways = true;
        agrees(&p, 1.0, 2e-6);
        agrees(&p, 4.0, 1e-5);
    }
}

static void sharp_attention_agrees_too(void)
{
    for (int i = 0; i < PACKS; i++) agrees(&packs[i], 4.0, 1e-5); /* scores of up to hundreds: their rounding shows */
}

static void long_segments_are_attended_whole(void)
{
    const pack p = {2, 1, 16, 2, {0, 1203, 1210}, false};
    agrees(&p, 1.0, 4e-6); /* a key's gradient is a sum of 2,400 terms */
}

typedef struct {
    const pack *p;
    const double *d_o;
} loss;

static double loss_of(const double *qkv, const void *self)
{
    const loss *l = self;
    double *o = ref_double_zeros(out_of(l->p)), *lse = ref_double_zeros(tokens_of(l->p) * (size_t)l->p->H);
    ref_attention_forward(o, lse, qkv, l->p->begin, l->p->segments, l->p->H, l->p->K, l->p->d, l->p->both_ways);
    return ref_dot(l->d_o, o, out_of(l->p));
}

static void the_twin_has_its_slope(void)
{
    for (int i = 2; i < 2 * PACKS; i++) {
        pack its = packs[i / 2];
        its.both_ways = i % 2;
        const pack *p = &its;
        const size_t nq = qkv_of(p), no = out_of(p);
        double *qkv = ref_double(ref_random(nq, 1, 1.0), nq), *d_o = ref_double(ref_random(no, 2, 1.0), no),
               *dqkv = ref_double_zeros(nq);
        const loss l = {p, d_o};
        ref_attention_backward(dqkv, d_o, qkv, p->begin, p->segments, p->H, p->K, p->d, p->both_ways);
        CHECK_NEAR(ref_slope(loss_of, qkv, dqkv, nq, &l), 1.0, 1e-5);
        ref_done();
    }
}

static void nobody_sees_the_future_or_another_segment(void)
{
    const pack *p = &packs[0];
    const size_t row = (size_t)((p->H + 2 * p->K) * p->d), out = (size_t)(p->H * p->d), n = qkv_of(p);
    float *qkv = ref_random(n, 1, 1.0), *o = ref_zeros(out_of(p)), *then = ref_zeros(out_of(p)),
          *lse = ref_zeros(tokens_of(p) * (size_t)p->H);
    static const size_t changed[] = {0, 2, 67, 80, 368};
    forward(o, lse, qkv, p);
    for (int i = 0; i < 5; i++) {
        const size_t t = changed[i];
        size_t end = 0;
        for (int s = p->segments; s > 0 && (size_t)p->begin[s] > t; s--) end = (size_t)p->begin[s];
        float *other = ref_copy(qkv, n);
        for (size_t c = 0; c < row; c++) other[t * row + c] += 1.0f;
        forward(then, lse, other, p);
        CHECK(memcmp(then, o, t * out * sizeof *o) == 0);
        CHECK(memcmp(then + end * out, o + end * out, (tokens_of(p) - end) * out * sizeof *o) == 0);
        CHECK(memcmp(then + t * out, o + t * out, (end - t) * out * sizeof *o) != 0);
    }
    ref_done();
}

static void a_first_token_repeats_its_value(void)
{
    const pack p = {2, 1, 3, 1, {0, 1}, false};
    const float qkv[12] = {1, 2, 3, 4, 5, 6, 1, 0, -1, 7, 8, 9}, d_o[6] = {1, 2, 3, 10, 20, 30};
    float o[6], lse[2], dqkv[12];
    forward(o, lse, qkv, &p);
    for (int c = 0; c < 6; c++) CHECK(o[c] == qkv[9 + c % 3]);
    CHECK_NEAR(lse[0], -2.0 / sqrt(3.0), 1e-6);
    backward(dqkv, d_o, o, lse, qkv, &p);
    for (int c = 0; c < 9; c++) CHECK_NEAR(dqkv[c], 0.0, 1e-4); /* rounding of delta */
    CHECK(dqkv[9] == 11 && dqkv[10] == 22 && dqkv[11] == 33);
}

static void no_segments_are_no_work(void)
{
    const int begin[3] = {0, 0, 0};
    hl_attention_forward(NULL, NULL, NULL, begin, 0, &(hl_heads){2, 1, 8, 2, 0, 0, false, NULL});
    hl_attention_forward(NULL, NULL, NULL, begin, 2, &(hl_heads){2, 1, 8, 2, 0, 0, false, NULL});
    hl_attention_backward(NULL, NULL, NULL, NULL, NULL, begin, 2, &(hl_heads){2, 1, 8, 2, 0, 0, false, NULL});
    CHECK(begin[2] == 0);
}

static void not_a_number_comes_through(void)
{
    const pack p = {1, 1, 8, 1, {0, 20}, false};
    float *qkv = ref_random(qkv_of(&p), 1, 1.0), *o = ref_zeros(out_of(&p)), *lse = ref_zeros(20);
    qkv[10 * 24] = NAN; /* a query: its own row alone */
    forward(o, lse, qkv, &p);
    for (int t = 0; t < 20; t++) CHECK(isnan(o[t * 8]) == (t == 10) && isnan(lse[t]) == (t == 10));
    ref_done();
}

static void the_number_of_threads_does_not_show(void)
{
    const pack *p = &packs[0];
    const size_t nq = qkv_of(p), no = out_of(p), nl = tokens_of(p) * (size_t)p->H;
    float *qkv = ref_random(nq, 1, 1.0), *d_o = ref_random(no, 2, 1.0), *o[2], *lse[2], *dqkv[2];
    for (int i = 0; i < 2; i++) {
        o[i] = ref_zeros(no), lse[i] = ref_zeros(nl), dqkv[i] = ref_zeros(nq);
        hl_math_threads(i + 1);
        forward(o[i], lse[i], qkv, p);
        backward(dqkv[i], d_o, o[i], lse[i], qkv, p);
    }
    hl_math_threads(1);
    CHECK(memcmp(o[0], o[1], no * sizeof **o) == 0 && memcmp(lse[0], lse[1], nl * sizeof **lse) == 0);
    CHECK(memcmp(dqkv[0], dqkv[1], nq * sizeof **dqkv) == 0);
    ref_done();
}

enum { N = 21, WIDTH = 12, WIDE = 16, QUERIES = 16, ROOM = 32 };

/* What QUERIES queries get of N keys and give to them, a strip at a time. */
typedef struct {
    float share[QUERIES], lse[QUERIES], o[QUERIES * WIDTH], dk[ROOM * WIDE], dv[ROOM * WIDE];
} answer;

static void ask(answer *a, const hl_strips *s, const float *q, const float *keys)
{
    float rows[ROOM * WIDE], own[HL_LANES_MOST * WIDE], turned[WIDE * HL_LANES_MOST];
    float strip[ROOM * HL_LANES_MOST], slope[ROOM * HL_LANES_MOST], log2_lse[HL_LANES_MOST], dot[HL_LANES_MOST];
    *a = (answer){.share = {0}};
    s->copy(rows, (hl_lines){keys, WIDTH}, 0, hl_strips_up(s, N), N, WIDTH, WIDE);
    for (int i = 0; i < QUERIES; i += s->lanes) {
        const int seen = N - QUERIES + i + s->lanes, diagonal = N - QUERIES + i;
        const hl_strip_target to = {a->o, WIDTH, i, QUERIES, NULL, a->share + i};
        s->copy(own, (hl_lines){q, WIDTH}, i, s->lanes, QUERIES, WIDTH, WIDE);
        s->turn(turned, own, WIDE, 0.5f);
        s->dot(dot, own, own, WIDE);
        s->score(strip, rows, turned, seen, WIDTH, WIDE);
        s->soften(strip, a->share + i, a->lse + i, seen, diagonal);
        s->give(&to, strip, rows, seen, WIDTH, WIDE);
        for (int x = 0; x < s->lanes; x++) log2_lse[x] = a->lse[i + x] / logf(2.0f);
        s->score(strip, rows, turned, seen, WIDTH, WIDE);
        s->score(slope, rows, turned, seen, WIDTH, WIDE);
        s->harden(strip, slope, log2_lse, dot, seen, diagonal);
        s->add(a->dk, slope, own, seen, WIDE);
        s->add(a->dv, strip, own, seen, WIDE);
    }
}

static void strips_of_any_lanes_agree(void)
{
    const float *q = ref_random(QUERIES * WIDTH, 5, 1.0), *keys = ref_random(N * WIDTH, 6, 1.0);
    answer eight, here;
    ask(&eight, &hl_strips_8, q, keys);
    ask(&here, hl_strips_here(), q, keys);
    for (int i = 0; i < QUERIES; i++) CHECK_NEAR(eight.share[i], here.share[i], 1e-6);
    for (int i = 0; i < QUERIES; i++) CHECK_NEAR(eight.lse[i], here.lse[i], 2e-6);
    for (int i = 0; i < QUERIES * WIDTH; i++) CHECK_NEAR(eight.o[i], here.o[i], 2e-6);
    for (int i = 0; i < N * WIDE; i++) CHECK_NEAR(eight.dk[i], here.dk[i], 4e-5);
    for (int i = 0; i < N * WIDE; i++) CHECK_NEAR(eight.dv[i], here.dv[i], 1e-5);
    CHECK(eight.o[0] != 0 && eight.dk[0] != 0 && eight.dv[0] != 0);
    ref_done();
}

static const test tests[] = {
    {"attention agrees with its twin", attention_agrees_with_its_twin},
    {"attention both ways agrees too", attention_both_ways_agrees_too},
    {"sharp attention agrees too", sharp_attention_agrees_too},
    {"long segments are attended whole", long_segments_are_attended_whole},
    {"the twin has its slope", the_twin_has_its_slope},
    {"nobody sees the future or another segment", nobody_sees_the_future_or_another_segment},
    {"a first token repeats its value", a_first_token_repeats_its_value},
    {"no segments are no work", no_segments_are_no_work},
    {"not a number comes through", not_a_number_comes_through},
    {"the number of threads does not show", the_number_of_threads_does_not_show},
    {"strips of 8 lanes agree with those of this processor", strips_of_any_lanes_agree},
};

HL_TESTS("attention", tests)
