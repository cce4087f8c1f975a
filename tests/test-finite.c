/* test-finite.c - what is not finite is never a score, whoever holds it: the job ends with the same sentence at every
 * layout. */
#include "base/fault.h"
#include "math/rows.h"
#include "mpi/eval/cosine.h"
#include "mpi/train/finite.h"
#include "mpi/eval/reference.h"
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 60, USERS = 37, S = 4, LONGEST = 6, WIDTH = 32, MOST_ITEMS = 9 };

static const hl_transformer item_shape = {.hidden_size = WIDTH,
                                          .intermediate_size = 40,
                                          .num_hidden_layers = 3,
                                          .num_attention_heads = 8,
                                          .num_key_value_heads = 4,
                                          .head_dim = 4,
                                          .vocab_size = 64,
                                          .rms_norm_eps = 1e-5,
                                          .rope_theta = 1e4,
                                          .initializer_range = 0.1};
static const hl_transformer user_shape = {.hidden_size = WIDTH,
                                          .intermediate_size = 48,
                                          .num_hidden_layers = 2,
                                          .num_attention_heads = 4,
                                          .num_key_value_heads = 4,
                                          .head_dim = 8,
                                          .vocab_size = 64,
                                          .rms_norm_eps = 1e-5,
                                          .rope_theta = 1e4,
                                          .initializer_range = 0.1};

typedef struct {
    hl_layout_wish wish;
    int zero;
} variant;

typedef struct {
    toy t;
    hl_mesh mesh;
    hl_engine e;
} world;

static void world_open(world *w, const variant *v)
{
    hl_layout layout;
    const hl_engine_rules rules = {
        .plan = {.chunk_tokens = 40, .user_micro_batch_rows = 8, .item_tokens = 1, .dedup = true},
        .nce_thres = 0.999f,
        .activation_budget = -1,
        .for_training = true,
        .zero = v->zero,
        .longest_text = LONGEST,
        .longest_history = S};
    toy_open(&w->t, ITEMS, LONGEST, 5);
    toy_draw_users(&w->t, USERS, MOST_ITEMS, 6);
    CHECK_OK(hl_layout_make(&layout, check_world()->size, &v->wish));
    hl_mesh_open(&w->mesh, check_world(), &layout);
    hl_engine_open(&w->e, &w->mesh, &w->t.corpus, &item_shape, &user_shape, &rules);
    hl_sharding_init(&w->e.sharding[HL_ITEM], 3);
    hl_sharding_init(&w->e.sharding[HL_USER], 4);
}

static void world_close(world *w)
{
    hl_engine_close(&w->e);
    hl_mesh_close(&w->mesh);
    toy_close(&w->t);
}

/* Call act at layouts of all kinds: copies, sides apart, idle ranks, layers shared, stages, ZeRO. */
static void at_each_layout(void (*act)(world *w))
{
    const int p = check_world()->size;
    const variant all[] = {
        {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0}, {{HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 1},
        {{HL_COLOCATED, {{1, p, 1}, {1, p, 1}}}, 0}, {{HL_COLOCATED, {{0, 1, 2}, {0, 1, 2}}}, 0},
        {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 3}, {{HL_SEPARATE, {{p - 2, 1, 1}, {1, 1, 1}}}, 0},
    };
    for (int i = 0; i < (p == 1 ? 1 : p == 2 ? 5 : 6); i++) {
        world w;
        world_open(&w, &all[i]);
        act(&w);
        world_close(&w);
    }
}

static hl_eval_orders orders_of(int64_t *rank, int64_t *ties)
{
    return (hl_eval_orders){
        .phase = HL_TEST, .history = S, .users = 10, .cuts = 3, .cut = {1, 5, 20}, .rank = rank, .ties = ties};
}

/* ---- ties */

/* The vector of each of my texts becomes that of number of(text). */
static void replace_vectors(hl_catalogue *c, int (*of)(int text))
{
    for (int i = 0; i < c->mine; i++) {
        hl_rng r = hl_rng_at(9, HL_FOR_TESTS, (uint64_t)of(c->begin + i), 0);
        float *x = c->vector + i * WIDTH;
        for (int k = 0; k < WIDTH; k++) x[k] = (float)hl_rng_normal(&r);
        c->scale[i] = (float)(1 / sqrt(hl_rows_sum_of_squares(x, WIDTH)));
    }
}

static int the_same(int text)
{
    (void)text;
    return 0;
}

static int half_the_same(int text) { return text % 2 ? text : 0; }

static bool is_in(const int32_t *items, int n, int32_t item)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item) return true;
    return false;
}

