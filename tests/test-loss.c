/* test-loss.c - the loss of negatives that lie on several ranks is that of all of them on one, by each criterion of
 * the table. */
#include "mpi/train/loss.h"
#include "base/rng.h"
#include "math/rows.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { D = 12, NEGATIVES_MOST = 100 };

/* A batch as everybody knows it: unit rows, unit targets, unit negatives and who has what. */
typedef struct {
    const hl_criterion *criterion;
    double (*slow)(const double *logit, const float *multiplicity, int n); /* its loss of a row, target first */
    int R, K;
    float *u, *p, *n, *multiplicity, *weight, s, thres;
    int *row_owner, *negative_owner;
} problem;

/* What comes out, of the whole batch, on every rank. */
typedef struct {
    float *du, *dp, *dn;
    double dscale;
    hl_loss_facts facts;
} answer;

static const hl_group *world(void) { return check_world(); }

static float *unit_rows(int n, hl_rng *r)
{
    float *x = hl_alloc((size_t)(n * D) * sizeof *x), *unit = hl_alloc((size_t)(n * D) * sizeof *unit),
          *norm = hl_alloc((size_t)n * sizeof *norm);
    for (int i = 0; i < n * D; i++) x[i] = (float)hl_rng_normal(r);
    hl_rows_unit_forward(unit, norm, x, n, D);
    free(x);
    free(norm);
    return unit;
}

static float dot_of(const float *x, const float *y, int n)
{
    float dot;
    hl_rows_dot(&dot, x, y, 1, n);
    return dot;
}

/* ---- losses of rows, in doubles, of logits (n) whose first is the target's */

static double slow_nce(const double *logit, const float *multiplicity, int n)
{
    double sum = exp(logit[0]);
    for (int k = 1; k < n; k++) sum += multiplicity[k] * exp(logit[k]);
    return log(sum) - logit[0];
}

static double softplus(double x) { return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)); }

/* Binary cross entropy: the target is one and each negative none, all on their own. */
static double slow_bce(const double *logit, const float *multiplicity, int n)
{
    double sum = softplus(-logit[0]);
    for (int k = 1; k < n; k++) sum += multiplicity[k] * softplus(logit[k]);
    return sum;
}

typedef struct {
    const hl_criterion *criterion;
    double (*slow)(const double *logit, const float *multiplicity, int n);
} kind;
static const kind kinds[] = {{&hl_criterion_nce, slow_nce}, {&hl_criterion_bce, slow_bce}};
enum { KINDS = sizeof kinds / sizeof kinds[0] };
_Static_assert((int)KINDS == (int)HL_CRITERIONS, "each criterion has a slow twin");

/* ---- a batch */

/* Every ninth negative is some row's target and so masked there; rows weigh differently. */
static void open_problem(problem *q, const kind *its, int R, int K, float s, uint64_t seed)
{
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 13, 0);
    *q = (problem){.criterion = its->criterion,
                   .slow = its->slow,
                   .R = R,
                   .K = K,
                   .u = unit_rows(R, &r),
                   .p = unit_rows(R, &r),
                   .n = unit_rows(K, &r),
                   .s = s,
                   .thres = 0.99f};
    q->multiplicity = hl_alloc((size_t)K * sizeof *q->multiplicity);
    q->weight = hl_alloc((size_t)R * sizeof *q->weight);
    q->row_owner = hl_alloc((size_t)R * sizeof *q->row_owner);
    q->negative_owner = hl_alloc((size_t)K * sizeof *q->negative_owner);
    for (int k = 0; k < K; k++) {
        q->multiplicity[k] = (float)toy_between(&r, 1, 3);
        if (k % 9 == 4) memcpy(q->n + k * D, q->p + k % R * D, D * sizeof *q->n);
    }
    for (int i = 0; i < R; i++) q->weight[i] = (float)toy_between(&r, 1, 3) / (2.0f * (float)R);
}

static void close_problem(problem *q)
{
    free(q->u);
    free(q->p);
    free(q->n);
    free(q->multiplicity);
    free(q->weight);
    free(q->row_owner);
    free(q->negative_owner);
}

static void open_answer(answer *a, const problem *q)
{
    *a = (answer){.du = hl_alloc_zero((size_t)(q->R * D), sizeof(float)),
                  .dp = hl_alloc_zero((size_t)(q->R * D), sizeof(float)),
                  .dn = hl_alloc_zero((size_t)(q->K * D), sizeof(float))};
}

static void close_answer(answer *a)
{
    free(a->du);
    free(a->dp);
    free(a->dn);
}

