/* test-exact.c - with groups and slices, steps give the same bits at every layout. */
#include "math/linear.h"
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

static const hl_transformer item = {.hidden_size = 32,
                                    .intermediate_size = 40,
                                    .num_hidden_layers = 3,
                                    .num_attention_heads = 8,
                                    .num_key_value_heads = 4,
                                    .head_dim = 4,
                                    .vocab_size = 64,
                                    .rms_norm_eps = 1e-5,
                                    .rope_theta = 1e4,
                                    .initializer_range = 0.1};
static const hl_transformer user = {.hidden_size = 32,
                                    .intermediate_size = 48,
                                    .num_hidden_layers = 2,
                                    .num_attention_heads = 4,
                                    .num_key_value_heads = 4,
                                    .head_dim = 8,
                                    .vocab_size = 64,
                                    .rms_norm_eps = 1e-5,
                                    .rope_theta = 1e4,
                                    .initializer_range = 0.1};

static const hl_transformer *reader = &user; /* of the comparison at hand */

enum { GROUPS = 8, SLICES = 4, STEPS = 3, SAMPLES = 12, LONGEST = 9, S = 4, NEGATIVES = 60, ITEMS = 90 };

typedef struct {
    hl_layout_wish wish;
    int ranks; /* at least so many */
    int64_t budget;
    int zero, threads;
    bool mean_pool, share_prefix;
} variant;

/* Every text begins with the same words, so that there is something to share. */
static void put_before(toy *t, int words)
{
    const int texts = ITEMS / 2 + 1;
    int32_t *token = hl_alloc((size_t)texts * (LONGEST + 3) * sizeof *token);
    int n = 0, begin = 0;
    for (int i = 0; i < texts; i++) {
        const int end = t->text_begin[i + 1];
        for (int k = 0; k < words; k++) token[n++] = 50 + k;
        while (begin < end) token[n++] = t->token[begin++];
        t->text_begin[i + 1] = n;
    }
    free(t->token);
    t->token = token;
}

/* What must not change. */
typedef struct {
    double loss[STEPS];
    uint64_t gradients[STEPS], weights[STEPS];
} trace;

static uint64_t digest_of(const hl_sharding *h, const float *x)
{
    const bool counts = h->w && (h->zero || h->dp->rank == 0);
    int64_t sum = counts ? (int64_t)hl_sharding_digest_of(h, x) : 0;
    hl_group_all_reduce_int(check_world(), &sum, 1);
    return (uint64_t)sum;
}

static void open_engine(hl_engine *e, const hl_mesh *mesh, const toy *t, const variant *v, int groups)
{
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 40,
                                            .user_micro_batch_rows = 8,
                                            .item_tokens = !v->mean_pool,
                                            .dedup = true,
                                            .share_prefix = v->share_prefix,
                                            .groups = groups,
                                            .fusion_lambda = 0.4},
                                   .slices = SLICES,
                                   .nce_thres = 0.999f,
                                   .weight_decay = 0.01,
                                   .clip_grad_norm = 0.5,
                                   .activation_budget = v->budget,
                                   .for_training = true,
                                   .zero = v->zero,
                                   .longest_text = LONGEST + 3,
                                   .longest_history = S + (reader->fusion != HL_FUSION_NONE)};
    hl_engine_open(e, mesh, &t->corpus, &item, reader, &rules);
    hl_sharding_init(&e->sharding[HL_ITEM], 3);
    hl_sharding_init(&e->sharding[HL_USER], 4);
}

static void run(trace *r, const toy *t, const variant *v, int groups)
{
    hl_layout layout;
    hl_mesh mesh;
    hl_engine e;
    hl_arena arena = hl_arena_growing("batches");
    hl_math_threads(v->threads);
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish))) return;
    hl_mesh_open(&mesh, check_world(), &layout);
    open_engine(&e, &mesh, t, v, groups);
    for (uint64_t step = 0; step < STEPS; step++) {
        hl_batch batch;
        hl_step_report report;
        hl_rng rng = hl_rng_at(step, HL_FOR_TESTS, 0, 0);
        toy_draw_batch(&batch, t, SAMPLES, S, NEGATIVES, &rng, &arena);
        CHECK_OK(hl_step_run(&report, &e, &batch, &(hl_step_orders){.learning_rate = 1e-2, .update = true}));
        r->loss[step] = report.loss;
        r->gradients[step] = digest_of(&e.sharding[HL_ITEM], e.sharding[HL_ITEM].g)
                             + 3 * digest_of(&e.sharding[HL_USER], e.sharding[HL_USER].g);
        r->weights[step] = digest_of(&e.sharding[HL_ITEM], e.sharding[HL_ITEM].w)
                           + 3 * digest_of(&e.sharding[HL_USER], e.sharding[HL_USER].w);
    }
    hl_arena_free(&arena);
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    hl_math_threads(1);
}

