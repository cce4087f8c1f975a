/* test-ledger.c - the ledger of the same numbers is the same at any layout, and names the tensor where one bit is
 * another. */
#include "mpi/train/ledger.h"
#include "base/digest.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

static const hl_transformer item = {.hidden_size = 24,
                                    .intermediate_size = 40,
                                    .num_hidden_layers = 4,
                                    .num_attention_heads = 6,
                                    .num_key_value_heads = 2,
                                    .head_dim = 4,
                                    .vocab_size = 31,
                                    .rms_norm_eps = 1e-5,
                                    .rope_theta = 1e4,
                                    .initializer_range = 0.02};
static const hl_transformer user = {.hidden_size = 24,
                                    .intermediate_size = 17,
                                    .num_hidden_layers = 3,
                                    .num_attention_heads = 3,
                                    .num_key_value_heads = 3,
                                    .head_dim = 8,
                                    .vocab_size = 31,
                                    .rms_norm_eps = 1e-5,
                                    .rope_theta = 1e4,
                                    .initializer_range = 0.02};

typedef struct {
    hl_layout_wish wish;
    int zero, ranks;    /* at least so many */
    int rows[HL_SIDES]; /* of grids; 0: none */
} layout;

static const layout layouts[] = {
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, 1, {0, 0}}, {{HL_COLOCATED, {{1, 1, 1}, {1, 1, 1}}}, 0, 1, {0, 0}},
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 1, 1, {0, 0}}, {{HL_SEPARATE, {{0, 1, 1}, {1, 1, 1}}}, 1, 2, {0, 0}},
    {{HL_COLOCATED, {{0, 2, 1}, {0, 1, 2}}}, 2, 2, {0, 0}}, {{HL_COLOCATED, {{0, 1, 2}, {0, 2, 1}}}, 3, 2, {0, 0}},
    {{HL_HYBRID, {{0, 1, 3}, {1, 1, 2}}}, 1, 3, {0, 0}},    {{HL_SEPARATE, {{0, 3, 1}, {1, 1, 1}}}, 3, 4, {0, 0}},
    {{HL_COLOCATED, {{0, 3, 1}, {0, 1, 1}}}, 0, 3, {0, 0}}, {{HL_COLOCATED, {{1, 7, 1}, {1, 5, 1}}}, 0, 7, {0, 0}},
    {{HL_SEPARATE, {{2, 1, 2}, {1, 2, 2}}}, 2, 8, {0, 0}},  {{HL_COLOCATED, {{0, 4, 1}, {0, 4, 1}}}, 1, 8, {0, 0}},
    {{HL_COLOCATED, {{0, 2, 1}, {0, 2, 1}}}, 0, 2, {2, 1}}, {{HL_COLOCATED, {{0, 4, 1}, {0, 2, 2}}}, 1, 4, {2, 0}},
    {{HL_SEPARATE, {{1, 4, 1}, {1, 4, 1}}}, 0, 8, {2, 4}},
};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

typedef struct {
    hl_mesh mesh;
    hl_engine e;
    hl_ledger ledger;
} place;

static void open_place(place *p, const layout *l)
{
    static const hl_corpus nothing;
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 40, .user_micro_batch_rows = 8, .item_tokens = 1},
                                   .for_training = true,
                                   .zero = l->zero,
                                   .activation_budget = -1,
                                   .longest_text = 8,
                                   .longest_history = 8};
    hl_layout made;
    CHECK_OK(hl_layout_make(&made, check_world()->size, &l->wish));
    hl_layout_take_grids(&made, l->rows, HL_SUMMA);
    hl_mesh_open(&p->mesh, check_world(), &made);
    hl_engine_open(&p->e, &p->mesh, &nothing, &item, &user, &rules);
    hl_ledger_open(&p->ledger, &p->e);
}

static void close_place(place *p)
{
    hl_ledger_close(&p->ledger);
    hl_engine_close(&p->e);
    hl_mesh_close(&p->mesh);
}