/* The rows of x whose owner is `who`, packed; or packed rows back to their places. */
static int pack(float *mine, const float *x, const int *owner, int n, int who)
{
    int m = 0;
    for (int i = 0; i < n; i++)
        if (owner[i] == who) memcpy(mine + D * m++, x + D * i, D * sizeof *x);
    return m;
}

static void unpack(float *x, const float *mine, const int *owner, int n, int who)
{
    int m = 0;
    for (int i = 0; i < n; i++)
        if (owner[i] == who) memcpy(x + D * i, mine + D * m++, D * sizeof *x);
}

/* ---- through the ranks of a mesh */

typedef struct {
    const problem *q;
    const hl_mesh *mesh;
    hl_arena arena;
    hl_loss l;
    float *u, *p, *du, *dp; /* my rows */
    float *n, *m, *dn;      /* my negatives */
    int K;
} share;

static void take_share(share *x)
{
    const problem *q = x->q;
    int me = x->mesh->world.rank;
    size_t rows = (size_t)(q->R * D), negatives = (size_t)(q->K * D);
    x->u = HL_TAKE(&x->arena, float, rows), x->p = HL_TAKE(&x->arena, float, rows);
    x->du = HL_TAKE(&x->arena, float, rows), x->dp = HL_TAKE_ZERO(&x->arena, float, rows);
    x->n = HL_TAKE(&x->arena, float, negatives), x->dn = HL_TAKE_ZERO(&x->arena, float, negatives),
    x->m = HL_TAKE(&x->arena, float, q->K);
    int mine = pack(x->u, q->u, q->row_owner, q->R, me);
    pack(x->p, q->p, q->row_owner, q->R, me);
    x->K = pack(x->n, q->n, q->negative_owner, q->K, me);
    for (int k = 0, m = 0; k < q->K; k++)
        if (q->negative_owner[k] == me) x->m[m++] = q->multiplicity[k];
    const int *listed;
    CHECK(hl_loss_my_rows(&x->l, &listed) == mine);
    for (int i = 0, m = 0; i < q->R; i++)
        if (q->row_owner[i] == me) CHECK(listed[m++] == i);
}

/* The acts of a step, in its order. */
static void act(share *x)
{
    const problem *q = x->q;
    bool item = hl_group_has_me(&x->mesh->side[HL_ITEM].group);
    hl_loss_give(&x->l, x->u, x->p, &x->arena);
    if (item)
        hl_loss_run(&x->l, x->dn, x->n, &(hl_negatives){1, 1, (int[]){0, x->K}, NULL, x->m, NULL, NULL}, q->s, q->thres,
                    &x->arena);
    hl_loss_return(&x->l, x->du, &x->arena);
    if (hl_group_has_me(&x->mesh->side[HL_USER].group))
        hl_loss_positives(&x->l, x->du, x->dp, x->u, x->p, q->s, &x->arena);
}

/* Every rank adds what is its own to zeros, so the sums are the parts themselves. */
static void collect(answer *a, const share *x)
{
    const problem *q = x->q;
    const hl_group *g = &x->mesh->world;
    unpack(a->du, x->du, q->row_owner, q->R, g->rank);
    unpack(a->dp, x->dp, q->row_owner, q->R, g->rank);
    unpack(a->dn, x->dn, q->negative_owner, q->K, g->rank);
    a->dscale = x->l.dscale;
    a->facts = x->l.facts;
    hl_group_all_reduce(g, a->du, (size_t)(q->R * D));
    hl_group_all_reduce(g, a->dp, (size_t)(q->R * D));
    hl_group_all_reduce(g, a->dn, (size_t)(q->K * D));
    hl_group_all_reduce_double(g, &a->dscale, 1);
    hl_group_broadcast(g, &a->facts, sizeof a->facts, x->mesh->layout.side[HL_ITEM].begin);
    if (hl_group_has_me(&x->mesh->side[HL_ITEM].group))
        CHECK(memcmp(&a->facts, &x->l.facts, sizeof a->facts) == 0); /* the same on every item rank */
}

static void solve(answer *a, const problem *q, const hl_mesh *mesh)
{
    const hl_plan plan = {.rows = q->R, .weight = q->weight};
    share x = {.q = q, .mesh = mesh, .arena = hl_arena_growing("loss")};
    open_answer(a, q);
    hl_loss_open(&x.l, q->criterion, mesh, &plan, q->row_owner, D, &x.arena);
    take_share(&x);
    act(&x);
    collect(a, &x);
    hl_arena_free(&x.arena);
}

/* ---- on one rank, which has everything */

