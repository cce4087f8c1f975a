/* test-nce.c - the contrastive loss in tiles agrees with its slow twin, whole or in parts. */
#include "math/linear.h"
#include "math/nce.h"
#include "math/rows.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <string.h>

/* R rows, K negatives, D wide. */
typedef struct {
    int R, K, D;
    float s, thres;
    float *u, *p, *l0, *n, *m, *weight;
} nce;

static float *unit_rows(int rows, int D, uint32_t name)
{
    float *x = ref_random((size_t)(rows * D), name, 1.0), *norm = ref_zeros((size_t)rows);
    hl_rows_unit_forward(x, norm, ref_copy(x, (size_t)(rows * D)), rows, D);
    return x;
}

/* Some negatives are the target of a row, some were drawn more than once, some rows do not count. */
static nce problem(int R, int K, int D, float s)
{
    nce c = {R,
             K,
             D,
             s,
             0.99f,
             unit_rows(R, D, 1),
             unit_rows(R, D, 2),
             ref_zeros((size_t)R),
             unit_rows(K, D, 3),
             ref_zeros((size_t)K),
             ref_zeros((size_t)R)};
    for (int k = 0; k < K; k++) {
        c.m[k] = k % 5 == 3 ? 4.0f : k % 7 == 2 ? 2.0f : 1.0f;
        if (k % 11 == 4) memcpy(c.n + k * D, c.p + k % R * D, (size_t)D * sizeof *c.n);
    }
    for (int r = 0; r < R; r++) {
        hl_rows_dot(c.l0 + r, c.u + r * D, c.p + r * D, 1, D);
        c.l0[r] *= s;
        c.weight[r] = r % 4 == 3 ? 0.0f : 1.0f / (float)R;
    }
    return c;
}

/* The same in doubles. */
typedef struct {
    double *u, *p, *l0, *n, *m, *weight;
} twin;

static twin twin_of(const nce *c)
{
    return (twin){ref_double(c->u, (size_t)(c->R * c->D)), ref_double(c->p, (size_t)(c->R * c->D)),
                  ref_double(c->l0, (size_t)c->R),         ref_double(c->n, (size_t)(c->K * c->D)),
                  ref_double(c->m, (size_t)c->K),          ref_double(c->weight, (size_t)c->R)};
}

/* The negatives [from, to) alone. */
static nce some_of(const nce *c, int from, int to)
{
    nce s = *c;
    s.K = to - from;
    s.n += from * c->D;
    s.m += from;
    return s;
}

static hl_contest contest_of(const nce *c)
{
    return (hl_contest){c->R, c->K, c->D, c->u, c->p, c->l0, c->n, c->m, c->s, c->thres, NULL, NULL};
}

static void forward(hl_nce_part *part, const nce *c)
{
    hl_arena scratch = hl_arena_growing("scratch");
    const hl_contest x = contest_of(c);
    hl_nce_forward(part, &x, &scratch);
    CHECK(hl_arena_used(&scratch) == 0);
    hl_arena_free(&scratch);
}

static double backward(float *du, float *dn, const double *lse, const nce *c)
{
    hl_arena scratch = hl_arena_growing("scratch");
    const hl_contest x = contest_of(c);
    const double ds = hl_nce_backward(du, dn, lse, c->weight, &x, &scratch);
    CHECK(hl_arena_used(&scratch) == 0);
    hl_arena_free(&scratch);
    return ds;
}

static hl_nce_part *parts(int R) { return ref_take((size_t)R * sizeof(hl_nce_part)); }

static double *lse_of(const hl_nce_part *part, const nce *c)
{
    double *lse = ref_take((size_t)c->R * sizeof *lse);
    for (int r = 0; r < c->R; r++) lse[r] = hl_nce_lse(&part[r], (double)c->l0[r]);
    return lse;
}

static void same_counts(const hl_nce_part *a, const hl_nce_part *b)
{
    CHECK(a->kept == b->kept && a->masked == b->masked && a->above == b->above);
}

static void same_part(const hl_nce_part *a, const hl_nce_part *b, double close)
{
    same_counts(a, b);
    CHECK_NEAR(a->max, b->max, close);
    CHECK_NEAR(a->sum * exp(a->max - b->max) / b->sum, 1.0, close);
}

