/* test-course.c - steps without golden values: dropout, biases, what is given up, what is allocated. */
#include "base/fault.h"
#include "base/stop.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/step-layouts.h"
#include <stdlib.h>
#include <string.h>

/* What users drop is named by sample, row and site: whoever computes it drops the same. */
typedef struct {
    double loss[3];
    double slope, difference; /* of the loss along its gradient; the gradient's own square */
} dropping;

static double my_squares(const hl_engine *e)
{
    double sum = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const hl_sharding *h = &e->sharding[i];
        const bool counts = h->g && h->dp->rank == 0;
        for (int k = 0; counts && k < h->table->n; k++)
            for (int64_t r = 0; r < hl_param_stretches(&h->table->at[k]); r++) {
                const hl_stretch s = hl_param_own_stretch(&h->table->at[k], r);
                for (size_t j = 0; j < s.n; j++) {
                    const double x = gradient_at(h, h->table->at[k].offset + s.local + j);
                    sum += x * x;
                }
            }
    }
    return sum;
}

/* All weights one step along the gradient. */
static void walk(hl_engine *e, double far)
{
    for (hl_side i = 0; i < HL_SIDES; i++)
        for (size_t k = 0; e->sharding[i].w && k < e->sharding[i].table->count; k++)
            e->sharding[i].w[k] += (float)(far * gradient_at(&e->sharding[i], k));
}

static double loss_at(hl_engine *e, const golden *g)
{
    hl_step_report report;
    CHECK_OK(hl_step_run(&report, e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = false}));
    return report.loss;
}

/* The loss one step along the gradient against that one step back, and what the gradient says of it. */
static void compare_slopes(dropping *x, hl_engine *e, const golden *g)
{
    static const double far = 2e-3;
    float *kept[HL_SIDES];
    x->slope = my_squares(e);
    hl_group_all_reduce_double(check_world(), &x->slope, 1);
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const size_t n = e->sharding[i].w ? e->sharding[i].table->count : 0;
        kept[i] = malloc((n + 1) * sizeof(float));
        if (n) memcpy(kept[i], e->sharding[i].g, n * sizeof(float));
    }
    const double scale = far / sqrt(x->slope);
    walk(e, scale);
    const double ahead = loss_at(e, g);
    for (hl_side i = 0; i < HL_SIDES; i++)
        if (e->sharding[i].w) memcpy(e->sharding[i].g, kept[i], e->sharding[i].table->count * sizeof(float));
    walk(e, -2 * scale);
    x->difference = (ahead - loss_at(e, g)) / (2 * scale);
    for (hl_side i = 0; i < HL_SIDES; i++) {
        if (e->sharding[i].w) memcpy(e->sharding[i].g, kept[i], e->sharding[i].table->count * sizeof(float));
        free(kept[i]);
    }
    walk(e, scale);
}

static dropping drop(const golden *g, const variant *v)
{
    dropping x = {0};
    laid_out at;
    if (!laid_out_open(&at, g, v)) return x;
    loss_at(&at.e, g);
    if (v->zero == 0) compare_slopes(&x, &at.e, g);
    for (int step = 0; step < 3; step++) {
        hl_step_report report;
        CHECK_OK(hl_step_run(&report, &at.e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        x.loss[step] = report.loss;
    }
    laid_out_close(&at);
    return x;
}

static void compare_dropping(const golden *g, const dropping *first, const variant *v)
{
    const dropping x = drop(g, v);
    for (int i = 0; i < 3; i++) CHECK_NEAR(x.loss[i], first->loss[i], 1e-5 * first->loss[i]);
}

static void check_dropping(const char *name, const char *family)
{
    golden g;
    const int p = check_world()->size;
    if (!golden_open_ids(&g, name, family)) return;
    const variant plain = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = 0},
                  cut = {{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0},
                  by_rows = {{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0, .sequence_parallel = true},
                  apart = {{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, -1, true, .zero = 0},
                  stages = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, -1, true, .zero = 0},
                  recomputed = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, false, .zero = 1};
    const dropping none = drop(&g, &plain);
    g.user.hidden_dropout = 0.4;
    g.user.attention_dropout = 0.3;
    const dropping first = drop(&g, &plain);
    CHECK_NEAR(none.difference, none.slope, 0.01 * none.slope);
    CHECK_NEAR(first.difference, first.slope, 0.01 * first.slope);
    CHECK(fabs(first.loss[0] - none.loss[0]) > 1e-3 * none.loss[0]);
    compare_dropping(&g, &first, &recomputed);
    if (p >= 2) compare_dropping(&g, &first, &apart);
    if (p >= 2) compare_dropping(&g, &first, &cut);
    if (p >= 2) compare_dropping(&g, &first, &by_rows);
    if (p >= 2) compare_dropping(&g, &first, &stages);
    for (int r = 1; r <= p && hl_family_has_blocks(hl_transformer_family(&g.user)); r++) {
        variant grid = cut;
        grid.rows[HL_USER] = r;
        if (p % r == 0) compare_dropping(&g, &first, &grid);
    }
    golden_close(&g);
}

static void what_is_dropped_is_the_same_at_any_layout(void)
{
    check_dropping("sasrec_shared.h5", "sasrec");
    check_dropping("hstu_shared.h5", "hstu");
}

/* As published; there are no golden values, so gradients are held against differences of the loss. */
static void biases_of_times_and_places_are_the_same_at_any_layout(void)
{
    golden g;
    const int p = check_world()->size;
    if (!golden_open_ids(&g, "hstu_shared.h5", "hstu")) return;
    const variant plain = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = 0},
                  cut = {{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0},
                  stages = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, -1, true, .zero = 0},
                  sharded = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, false, .zero = 3};
    const dropping none = drop(&g, &plain);
    g.user.rel_bias = true;
    const dropping first = drop(&g, &plain);
    CHECK_NEAR(first.difference, first.slope, 0.01 * first.slope);
    CHECK(first.loss[0] != none.loss[0]);
    compare_dropping(&g, &first, &sharded);
    if (p >= 2) compare_dropping(&g, &first, &cut);
    if (p >= 2) compare_dropping(&g, &first, &stages);
    golden_close(&g);
}

