/* test-copies.c - numbers that several ranks hold are equal, or all ranks are told where they are not. */
#include "mpi/train/copies.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdio.h>
#include <string.h>

enum { ITEMS = 20, USERS = 9, S = 4, LONGEST = 6, WIDTH = 32 };

static const hl_transformer shape = {.hidden_size = WIDTH,
                                     .intermediate_size = 40,
                                     .num_hidden_layers = 2,
                                     .num_attention_heads = 8,
                                     .num_key_value_heads = 4,
                                     .head_dim = 4,
                                     .vocab_size = 64,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.1};

typedef struct {
    toy t;
    hl_mesh mesh;
    hl_engine e;
} job;

static void job_open(job *j, const hl_layout_wish *wish, int zero)
{
    hl_layout layout;
    const hl_engine_rules rules = {
        .plan = {.chunk_tokens = 40, .user_micro_batch_rows = 8, .item_tokens = 1, .dedup = true},
        .activation_budget = -1,
        .for_training = true,
        .zero = zero,
        .longest_text = LONGEST,
        .longest_history = S};
    toy_open(&j->t, ITEMS, LONGEST, 5);
    toy_draw_users(&j->t, USERS, 9, 6);
    CHECK_OK(hl_layout_make(&layout, check_world()->size, wish));
    hl_mesh_open(&j->mesh, check_world(), &layout);
    hl_engine_open(&j->e, &j->mesh, &j->t.corpus, &shape, &shape, &rules);
    hl_sharding_init(&j->e.sharding[HL_ITEM], 3);
    hl_sharding_init(&j->e.sharding[HL_USER], 4);
}

static void job_close(job *j)
{
    hl_engine_close(&j->e);
    hl_mesh_close(&j->mesh);
    toy_close(&j->t);
}

static hl_status look(job *j, bool moments)
{
    return hl_copies_check(check_world(), &j->e, moments, "here", "do something");
}

static int ranks(void) { return check_world()->size; }

static bool is_last(void) { return check_world()->rank == ranks() - 1; }

/* The last bit of a number of a tensor. */
static void flip(const hl_sharding *h, float *array, const char *tensor)
{
    const hl_param *p = h->w ? hl_params_find(h->table, tensor) : NULL;
    if (p && p->count) ((unsigned char *)(array + p->offset + p->count - 1))[0] ^= 1;
}

static const char q[] = "user_llm.model.layers.1.self_attn.q_proj.weight",
                  norm[] = "user_llm.model.layers.1.input_layernorm.weight";

static const hl_layout_wish copies = {HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}};

static hl_layout_wish shared_layers(void) { return (hl_layout_wish){HL_COLOCATED, {{1, ranks(), 1}, {1, ranks(), 1}}}; }

static void fails_where_there_are_others(hl_status s, const char *words)
{
    if (ranks() == 1) CHECK_OK(s);
    else CHECK_FAILS(s, HL_ENUMERIC, words);
}

static void copies_that_are_equal_pass_at_every_layout(void)
{
    const int p = ranks();
    const struct {
        hl_layout_wish wish;
        int zero, least;
    } all[] = {{copies, 0, 1},
               {copies, 1, 1},
               {copies, 3, 1},
               {shared_layers(), 0, 1},
               {{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 1, 2},
               {{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 0, 2},
               {{HL_SEPARATE, {{p - 2, 1, 1}, {1, 1, 1}}}, 0, 3}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        job j;
        if (p < all[i].least || (all[i].wish.side[HL_ITEM].pp == 2 && p % 2)) continue;
        job_open(&j, &all[i].wish, all[i].zero);
        CHECK_OK(look(&j, true));
        job_close(&j);
    }
}

static void a_bit_of_a_weight_that_one_copy_has_otherwise_is_found_with_its_tensor(void)
{
    job j;
    char words[200];
    job_open(&j, &copies, 0);
    if (is_last()) flip(&j.e.sharding[HL_USER], j.e.sharding[HL_USER].w, q);
    snprintf(words, sizeof words, "here: copies that must be equal are not: %s is one on rank 0", q);
    fails_where_there_are_others(look(&j, false), words);
    job_close(&j);
}

static void so_is_one_of_a_moment(void)
{
    job j;
    char words[200];
    job_open(&j, &copies, 0);
    if (is_last()) flip(&j.e.sharding[HL_USER], j.e.sharding[HL_USER].v, q);
    CHECK_OK(look(&j, false));
    snprintf(words, sizeof words, "AdamW's second moment of %s", q);
    fails_where_there_are_others(look(&j, true), words);
    job_close(&j);
}

/* A number of a layer that this rank has alone. */
static size_t own_of(const hl_sharding *h)
{
    size_t i = h->layer[0];
    while (!hl_sharding_has(h, i)) i++;
    return i;
}

static void spoil_own_layer(hl_sharding *h) { h->w[own_of(h)] += 1; }

static void blocks_of_zero_have_no_copies(void)
{
    job j;
    job_open(&j, &copies, 3);
    if (is_last() && j.e.sharding[HL_USER].w) spoil_own_layer(&j.e.sharding[HL_USER]);
    if (is_last() && j.e.sharding[HL_USER].w) j.e.sharding[HL_USER].m[own_of(&j.e.sharding[HL_USER])] += 1;
    CHECK_OK(look(&j, true));
    job_close(&j);
}

static void a_tensor_that_ranks_of_one_copy_all_have_is_compared_among_them(void)
{
    job j;
    const hl_layout_wish wish = shared_layers();
    job_open(&j, &wish, 0);
    if (is_last()) flip(&j.e.sharding[HL_USER], j.e.sharding[HL_USER].w, norm);
    fails_where_there_are_others(look(&j, false), norm);
    job_close(&j);
    job_open(&j, &wish, 0);
    if (is_last()) flip(&j.e.sharding[HL_USER], j.e.sharding[HL_USER].w, q);
    CHECK_OK(look(&j, false)); /* a share of its own */
    job_close(&j);
}

static void of_three_copies_the_odd_one_is_told(void)
{
    job j;
    char words[200];
    job_open(&j, &copies, 0);
    if (check_world()->rank == 0) flip(&j.e.sharding[HL_ITEM], j.e.sharding[HL_ITEM].w, "item_llm.model.norm.weight");
    hl_status s = look(&j, false);
    if (ranks() > 1) CHECK(s == HL_ENUMERIC);
    snprintf(words, sizeof words, "and %d of the %d copies are like the first", ranks() - 1, ranks());
    if (ranks() > 2) CHECK_FAILS(s, HL_ENUMERIC, "is one on rank 1 of");
    if (ranks() > 2) CHECK_FAILS(s, HL_ENUMERIC, words);
    if (ranks() == 2) CHECK_FAILS(s, HL_ENUMERIC, "none can be told to be the right one");
    job_close(&j);
}

static const test tests[] = {
    {"copies that are equal pass at every layout", copies_that_are_equal_pass_at_every_layout},
    {"a bit of a weight that one copy has otherwise is found with its tensor",
     a_bit_of_a_weight_that_one_copy_has_otherwise_is_found_with_its_tensor},
    {"so is one of a moment", so_is_one_of_a_moment},
    {"blocks of ZeRO have no copies", blocks_of_zero_have_no_copies},
    {"a tensor that ranks of one copy all have is compared among them",
     a_tensor_that_ranks_of_one_copy_all_have_is_compared_among_them},
    {"of three copies the odd one is told", of_three_copies_the_odd_one_is_told},
};
HL_TESTS("copies", tests)
