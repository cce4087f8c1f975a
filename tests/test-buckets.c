/* test-buckets.c - sums that begin early end as those that begin late, to the bit. */
#include "mpi/comm/buckets.h"
#include "base/arena.h"
#include "base/rng.h"
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { N = 1000, RANGES = 7 };

static const hl_group *world(void) { return check_world(); }

static float number(int rank, size_t i)
{
    uint32_t h = ((uint32_t)i + 1) * 2654435761u ^ ((uint32_t)rank + 1) * 40503u;
    h = (h ^ h >> 15) * 2246822519u;
    return (float)((int)(h >> 8 & 2047) - 1000) * (h >> 31 ? 1.0f : 1e-5f);
}

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = number(world()->rank, i);
}

/* Ranges that cover the array, added from the last one down; in between some move them on and others do not. */
static void sum_in_ranges(hl_buckets *b, float *x, size_t n, uint64_t seed)
{
    hl_rng ours = hl_rng_at(seed, HL_FOR_TESTS, 0, 0), mine = hl_rng_at(seed, HL_FOR_TESTS, 1, (uint32_t)world()->rank);
    size_t hi = n;
    for (int k = 0; k < RANGES; k++) {
        size_t lo = k == RANGES - 1 || hi == 0 ? 0 : (size_t)toy_between(&ours, 0, (int)hi);
        hl_buckets_add(b, x, lo, hi);
        for (int moves = toy_between(&mine, 0, 3); moves > 0; moves--) hl_buckets_progress(b);
        hi = lo;
    }
    hl_buckets_finish(b);
}

static void everyone_gets_the_bits_of_a_sum(void)
{
    hl_buckets b;
    hl_buckets_open(&b, world(), NULL);
    for (uint64_t trial = 0; trial < 30; trial++) {
        float x[N], want[N];
        const size_t n = trial < 10 ? trial : N;
        fill(x, n);
        fill(want, n);
        hl_group_all_reduce(world(), want, n);
        sum_in_ranges(&b, x, n, trial);
        CHECK(memcmp(x, want, n * sizeof *x) == 0);
    }
    hl_buckets_close(&b);
}

static void owners_get_the_bits_of_a_sum_of_blocks(void)
{
    const int p = world()->size, me = world()->rank;
    size_t *block = hl_alloc((size_t)(p + 1) * sizeof *block);
    for (uint64_t trial = 0; trial < 30; trial++) {
        hl_rng r = hl_rng_at(trial, HL_FOR_TESTS, 2, 0);
        hl_buckets b;
        float x[N], want[N];
        block[0] = 0;
        for (int q = 1; q <= p; q++)
            block[q] = q == p ? N : block[q - 1] + (size_t)toy_between(&r, 0, (int)(N - block[q - 1]) / 2);
        fill(x, N);
        fill(want, N);
        hl_group_reduce_scatter(world(), want, block);
        hl_buckets_open(&b, world(), block);
        sum_in_ranges(&b, x, N, trial);
        CHECK(memcmp(x + block[me], want + block[me], (block[me + 1] - block[me]) * sizeof *x) == 0);
        hl_buckets_close(&b);
    }
    free(block);
}

/* More than are under way at a time, of more than one bucket each. */
static void long_ranges_go_in_buckets(void)
{
    const size_t n = 24000001;
    size_t wrong = 0;
    hl_buckets b;
    if (world()->size > 3) return check_skip("long ranges: they take too long on so many ranks");
    float *x = hl_alloc(n * sizeof *x);
    fill(x, n);
    hl_buckets_open(&b, world(), NULL);
    hl_buckets_add(&b, x, n / 2, n);
    hl_buckets_add(&b, x, 0, n / 2);
    hl_buckets_finish(&b);
    for (size_t i = 0; i < n; i += 97) {
        float parts[3];
        for (int r = 0; r < world()->size; r++) parts[r] = number(r, i);
        hl_fold(parts, world()->size, sizeof *parts, 1, hl_fold_floats);
        wrong += x[i] != parts[0];
    }
    CHECK(wrong == 0);
    hl_buckets_close(&b);
    free(x);
}

/* ---- in a step */

enum { ITEMS = 60, LONGEST = 8, S = 4, STEPS = 2 };

static const hl_transformer shape = {.hidden_size = 16,
                                     .intermediate_size = 20,
                                     .num_hidden_layers = 3,
                                     .num_attention_heads = 4,
                                     .num_key_value_heads = 2,
                                     .head_dim = 4,
                                     .vocab_size = 64,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.1};

typedef struct {
    int ranks; /* at least so many */
    hl_layout_wish wish;
    int zero;
    int64_t budget;
    int groups;
    bool overlaps; /* does anything? */
    bool sequence_parallel;
} variant;