static const variant variants[] = {
    {{HL_COLOCATED, {{1, 1, 1}, {1, 1, 1}}}, 1, -1, 0, 2, false, false}, /* threads */
    {{HL_COLOCATED, {{1, 1, 1}, {1, 1, 1}}}, 1, 0, 0, 1, false, false},  /* nothing kept */
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 2, -1, 0, 1, false, false}, /* data parallel, as many replicas as ranks */
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 2, -1, 1, 1, false, false},
    {{HL_COLOCATED, {{2, 1, 1}, {1, 1, 1}}}, 2, 20000, 1, 1, false, false},
    {{HL_COLOCATED, {{3, 1, 1}, {2, 1, 1}}}, 3, -1, 0, 1, false, false},
    {{HL_COLOCATED, {{1, 2, 1}, {1, 1, 1}}}, 2, -1, 0, 1, false, false}, /* tensor parallel */
    {{HL_COLOCATED, {{1, 1, 1}, {1, 2, 1}}}, 2, -1, 0, 2, false, false},
    {{HL_COLOCATED, {{1, 2, 1}, {1, 2, 1}}}, 2, 0, 0, 1, false, false},
    {{HL_COLOCATED, {{1, 4, 1}, {1, 4, 1}}}, 4, -1, 0, 1, false, false},
    {{HL_COLOCATED, {{2, 2, 1}, {1, 4, 1}}}, 4, -1, 1, 1, false, false},
    {{HL_COLOCATED, {{2, 4, 1}, {4, 2, 1}}}, 8, -1, 0, 1, false, false},
    {{HL_COLOCATED, {{1, 1, 2}, {1, 1, 2}}}, 2, -1, 0, 1, false, false}, /* pipeline */
    {{HL_COLOCATED, {{1, 1, 3}, {1, 1, 1}}}, 3, 0, 0, 1, false, false},
    {{HL_COLOCATED, {{2, 1, 2}, {1, 2, 2}}}, 4, 20000, 1, 1, false, false},
    {{HL_COLOCATED, {{2, 2, 2}, {2, 2, 2}}}, 8, -1, 1, 1, false, false},
    {{HL_SEPARATE, {{0, 1, 1}, {1, 1, 1}}}, 2, -1, 0, 1, false, false}, /* placements */
    {{HL_SEPARATE, {{1, 2, 1}, {1, 1, 1}}}, 3, -1, 0, 1, false, false},
    {{HL_SEPARATE, {{2, 2, 1}, {3, 1, 1}}}, 7, -1, 1, 1, false, false},
    {{HL_SEPARATE, {{1, 1, 2}, {1, 2, 1}}}, 4, 0, 0, 1, false, false},
    {{HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, 2, -1, 0, 1, false, false},
    {{HL_HYBRID, {{0, 1, 2}, {2, 1, 2}}}, 4, -1, 1, 1, false, false},
};
enum { VARIANTS = sizeof variants / sizeof variants[0] };

static void compare(const trace *got, const trace *want, int which)
{
    for (int i = 0; i < STEPS; i++) {
        const bool loss = memcmp(&got->loss[i], &want->loss[i], sizeof want->loss[i]) == 0;
        const bool gradients = got->gradients[i] == want->gradients[i], weights = got->weights[i] == want->weights[i];
        if (!loss || !gradients || !weights)
            printf("  variant %d, step %d: loss %s, gradients %s, weights %s\n", which, i, loss ? "same" : "differs",
                   gradients ? "same" : "differ", weights ? "same" : "differ");
        CHECK(loss && gradients && weights);
    }
}

static void check_layouts(bool mean_pool, bool share_prefix)
{
    const variant lone = {{HL_COLOCATED, {{1, 1, 1}, {1, 1, 1}}}, 1, -1, 0, 1, mean_pool, share_prefix};
    trace want = {0}, got = {0};
    toy t;
    toy_open(&t, ITEMS, LONGEST, 1);
    put_before(&t, share_prefix ? 3 : 0);
    run(&want, &t, &lone, GROUPS);
    for (int i = 0; i < VARIANTS; i++) {
        variant v = variants[i];
        if (v.ranks > check_world()->size) continue;
        v.mean_pool = mean_pool;
        v.share_prefix = share_prefix;
        run(&got, &t, &v, GROUPS);
        compare(&got, &want, i);
    }
    toy_close(&t);
}

static void item_tokens_are_read(void) { check_layouts(false, false); }
static void rows_are_averaged(void) { check_layouts(true, false); }
static void prefixes_are_shared(void) { check_layouts(false, true); }

static void times_and_ids_are_read(void)
{
    hl_transformer c = user;
    c.time_size = 5;
    c.id_rows = ITEMS;
    reader = &c;
    check_layouts(false, false);
    reader = &user;
}

static void labels_are_predicted(void)
{
    hl_transformer c = user;
    reader = &c;
    c.head_size = 12;
    for (c.fusion = HL_FUSION_EARLY; c.fusion <= HL_FUSION_LATE; c.fusion++) check_layouts(false, false);
    reader = &user;
}

/* Otherwise the sentences above would say nothing. */
static void without_groups_bits_differ(void)
{
    const variant lone = {{HL_COLOCATED, {{1, 1, 1}, {1, 1, 1}}}, 1, -1, 0, 1, false, false},
                  many = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 2, -1, 0, 1, false, false};
    trace want = {0}, got = {0};
    toy t;
    toy_open(&t, ITEMS, LONGEST, 1);
    run(&want, &t, &lone, 0);
    run(&got, &t, &many, 0);
    CHECK((check_world()->size > 1) == (want.weights[STEPS - 1] != got.weights[STEPS - 1]));
    CHECK_NEAR(got.loss[0], want.loss[0], 1e-5 * want.loss[0]);
    run(&got, &t, &lone, GROUPS);
    CHECK_NEAR(got.loss[0], want.loss[0], 1e-5 * want.loss[0]);
    toy_close(&t);
}

static const test tests[] = {
    {"[ITEM] tokens are read: the same bits at every layout", item_tokens_are_read},
    {"rows are averaged: the same bits at every layout", rows_are_averaged},
    {"prefixes are shared: the same bits at every layout", prefixes_are_shared},
    {"labels are predicted: the same bits at every layout", labels_are_predicted},
    {"times and ids are added to what users read: the same bits at every layout", times_and_ids_are_read},
    {"without groups bits differ", without_groups_bits_differ},
};
HL_TESTS("exact", tests)