/* Items outside the history that have the vector of the target, but for itself. */
static int64_t ties_of(const hl_catalogue *c, const hl_corpus *corpus, int64_t u, int (*of)(int text))
{
    int n;
    const int32_t *history;
    const int32_t target = hl_phase_target(corpus, u, HL_TEST, &history, &n);
    int64_t ties = 0;
    for (int32_t i = 1; i < ITEMS; i++)
        ties += i != target && !is_in(history, n, i)
                && of(hl_catalogue_text(c, corpus, i)) == of(hl_catalogue_text(c, corpus, target));
    return ties;
}

/* Each user's place is uniform over its band. */
static void add_band(double recall[3], int64_t rank, int64_t ties)
{
    static const int cut[] = {1, 5, 20};
    for (int k = 0; k < 3; k++)
        for (int64_t place = rank; rank > 0 && place <= rank + ties; place++)
            recall[k] += (place <= cut[k]) / ((double)ties + 1);
}

static void evaluate_replaced(hl_score *score, world *w, int (*of)(int text))
{
    hl_catalogue c;
    int64_t rank[USERS], ties[USERS];
    double recall[3] = {0};
    const hl_eval_orders orders = orders_of(rank, ties);
    hl_catalogue_open(&c, &w->e);
    replace_vectors(&c, of);
    CHECK_OK(hl_cosine_evaluate(score, &w->e, &c, &orders));
    for (int64_t u = 0; u < USERS && hl_group_has_me(&w->mesh.vectors); u++) {
        if (rank[u] > 0) CHECK(ties[u] == ties_of(&c, &w->t.corpus, u, of));
        add_band(recall, rank[u], ties[u]);
    }
    for (int k = 0; k < 3 && hl_group_has_me(&w->mesh.vectors); k++)
        CHECK_NEAR(score->gains[HL_TIES_RANDOM].recall[k], recall[k], 1e-9);
    hl_catalogue_close(&c);
}

static void evaluate_constant(world *w)
{
    hl_score score, chance;
    hl_scorer scorer;
    const hl_eval_orders orders = orders_of(NULL, NULL);
    evaluate_replaced(&score, w, the_same);
    hl_scorer_open(&scorer, &hl_reference_chance, check_world(), &w->t.corpus);
    CHECK_OK(hl_evaluate(&chance, &scorer, &orders));
    hl_scorer_close(&scorer);
    CHECK(score.users == USERS && score.repeated == chance.repeated && score.tied == USERS - score.repeated);
    for (int k = 0; k < 3; k++) {
        CHECK_NEAR(score.gains[HL_TIES_RANDOM].recall[k], chance.gains[HL_TIES_RANDOM].recall[k], 1e-9);
        CHECK_NEAR(score.gains[HL_TIES_RANDOM].ndcg[k], chance.gains[HL_TIES_RANDOM].ndcg[k], 1e-9);
    }
    CHECK(score.gains[HL_TIES_FIRST].recall[0] == USERS - (double)score.repeated
          && score.gains[HL_TIES_LAST].recall[0] == 0);
}

static void evaluate_half(world *w)
{
    hl_score score;
    evaluate_replaced(&score, w, half_the_same);
    CHECK(score.tied > 0 && score.gains[HL_TIES_FIRST].recall[1] > score.gains[HL_TIES_LAST].recall[1]);
}

static void a_constant_model_is_worth_what_chance_is(void) { at_each_layout(evaluate_constant); }

static void half_of_the_items_tie_as_the_closed_form_says(void) { at_each_layout(evaluate_half); }

/* ---- weights and vectors that are not finite */

