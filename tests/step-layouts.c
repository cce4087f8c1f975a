/* step-layouts.c - a training step of a golden batch at a layout, held against the golden file. */
#include "tests/step-layouts.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

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

double gradient_at(const hl_sharding *h, size_t at)
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

bool laid_out_open(laid_out *x, const golden *g, const variant *v)
{
    hl_layout layout;
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish))) return false;
    hl_layout_take_grids(&layout, v->rows, v->tiles);
    layout.sequence_parallel = v->sequence_parallel;
    hl_mesh_open(&x->mesh, check_world(), &layout);
    open_engine(&x->e, &x->mesh, g, v);
    read_weights(&x->e.sharding[HL_ITEM], g);
    read_weights(&x->e.sharding[HL_USER], g);
    return true;
}

void laid_out_close(laid_out *x)
{
    hl_engine_close(&x->e);
    hl_mesh_close(&x->mesh);
}

void run_variant(const golden *g, const variant *v)
{
    laid_out x;
    double *losses;
    if (!laid_out_open(&x, g, v)) return;
    golden_doubles(g, "outputs/loss_per_step", &losses);
    for (int step = 0; step < g->steps; step++) {
        hl_step_report report;
        CHECK_OK(hl_step_run(&report, &x.e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true}));
        CHECK_NEAR(report.loss, losses[step], (step == 0 ? 1e-5 : 1e-4) * fabs(losses[step]));
        if (step > 0) continue;
        compare_facts(&report, g);
        compare_gradients(&x.e.sharding[HL_ITEM], g);
        compare_gradients(&x.e.sharding[HL_USER], g);
        if (g->items_frozen) break; /* the golden run goes on with other items */
    }
    if (g->items_frozen) compare_frozen(&x.e.sharding[HL_ITEM], g);
    free(losses);
    laid_out_close(&x);
}

void run_on_grids(const golden *g, variant v, int item_rows, int user_rows, hl_tile_engine tiles)
{
    v.rows[HL_ITEM] = item_rows;
    v.rows[HL_USER] = user_rows;
    v.tiles = tiles;
    run_variant(g, &v);
}
