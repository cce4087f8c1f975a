/* test-step.c - a training step gives the golden losses and gradients at any layout. */
#include "base/fault.h"
#include "base/stop.h"
#include "math/rows.h"
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/golden.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    hl_layout_wish wish;
    int64_t budget;
    bool dedup;
    int zero;
} variant;

/* Layers in tiles, on grids of so many rows; 0: none. */
typedef struct {
    int rows[HL_SIDES];
    hl_tile_engine engine;
} grids;

static void open_engine(hl_engine *e, const hl_mesh *mesh, const golden *g, const variant *v)
{
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 40,
                                            .user_micro_batch_rows = 8,
                                            .item_tokens = !g->mean_pool,
                                            .items_frozen = g->items_frozen,
                                            .dedup = v->dedup,
                                            .fusion_lambda = g->fusion_lambda,
                                            .mean_over_ranks = g->ranks > 1 ? g->ranks : 0},
                                   .criterion = g->criterion,
                                   .share_tokens = v->dedup,
                                   .nce_thres = (float)g->nce_thres,
                                   .weight_decay = g->weight_decay,
                                   .activation_budget = v->budget,
                                   .for_training = true,
                                   .zero = v->zero,
                                   .longest_text = g->T,
                                   .longest_history = g->S + (g->user.fusion != HL_FUSION_NONE)};
    hl_engine_open(e, mesh, &g->corpus, &g->item, &g->user, &rules);
}

/* My share of a tensor from the whole one. */
static void take_share(float *mine, const double *whole, const hl_param *p)
{
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        hl_stretch s = hl_param_stretch(p, i);
        for (size_t k = 0; k < s.n; k++) mine[s.local + k] = (float)whole[s.global + (int64_t)k];
    }
}

static void read_weights(hl_sharding *h, const golden *g)
{
    for (int i = 0; h->w && i < h->table->n; i++) {
        char path[160];
        double *x;
        snprintf(path, sizeof path, "weights/%s", h->table->at[i].name);
        if (strstr(path, "_rel_attn_bias") && !golden_has(g, path)) { /* no golden ones */
            hl_param_init(&h->table->at[i], h->w, 1);
            continue;
        }
        CHECK(golden_weights(g, h->table->at[i].name, &x) == hl_param_whole(&h->table->at[i]));
        take_share(h->w + h->table->at[i].offset, x, &h->table->at[i]);
        free(x);
    }
    hl_sharding_reshard(h);
}

/* The largest entry of a tensor's gradient.  Softmax does not see what is added to all keys of a query alike, so the
 * gradient of keys' biases is zero but for rounding: it is held against that of the queries' biases. */
static double largest_of(const golden *g, const char *name)
{
    char path[160];
    double *x, largest = 0;
    const char *key = strstr(name, ".key.bias");
    snprintf(path, sizeof path, "grads/%.*s%s", (int)(key ? key - name : 150), name, key ? ".query.bias" : "");
    const int64_t n = golden_doubles(g, path, &x);
    for (int64_t k = 0; k < n; k++) largest = fmax(largest, fabs(x[k]));
    free(x);
    return largest;
}

static double gradient_at(const hl_sharding *h, size_t at)
{
    const hl_gradients x = hl_sharding_gradients(h, at, at + 1);
    return x.g ? (double)*x.g : 0;
}

/* Every gradient that I am to use, to 2e-5 of the largest entry of its tensor. */
static void compare_gradients(const hl_sharding *h, const golden *g)
{
    for (int i = 0; h->g && i < h->table->n; i++) {
        const hl_param *p = &h->table->at[i];
        if (h->frozen[i]) continue;
        char path[160];
        const double largest = largest_of(g, p->name);
        double *x, furthest = 0;
        snprintf(path, sizeof path, "grads/%s", p->name);
        golden_doubles(g, path, &x);
        for (int64_t r = 0; r < hl_param_stretches(p); r++) {
            hl_stretch s = hl_param_stretch(p, r);
            for (size_t k = 0, at = p->offset + s.local; k < s.n; k++, at++)
                if (hl_sharding_has(h, at))
                    furthest = fmax(furthest, fabs(gradient_at(h, at) - x[s.global + (int64_t)k]));
        }
        if (!(furthest <= 2e-5 * largest)) printf("  %s: off by %g of %g\n", p->name, furthest, largest);
        CHECK(furthest <= 2e-5 * largest);
        free(x);
    }
}

