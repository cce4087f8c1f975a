/* test-step.c - a training step gives the golden losses and gradients at any layout. */
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/step-layouts.h"

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
        run_on_grids(g, (variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0}, r, has_tiles ? r : 0,
                     engine);
        run_on_grids(g, (variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, 0, true, .zero = 1}, r, 0, other);
        if (has_tiles)
            run_on_grids(g, (variant){{HL_COLOCATED, {{0, 1, 1}, {1, p, 1}}}, -1, false, .zero = 0}, 0, r, other);
    }
    if (p >= 8) /* seven of them: make check does not run this suite at 7 ranks */
        run_on_grids(g, (variant){{HL_COLOCATED, {{1, 7, 1}, {1, 7, 1}}}, -1, true, .zero = 0}, 7, has_tiles ? 7 : 0,
                     HL_SUMMA);
    if (!has_tiles) return;
    if (p >= 5) run_on_grids(g, (variant){{HL_SEPARATE, {{1, 4, 1}, {1, 1, 1}}}, -1, true, .zero = 0}, 2, 0, HL_SUMMA);
    if (p >= 7)
        run_on_grids(g, (variant){{HL_SEPARATE, {{1, 4, 1}, {1, 3, 1}}}, 60000, true, .zero = 0}, 2, 0, HL_SCALAPACK);
    if (p >= 8) run_on_grids(g, (variant){{HL_COLOCATED, {{2, 4, 1}, {1, 6, 1}}}, -1, true, .zero = 3}, 2, 3, HL_SUMMA);
    if (p >= 8) run_on_grids(g, (variant){{HL_HYBRID, {{1, 4, 2}, {1, 4, 1}}}, 60000, true, .zero = 2}, 2, 2, HL_SUMMA);
    if (p >= 8)
        run_on_grids(g, (variant){{HL_COLOCATED, {{1, 4, 2}, {1, 4, 2}}}, 0, true, .zero = 0}, 2, 4, HL_SCALAPACK);
}

static void run_golden(const char *name)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open(&g, name)) return;
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 0, 1}, {0, 0, 1}}}, -1, true, .zero = 0});
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 0, 1}, {0, 0, 1}}}, 0, false, .zero = 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{1, 1, 1}, {p - 1, 1, 1}}}, 60000, true, .zero = 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_COLOCATED, {{p - 1, 1, 1}, {2, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 4)
        run_variant(&g, &(variant){{HL_SEPARATE, {{2, 1, 1}, {1, 1, 1}}}, -1, true, .zero = 0}); /* idle ranks */
    /* tensor parallel: uneven shares of heads, key heads held by several ranks, more ranks than heads */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, 0, true, .zero = 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{1, p - 1, 1}, {1, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{p / 2, 2, 1}, {1, p - 1, 1}}}, -1, true, .zero = 0});
    if (p >= 5) run_variant(&g, &(variant){{HL_SEPARATE, {{1, 3, 1}, {1, 2, 1}}}, -1, true, .zero = 0});
    if (p >= 7) run_variant(&g, &(variant){{HL_SEPARATE, {{2, 2, 1}, {1, 3, 1}}}, -1, false, .zero = 0});
    /* copies divide the optimizer's state */
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = 1});
    if (p >= 5) run_variant(&g, &(variant){{HL_SEPARATE, {{2, 2, 1}, {1, 1, 1}}}, -1, true, .zero = 1});
    /* stages */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 0, true, .zero = 1});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{0, 1, 2}, {1, 1, 1}}}, 100000, true, .zero = 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_SEPARATE, {{0, 1, 2}, {1, 1, 2}}}, 0, false, .zero = 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{1, 2, 2}, {1, 2, 2}}}, 60000, true, .zero = 0});
    if (p >= 5)
        run_variant(&g, &(variant){{HL_COLOCATED, {{1, 1, most_stages(&g.item, p)}, {0, 2, 1}}}, 0, true, .zero = 0});
    if (p >= 8)
        run_variant(&g, &(variant){{HL_SEPARATE, {{2, 1, most_stages(&g.item, 3)}, {1, 1, 2}}}, -1, true, .zero = 1});
    run_grids(&g, p);
    /* peers have some rows each, more peers than rows too */
    if (p >= 2)
        run_variant(&g,
                    &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0, .sequence_parallel = true});
    if (p >= 3)
        run_variant(
            &g, &(variant){{HL_SEPARATE, {{1, p - 1, 1}, {1, 1, 1}}}, 0, false, .zero = 0, .sequence_parallel = true});
    if (p >= 4)
        run_variant(
            &g, &(variant){{HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}}, 60000, true, .zero = 3, .sequence_parallel = true});
    if (p >= 4)
        run_variant(
            &g, &(variant){{HL_COLOCATED, {{0, 2, 2}, {0, 2, 2}}}, 60000, true, .zero = 1, .sequence_parallel = true});
    /* users on some of the item ranks */
    if (p >= 2) run_variant(&g, &(variant){{HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_HYBRID, {{0, 1, 2}, {1, 1, 2}}}, 60000, true, .zero = 0});
    /* copies divide gradients and weights too, also where they have different numbers of micro-batches, and share key
     * heads */
    for (int zero = 2; zero <= 3; zero++) {
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 60000, true, .zero = zero});
        if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 0, true, .zero = zero});
        if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 60000, true, .zero = zero});
        if (p >= 8) run_variant(&g, &(variant){{HL_HYBRID, {{2, 4, 1}, {2, 2, 1}}}, -1, true, .zero = zero});
    }
    golden_close(&g);
}

