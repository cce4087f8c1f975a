/* test-mesh.c - the groups of a job are those of its layout, and ranks that share a model share it rightly. */
#include "mpi/train/mesh.h"
#include "model/item.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

/* The ranks of g, as ranks of the world, are `count` from `first` on, `step` apart. */
static void check_group(const hl_group *g, int first, int count, int step)
{
    int me = check_world()->rank, *counts = hl_alloc((size_t)count * sizeof *counts),
        *ranks = hl_alloc((size_t)count * sizeof *ranks);
    CHECK(g->size == count);
    for (int r = 0; r < count; r++) counts[r] = 1;
    if (g->size == count) hl_group_all_gather(g, ranks, &me, counts, sizeof me);
    for (int r = 0; r < count && g->size == count; r++) CHECK(ranks[r] == first + r * step);
    free(counts);
    free(ranks);
}

static void check_side(const hl_mesh_side *m, const hl_layout_side *l)
{
    int at = check_world()->rank - l->begin, width = l->tp * l->pp;
    bool belongs = at >= 0 && at < l->ranks;
    const hl_tensor_group *peers = &m->tensor_group;
    CHECK(hl_group_has_me(&m->group) == belongs && hl_group_has_me(&m->tp) == belongs
          && hl_group_has_me(&m->dp) == belongs);
    CHECK(peers->size == (belongs ? l->tp : 1) && peers->rank == (belongs ? at % l->tp : 0));
    CHECK(peers->stages == (belongs ? l->pp : 1) && peers->stage == (belongs ? at % width / l->tp : 0));
    if (!belongs) return;
    check_group(&m->group, l->begin, l->ranks, 1);
    check_group(&m->tp, l->begin + at / l->tp * l->tp, l->tp, 1);
    check_group(&m->pp, l->begin + at / width * width + at % l->tp, l->pp, l->tp);
    check_group(&m->dp, l->begin + at % width, l->ranks / width, width);
}

static void check_layout(const hl_layout_wish *wish)
{
    hl_layout l;
    hl_mesh m;
    if (hl_layout_make(&l, check_world()->size, wish) != HL_OK) return; /* too few ranks for this one */
    hl_mesh_open(&m, check_world(), &l);
    for (hl_side i = 0; i < HL_SIDES; i++) check_side(&m.side[i], &l.side[i]);
    CHECK(m.vectors.size
          == (hl_layout_is_last_stage(&l, HL_ITEM, m.world.rank) ? hl_layout_last_stage_ranks(&l, HL_ITEM) : 0));
    if (m.vectors.size) CHECK(hl_layout_last_stage_rank(&l, HL_ITEM, m.vectors.rank) == m.world.rank);
    hl_mesh_close(&m);
}

static void groups_are_those_of_the_layout(void)
{
    for (int tp = 0; tp < 9; tp++)
        for (int users = 0; users < 3; users++) {
            check_layout(&(hl_layout_wish){HL_COLOCATED, {{0, 1 + tp / 3, 1}, {users, 1 + tp % 3, 1}}});
            check_layout(&(hl_layout_wish){HL_SEPARATE, {{0, 1 + tp / 3, 1}, {users, 1 + tp % 3, 1}}});
            check_layout(&(hl_layout_wish){HL_HYBRID, {{0, 1 + tp / 3, 1 + tp % 3}, {users, 1, 2}}});
        }
}

/* What a group sends is counted under its name and no other. */
static void check_sent(const hl_mesh *m, const hl_group *g, const char *name)
{
    enum { N = 100 };
    float x[N] = {0};
    uint64_t before[HL_MESH_GROUPS], after[HL_MESH_GROUPS];
    if (!hl_group_has_me(g)) return;
    hl_mesh_sent(before, m);
    hl_group_all_reduce(g, x, N);
    hl_group_broadcast(g, x, sizeof x, g->size - 1);
    hl_mesh_sent(after, m);
    for (int i = 0; i < HL_MESH_GROUPS; i++) {
        bool is_it = strcmp(name, hl_mesh_name(i)) == 0;
        uint64_t shared = g->rank == g->size - 1 ? sizeof x * (uint64_t)(g->size - 1) : 0;
        CHECK(is_it || after[i] == before[i]);
        CHECK(!is_it || g->size == 1 || after[i] - before[i] > shared);
        CHECK(!is_it || g->size > 1 || after[i] == before[i]);
    }
}