/* A small whole number that a copy finds for a place of a tensor; those of all copies add up to what one copy would
 * find. */
static float gradient_of(uint64_t name, int64_t at, int copy, int copies)
{
    uint64_t z = (name + (uint64_t)at + 1) * 0x9E3779B97F4A7C15u >> 40;
    int64_t whole = (int64_t)(z % 2001) - 1000;
    return (float)(copy == 0 ? whole - 7 * (copies - 1) : 7);
}

/* What a copy finds of a piece that several of its peers have is found by the one that counts it. */
static void find_gradient(hl_sharding *h, const hl_param *p)
{
    uint64_t name = hl_digest(p->name, strlen(p->name));
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        hl_stretch all = hl_param_stretch(p, i), own = p->shared ? hl_param_own_stretch(p, i) : all;
        memset(h->g + p->offset + all.local, 0, all.n * sizeof *h->g);
        for (size_t k = 0; k < own.n; k++)
            h->g[p->offset + own.local + k] = gradient_of(name, own.global + (int64_t)k, h->dp->rank, h->dp->size);
    }
}

static bool is_of_layer(const hl_sharding *h, int layer, const hl_param *p)
{
    return p->layer >= 0 && p->offset >= h->layer[layer] && p->offset < h->layer[layer + 1];
}

/* As a backward and the sums after it leave them; what another copy owns is in ruins. */
static void make_gradients(hl_sharding *h)
{
    hl_arena scratch = hl_arena_growing("the joining of shares");
    for (int k = 0; k < h->table->n; k++)
        if (h->table->at[k].layer < 0) find_gradient(h, &h->table->at[k]);
    hl_sharding_begin_backward(h);
    for (int i = h->layers - 1; i >= 0; i--) {
        for (int k = 0; k < h->table->n; k++)
            if (is_of_layer(h, i, &h->table->at[k])) find_gradient(h, &h->table->at[k]);
        h->sharder.done(&h->sharder, i);
    }
    hl_sharding_reduce_gradients(h, &scratch);
    for (size_t i = 0; h->zero && i < h->table->count; i++)
        if (!hl_sharding_has(h, i)) h->g[i] = -1e9f;
    hl_arena_free(&scratch);
}

/* Initial weights, and what is not held in ruins. */
static void make_weights(hl_sharding *h)
{
    hl_sharding_init(h, 5);
    for (size_t i = 0; h->zero == 3 && i < h->table->count; i++)
        if (!hl_sharding_has(h, i)) h->w[i] = -1e9f;
}

static void make_numbers(place *p)
{
    if (p->e.sharding[HL_ITEM].w) make_weights(&p->e.sharding[HL_ITEM]), make_gradients(&p->e.sharding[HL_ITEM]);
    if (p->e.sharding[HL_USER].w) make_weights(&p->e.sharding[HL_USER]), make_gradients(&p->e.sharding[HL_USER]);
}

static bool is_same(const hl_sketch_sums *a, const hl_sketch_sums *b) { return memcmp(a, b, sizeof *a) == 0; }

/* A whole tensor in one piece. */
static void check_tensor(const hl_param *p, const hl_sketch_sums *gradient, const hl_sketch_sums *weight)
{
    uint64_t name = hl_digest(p->name, strlen(p->name));
    hl_sketch_sums g = {0}, w = {0};
    float *x = hl_alloc((p->offset + p->count) * sizeof *x), *at = x + p->offset;
    hl_param_init(p, x, 5);
    hl_sketch_add(&w, at, p->count, name, 0);
    for (size_t k = 0; k < p->count; k++) at[k] = gradient_of(name, (int64_t)k, 0, 1);
    hl_sketch_add(&g, at, p->count, name, 0);
    CHECK(is_same(&g, gradient) && is_same(&w, weight));
    free(x);
}