/* Weights that are frozen, as they were before the step. */
static void compare_frozen(const hl_sharding *h, const golden *g)
{
    int compared = 0;
    for (int i = 0; h->w && h->zero < 3 && i < h->table->n; i++) {
        const hl_param *p = &h->table->at[i];
        double *x;
        if (!h->frozen[i]) continue;
        golden_weights(g, p->name, &x);
        float *was = hl_alloc(p->count * sizeof *was);
        hl_param mine = *p;
        mine.offset = 0;
        take_share(was, x, &mine);
        CHECK(memcmp(was, h->w + p->offset, p->count * sizeof *was) == 0);
        compared++;
        free(was);
        free(x);
    }
    CHECK(!h->w || h->zero >= 3 || compared > 0);
}

static void compare_facts(const hl_step_report *r, const golden *g)
{
    CHECK_NEAR(r->nce_samples, golden_number(g, "outputs/nce_samples"), 1e-9);
    CHECK_NEAR(r->top_acc[0], golden_number(g, "outputs/nce_top1_acc"), 1e-9);
    if (golden_has(g, "outputs/label_loss")) CHECK_NEAR(r->label_loss, golden_number(g, "outputs/label_loss"), 1e-5);
    if (g->batch.each == 0 || g->batch.each >= hl_top[1]) /* there are as many logits */
        CHECK_NEAR(r->top_acc[1], golden_number(g, "outputs/nce_top5_acc"), 1e-9);
    if (g->batch.each == 0 || g->batch.each >= hl_top[2])
        CHECK_NEAR(r->top_acc[2], golden_number(g, "outputs/nce_top10_acc"), 1e-9);
}

/* sequence_parallel: where there is no grid, peers have some rows each. */
static void run_laid_out(const golden *g, const variant *v, const grids *grid, bool sequence_parallel)
{
    hl_layout layout;
    hl_mesh mesh;
    hl_engine e;
    double *losses;
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish))) return;
    hl_layout_take_grids(&layout, grid->rows, grid->engine);
    layout.sequence_parallel = sequence_parallel;
    hl_mesh_open(&mesh, check_world(), &layout);
    open_engine(&e, &mesh, g, v);
    read_weights(&e.sharding[HL_ITEM], g);
    read_weights(&e.sharding[HL_USER], g);
    golden_doubles(g, "outputs/loss_per_step", &losses);
    for (int step = 0; step < g->steps; step++) {
        hl_step_report report;
        CHECK_OK(hl_step_run(&report, &e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        CHECK_NEAR(report.loss, losses[step], (step == 0 ? 1e-5 : 1e-4) * fabs(losses[step]));
        if (step > 0) continue;
        compare_facts(&report, g);
        compare_gradients(&e.sharding[HL_ITEM], g);
        compare_gradients(&e.sharding[HL_USER], g);
        if (g->items_frozen) break; /* the golden run goes on with other items */
    }
    if (g->items_frozen) compare_frozen(&e.sharding[HL_ITEM], g);
    free(losses);
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
}

static void run_variant(const golden *g, const variant *v) { run_laid_out(g, v, &(grids){{0, 0}, HL_SUMMA}, false); }

static void run_apart(const golden *g, const variant *v) { run_laid_out(g, v, &(grids){{0, 0}, HL_SUMMA}, true); }

static void run_on_grids(const golden *g, const variant *v, const grids *grid) { run_laid_out(g, v, grid, false); }

/* Blocks that a rank asks for after the first steps: two, or with stages as many as go round the buffers between
 * them. */
static int64_t blocks_of_later_steps(const golden *g, const variant *v)
{
    hl_layout layout;
    hl_mesh mesh;
    hl_engine e;
    int64_t blocks = 0;
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish))) return -1;
    hl_mesh_open(&mesh, check_world(), &layout);
    open_engine(&e, &mesh, g, v);
    read_weights(&e.sharding[HL_ITEM], g);
    read_weights(&e.sharding[HL_USER], g);
    for (int step = 1; step <= 10; step++) {
        hl_step_report report;
        CHECK_OK(hl_step_run(&report, &e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        if (step == (v->wish.side[HL_ITEM].pp > 1 ? 4 : 2)) blocks = hl_alloc_count();
    }
    blocks = hl_alloc_count() - blocks;
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    return (int64_t)hl_group_max(check_world(), (double)blocks);
}

static void nothing_is_allocated_after_the_first_steps(void)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, "hllm_deep.h5")) return;
    for (int zero = 0; zero <= 3; zero++)
        CHECK(blocks_of_later_steps(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, zero}) == 0);
    CHECK(blocks_of_later_steps(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, 60000, true, 0}) == 0);
    if (p >= 2)
        CHECK(blocks_of_later_steps(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 0, true, 1}) == 0);
    if (p >= 2)
        CHECK(blocks_of_later_steps(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 60000, true, 1}) == 0);
    if (p >= 2) CHECK(blocks_of_later_steps(&g, &(variant){{HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, -1, true, 3}) == 0);
    golden_close(&g);
}