static const struct {
    int R, K, D;
    float s;
} sizes[] = {{1, 1, 5, 14.3f},      {3, 17, 24, 14.3f},  {17, 130, 67, 100.0f},
             {300, 1030, 8, 14.3f}, {5, 2100, 64, 1.0f}, {259, 3, 64, 20.0f}};
enum { SIZES = sizeof sizes / sizeof *sizes };

static void the_loss_agrees_with_its_twin(void)
{
    for (int i = 0; i < SIZES; i++) {
        const nce c = problem(sizes[i].R, sizes[i].K, sizes[i].D, sizes[i].s);
        const twin t = twin_of(&c);
        hl_nce_part *got = parts(c.R), *want = parts(c.R);
        double loss = 0.0;
        forward(got, &c);
        const double WANT =
            ref_nce_forward(want, t.weight, t.u, t.p, t.l0, t.n, t.m, c.R, c.K, c.D, (double)c.s, (double)c.thres);
        for (int r = 0; r < c.R; r++) {
            same_part(&got[r], &want[r], 3e-7 * (double)c.s + 2e-6);
            loss += (double)c.weight[r] * (hl_nce_lse(&got[r], (double)c.l0[r]) - (double)c.l0[r]);
        }
        CHECK_NEAR(loss, WANT, 2e-6 * (1.0 + WANT));
        ref_done();
    }
}

static void its_gradients_agree_with_the_twin(void)
{
    for (int i = 0; i < SIZES; i++) {
        const nce c = problem(sizes[i].R, sizes[i].K, sizes[i].D, sizes[i].s);
        const twin t = twin_of(&c);
        const size_t nu = (size_t)(c.R * c.D), nn = (size_t)(c.K * c.D);
        hl_nce_part *part = parts(c.R);
        float *du = ref_zeros(nu), *dn = ref_zeros(nn);
        double *DU = ref_double_zeros(nu), *DN = ref_double_zeros(nn);
        forward(part, &c);
        const double ds = backward(du, dn, lse_of(part, &c), &c);
        const double DS =
            ref_nce_backward(DU, DN, t.weight, t.u, t.p, t.l0, t.n, t.m, c.R, c.K, c.D, (double)c.s, (double)c.thres);
        const double close = 3e-7 * (double)c.s + 4e-6; /* a logit's rounding grows with s */
        CHECK_NEAR(ref_distance(du, DU, nu), 0.0, close);
        CHECK_NEAR(ref_distance(dn, DN, nn), 0.0, close);
        CHECK_NEAR(ds, DS, close * (fabs(DS) + 0.1));
        ref_done();
    }
}

typedef struct {
    const nce *c;
    const twin *t;
    int of;
} loss;

static double loss_of(const double *x, const void *self)
{
    const loss *l = self;
    const nce *c = l->c;
    const twin *t = l->t;
    return ref_nce_forward(NULL, t->weight, l->of == 0 ? x : t->u, t->p, t->l0, l->of == 1 ? x : t->n, t->m, c->R, c->K,
                           c->D, l->of == 2 ? *x : (double)c->s, (double)c->thres);
}

static void the_twin_has_its_slope(void)
{
    const nce c = problem(17, 43, 12, 5.0f);
    const twin t = twin_of(&c);
    double *du = ref_double_zeros(17 * 12), *dn = ref_double_zeros(43 * 12), s = (double)c.s;
    const double ds = ref_nce_backward(du, dn, t.weight, t.u, t.p, t.l0, t.n, t.m, 17, 43, 12, s, (double)c.thres);
    const loss of_u = {&c, &t, 0}, of_n = {&c, &t, 1}, of_s = {&c, &t, 2};
    CHECK_NEAR(ref_slope(loss_of, t.u, du, 17 * 12, &of_u), 1.0, 1e-6);
    CHECK_NEAR(ref_slope(loss_of, t.n, dn, 43 * 12, &of_n), 1.0, 1e-6);
    CHECK_NEAR(ref_slope(loss_of, &s, &ds, 1, &of_s), 1.0, 1e-6); /* the targets' logits stay */
    ref_done();
}