/* ---- a step that is given up */

enum { STEPS = 3 };

typedef struct {
    double loss[STEPS];
    uint64_t weights[STEPS]; /* of this rank */
    int given_up;            /* how often */
} course;

static uint64_t weights_of(const hl_engine *e)
{
    return hl_sharding_digest(&e->sharding[HL_ITEM]) + hl_sharding_digest(&e->sharding[HL_USER]);
}

/* Rank `who` hears a signal at its k-th act that computes, for k = 1, 2, ..., until a step has none; that one is
 * made.  A step that is given up leaves weights and count as they were. */
static void disturb(hl_step_report *report, int *given_up, hl_engine *e, const golden *g, int who)
{
    const hl_step_orders orders = {.learning_rate = g->lr, .update = true};
    for (int k = 1;; k += 1 + k / 2) {
        char fault[40];
        uint64_t weights = weights_of(e);
        long updates = e->updates;
        snprintf(fault, sizeof fault, "step-signal:%d:%d", who, k);
        hl_fault_set(fault);
        CHECK_OK(hl_step_run(report, e, &g->batch, &orders));
        hl_fault_set(NULL);
        hl_stop_forget();
        if (!report->given_up) break;
        CHECK(report->stop && weights_of(e) == weights && e->updates == updates);
        ++*given_up;
    }
    CHECK(!report->stop);
}

static course run_course(const golden *g, const variant *v, bool disturbed)
{
    course c = {0};
    laid_out x;
    if (!laid_out_open(&x, g, v)) return c;
    for (int step = 0; step < STEPS; step++) {
        hl_step_report report;
        if (disturbed) disturb(&report, &c.given_up, &x.e, g, (step + check_world()->size - 1) % check_world()->size);
        else CHECK_OK(hl_step_run(&report, &x.e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        c.loss[step] = report.loss;
        c.weights[step] = weights_of(&x.e);
    }
    laid_out_close(&x);
    return c;
}

static void compare_courses(const golden *g, const variant *v)
{
    course whole = run_course(g, v, false);
    course disturbed = run_course(g, v, true);
    CHECK(memcmp(whole.loss, disturbed.loss, sizeof whole.loss) == 0 && isfinite(whole.loss[STEPS - 1]));
    CHECK(memcmp(whole.weights, disturbed.weights, sizeof whole.weights) == 0);
    CHECK(disturbed.given_up >= STEPS);
}

static void a_step_that_is_given_up_leaves_no_trace(void)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, "hllm_deep.h5")) return;
    compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 2) compare_courses(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, 60000, true, .zero = 0});
    if (p >= 2) compare_courses(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 0, true, .zero = 1});
    if (p >= 2) compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 60000, true, .zero = 2});
    if (p >= 2) compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 60000, true, .zero = 3});
    if (p >= 2)
        compare_courses(
            &g,
            &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0, .rows = {p, p}, .tiles = HL_SUMMA});
    if (p >= 3)
        compare_courses(
            &g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0, .sequence_parallel = true});
    if (p >= 4) compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}}, 60000, true, .zero = 3});
    if (p >= 4) compare_courses(&g, &(variant){{HL_HYBRID, {{0, 1, 2}, {1, 1, 2}}}, 60000, true, .zero = 0});
    golden_close(&g);
}

/* Blocks that a rank asks for after the first steps: two, or with stages as many as go round the buffers between
 * them. */
static int64_t blocks_of_later_steps(const golden *g, const variant *v)
{
    laid_out x;
    int64_t blocks = 0;
    if (!laid_out_open(&x, g, v)) return -1;
    for (int step = 1; step <= 10; step++) {
        hl_step_report report;
        CHECK_OK(hl_step_run(&report, &x.e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        if (step == (v->wish.side[HL_ITEM].pp > 1 ? 4 : 2)) blocks = hl_alloc_count();
    }
    blocks = hl_alloc_count() - blocks;
    laid_out_close(&x);
    return (int64_t)hl_group_max(check_world(), (double)blocks);
}

static void nothing_is_allocated_after_the_first_steps(void)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, "hllm_deep.h5")) return;
    for (int zero = 0; zero <= 3; zero++)
        CHECK(blocks_of_later_steps(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = zero})
              == 0);
    CHECK(blocks_of_later_steps(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, 60000, true, .zero = 0}) == 0);
    if (p >= 2)
        CHECK(blocks_of_later_steps(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 0, true, .zero = 1})
              == 0);
    if (p >= 2)
        CHECK(blocks_of_later_steps(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 60000, true, .zero = 1})
              == 0);
    if (p >= 2)
        CHECK(blocks_of_later_steps(&g, &(variant){{HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, -1, true, .zero = 3}) == 0);
    golden_close(&g);
}

static const test tests[] = {
    {"what is dropped by chance is the same at any layout, and so are its gradients",
     what_is_dropped_is_the_same_at_any_layout},
    {"biases of times and places are the same at any layout, and so are their gradients",
     biases_of_times_and_places_are_the_same_at_any_layout},
    {"a step that is given up leaves no trace, at any layout", a_step_that_is_given_up_leaves_no_trace},
    {"after the first steps nothing is allocated, at any layout", nothing_is_allocated_after_the_first_steps},
};
HL_TESTS("course", tests)