static int most_stages(const hl_transformer *shape, int p)
{
    return shape->num_hidden_layers < p ? shape->num_hidden_layers : p;
}

/* Layers in tiles: every grid of all ranks, for one side or both, by both engines; grids beside copies, stages and
 * ZeRO. */
static void run_grids(const golden *g, int p)
{
    const bool has_tiles = hl_family_has_blocks(hl_transformer_family(&g->user));
    for (int r = 1; r <= p; r++) {
        if (p % r) continue;
        const hl_tile_engine engine = r % 2 ? HL_SUMMA : HL_SCALAPACK, other = r % 2 ? HL_SCALAPACK : HL_SUMMA;
        run_on_grids(g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0},
                     &(grids){{r, has_tiles ? r : 0}, engine});
        run_on_grids(g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, 0, true, 1}, &(grids){{r, 0}, other});
        if (has_tiles)
            run_on_grids(g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {1, p, 1}}}, -1, false, 0}, &(grids){{0, r}, other});
    }
    if (p >= 8) /* seven of them: make check does not run this suite at 7 ranks */
        run_on_grids(g, &(variant){{HL_COLOCATED, {{1, 7, 1}, {1, 7, 1}}}, -1, true, 0},
                     &(grids){{7, has_tiles ? 7 : 0}, HL_SUMMA});
    if (!has_tiles) return;
    if (p >= 5)
        run_on_grids(g, &(variant){{HL_SEPARATE, {{1, 4, 1}, {1, 1, 1}}}, -1, true, 0}, &(grids){{2, 0}, HL_SUMMA});
    if (p >= 7)
        run_on_grids(g, &(variant){{HL_SEPARATE, {{1, 4, 1}, {1, 3, 1}}}, 60000, true, 0},
                     &(grids){{2, 0}, HL_SCALAPACK});
    if (p >= 8)
        run_on_grids(g, &(variant){{HL_COLOCATED, {{2, 4, 1}, {1, 6, 1}}}, -1, true, 3}, &(grids){{2, 3}, HL_SUMMA});
    if (p >= 8)
        run_on_grids(g, &(variant){{HL_HYBRID, {{1, 4, 2}, {1, 4, 1}}}, 60000, true, 2}, &(grids){{2, 2}, HL_SUMMA});
    if (p >= 8)
        run_on_grids(g, &(variant){{HL_COLOCATED, {{1, 4, 2}, {1, 4, 2}}}, 0, true, 0}, &(grids){{2, 4}, HL_SCALAPACK});
}