static void solve_alone(answer *a, const problem *q)
{
    problem own = *q;
    hl_layout layout;
    hl_mesh mesh;
    CHECK_OK(hl_layout_make(&layout, 1, &(hl_layout_wish){.kind = HL_COLOCATED}));
    hl_mesh_open(&mesh, &(hl_group){.comm = MPI_COMM_SELF, .size = 1}, &layout);
    own.row_owner = hl_alloc_zero((size_t)q->R, sizeof *own.row_owner);
    own.negative_owner = hl_alloc_zero((size_t)q->K, sizeof *own.negative_owner);
    solve(a, &own, &mesh);
    hl_mesh_close(&mesh);
    free(own.row_owner);
    free(own.negative_owner);
}

/* ---- the slow twin: doubles, one logit after the other */

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (int k = 0; k < D; k++) sum += a[k] * b[k];
    return sum;
}

/* x: u (R, D), p (R, D), n (K, D) and the logarithm of s, one after the other.  Masked as in q, whatever x is. */
static double slow_loss(const double *x, const problem *q)
{
    const double *u = x, *p = x + q->R * D, *n = x + 2 * q->R * D, s = exp(x[(2 * q->R + q->K) * D]);
    double loss = 0, logit[NEGATIVES_MOST + 1];
    float multiplicity[NEGATIVES_MOST + 1];
    for (int r = 0; r < q->R; r++) {
        int kept = 1;
        logit[0] = s * dot(u + r * D, p + r * D);
        for (int k = 0; k < q->K; k++) {
            if (dot_of(q->p + r * D, q->n + k * D, D) > q->thres) continue;
            logit[kept] = s * dot(u + r * D, n + k * D);
            multiplicity[kept++] = q->multiplicity[k];
        }
        loss += q->weight[r] * q->slow(logit, multiplicity, kept);
    }
    return loss;
}

static double *point_of(const problem *q)
{
    size_t rows = (size_t)(q->R * D), negatives = (size_t)(q->K * D);
    double *x = hl_alloc((2 * rows + negatives + 1) * sizeof *x);
    for (size_t i = 0; i < rows; i++) x[i] = q->u[i], x[rows + i] = q->p[i];
    for (size_t i = 0; i < negatives; i++) x[2 * rows + i] = q->n[i];
    x[2 * rows + negatives] = log(q->s);
    return x;
}

static void slow_facts(hl_loss_facts *f, const problem *q)
{
    double *x = point_of(q);
    const double *p = x + q->R * D, *n = x + 2 * q->R * D;
    *f = (hl_loss_facts){.loss = slow_loss(x, q)};
    for (int r = 0; r < q->R; r++) {
        double above = 0;
        for (int k = 0; k < q->K; k++) {
            bool masked = dot(p + r * D, n + k * D) > q->thres;
            *(masked ? &f->masked : &f->kept) += q->multiplicity[k];
            if (!masked && dot(x + r * D, n + k * D) > dot(x + r * D, p + r * D)) above += q->multiplicity[k];
        }
        for (int k = 0; k < HL_TOPS; k++) f->hits[k] += above < hl_top[k];
    }
    free(x);
}

/* The gradient with respect to number i of x, by central differences. */
static double slope(double *x, int i, const problem *q)
{
    const double h = 1e-5, was = x[i];
    x[i] = was + h;
    double up = slow_loss(x, q);
    x[i] = was - h;
    double down = slow_loss(x, q);
    x[i] = was;
    return (up - down) / (2 * h);
}

/* ---- comparisons */

/* Gradients to 1e-6 of the largest, or as well as single precision knows a logit s u . n: to s times half a unit in the
 * last place of a number near 1. */
static double tolerance(const problem *q) { return fmax(1e-6, q->s * 0x1p-24); }

static void check_near_all(const float *got, const float *want, int n, double most)
{
    double far = 0, large = 1e-30;
    for (int i = 0; i < n; i++) {
        far = isfinite(got[i]) ? fmax(far, fabs((double)got[i] - want[i])) : INFINITY;
        large = fmax(large, fabs(want[i]));
    }
    CHECK_NEAR(far / large, 0, most);
}

static void check_answers(const answer *got, const answer *want, const problem *q)
{
    CHECK_NEAR(got->facts.loss, want->facts.loss, 1e-6 * want->facts.loss);
    CHECK(got->facts.kept == want->facts.kept && got->facts.masked == want->facts.masked);
    CHECK(memcmp(got->facts.hits, want->facts.hits, sizeof want->facts.hits) == 0);
    CHECK_NEAR(got->dscale, want->dscale, tolerance(q) * (1 + fabs(want->dscale)));
    check_near_all(got->du, want->du, q->R * D, tolerance(q));
    check_near_all(got->dp, want->dp, q->R * D, tolerance(q));
    check_near_all(got->dn, want->dn, q->K * D, tolerance(q));
}