/* Where what differs is made within a rank or by the loss: at 8 ranks one layout of each kind, at fewer all of them. */
static void run_golden_briefly(const char *name)
{
    golden g;
    if (check_world()->size < 8) {
        run_golden(name);
        return;
    }
    if (!golden_open(&g, name)) return;
    const int r = hl_family_has_blocks(hl_transformer_family(&g.user)) ? 2 : 0;
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 0, 1}, {0, 0, 1}}}, 0, false, .zero = 0});
    run_variant(&g, &(variant){{HL_SEPARATE, {{1, 1, 1}, {7, 1, 1}}}, 60000, true, .zero = 0});
    run_variant(&g, &(variant){{HL_COLOCATED, {{1, 8, 1}, {1, 8, 1}}}, -1, true, .zero = 0});
    run_variant(&g, &(variant){{HL_COLOCATED, {{4, 2, 1}, {1, 7, 1}}}, -1, true, .zero = 1});
    run_variant(&g, &(variant){{HL_SEPARATE, {{2, 2, 1}, {1, 3, 1}}}, -1, false, .zero = 0});
    run_variant(&g, &(variant){{HL_SEPARATE, {{0, 1, 2}, {1, 1, 2}}}, 0, false, .zero = 0});
    run_on_grids(&g, (variant){{HL_COLOCATED, {{1, 8, 1}, {1, 8, 1}}}, -1, true, .zero = 0}, 2, r, HL_SCALAPACK);
    run_on_grids(&g, (variant){{HL_HYBRID, {{1, 4, 2}, {1, 4, 1}}}, 60000, true, .zero = 2}, 2, r, HL_SUMMA);
    run_variant(&g,
                &(variant){{HL_COLOCATED, {{0, 2, 2}, {0, 2, 2}}}, 60000, true, .zero = 1, .sequence_parallel = true});
    run_variant(&g, &(variant){{HL_SEPARATE, {{7, 1, 1}, {1, 1, 1}}}, 0, true, .zero = 3});
    run_variant(&g, &(variant){{HL_HYBRID, {{2, 4, 1}, {2, 2, 1}}}, -1, true, .zero = 3});
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
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 60000, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 0, true, .zero = zero});
        if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}}, -1, true, .zero = zero});
        if (p >= 8) run_variant(&g, &(variant){{HL_HYBRID, {{2, 4, 1}, {2, 2, 1}}}, -1, true, .zero = zero});
    }
    if (p >= 2)
        run_variant(&g,
                    &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0, .sequence_parallel = true});
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
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 60000, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{1, 1, 1}, {p - 1, 1, 1}}}, -1, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, 0, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, -1, true, .zero = zero});
    }
    golden_close(&g);
}

/* A step whose negatives are all masked. */
static hl_status step_without_negatives(hl_step_report *report, golden *g, double lambda)
{
    laid_out x;
    g->fusion_lambda = lambda;
    g->nce_thres = -2;
    if (!laid_out_open(&x, g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = 0})) return HL_EFAIL;
    const hl_status s = hl_step_run(report, &x.e, &g->batch, &(hl_step_orders){.learning_rate = g->lr, .update = true});
    laid_out_close(&x);
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
static void item_token(void) { run_golden("hllm_item_token.h5"); }
static void mean_pool(void) { run_golden("hllm_mean_pool.h5"); }
static void masked_negatives(void) { run_golden_briefly("hllm_masked_negatives.h5"); }
static void two_ranks(void) { run_golden_briefly("hllm_two_ranks.h5"); }
static void mha(void) { run_golden("hllm_mha.h5"); }
static void deep(void) { run_golden("hllm_deep.h5"); }
static void inputs(void) { run_golden_briefly("hllm_inputs.h5"); }
static void late_fusion(void) { run_golden_briefly("hllm_late.h5"); }
static void early_fusion(void) { run_golden_briefly("hllm_early.h5"); }
static void text_sasrec(void) { run_golden_briefly("hllm_sasrec.h5"); }
static void text_hstu(void) { run_golden_briefly("hllm_hstu.h5"); }

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
    {"frozen items: golden losses, and gradients of the users, without a backward of the items", frozen_items},
    {"over item vectors of a file: golden loss and gradients of the users", cached_items},
};
HL_TESTS("step", tests)