/* Number `place` of the whole tensor becomes x, on every rank that has it. */
static void plant(hl_sharding *h, const char *name, int64_t place, float x)
{
    const hl_param *p = h->w ? hl_params_find(h->table, name) : NULL;
    for (int64_t i = 0; p && i < hl_param_stretches(p); i++) {
        const hl_stretch s = hl_param_stretch(p, i);
        if (place >= s.global && place < s.global + (int64_t)s.n)
            h->w[p->offset + s.local + (size_t)(place - s.global)] = x;
    }
}

static const char *const tokens = "item_llm.model.embed_tokens.weight";

/* The first item whose text begins with a token that no other text has, and the token. */
static int64_t item_apart(const toy *t, int32_t *token)
{
    for (int64_t i = 1; i < ITEMS; i++) {
        int n;
        *token = t->corpus.tokens(&t->corpus, i, &n)[0];
        if (*token > 9) return i;
    }
    return -1;
}

static void one_item_infinite(world *w)
{
    hl_catalogue c;
    int64_t zeros;
    int32_t token;
    char words[64];
    const int64_t its = item_apart(&w->t, &token);
    hl_catalogue_open(&c, &w->e);
    CHECK_OK(hl_catalogue_check(&c, &w->e, &zeros));
    CHECK(zeros == 0);
    hl_catalogue_close(&c);
    plant(&w->e.sharding[HL_ITEM], tokens, (int64_t)token * WIDTH + 3, INFINITY);
    hl_catalogue_open(&c, &w->e);
    snprintf(words, sizeof words, "item number %lld is not finite", (long long)its);
    CHECK_FAILS(hl_catalogue_check(&c, &w->e, &zeros), HL_ENUMERIC, words);
    snprintf(words, sizeof words, "%s [%d, 3] is inf", tokens, token);
    CHECK(strstr(hl_error_text(), words) != NULL);
    CHECK_FAILS(hl_finite_check(&w->e, HL_FINITE_WEIGHTS, "here"), HL_ENUMERIC, words);
    hl_catalogue_close(&c);
}

static void an_item_whose_vector_is_not_finite_is_named(void) { at_each_layout(one_item_infinite); }

static void one_weight_nan(world *w)
{
    CHECK_OK(hl_finite_check(&w->e, HL_FINITE_WEIGHTS, "here"));
    plant(&w->e.sharding[HL_USER], "user_llm.model.layers.1.mlp.down_proj.weight", 7 * 48 + 41, NAN);
    CHECK_FAILS(hl_finite_check(&w->e, HL_FINITE_WEIGHTS, "here"), HL_ENUMERIC,
                "here: user_llm.model.layers.1.mlp.down_proj.weight [7, 41] is ");
    plant(&w->e.sharding[HL_USER], "user_llm.model.layers.0.self_attn.q_proj.weight", 0, -INFINITY);
    CHECK_FAILS(hl_finite_check(&w->e, HL_FINITE_WEIGHTS, "here"), HL_ENUMERIC,
                "user_llm.model.layers.0.self_attn.q_proj.weight [0, 0");
    plant(&w->e.sharding[HL_ITEM], "item_llm.model.norm.weight", 5, NAN);
    CHECK_FAILS(hl_finite_check(&w->e, HL_FINITE_WEIGHTS, "here"), HL_ENUMERIC, "item_llm.model.norm.weight [5]");
}

static void a_weight_that_is_not_finite_is_named(void) { at_each_layout(one_weight_nan); }

/* Finite numbers whose squares are not. */
static void user_too_large(world *w)
{
    hl_catalogue c;
    hl_score score;
    const hl_eval_orders orders = orders_of(NULL, NULL);
    for (int k = 0; k < WIDTH; k++) plant(&w->e.sharding[HL_USER], "user_llm.model.norm.weight", k, 1e25f);
    hl_catalogue_open(&c, &w->e);
    CHECK_FAILS(hl_cosine_evaluate(&score, &w->e, &c, &orders), HL_ENUMERIC,
                "the vector of user number 0 is not finite");
    CHECK(strstr(hl_error_text(), "all weights are finite") != NULL);
    hl_catalogue_close(&c);
}