/* Rows to the first ranks of user replicas, negatives to any item rank but the first where there are others. */
static void deal(problem *q, const hl_layout *l, uint64_t seed)
{
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 14, 0);
    for (int i = 0; i < q->R; i++)
        q->row_owner[i] = hl_layout_first_rank(l, HL_USER, toy_between(&r, 0, hl_layout_replicas(l, HL_USER) - 1));
    for (int k = 0; k < q->K; k++)
        q->negative_owner[k] =
            l->side[HL_ITEM].begin + toy_between(&r, l->side[HL_ITEM].ranks > 1, l->side[HL_ITEM].ranks - 1);
}

static void check_layout(const hl_layout_wish *wish)
{
    static const float scales[] = {1, 14.2857f, 100};
    hl_layout layout;
    hl_mesh mesh;
    if (!CHECK_OK(hl_layout_make(&layout, world()->size, wish))) return;
    hl_mesh_open(&mesh, world(), &layout);
    for (uint64_t trial = 0; trial < 6 * KINDS; trial++) {
        problem q;
        answer whole, shared;
        open_problem(&q, &kinds[trial / 6], trial % 6 == 5 ? 1 : 17, trial % 6 == 4 ? 2 : 30, scales[trial % 3], trial);
        deal(&q, &layout, trial);
        solve_alone(&whole, &q);
        solve(&shared, &q, &mesh);
        check_answers(&shared, &whole, &q);
        close_answer(&whole);
        close_answer(&shared);
        close_problem(&q);
    }
    hl_mesh_close(&mesh);
}

static void a_share_on_each_rank_gives_the_whole_loss(void)
{
    int p = world()->size;
    check_layout(&(hl_layout_wish){HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}});
    check_layout(&(hl_layout_wish){HL_COLOCATED, {{1, 1, 1}, {0, 1, 1}}});
    check_layout(&(hl_layout_wish){HL_COLOCATED, {{0, 1, 1}, {1, 1, 1}}});
    if (p >= 2) check_layout(&(hl_layout_wish){HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}});
    if (p >= 2) check_layout(&(hl_layout_wish){HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}});
    if (p >= 3) check_layout(&(hl_layout_wish){HL_SEPARATE, {{1, 1, 1}, {p - 1, 1, 1}}});
    if (p >= 4) check_layout(&(hl_layout_wish){HL_SEPARATE, {{2, 1, 1}, {1, 1, 1}}}); /* idle ranks */
    if (p >= 5) check_layout(&(hl_layout_wish){HL_SEPARATE, {{1, 3, 1}, {1, 2, 1}}}); /* replicas of several ranks */
}

static void compare_with_twin(double hits[HL_TOPS], const kind *its, float scale, uint64_t trial)
{
    problem q;
    answer a;
    hl_loss_facts want;
    open_problem(&q, its, 40, 90, scale, trial);
    solve_alone(&a, &q);
    slow_facts(&want, &q);
    CHECK_NEAR(a.facts.loss, want.loss, 1e-6 * want.loss);
    CHECK(a.facts.kept == want.kept && a.facts.masked == want.masked && want.masked > 0);
    CHECK(memcmp(a.facts.hits, want.hits, sizeof want.hits) == 0);
    for (int k = 0; k < HL_TOPS; k++) hits[k] += want.hits[k];
    close_answer(&a);
    close_problem(&q);
}

static void one_rank_agrees_with_the_slow_twin(void)
{
    static const float scales[] = {1, 14.2857f, 100};
    for (int i = 0; i < KINDS; i++) {
        double hits[HL_TOPS] = {0};
        for (uint64_t trial = 0; trial < 3; trial++) compare_with_twin(hits, &kinds[i], scales[trial], trial);
        for (int k = 1; k < HL_TOPS; k++) CHECK(hits[k] > hits[k - 1]); /* targets stand everywhere in the lists */
    }
}

static void compare_slopes(const kind *its)
{
    problem q;
    answer a;
    open_problem(&q, its, 7, 12, 5, 1);
    solve_alone(&a, &q);
    double *x = point_of(&q);
    int rows = q.R * D, negatives = q.K * D;
    for (int i = 0; i < rows; i++) {
        CHECK_NEAR(a.du[i], slope(x, i, &q), 1e-6);
        CHECK_NEAR(a.dp[i], slope(x, rows + i, &q), 1e-6);
    }
    for (int i = 0; i < negatives; i++) CHECK_NEAR(a.dn[i], slope(x, 2 * rows + i, &q), 1e-6);
    CHECK_NEAR(a.dscale, slope(x, 2 * rows + negatives, &q), 1e-6);
    free(x);
    close_answer(&a);
    close_problem(&q);
}

