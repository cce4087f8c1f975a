/* test-step-ids.c - a training step of a model of item ids gives the golden losses and gradients at any layout. */
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/step-layouts.h"

/* A table of vectors, whole or cut by rows, and what reads it. */
static void run_ids(const char *name, const char *family)
{
    golden g;
    int p = check_world()->size;
    if (!golden_open_ids(&g, name, family)) return;
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = 0});
    run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, false, .zero = 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, -1, true, .zero = 0});
    /* rows of the table on all ranks, some of them without any; users beside them in copies */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, -1, true, .zero = 0});
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, 0, true, .zero = 0});
    if (p >= 3) run_variant(&g, &(variant){{HL_SEPARATE, {{1, p - 1, 1}, {1, 1, 1}}}, -1, false, .zero = 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{p / 2, 2, 1}, {1, p - 1, 1}}}, -1, true, .zero = 1});
    /* stages of the user model */
    if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 2}}}, -1, true, .zero = 0});
    if (p >= 4) run_variant(&g, &(variant){{HL_COLOCATED, {{1, 4, 1}, {1, 2, 2}}}, -1, true, .zero = 1});
    for (int zero = 1; zero <= 3; zero++) {
        run_variant(&g, &(variant){{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, -1, true, .zero = zero});
        if (p >= 2) run_variant(&g, &(variant){{HL_COLOCATED, {{1, p, 1}, {0, 1, 1}}}, -1, true, .zero = zero});
    }
    if (p >= 2)
        run_variant(&g,
                    &(variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0, .sequence_parallel = true});
    for (int r = 1; r <= p && hl_family_has_blocks(hl_transformer_family(&g.user)); r++)
        if (p % r == 0)
            run_on_grids(&g, (variant){{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, -1, true, .zero = 0}, 0, r,
                         r % 2 ? HL_SUMMA : HL_SCALAPACK);
    golden_close(&g);
}

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
    {"HSTU with biases of times and places: golden losses and gradients", hstu_with_biases},
    {"LLMIDRec: golden losses and gradients", llmidrec},
    {"SASRec over a table of items: golden losses and gradients", sasrec},
    {"HSTU over a table of items: golden losses and gradients", hstu},
    {"negatives of each position's own: golden losses and gradients", own_negatives},
    {"binary cross entropy of SASRec, with one negative of each position's own and with many: golden losses and "
     "gradients",
     binary_cross_entropy},
};
HL_TESTS("step-ids", tests)