static void a_user_whose_vector_is_not_finite_is_named(void) { at_each_layout(user_too_large); }

/* A catalogue that nobody has checked: only what the users see of it matters. */
static void one_vector_nan(world *w)
{
    hl_catalogue c;
    hl_score score;
    const hl_eval_orders orders = orders_of(NULL, NULL);
    hl_catalogue_open(&c, &w->e);
    for (int i = 0; i < c.mine; i++) c.scale[i] = INFINITY; /* scores, though vectors are finite */
    CHECK_FAILS(hl_cosine_evaluate(&score, &w->e, &c, &orders), HL_ENUMERIC, "the score of item number ");
    CHECK(score.gains[HL_TIES_FIRST].recall[2] == 0);
    hl_catalogue_close(&c);
}

static void a_score_that_is_not_finite_is_a_miss(void) { at_each_layout(one_vector_nan); }

static void all_the_same(world *w)
{
    hl_catalogue c;
    int64_t zeros;
    hl_catalogue_open(&c, &w->e);
    for (int i = 0; i < c.mine * WIDTH; i++) c.vector[i] = (float)(i % WIDTH);
    CHECK_FAILS(hl_catalogue_check(&c, &w->e, &zeros), HL_ENUMERIC, "texts are equal, so nothing can be ranked");
    if (c.mine > 0 && c.begin + c.mine == c.texts) c.vector[(c.mine - 1) * WIDTH] = 1;
    CHECK_OK(hl_catalogue_check(&c, &w->e, &zeros));
    hl_catalogue_close(&c);
}

static void equal_vectors_are_refused(void) { at_each_layout(all_the_same); }

/* The last norm makes every item vector zero: no direction, no score. */
static void all_zero(world *w)
{
    hl_catalogue c;
    int64_t zeros;
    for (int k = 0; k < WIDTH; k++) plant(&w->e.sharding[HL_ITEM], "item_llm.model.norm.weight", k, 0);
    hl_catalogue_open(&c, &w->e);
    for (int i = 0; i < c.mine; i++) CHECK(c.scale[i] == 0);
    CHECK_FAILS(hl_catalogue_check(&c, &w->e, &zeros), HL_ENUMERIC, "are equal");
    CHECK(zeros == ITEMS - 1);
    hl_catalogue_close(&c);
}

static void zero_vectors_are_counted(void) { at_each_layout(all_zero); }

/* ---- steps */

static uint64_t digest_of(const world *w)
{
    int64_t sum =
        (int64_t)(hl_sharding_digest(&w->e.sharding[HL_ITEM]) + 3 * hl_sharding_digest(&w->e.sharding[HL_USER]));
    hl_group_all_reduce_int(check_world(), &sum, 1);
    return (uint64_t)sum;
}

/* A step that must fail with these words, or where they are NULL for the first sample's user, and leaves the weights as
 * they are. */
static void fail_a_step(world *w, const char *words)
{
    hl_arena arena = hl_arena_growing("a batch");
    hl_batch batch;
    hl_step_report report;
    hl_rng rng = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    const uint64_t before = digest_of(w);
    toy_draw_batch(&batch, &w->t, 12, S, 60, &rng, &arena);
    char user[80];
    snprintf(user, sizeof user, "the vector of user number %lld is not finite", (long long)batch.user[0]);
    CHECK_FAILS(hl_step_run(&report, &w->e, &batch, &(hl_step_orders){.learning_rate = 1e-2, .update = true}),
                HL_ENUMERIC, words ? words : user);
    CHECK(digest_of(w) == before && w->e.updates == 0);
    hl_arena_free(&arena);
}

static void step_with_infinite_item(world *w)
{
    char words[64];
    int32_t token;
    const int64_t its = item_apart(&w->t, &token);
    plant(&w->e.sharding[HL_ITEM], tokens, (int64_t)token * WIDTH + 3, INFINITY);
    snprintf(words, sizeof words, "the vector of item number %lld is not finite", (long long)its);
    fail_a_step(w, words);
    snprintf(words, sizeof words, "%s [%d, 3] is inf", tokens, token);
    CHECK(strstr(hl_error_text(), words) != NULL);
}