static void gradients_are_slopes_of_the_slow_twin(void)
{
    for (int i = 0; i < KINDS; i++) compare_slopes(&kinds[i]);
}

/* ---- a table */

#define NAME(name) #name,
static const char *const names[HL_CRITERIONS] = {HL_CRITERIA(NAME)};

static void a_criterion_is_found_by_its_name(void)
{
    for (int i = 0; i < HL_CRITERIONS; i++) CHECK(strcmp(hl_criteria[i]->name, names[i]) == 0);
    CHECK(hl_criteria[HL_CRITERION_nce] == &hl_criterion_nce);
    CHECK(hl_criteria[HL_CRITERION_bce] == &hl_criterion_bce);
}

/* ---- gradients of rows that are too many for one round */

enum { WIDE = 1 << 16 }; /* a row of 256 KB, so that a round of 64 MB has few */

/* One negative an item rank, all alike, so that every row's gradient is known: it points to the negative. */
static void check_rounds(hl_loss *l, const hl_mesh *mesh, hl_arena *arena, int R)
{
    const int *rows;
    int mine = hl_loss_my_rows(l, &rows), items = mesh->layout.side[HL_ITEM].ranks;
    size_t n = (size_t)mine * WIDE;
    float *u = HL_TAKE_ZERO(arena, float, n), *du = HL_TAKE(arena, float, n);
    float *negative = HL_TAKE_ZERO(arena, float, WIDE), *dn = HL_TAKE_ZERO(arena, float, WIDE);
    const float once = 1;
    negative[0] = 1;
    for (int i = 0; i < mine; i++) u[(size_t)i * WIDE + (size_t)(1 + rows[i])] = 1; /* orthogonal: every logit is 0 */
    hl_loss_give(l, u, u, arena);
    if (hl_group_has_me(&mesh->side[HL_ITEM].group))
        hl_loss_run(l, dn, negative, &(hl_negatives){1, 1, (int[]){0, 1}, NULL, &once, NULL, NULL}, 1, 0.99f, arena);
    hl_loss_return(l, du, arena);
    for (int i = 0; i < mine; i++) {
        double want = (rows[i] + 1.0) / R * items / (exp(1) + items); /* the target's logit is 1 */
        CHECK_NEAR(du[(size_t)i * WIDE], want, 1e-6 * want);
        CHECK(du[(size_t)i * WIDE + 1] == 0 && du[(size_t)(i + 1) * WIDE - 1] == 0);
    }
}

/* A round has 256 rows for one item rank, 51 for five: the user rank of two has a few more than twice as many. */
static void gradients_return_in_rounds(void)
{
    int p = world()->size, items = p - 2;
    if (p < 5) return check_skip("rounds of gradients: they take 5 ranks");
    int round = 256 / items, R = 2 * round + 5 + 9;
    hl_arena arena = hl_arena_growing("rounds");
    hl_layout layout;
    hl_mesh mesh;
    hl_loss l;
    CHECK_OK(hl_layout_make(&layout, p,
                            &(hl_layout_wish){.kind = HL_SEPARATE, .side[HL_ITEM].dp = items, .side[HL_USER].dp = 2}));
    hl_mesh_open(&mesh, world(), &layout);
    int *owner = HL_TAKE(&arena, int, R);
    float *weight = HL_TAKE(&arena, float, R);
    for (int r = 0; r < R; r++) {
        owner[r] = layout.side[HL_USER].begin + (r % 5 == 0 && r < 45); /* nine rows for the second */
        weight[r] = (float)(r + 1) / (float)R;
    }
    const hl_plan plan = {.rows = R, .weight = weight};
    hl_loss_open(&l, &hl_criterion_nce, &mesh, &plan, owner, WIDE, &arena);
    check_rounds(&l, &mesh, &arena, R);
    hl_mesh_close(&mesh);
    hl_arena_free(&arena);
}

static const test tests[] = {
    {"a share of the negatives on each rank gives the whole loss", a_share_on_each_rank_gives_the_whole_loss},
    {"one rank agrees with the slow twin", one_rank_agrees_with_the_slow_twin},
    {"gradients are slopes of the slow twin, that of the temperature too", gradients_are_slopes_of_the_slow_twin},
    {"a criterion of the table is found by its name", a_criterion_is_found_by_its_name},
    {"gradients of many rows return in rounds", gradients_return_in_rounds},
};
HL_TESTS("loss", tests)