static void any_layout_has_the_ledger_of_the_whole(void)
{
    for (int k = 0; k < LAYOUTS; k++) {
        place p;
        if (check_world()->size < layouts[k].ranks) continue;
        open_place(&p, &layouts[k]);
        make_numbers(&p);
        for (int again = 0; again < 2; again++) hl_ledger_note(&p.ledger, &p.e); /* the second time as the first */
        int items = p.e.sharding[HL_ITEM].whole.n, users = p.e.sharding[HL_USER].whole.n;
        CHECK(p.ledger.n == items + users);
        for (int i = 0; i < items; i++)
            check_tensor(&p.e.sharding[HL_ITEM].whole.at[i], &p.ledger.gradient[i], &p.ledger.weight[i]);
        for (int i = 0; i < users; i++)
            check_tensor(&p.e.sharding[HL_USER].whole.at[i], &p.ledger.gradient[items + i],
                         &p.ledger.weight[items + i]);
        close_place(&p);
    }
}

/* Flip the last bit of a number where it is held. */
static void flip(float *x, const hl_sharding *h, const char *tensor, int64_t at)
{
    const hl_param *p = h->w ? hl_params_find(h->table, tensor) : NULL;
    for (int64_t i = 0; p && i < hl_param_stretches(p); i++) {
        hl_stretch s = hl_param_stretch(p, i);
        uint32_t word;
        if (at < s.global || at >= s.global + (int64_t)s.n) continue;
        float *y = x + p->offset + s.local + (at - s.global);
        memcpy(&word, y, sizeof word);
        word ^= 1;
        memcpy(y, &word, sizeof word);
    }
}

/* How many tensors' sketches are not those of before; the last one in *which. */
static int count_changed(int *which, const hl_sketch_sums *before, const hl_sketch_sums *now, int n)
{
    int changed = 0;
    for (int k = 0; k < n; k++) {
        if (is_same(&before[k], &now[k])) continue;
        *which = k;
        changed++;
    }
    return changed;
}

/* At the first and the last number of a tensor of each side, in gradients and in weights. */
static void a_flipped_bit_is_named(void)
{
    static const struct {
        const char *tensor;
        int64_t at;
        bool weight;
    } flips[] = {
        {"item_llm.model.layers.2.self_attn.k_proj.weight", 0, false},
        {"item_llm.model.layers.2.self_attn.k_proj.weight", 8 * 24 - 1, true},
        {"user_llm.model.layers.1.mlp.down_proj.weight", 24 * 17 - 1, false},
        {"user_llm.model.norm.weight", 5, true},
        {"logit_scale", 0, false},
    };
    for (int k = 0; k < LAYOUTS; k++) {
        place p;
        if (check_world()->size < layouts[k].ranks) continue;
        open_place(&p, &layouts[k]);
        make_numbers(&p);
        hl_ledger_note(&p.ledger, &p.e);
        size_t n = (size_t)p.ledger.n, bytes = 2 * n * sizeof(hl_sketch_sums);
        hl_sketch_sums *before = hl_alloc(bytes);
        memcpy(before, p.ledger.gradient, bytes);
        for (size_t f = 0; f < sizeof flips / sizeof *flips; f++) {
            int g = -1, w = -1;
            for (int side = 0; side < 2; side++) {
                hl_sharding *h = side ? &p.e.sharding[HL_USER] : &p.e.sharding[HL_ITEM];
                flip(flips[f].weight ? h->w : h->g, h, flips[f].tensor, flips[f].at);
            }
            hl_ledger_note(&p.ledger, &p.e);
            CHECK(count_changed(&g, before, p.ledger.gradient, p.ledger.n) == !flips[f].weight);
            CHECK(count_changed(&w, before + n, p.ledger.weight, p.ledger.n) == flips[f].weight);
            int which = flips[f].weight ? w : g;
            CHECK(which >= 0 && strcmp(p.ledger.name[which], flips[f].tensor) == 0);
            memcpy(before, p.ledger.gradient, bytes);
        }
        free(before);
        close_place(&p);
    }
}

static const test tests[] = {
    {"any layout has the ledger of the whole", any_layout_has_the_ledger_of_the_whole},
    {"a flipped bit is named", a_flipped_bit_is_named},
};
HL_TESTS("ledger", tests)