static const variant variants[] = {
    {1, {HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, -1, 0, true, false},
    {1, {HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 20000, 0, true, false},
    {1, {HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 2, -1, 0, false, false},
    {1, {HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, -1, 8, false, false},
    {2, {HL_COLOCATED, {{0, 1, 1}, {1, 1, 1}}}, 1, -1, 0, true, false},
    {3, {HL_SEPARATE, {{0, 1, 1}, {1, 1, 1}}}, 0, 0, 0, true, false},
    {3, {HL_SEPARATE, {{1, 1, 1}, {0, 1, 1}}}, 1, -1, 0, true, false},
    {4, {HL_COLOCATED, {{2, 2, 1}, {2, 2, 1}}}, 0, -1, 0, true, false},
    {4, {HL_COLOCATED, {{2, 1, 2}, {2, 1, 2}}}, 1, 20000, 0, true, false},
    {5, {HL_COLOCATED, {{2, 1, 2}, {1, 3, 1}}}, 0, -1, 0, true, false},
    {6, {HL_COLOCATED, {{2, 3, 1}, {2, 3, 1}}}, 0, -1, 0, true, false}, /* key heads in common */
    {8, {HL_COLOCATED, {{2, 4, 1}, {2, 3, 1}}}, 1, -1, 0, true, false},
    {4, {HL_COLOCATED, {{2, 2, 1}, {2, 2, 1}}}, 0, -1, 0, true, true}, /* norms in common */
    {7, {HL_COLOCATED, {{2, 3, 1}, {3, 2, 1}}}, 1, 20000, 0, true, true},
    {8, {HL_HYBRID, {{2, 1, 3}, {2, 2, 1}}}, 1, 0, 0, true, false},
};

typedef struct {
    double loss[STEPS];
    uint64_t gradients[STEPS], weights[STEPS];
    bool overlaps;
} trace;

static uint64_t digest_of(const hl_sharding *h, const float *x)
{
    const bool counts = h->w && (h->zero || h->dp->rank == 0);
    int64_t sum = counts ? (int64_t)hl_sharding_digest_of(h, x) : 0;
    hl_group_all_reduce_int(world(), &sum, 1);
    return (uint64_t)sum;
}

/* Few samples, so that some copies have no micro-batch at all at many ranks. */
static void run(trace *t, const toy *data, const variant *v, bool overlap)
{
    hl_layout layout;
    hl_mesh mesh;
    hl_engine e;
    hl_arena arena = hl_arena_growing("batches");
    const hl_engine_rules rules = {
        .plan = {.chunk_tokens = 16, .user_micro_batch_rows = 8, .item_tokens = 1, .dedup = true, .groups = v->groups},
        .slices = 4,
        .nce_thres = 2,
        .activation_budget = v->budget,
        .for_training = true,
        .zero = v->zero,
        .overlap = overlap,
        .longest_text = LONGEST,
        .longest_history = S};
    CHECK_OK(hl_layout_make(&layout, world()->size, &v->wish));
    layout.sequence_parallel = v->sequence_parallel;
    hl_mesh_open(&mesh, world(), &layout);
    hl_engine_open(&e, &mesh, &data->corpus, &shape, &shape, &rules);
    hl_sharding_init(&e.sharding[HL_ITEM], 1);
    hl_sharding_init(&e.sharding[HL_USER], 1);
    for (uint64_t k = 0; k < STEPS; k++) {
        hl_batch batch;
        hl_step_report report;
        hl_rng rng = hl_rng_at(k, HL_FOR_TESTS, 0, 0);
        toy_draw_batch(&batch, data, k ? 2 : 10, S, 12, &rng, &arena);
        CHECK_OK(hl_step_run(&report, &e, &batch, &(hl_step_orders){.learning_rate = 0.01, .update = true}));
        t->loss[k] = report.loss;
        t->gradients[k] = digest_of(&e.sharding[HL_ITEM], e.sharding[HL_ITEM].g)
                          + 3 * digest_of(&e.sharding[HL_USER], e.sharding[HL_USER].g);
        t->weights[k] = digest_of(&e.sharding[HL_ITEM], e.sharding[HL_ITEM].w)
                        + 3 * digest_of(&e.sharding[HL_USER], e.sharding[HL_USER].w);
    }
    int64_t many = e.sharding[HL_ITEM].overlaps || e.sharding[HL_USER].overlaps;
    hl_group_all_reduce_int(world(), &many, 1);
    t->overlaps = many > 0;
    hl_arena_free(&arena);
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
}

static void steps_are_the_same_with_and_without(void)
{
    toy t;
    toy_open(&t, ITEMS, LONGEST, 1);
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++) {
        const variant *v = &variants[i];
        trace off = {0}, on = {0};
        if (world()->size < v->ranks || (v->groups && world()->size > v->groups)) continue;
        run(&off, &t, v, false);
        run(&on, &t, v, true);
        CHECK(!off.overlaps && on.overlaps == v->overlaps);
        CHECK(memcmp(on.loss, off.loss, sizeof on.loss) == 0
              && memcmp(on.weights, off.weights, sizeof on.weights) == 0);
        CHECK(v->zero >= 2 || memcmp(on.gradients, off.gradients, sizeof on.gradients) == 0);
        if (!(memcmp(on.weights, off.weights, sizeof on.weights) == 0)) printf("  layout %d\n", (int)i);
    }
    toy_close(&t);
}

static const test tests[] = {
    {"everyone gets the bits of a sum", everyone_gets_the_bits_of_a_sum},
    {"owners get the bits of a sum of blocks", owners_get_the_bits_of_a_sum_of_blocks},
    {"long ranges go in buckets", long_ranges_go_in_buckets},
    {"steps are the same with and without overlap", steps_are_the_same_with_and_without},
};
HL_TESTS("buckets", tests)