static void run_golden(const char *name)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, name)) return;
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 0, 1}, {0, 0, 1}}}, -1, true, 0});
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 0, 1}, {0, 0, 1}}}, 0, false, 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, -1, true, 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{1, 1, 1}, {p - 1, 1, 1}}}, 60000, true, 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_COLOCATED, {{p - 1, 1, 1}, {2, 1, 1}}}, -1, true, 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_SEPARATE, {{2, 1, 1}, {1, 1, 1}}}, -1, true, 0}); /* idle ranks */
    /* tensor parallel: uneven shares of heads, key heads held by several ranks, more ranks than heads */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, 0, true, 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{1, p - 1, 1}, {1, 1, 1}}}, -1, true, 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{p / 2, 2, 1}, {1, p - 1, 1}}}, -1, true, 0});
    if (p >= 5) run_variant(&g, &(variant){{HL_SEPARATE, {{1, 3, 1}, {1, 2, 1}}}, -1, true, 0});
    if (p >= 7) run_variant(&g, &(variant){{HL_SEPARATE, {{2, 2, 1}, {1, 3, 1}}}, -1, false, 0});
    /* copies divide the optimizer's state */
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, 1});
    if (p >= 5) run_variant(&g, &(variant){{HL_SEPARATE, {{2, 2, 1}, {1, 1, 1}}}, -1, true, 1});
    /* stages */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 1}}}, -1, true, 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 0, true, 1});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{0, 1, 2}, {1, 1, 1}}}, 100000, true, 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_SEPARATE, {{0, 1, 2}, {1, 1, 2}}}, 0, false, 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{1, 2, 2}, {1, 2, 2}}}, 60000, true, 0});
    if (p >= 5) run_variant(&g, &(variant){{HL_COLOCATED, {{1, 1, most_stages(&g.item, p)}, {0, 2, 1}}}, 0, true, 0});
    if (p >= 8) run_variant(&g, &(variant){{HL_SEPARATE, {{2, 1, most_stages(&g.item, 3)}, {1, 1, 2}}}, -1, true, 1});
    run_grids(&g, p);
    /* peers have some rows each, more peers than rows too */
    if (p >= 2) run_apart(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0});
    if (p >= 3) run_apart(&g, &(variant){{HL_SEPARATE, {{1, p - 1, 1}, {1, 1, 1}}}, 0, false, 0});
    if (p >= 4) run_apart(&g, &(variant){{HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}}, 60000, true, 3});
    if (p >= 4) run_apart(&g, &(variant){{HL_COLOCATED, {{0, 2, 2}, {0, 2, 2}}}, 60000, true, 1});
    /* users on some of the item ranks */
    if (p >= 2) run_variant(&g, &(variant){{HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, -1, true, 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_HYBRID, {{0, 1, 2}, {1, 1, 2}}}, 60000, true, 0});
    /* copies divide gradients and weights too, also where they have different numbers of micro-batches, and share key
     * heads */
    for (int zero = 2; zero <= 3; zero++) {
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 60000, true, zero});
        if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 0, true, zero});
        if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 60000, true, zero});
        if (p >= 8) run_variant(&g, &(variant){{HL_HYBRID, {{2, 4, 1}, {2, 2, 1}}}, -1, true, zero});
    }
    golden_close(&g);
}

/* ---- models of item ids: a table of vectors, whole or cut by rows, and what reads it */

static void run_ids(const char *name, const char *family)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open_ids(&g, name, family)) return;
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, 0});
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, false, 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, -1, true, 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, -1, true, 0});
    /* rows of the table on all ranks, some of them without any; users beside them in copies */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, -1, true, 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, 0, true, 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{1, p - 1, 1}, {1, 1, 1}}}, -1, false, 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{p / 2, 2, 1}, {1, p - 1, 1}}}, -1, true, 1});
    /* stages of the user model */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, -1, true, 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{1, 4, 1}, {1, 2, 2}}}, -1, true, 1});
    for (int zero = 1; zero <= 3; zero++) {
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, -1, true, zero});
    }
    if (p >= 2) run_apart(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0});
    for (int r = 1; r <= p && hl_family_has_blocks(hl_transformer_family(&g.user)); r++)
        if (p % r == 0)
            run_on_grids(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0},
                         &(grids){{0, r}, r % 2 ? HL_SUMMA : HL_SCALAPACK});
    golden_close(&g);
}

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