static void parts_make_the_whole_wherever_it_is_cut(void)
{
    const nce c = problem(9, 1500, 24, 14.3f);
    const size_t nu = 9 * 24, nn = 1500 * 24;
    static const int cuts[][4] = {{0, 0, 0, 1500}, {0, 1, 2, 1500}, {0, 700, 701, 1500}, {0, 1024, 1500, 1500}};
    hl_nce_part *whole = parts(9), *piece = parts(9), *sum = parts(9);
    float *du = ref_zeros(nu), *dn = ref_zeros(nn);
    forward(whole, &c);
    const double *lse = lse_of(whole, &c), ds = backward(du, dn, lse, &c);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        float *du_sum = ref_zeros(nu), *dn_sum = ref_zeros(nn);
        double ds_sum = 0.0;
        for (int r = 0; r < 9; r++) sum[r] = (hl_nce_part){.max = -INFINITY};
        for (int k = 0; k < 3; k++) {
            const nce some = some_of(&c, cuts[i][k], cuts[i][k + 1]);
            forward(piece, &some);
            for (int r = 0; r < 9; r++) hl_nce_combine(&sum[r], &piece[r]);
            ds_sum += backward(du_sum, dn_sum + cuts[i][k] * 24, lse, &some);
        }
        for (int r = 0; r < 9; r++) same_part(&sum[r], &whole[r], 3e-6);
        CHECK_NEAR(ref_distance(du_sum, ref_double(du, nu), nu), 0.0, 5e-6);
        CHECK_NEAR(ref_distance(dn_sum, ref_double(dn, nn), nn), 0.0, 5e-6);
        CHECK_NEAR(ds_sum, ds, 5e-6 * fabs(ds));
    }
    ref_done();
}

static void a_negative_drawn_often_is_as_many_copies(void)
{
    enum { R = 5, D = 16, TIMES = 7 };
    const nce one = problem(R, 1, D, 10.0f);
    nce copies = one;
    copies.K = TIMES;
    copies.n = ref_zeros(TIMES * D);
    copies.m = ref_zeros(TIMES);
    one.m[0] = TIMES;
    for (int k = 0; k < TIMES; k++) {
        memcpy(copies.n + k * D, one.n, D * sizeof *one.n);
        copies.m[k] = 1.0f;
    }
    hl_nce_part a[R], b[R];
    forward(a, &one);
    forward(b, &copies);
    for (int r = 0; r < R; r++) {
        same_counts(&a[r], &b[r]);
        CHECK_NEAR(hl_nce_lse(&a[r], (double)one.l0[r]), hl_nce_lse(&b[r], (double)one.l0[r]), 1e-6);
    }
    float *du = ref_zeros(R * D), *dn = ref_zeros(D), *du_copies = ref_zeros(R * D), *dn_copies = ref_zeros(TIMES * D);
    const double ds = backward(du, dn, lse_of(a, &one), &one),
                 ds_copies = backward(du_copies, dn_copies, lse_of(b, &copies), &copies);
    double *sum = ref_double_zeros(D);
    for (int k = 0; k < TIMES; k++)
        for (int i = 0; i < D; i++) sum[i] += (double)dn_copies[k * D + i];
    CHECK_NEAR(ref_distance(du, ref_double(du_copies, R * D), R * D), 0.0, 3e-6);
    CHECK_NEAR(ref_distance(dn, sum, D), 0.0, 3e-6);
    CHECK_NEAR(ds, ds_copies, 3e-6 * fabs(ds));
    ref_done();
}

