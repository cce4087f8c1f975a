/* test-sparse-rows.c - a table of items whose gradient has the rows of the step alone is trained to the bits of one
 * whose gradient has all rows, at any layout. */
#include "data/id-corpus.h"
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 211, SAMPLES = 5, S = 6, NEGATIVES = 9, STEPS = 5, GROUPS = 8 };

typedef struct {
    hl_layout_wish wish;
    int ranks, zero, groups;
    int width; /* of the table; 16, or less where a matrix lies behind it */
    double clip;
} variant;

static hl_transformer table_of(int width)
{
    return (hl_transformer){.hidden_size = width,
                            .intermediate_size = 1,
                            .num_attention_heads = 1,
                            .num_key_value_heads = 1,
                            .head_dim = width,
                            .vocab_size = ITEMS,
                            .initializer_range = 0.02,
                            .family = hl_family_find("table"),
                            .pooling = HL_POOL_FIRST,
                            .padding = 1,
                            .vector_size = width == 16 ? 0 : 16};
}

static hl_transformer reader(void)
{
    return (hl_transformer){.hidden_size = 16,
                            .intermediate_size = 24,
                            .num_hidden_layers = 2,
                            .num_attention_heads = 4,
                            .num_key_value_heads = 4,
                            .head_dim = 4,
                            .vocab_size = 1,
                            .max_position_embeddings = S,
                            .rms_norm_eps = 1e-12,
                            .initializer_range = 0.02,
                            .family = hl_family_find("sasrec")};
}

static void open_engine(hl_engine *e, const hl_mesh *mesh, const hl_corpus *corpus, const variant *v)
{
    const hl_transformer item = table_of(v->width), user = reader();
    const hl_engine_rules rules = {
        .plan = {.chunk_tokens = 13, .user_micro_batch_rows = 8, .dedup = true, .groups = v->groups},
        .slices = v->groups ? 4 : 0,
        .nce_thres = 0.999f,
        .weight_decay = 0.1,
        .clip_grad_norm = v->clip,
        .activation_budget = -1,
        .for_training = true,
        .zero = v->zero,
        .overlap = true,
        .longest_text = 1,
        .longest_history = S};
    hl_engine_open(e, mesh, corpus, &item, &user, &rules);
    for (hl_side i = 0; i < HL_SIDES; i++) hl_sharding_init(&e->sharding[i], 3);
}

/* All gradients of my block, with the rows that have none. */
static void spread(float *to, const hl_sharding *h)
{
    for (int k = 0; k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        hl_gradients x;
        for (size_t at = p->offset; at < p->offset + p->count; at += x.n) {
            x = hl_sharding_gradients(h, at, p->offset + p->count);
            CHECK(x.n > 0);
            for (size_t i = at; i < at + x.n; i++) to[i] = x.g && hl_sharding_has(h, i) ? x.g[i - at] : 0;
        }
    }
}

static bool are_alike(const float *a, const float *b, size_t n) { return n == 0 || memcmp(a, b, n * sizeof *a) == 0; }

/* Of a side: the weights and the moments that I have, and what the step left of gradients. */
static void compare(const hl_sharding *a, const hl_sharding *b, int which)
{
    if (!a->w) return;
    const size_t n = a->table->count;
    float *x = malloc((2 * n + 1) * sizeof *x), *y = x + n;
    spread(x, a);
    spread(y, b);
    for (size_t i = 0; i < n; i++) x[i] += 0.0f, y[i] += 0.0f; /* no zero has a sign */
    const bool gradients = are_alike(x, y, n), weights = are_alike(a->w, b->w, n),
               moments = are_alike(a->m, b->m, n) && are_alike(a->v, b->v, n);
    if (!gradients || !weights || !moments)
        printf("  variant %d: gradients %s, weights %s, moments %s\n", which, gradients ? "same" : "differ",
               weights ? "same" : "differ", moments ? "same" : "differ");
    CHECK(gradients && weights && moments);
    free(x);
}