static dropping drop(const golden *g, const variant *v, const grids *grid, bool sequence_parallel)
{
    static const double far = 2e-3;
    dropping x = {0};
    hl_layout layout;
    hl_mesh mesh;
    hl_engine e;
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish))) return x;
    hl_layout_take_grids(&layout, grid->rows, grid->engine);
    layout.sequence_parallel = sequence_parallel;
    hl_mesh_open(&mesh, check_world(), &layout);
    open_engine(&e, &mesh, g, v);
    read_weights(&e.sharding[HL_ITEM], g);
    read_weights(&e.sharding[HL_USER], g);
    loss_at(&e, g);
    if (v->zero == 0) {
        x.slope = my_squares(&e);
        hl_group_all_reduce_double(check_world(), &x.slope, 1);
        float *kept[HL_SIDES];
        for (hl_side i = 0; i < HL_SIDES; i++) {
            const size_t n = e.sharding[i].w ? e.sharding[i].table->count : 0;
            kept[i] = malloc((n + 1) * sizeof(float));
            if (n) memcpy(kept[i], e.sharding[i].g, n * sizeof(float));
        }
        const double scale = far / sqrt(x.slope);
        walk(&e, scale);
        const double ahead = loss_at(&e, g);
        for (hl_side i = 0; i < HL_SIDES; i++)
            if (e.sharding[i].w) memcpy(e.sharding[i].g, kept[i], e.sharding[i].table->count * sizeof(float));
        walk(&e, -2 * scale);
        x.difference = (ahead - loss_at(&e, g)) / (2 * scale);
        for (hl_side i = 0; i < HL_SIDES; i++) {
            if (e.sharding[i].w) memcpy(e.sharding[i].g, kept[i], e.sharding[i].table->count * sizeof(float));
            free(kept[i]);
        }
        walk(&e, scale);
    }
    for (int step = 0; step < 3; step++) {
        hl_step_report report;
        CHECK_OK(hl_step_run(&report, &e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        x.loss[step] = report.loss;
    }
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    return x;
}

static void compare_dropping(const golden *g, const dropping *first, const variant *v, int rows, bool sequence_parallel)
{
    const dropping x = drop(g, v, &(grids){{0, rows}, HL_SUMMA}, sequence_parallel);
    for (int i = 0; i < 3; i++) CHECK_NEAR(x.loss[i], first->loss[i], 1e-5 * first->loss[i]);
}

static void check_dropping(const char *name, const char *family)
{
    golden g;
    const int p = check_world()->size;
    if (!golden_open_ids(&g, name, family)) return;
    const variant plain = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, 0},
                  cut = {{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0},
                  apart = {{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, -1, true, 0},
                  stages = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, -1, true, 0},
                  recomputed = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, false, 1};
    const dropping none = drop(&g, &plain, &(grids){{0, 0}, HL_SUMMA}, false);
    g.user.hidden_dropout = 0.4;
    g.user.attention_dropout = 0.3;
    const dropping first = drop(&g, &plain, &(grids){{0, 0}, HL_SUMMA}, false);
    CHECK_NEAR(none.difference, none.slope, 0.01 * none.slope);
    CHECK_NEAR(first.difference, first.slope, 0.01 * first.slope);
    CHECK(fabs(first.loss[0] - none.loss[0]) > 1e-3 * none.loss[0]);
    compare_dropping(&g, &first, &recomputed, 0, false);
    if (p >= 2) compare_dropping(&g, &first, &apart, 0, false);
    if (p >= 2) compare_dropping(&g, &first, &cut, 0, false);
    if (p >= 2) compare_dropping(&g, &first, &cut, 0, true);
    if (p >= 2) compare_dropping(&g, &first, &stages, 0, false);
    for (int r = 1; r <= p && hl_family_has_blocks(hl_transformer_family(&g.user)); r++)
        if (p % r == 0) compare_dropping(&g, &first, &cut, r, false);
    golden_close(&g);
}

/* As published; there are no golden values, so gradients are held against differences of the loss. */
static void biases_of_times_and_places_are_the_same_at_any_layout(void)
{
    golden g;
    const int p = check_world()->size;
    if (!golden_open_ids(&g, "hstu_shared.h5", "hstu")) return;
    const variant plain = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, 0},
                  cut = {{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0},
                  stages = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, -1, true, 0},
                  sharded = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, false, 3};
    const dropping none = drop(&g, &plain, &(grids){{0, 0}, HL_SUMMA}, false);
    g.user.rel_bias = true;
    const dropping first = drop(&g, &plain, &(grids){{0, 0}, HL_SUMMA}, false);
    CHECK_NEAR(first.difference, first.slope, 0.01 * first.slope);
    CHECK(first.loss[0] != none.loss[0]);
    compare_dropping(&g, &first, &sharded, 0, false);
    if (p >= 2) compare_dropping(&g, &first, &cut, 0, false);
    if (p >= 2) compare_dropping(&g, &first, &stages, 0, false);
    golden_close(&g);
}