static void a_false_negative_is_left_out_of_everything(void)
{
    enum { D = 4 };
    float u[D] = {1, 0, 0, 0}, p[D] = {0, 1, 0, 0}, n[2 * D] = {0, 1, 0, 0, 0.6f, 0, 0.8f, 0}, m[2] = {3, 2},
          l0 = -1.0f, weight = 1.0f;
    const nce c = {1, 2, D, 10.0f, 0.99f, u, p, &l0, n, m, &weight}, masked = some_of(&c, 0, 1);
    hl_nce_part part, none;
    forward(&part, &c);
    CHECK(part.kept == 2 && part.masked == 3 && part.above == 2);
    CHECK_NEAR(part.max, 6.0 + log(2.0), 1e-6);
    CHECK_NEAR(part.sum, 1.0, 1e-6);
    float du[D] = {0}, dn[2 * D] = {0};
    backward(du, dn, lse_of(&part, &c), &c);
    CHECK(dn[0] == 0 && dn[1] == 0 && dn[2] == 0 && dn[3] == 0 && dn[D] > 1 && du[1] == 0);
    forward(&none, &masked); /* all are left out */
    CHECK(none.max == -INFINITY && none.sum == 0 && none.kept == 0 && none.masked == 3 && none.above == 0);
    CHECK(hl_nce_lse(&none, -1.0) == -1.0);
    hl_nce_combine(&none, &part);
    CHECK(none.max == part.max && none.sum == part.sum && none.masked == 6);
    ref_done();
}

static void a_tie_with_the_target_is_not_above_it(void)
{
    float u[1] = {1}, p[1] = {-1}, n[3] = {0.5f, 0.25f, 0.75f}, m[3] = {2, 1, 5}, l0 = 1.0f, weight = 1.0f;
    const nce c = {1, 3, 1, 2.0f, 0.99f, u, p, &l0, n, m, &weight};
    hl_nce_part part;
    forward(&part, &c);
    CHECK(part.above == 5 && part.kept == 8);
}

static void without_negatives_there_is_no_loss(void)
{
    const nce c = problem(3, 0, 8, 14.3f);
    hl_nce_part part[3];
    float du[24] = {0};
    forward(part, &c);
    for (int r = 0; r < 3; r++) {
        CHECK(part[r].max == -INFINITY && part[r].sum == 0 && part[r].kept == 0 && part[r].masked == 0
              && part[r].above == 0);
        CHECK(hl_nce_lse(&part[r], (double)c.l0[r]) == (double)c.l0[r]);
    }
    CHECK(backward(du, NULL, lse_of(part, &c), &c) == 0.0);
    for (int i = 0; i < 24; i++) CHECK(du[i] == 0.0f);
    ref_done();
}

static void not_a_number_comes_through(void)
{
    nce c = problem(3, 40, 8, 14.3f);
    hl_nce_part part[3], whole = {.max = -INFINITY};
    c.u[8] = NAN;
    forward(part, &c);
    CHECK(isfinite(hl_nce_lse(&part[0], 1.0)) && isnan(hl_nce_lse(&part[1], 1.0))
          && isfinite(hl_nce_lse(&part[2], 1.0)));
    hl_nce_combine(&whole, &part[1]);
    hl_nce_combine(&whole, &part[0]);
    CHECK(isnan(hl_nce_lse(&whole, 1.0)));
    CHECK(isnan(hl_nce_lse(&part[0], NAN)));
    ref_done();
}

static void gradients_add(void)
{
    const nce c = problem(6, 30, 8, 14.3f);
    hl_nce_part part[6];
    float *du = ref_zeros(48), *dn = ref_zeros(240), *more_du = ref_random(48, 8, 1.0),
          *more_dn = ref_random(240, 9, 1.0);
    double *sum_du = ref_double(more_du, 48), *sum_dn = ref_double(more_dn, 240);
    forward(part, &c);
    const double *lse = lse_of(part, &c), ds = backward(du, dn, lse, &c);
    CHECK(backward(more_du, more_dn, lse, &c) == ds);
    for (int i = 0; i < 48; i++) sum_du[i] += (double)du[i];
    for (int i = 0; i < 240; i++) sum_dn[i] += (double)dn[i];
    CHECK_NEAR(ref_distance(more_du, sum_du, 48), 0.0, 1e-6);
    CHECK_NEAR(ref_distance(more_dn, sum_dn, 240), 0.0, 1e-6);
    ref_done();
}

static void threads_change_nothing_but_the_products(void)
{
    const nce c = problem(260, 1100, 8, 14.3f);
    hl_nce_part *one = parts(260), *two = parts(260);
    forward(one, &c);
    hl_math_threads(2);
    forward(two, &c);
    hl_math_threads(1);
    for (int r = 0; r < 260; r++) same_part(&two[r], &one[r], 3e-6);
    ref_done();
}