static void run(const variant *v, int which)
{
    hl_layout layout;
    hl_mesh mesh;
    hl_engine sparse, dense;
    hl_arena arena = hl_arena_growing("batches");
    toy t;
    hl_id_corpus ids;
    toy_open(&t, ITEMS, 3, 1);
    hl_id_corpus_open(&ids, &t.corpus);
    if (!CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish))) return;
    hl_mesh_open(&mesh, check_world(), &layout);
    open_engine(&sparse, &mesh, &ids.corpus, v);
    open_engine(&dense, &mesh, &ids.corpus, v);
    hl_sharding *h = &sparse.sharding[HL_ITEM];
    CHECK(!h->w || h->table->at[0].count == 0 || h->rows.end > h->rows.at);
    hl_sparse_rows_close(&dense.sharding[HL_ITEM].rows); /* all rows, then */
    for (uint64_t step = 0; step < STEPS; step++) {
        hl_batch batch;
        hl_step_report a, b;
        hl_rng rng = hl_rng_at(step, HL_FOR_TESTS, 0, 0);
        const int samples = step % 2 ? SAMPLES : 1; /* fewer rows, then more */
        toy_draw_batch(&batch, &t, samples, S, NEGATIVES, &rng, &arena);
        const hl_step_orders orders = {.learning_rate = 1e-2, .update = step != 2};
        CHECK_OK(hl_step_run(&a, &sparse, &batch, &orders));
        CHECK_OK(hl_step_run(&b, &dense, &batch, &orders));
        CHECK(memcmp(&a.loss, &b.loss, sizeof a.loss) == 0);
        CHECK_NEAR(a.grad_norm, b.grad_norm, v->groups ? 0 : 1e-6 * b.grad_norm);
        for (hl_side i = 0; i < HL_SIDES; i++) compare(&sparse.sharding[i], &dense.sharding[i], which);
        if (h->w && h->rows.end)
            CHECK(hl_sparse_rows_end(&h->rows, h->rows.end) - h->rows.at <= (size_t)a.texts * h->rows.width);
    }
    hl_engine_close(&dense);
    hl_engine_close(&sparse);
    hl_mesh_close(&mesh);
    hl_arena_free(&arena);
    hl_id_corpus_close(&ids);
    toy_close(&t);
}

static const variant variants[] = {
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 0, 0, 16, 0}, /* as many copies as ranks */
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 1, 0, 12, 0},
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 2, 0, 16, 0},
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 3, 0, 12, 0},
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 0, GROUPS, 16, 0.01},
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 1, GROUPS, 12, 0.01},
    {{HL_COLOCATED, {{1, 2, 1}, {0, 1, 1}}}, 2, 0, 0, 16, 0}, /* rows cut among ranks */
    {{HL_COLOCATED, {{1, 2, 1}, {2, 1, 1}}}, 2, 1, GROUPS, 16, 0.01},
    {{HL_COLOCATED, {{1, 3, 1}, {3, 1, 1}}}, 3, 0, 0, 12, 0},
    {{HL_SEPARATE, {{2, 1, 1}, {1, 1, 1}}}, 3, 1, 0, 16, 0},
    {{HL_COLOCATED, {{2, 2, 1}, {4, 1, 1}}}, 4, 0, 0, 16, 0}, /* copies of what is cut */
    {{HL_COLOCATED, {{2, 2, 1}, {2, 2, 1}}}, 4, 1, 0, 12, 0},
    {{HL_COLOCATED, {{2, 2, 1}, {4, 1, 1}}}, 4, 1, GROUPS, 16, 0.01},
    {{HL_SEPARATE, {{2, 2, 1}, {1, 1, 1}}}, 5, 2, 0, 16, 0},
    {{HL_COLOCATED, {{2, 4, 1}, {8, 1, 1}}}, 8, 1, 0, 16, 0},
};

static void some_rows_are_as_good_as_all(void)
{
    for (int i = 0; i < (int)(sizeof variants / sizeof variants[0]); i++)
        if (variants[i].ranks <= check_world()->size) run(&variants[i], i);
}

static const test tests[] = {
    {"some rows of a gradient are as good as all", some_rows_are_as_good_as_all},
};
HL_TESTS("sparse-rows", tests)