static void step_with_large_users(world *w)
{
    for (int k = 0; k < WIDTH; k++) plant(&w->e.sharding[HL_USER], "user_llm.model.norm.weight", k, 1e25f);
    fail_a_step(w, NULL);
}

static void step_with_a_gradient_nan(world *w)
{
    char fault[64];
    const int last = hl_group_has_me(&w->mesh.side[HL_ITEM].group) || hl_group_has_me(&w->mesh.side[HL_USER].group)
                         ? check_world()->rank
                         : 0;
    snprintf(fault, sizeof fault, "gradient-sum:%d", (int)hl_group_max(check_world(), last));
    hl_fault_set(fault);
    fail_a_step(w, "before the update: the gradient of ");
    hl_fault_set(NULL);
}

/* Vectors so short that the gradients, which are as much longer, cannot be squared. */
static void step_with_large_gradients(world *w)
{
    for (int k = 0; k < WIDTH; k++) plant(&w->e.sharding[HL_ITEM], "item_llm.model.norm.weight", k, 3e-20f);
    fail_a_step(w, "the norm of the gradients ");
}

/* Blocks that add nothing: every text has the vector of [ITEM]. */
static void step_that_sees_no_text(world *w)
{
    const hl_sharding *h = &w->e.sharding[HL_ITEM];
    for (int i = 0; h->w && i < h->table->n; i++) {
        const hl_param *p = &h->table->at[i];
        if (strstr(p->name, "o_proj") || strstr(p->name, "down_proj"))
            memset(h->w + p->offset, 0, p->count * sizeof *h->w);
    }
    w->e.rules.nce_thres = 2;
    fail_a_step(w, "texts of the first step are equal");
}

static void a_step_names_what_is_not_finite_and_changes_nothing(void)
{
    at_each_layout(step_with_infinite_item);
    at_each_layout(step_with_large_users);
    at_each_layout(step_with_a_gradient_nan);
    at_each_layout(step_with_large_gradients);
}

/* Cosines of zero vectors are 0: every row has the loss of its count of negatives, and nothing changes but the
 * scale. */
static void step_on_zeros(world *w)
{
    hl_arena arena = hl_arena_growing("a batch");
    hl_batch batch;
    hl_step_report report;
    hl_rng rng = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    for (int k = 0; k < WIDTH; k++) plant(&w->e.sharding[HL_ITEM], "item_llm.model.norm.weight", k, 0);
    w->e.updates = 1; /* not the first */
    toy_draw_batch(&batch, &w->t, 12, S, 60, &rng, &arena);
    CHECK_OK(hl_step_run(&report, &w->e, &batch, &(hl_step_orders){.update = false}));
    CHECK(report.zeros > report.rows && report.grad_norm == 0);
    CHECK_NEAR(report.loss, log(61), 1e-5);
    hl_arena_free(&arena);
}

static void zero_vectors_teach_nothing_and_are_counted(void) { at_each_layout(step_on_zeros); }

static void a_first_step_on_equal_vectors_is_refused(void) { at_each_layout(step_that_sees_no_text); }

static const test tests[] = {
    {"a constant model is worth what chance is", a_constant_model_is_worth_what_chance_is},
    {"half of the items tie as the closed form says", half_of_the_items_tie_as_the_closed_form_says},
    {"an item whose vector is not finite is named", an_item_whose_vector_is_not_finite_is_named},
    {"a weight that is not finite is named", a_weight_that_is_not_finite_is_named},
    {"a user whose vector is not finite is named", a_user_whose_vector_is_not_finite_is_named},
    {"a score that is not finite is a miss", a_score_that_is_not_finite_is_a_miss},
    {"equal vectors are refused", equal_vectors_are_refused},
    {"zero vectors are counted", zero_vectors_are_counted},
    {"a step names what is not finite and changes nothing", a_step_names_what_is_not_finite_and_changes_nothing},
    {"zero vectors teach nothing and are counted", zero_vectors_teach_nothing_and_are_counted},
    {"a first step on equal vectors is refused", a_first_step_on_equal_vectors_is_refused},
};
HL_TESTS("finite", tests)