static void what_is_dropped_is_the_same_at_any_layout(void)
{
    check_dropping("sasrec_shared.h5", "sasrec");
    check_dropping("hstu_shared.h5", "hstu");
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

static course run_course(const golden *g, const variant *v, int grid, bool sequence_parallel, bool disturbed)
{
    course c = {0};
    hl_layout layout;
    hl_mesh mesh;
    hl_engine e;
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish))) return c;
    hl_layout_take_grids(&layout, (const int[]){grid, grid}, HL_SUMMA);
    layout.sequence_parallel = sequence_parallel;
    hl_mesh_open(&mesh, check_world(), &layout);
    open_engine(&e, &mesh, g, v);
    read_weights(&e.sharding[HL_ITEM], g);
    read_weights(&e.sharding[HL_USER], g);
    for (int step = 0; step < STEPS; step++) {
        hl_step_report report;
        if (disturbed) disturb(&report, &c.given_up, &e, g, (step + check_world()->size - 1) % check_world()->size);
        else CHECK_OK(hl_step_run(&report, &e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        c.loss[step] = report.loss;
        c.weights[step] = weights_of(&e);
    }
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    return c;
}

static void compare_courses(const golden *g, const variant *v, int grid, bool sequence_parallel)
{
    course whole = run_course(g, v, grid, sequence_parallel, false);
    course disturbed = run_course(g, v, grid, sequence_parallel, true);
    CHECK(memcmp(whole.loss, disturbed.loss, sizeof whole.loss) == 0 && isfinite(whole.loss[STEPS - 1]));
    CHECK(memcmp(whole.weights, disturbed.weights, sizeof whole.weights) == 0);
    CHECK(disturbed.given_up >= STEPS);
}

static void a_step_that_is_given_up_leaves_no_trace(void)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, "hllm_deep.h5")) return;
    compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, 0}, 0, false);
    if (p >= 2) compare_courses(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, 60000, true, 0}, 0, false);
    if (p >= 2) compare_courses(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 0, true, 1}, 0, false);
    if (p >= 2) compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 60000, true, 2}, 0, false);
    if (p >= 2) compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 60000, true, 3}, 0, false);
    if (p >= 2) compare_courses(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0}, p, false);
    if (p >= 3) compare_courses(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0}, 0, true);
    if (p >= 4) compare_courses(&g, &(variant){{HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}}, 60000, true, 3}, 0, false);
    if (p >= 4) compare_courses(&g, &(variant){{HL_HYBRID, {{0, 1, 2}, {1, 1, 2}}}, 60000, true, 0}, 0, false);
    golden_close(&g);
}

/* Losses, the users' gradients and that of the temperature are those of the whole model. */
static void frozen_items(void)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, "hllm_deep.h5")) return;
    g.items_frozen = true;
    for (int zero = 0; zero <= 3; zero++) {
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 60000, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 0, true, zero});
        if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}}, -1, true, zero});
        if (p >= 8) run_variant(&g, &(variant){{HL_HYBRID, {{2, 4, 1}, {2, 2, 1}}}, -1, true, zero});
    }
    if (p >= 2) run_apart(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, 0});
    golden_close(&g);
}

/* The same over the vectors that the Item LLM has made: a table of which ranks have some rows each, or all. */
static void cached_items(void)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, "hllm_deep.h5")) return;
    golden_cache_items(&g);
    for (int zero = 0; zero <= 3; zero++) {
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 60000, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{1, 1, 1}, {p - 1, 1, 1}}}, -1, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, 0, true, zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, -1, true, zero});
    }
    golden_close(&g);
}

static void item_token(void) { run_golden("hllm_item_token.h5"); }
static void mean_pool(void) { run_golden("hllm_mean_pool.h5"); }
static void masked_negatives(void) { run_golden("hllm_masked_negatives.h5"); }
static void two_ranks(void) { run_golden("hllm_two_ranks.h5"); }
static void mha(void) { run_golden("hllm_mha.h5"); }
static void deep(void) { run_golden("hllm_deep.h5"); }
static void inputs(void) { run_golden("hllm_inputs.h5"); }
static void late_fusion(void) { run_golden("hllm_late.h5"); }
static void early_fusion(void) { run_golden("hllm_early.h5"); }