static void bytes_are_counted_where_they_are_sent(void)
{
    const hl_layout_wish wish = {check_world()->size > 3 ? HL_SEPARATE : HL_COLOCATED, {{0, 1, 1}, {0, 2, 1}}};
    hl_layout l;
    hl_mesh m;
    if (hl_layout_make(&l, check_world()->size, &wish) != HL_OK)
        return check_skip("bytes of each group: so many ranks do not share layers by two");
    hl_mesh_open(&m, check_world(), &l);
    check_sent(&m, &m.world, "world");
    check_sent(&m, &m.side[HL_ITEM].group, "item");
    check_sent(&m, &m.side[HL_ITEM].tp, "item_tp");
    check_sent(&m, &m.side[HL_ITEM].pp, "item_pp");
    check_sent(&m, &m.side[HL_ITEM].dp, "item_dp");
    check_sent(&m, &m.vectors, "item_out");
    check_sent(&m, &m.side[HL_USER].group, "user");
    check_sent(&m, &m.side[HL_USER].tp, "user_tp");
    check_sent(&m, &m.side[HL_USER].pp, "user_pp");
    check_sent(&m, &m.side[HL_USER].dp, "user_dp");
    hl_mesh_close(&m);
}

/* ---- what ranks have in common */

static const hl_transformer shape = {.hidden_size = 12,
                                     .intermediate_size = 10,
                                     .num_hidden_layers = 2,
                                     .num_attention_heads = 6,
                                     .num_key_value_heads = 2,
                                     .head_dim = 2,
                                     .vocab_size = 11,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.02};

/* The gradient of rank r for number i of a whole tensor: small integers, so that any sum is exact. */
static float gradient(int r, int64_t i) { return (float)((r + 1) * (1 + i % 50)); }

static bool has(const hl_param *p, int64_t i)
{
    for (int64_t k = 0; k < hl_param_stretches(p); k++) {
        hl_stretch s = hl_param_stretch(p, k);
        if (i >= s.global && i < s.global + (int64_t)s.n) return true;
    }
    return false;
}

/* The sum over the ranks that have number i, or this rank's alone where the tensor is not shared. */
static float joined(const hl_item_model *all, int ranks, int me, int tensor, int64_t i)
{
    float sum = 0;
    for (int r = 0; r < ranks; r++)
        if (r == me || (all[me].table.at[tensor].shared && has(&all[r].table.at[tensor], i))) sum += gradient(r, i);
    return sum;
}

/* Where number j of my share of a tensor stands in the whole. */
static int64_t place_of(const hl_param *p, size_t j)
{
    size_t n = hl_param_stretch(p, 0).n;
    return hl_param_stretch(p, (int64_t)(j / n)).global + (int64_t)(j % n);
}

/* Every rank makes the tables of all ranks, to know who has what. */
static void common_pieces_get_the_sum_of_their_gradients(void)
{
    const hl_group *g = check_world();
    hl_item_model *all = hl_alloc((size_t)g->size * sizeof *all);
    hl_tensor_group *peers = hl_alloc((size_t)g->size * sizeof *peers);
    hl_layout l;
    hl_mesh m;
    CHECK_OK(hl_layout_make(&l, g->size, &(hl_layout_wish){HL_COLOCATED, {{1, g->size, 1}, {1, g->size, 1}}}));
    hl_mesh_open(&m, g, &l);
    for (int r = 0; r < g->size; r++) {
        peers[r] = (hl_tensor_group){.rank = r, .size = g->size};
        hl_item_open(&all[r], &shape, &(hl_item_settings){.item_tokens = 1, .longest = 10}, &peers[r]);
    }
    const hl_params *t = &all[g->rank].table;
    float *grad = hl_alloc(t->count * sizeof *grad);
    hl_arena scratch = hl_arena_growing("join");
    for (int k = 0; k < t->n; k++)
        for (size_t j = 0; j < t->at[k].count; j++)
            grad[t->at[k].offset + j] = gradient(g->rank, place_of(&t->at[k], j));
    hl_params_join(t, grad, &m.side[HL_ITEM].tensor_group, &scratch);
    for (int k = 0; k < t->n; k++)
        for (size_t j = 0; j < t->at[k].count; j++)
            CHECK(grad[t->at[k].offset + j] == joined(all, g->size, g->rank, k, place_of(&t->at[k], j)));
    bool shared = hl_params_find(t, "item_llm.model.layers.0.self_attn.k_proj.weight")->shared;
    CHECK(shared == (g->size > 2)); /* one or two ranks have whole key heads */
    hl_arena_free(&scratch);
    free(grad);
    for (int r = 0; r < g->size; r++) hl_item_close(&all[r]);
    free(peers);
    free(all);
    hl_mesh_close(&m);
}

static const test tests[] = {
    {"groups are those of the layout", groups_are_those_of_the_layout},
    {"bytes are counted where they are sent", bytes_are_counted_where_they_are_sent},
    {"pieces that several ranks have get the sum of their gradients", common_pieces_get_the_sum_of_their_gradients},
};
HL_TESTS("mesh", tests)