/* Row r meets every third negative from r on, the last of them twice: as if these were all there are. */
static void rows_with_negatives_of_their_own_are_small_losses_of_their_own(void)
{
    for (int i = 0; i < SIZES; i++) {
        nce c = problem(sizes[i].R, sizes[i].K, sizes[i].D, sizes[i].s);
        hl_arena scratch = hl_arena_growing("scratch");
        const size_t D = (size_t)c.D, rows = (size_t)c.R * D, all = (size_t)c.K * D;
        int *begin = ref_take(((size_t)c.R + 1) * sizeof *begin),
            *own = ref_take((size_t)(c.R * (c.K + 1)) * sizeof *own);
        begin[0] = 0;
        for (int r = 0, n = 0; r < c.R; r++) {
            for (int k = r % 3; k < c.K; k += 3) own[n++] = k;
            if (n > begin[r]) own[n] = own[n - 1], n++;
            begin[r + 1] = n;
        }
        hl_contest x = contest_of(&c);
        x.own_begin = begin;
        x.own = own;
        hl_nce_part *got = parts(c.R), *want = parts(c.R);
        float *du = ref_zeros(rows), *dn = ref_zeros(all);
        double *DU = ref_double_zeros(rows), *DN = ref_double_zeros(all), DS = 0;
        hl_nce_forward(got, &x, &scratch);
        const double *lse = lse_of(got, &c), ds = hl_nce_backward(du, dn, lse, c.weight, &x, &scratch);
        for (int r = 0; r < c.R; r++) {
            const int n = begin[r + 1] - begin[r];
            nce one = c;
            one.R = 1;
            one.K = n;
            one.u += (size_t)r * D;
            one.p += (size_t)r * D;
            one.l0 += r;
            one.weight += r;
            one.n = ref_zeros((size_t)n * D);
            one.m = ref_zeros((size_t)n);
            for (int k = 0; k < n; k++) {
                memcpy(one.n + (size_t)k * D, c.n + (size_t)own[begin[r] + k] * D, D * sizeof(float));
                one.m[k] = 1.0f;
            }
            float *its_du = ref_zeros(D), *its_dn = ref_zeros((size_t)n * D);
            forward(&want[r], &one);
            if (n > 0) same_part(&got[r], &want[r], 3e-7 * (double)c.s + 2e-6);
            DS += backward(its_du, its_dn, &lse[r], &one);
            for (size_t d = 0; d < D; d++) DU[(size_t)r * D + d] = (double)its_du[d];
            for (int k = 0; k < n; k++)
                for (size_t d = 0; d < D; d++)
                    DN[(size_t)own[begin[r] + k] * D + d] += (double)its_dn[(size_t)k * D + d];
        }
        CHECK_NEAR(ref_distance(du, DU, rows), 0, 1e-6 * (double)c.s + 1e-5);
        CHECK_NEAR(ref_distance(dn, DN, all), 0, 1e-6 * (double)c.s + 1e-5);
        CHECK_NEAR(ds, DS, 1e-5 * (1 + fabs(DS)));
        hl_arena_free(&scratch);
        ref_done();
    }
}

static const test tests[] = {
    {"the loss agrees with its twin", the_loss_agrees_with_its_twin},
    {"its gradients agree with the twin", its_gradients_agree_with_the_twin},
    {"the twin has its slope", the_twin_has_its_slope},
    {"parts make the whole wherever it is cut", parts_make_the_whole_wherever_it_is_cut},
    {"a negative drawn often is as many copies", a_negative_drawn_often_is_as_many_copies},
    {"a false negative is left out of everything", a_false_negative_is_left_out_of_everything},
    {"a tie with the target is not above it", a_tie_with_the_target_is_not_above_it},
    {"without negatives there is no loss", without_negatives_there_is_no_loss},
    {"not a number comes through", not_a_number_comes_through},
    {"gradients add", gradients_add},
    {"rows with negatives of their own are small losses of their own",
     rows_with_negatives_of_their_own_are_small_losses_of_their_own},
    {"threads change nothing but the products", threads_change_nothing_but_the_products},
};

HL_TESTS("nce", tests)