/* A step whose negatives are all masked. */
static hl_status step_without_negatives(hl_step_report *report, golden *g, double lambda)
{
    hl_layout layout;
    hl_mesh mesh;
    hl_engine e;
    const variant v = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, 0};
    g->fusion_lambda = lambda;
    g->nce_thres = -2;
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v.wish))) return HL_EFAIL;
    hl_mesh_open(&mesh, check_world(), &layout);
    open_engine(&e, &mesh, g, &v);
    read_weights(&e.sharding[HL_ITEM], g);
    read_weights(&e.sharding[HL_USER], g);
    const hl_status s = hl_step_run(report, &e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true});
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    return s;
}

static void labels_are_trained_alone(void)
{
    golden g;
    hl_step_report report;
    if (!golden_open(&g, "hllm_late.h5")) return;
    CHECK_OK(step_without_negatives(&report, &g, 0));
    CHECK_NEAR(report.label_loss, golden_number(&g, "outputs/label_loss"), 1e-5);
    CHECK(report.loss == report.label_loss && report.fault == HL_STEP_SOUND);
    CHECK(step_without_negatives(&report, &g, 0.3) == HL_ENUMERIC && report.fault == HL_STEP_ALL_MASKED);
    golden_close(&g);
}
static void text_sasrec(void) { run_golden("hllm_sasrec.h5"); }
static void text_hstu(void) { run_golden("hllm_hstu.h5"); }
static void hstu_with_biases(void) { run_ids("hstu_rel_bias.h5", "hstu"); }
static void llmidrec(void) { run_ids("llmidrec.h5", "llama"); }
static void sasrec(void) { run_ids("sasrec_shared.h5", "sasrec"); }
static void hstu(void) { run_ids("hstu_shared.h5", "hstu"); }

static void own_negatives(void)
{
    run_ids("sasrec_per_position.h5", "sasrec");
    run_ids("hstu_per_position.h5", "hstu");
}

static void binary_cross_entropy(void)
{
    run_ids("sasrec_bce.h5", "sasrec");
    run_ids("sasrec_bce_many.h5", "sasrec");
}

static const test tests[] = {
    {"an [ITEM] token closes each text: golden losses and gradients", item_token},
    {"mean pooling: golden losses and gradients", mean_pool},
    {"many negatives are masked: golden losses and gradients", masked_negatives},
    {"a mean over ranks of means: golden losses and gradients", two_ranks},
    {"as many key heads as query heads: golden losses and gradients", mha},
    {"a deep model: golden losses and gradients", deep},
    {"times and ids are added to item vectors: golden losses and gradients", inputs},
    {"labels are predicted by late fusion: golden losses and gradients", late_fusion},
    {"labels are trained alone where the contrastive loss has no weight, whatever is masked", labels_are_trained_alone},
    {"labels are predicted by early fusion: golden losses and gradients", early_fusion},
    {"SASRec reads texts, and times: golden losses and gradients", text_sasrec},
    {"HSTU reads texts, ids, and biases of times and places: golden losses and gradients", text_hstu},
    {"HSTU with biases of times and places: golden losses and gradients", hstu_with_biases},
    {"LLMIDRec: golden losses and gradients", llmidrec},
    {"SASRec over a table of items: golden losses and gradients", sasrec},
    {"HSTU over a table of items: golden losses and gradients", hstu},
    {"negatives of each position's own: golden losses and gradients", own_negatives},
    {"binary cross entropy of SASRec, with one negative of each position's own and with many: golden losses and "
     "gradients",
     binary_cross_entropy},
    {"frozen items: golden losses, and gradients of the users, without a backward of the items", frozen_items},
    {"over item vectors of a file: golden loss and gradients of the users", cached_items},
    {"what is dropped by chance is the same at any layout, and so are its gradients",
     what_is_dropped_is_the_same_at_any_layout},
    {"biases of times and places are the same at any layout, and so are their gradients",
     biases_of_times_and_places_are_the_same_at_any_layout},
    {"a step that is given up leaves no trace, at any layout", a_step_that_is_given_up_leaves_no_trace},
    {"after the first steps nothing is allocated, at any layout", nothing_is_allocated_after_the_first_steps},
};
HL_TESTS("step", tests)
