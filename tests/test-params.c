/* test-params.c - parameters lie side by side under their public names, and begin the same everywhere. */
#include "model/item.h"
#include "model/shards.h"
#include "model/transformer.h"
#include "model/user.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

static const hl_transformer shape = {.hidden_size = 48,
                                     .intermediate_size = 80,
                                     .num_hidden_layers = 3,
                                     .num_attention_heads = 6,
                                     .num_key_value_heads = 2,
                                     .head_dim = 8,
                                     .vocab_size = 400,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.02};

typedef struct {
    hl_item_model item;
    hl_user_model user;
} models;

static void open_models(models *m, int item_tokens)
{
    hl_item_open(&m->item, &shape, &(hl_item_settings){.item_tokens = item_tokens, .longest = 20}, &hl_alone);
    hl_user_open(&m->user, &shape, &(hl_stack_settings){.positions = 10}, &hl_alone);
}

static void close_models(models *m)
{
    hl_item_close(&m->item);
    hl_user_close(&m->user);
}

static void check_spans(const hl_params *t)
{
    size_t at = 0;
    for (int i = 0; i < t->n; i++) {
        size_t count = 1;
        for (int k = 0; k < t->at[i].ndim; k++) count *= (size_t)t->at[i].shape[k];
        CHECK(t->at[i].offset == at && t->at[i].count == count);
        CHECK(t->at[i].split_axis < t->at[i].ndim && t->at[i].split_axis >= -1);
        CHECK(hl_param_whole(&t->at[i]) == (int64_t)count);
        CHECK(hl_params_find(t, t->at[i].name) == &t->at[i]);
        for (int k = 0; k < i; k++) CHECK(strcmp(t->at[i].name, t->at[k].name) != 0);
        at += count;
    }
    CHECK(t->count == at && hl_params_whole(t) == (int64_t)at);
    CHECK(!hl_params_find(t, "item_llm.lm_head.weight"));
}

static void spans_follow_one_another(void)
{
    for (int item_tokens = 0; item_tokens < 2; item_tokens++) {
        models m;
        open_models(&m, item_tokens);
        check_spans(&m.item.table);
        check_spans(&m.user.table);
        close_models(&m);
    }
}

/* 1,100,048,384 parameters with the output layer of 32000 x 2048: what is published of the 22-layer, 2048-wide
 * Llama. */
static void a_known_model_has_its_known_size(void)
{
    const hl_transformer tiny = {.hidden_size = 2048,
                                 .intermediate_size = 5632,
                                 .num_hidden_layers = 22,
                                 .num_attention_heads = 32,
                                 .num_key_value_heads = 4,
                                 .head_dim = 64,
                                 .vocab_size = 32000};
    hl_params t = {0};
    hl_transformer_params(&t, &tiny, "item", true, (hl_transformer_layers){0, tiny.num_hidden_layers}, &hl_alone);
    CHECK(t.count + 32000 * 2048 == 1100048384);
    hl_params_free(&t);
}

static void names_are_the_public_ones(void)
{
    static const char *const item[] = {"item_llm.model.embed_tokens.weight",
                                       "item_llm.model.layers.2.self_attn.q_proj.weight",
                                       "item_llm.model.layers.0.mlp.down_proj.weight",
                                       "item_llm.model.norm.weight",
                                       "item_emb_tokens",
                                       "logit_scale"};
    static const char *const user[] = {
        "user_llm.model.layers.1.self_attn.o_proj.weight", "user_llm.model.layers.2.input_layernorm.weight",
        "user_llm.model.layers.0.post_attention_layernorm.weight", "user_llm.model.norm.weight"};
    models m;
    open_models(&m, 1);
    for (int i = 0; i < 6; i++) CHECK(hl_params_find(&m.item.table, item[i]));
    for (int i = 0; i < 4; i++) CHECK(hl_params_find(&m.user.table, user[i]));
    CHECK(!hl_params_find(&m.user.table, "user_llm.model.embed_tokens.weight")); /* it reads vectors */
    close_models(&m);
    open_models(&m, 0);
    CHECK(!hl_params_find(&m.item.table, "item_emb_tokens")); /* mean pooling has no [ITEM] token */
    close_models(&m);
}

static float *drawn(const hl_params *t, uint64_t seed)
{
    float *w = calloc(t->count, sizeof *w);
    hl_params_init(t, w, seed);
    return w;
}

/* Mean 0 and the table's deviation, to five standard errors; ones are ones, values are values. */
static void initial_values_are_as_the_table_says(void)
{
    models m;
    open_models(&m, 1);
    const hl_params *t = &m.item.table;
    float *w = drawn(t, 1);
    for (int i = 0; i < t->n; i++) {
        const hl_param *p = &t->at[i];
        double mean = 0, square = 0, n = (double)p->count;
        for (size_t k = p->offset; k < p->offset + p->count; k++) {
            mean += w[k] / n;
            square += (double)w[k] * w[k] / n;
            CHECK(p->init == HL_INIT_NORMAL || w[k] == (p->init == HL_INIT_ONES ? 1 : p->value));
        }
        if (p->init != HL_INIT_NORMAL) continue;
        CHECK_NEAR(p->std, 0.02, 1e-9);
        CHECK_NEAR(mean, 0, 5 * 0.02 / sqrt(n));
        CHECK_NEAR(square / 4e-4, 1, 5 * sqrt(2 / n));
    }
    CHECK_NEAR(w[hl_params_find(&m.item.table, "logit_scale")->offset], log(1 / 0.07), 1e-6);
    free(w);
    close_models(&m);
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

/* The longest tensor is filled from several streams: were two of them one, every number of theirs would come twice. */
static void a_long_tensor_does_not_repeat_itself(void)
{
    models m;
    open_models(&m, 1);
    const hl_param *p = hl_params_find(&m.item.table, "item_llm.model.embed_tokens.weight");
    float *w = drawn(&m.item.table, 1), *x = w + p->offset;
    size_t same = 0;
    qsort(x, p->count, sizeof *x, by_value);
    for (size_t i = 1; i < p->count; i++) same += x[i] == x[i - 1];
    CHECK(p->count > 4 * 4096 && same < p->count / 20); /* some floats meet by chance */
    free(w);
    close_models(&m);
}

/* Two tables in which the same tensor lies elsewhere. */
static void initial_values_do_not_know_their_place(void)
{
    hl_params with = {0}, without = {0};
    hl_transformer_params(&with, &shape, "item", true, (hl_transformer_layers){0, shape.num_hidden_layers}, &hl_alone);
    hl_transformer_params(&without, &shape, "item", false, (hl_transformer_layers){0, shape.num_hidden_layers},
                          &hl_alone);
    float *one = drawn(&with, 1), *other = drawn(&without, 1);
    for (int i = 0; i < without.n; i++) {
        const hl_param *q = &without.at[i], *p = hl_params_find(&with, q->name);
        CHECK(p && p->offset != q->offset && memcmp(one + p->offset, other + q->offset, q->count * sizeof *one) == 0);
    }
    free(one);
    free(other);
    hl_params_free(&with);
    hl_params_free(&without);
}

/* A tensor's numbers depend on its name and the seed, not on what else is in the table. */
static void initial_values_know_their_name(void)
{
    models with, without;
    open_models(&with, 1);
    open_models(&without, 0);
    float *one = drawn(&with.item.table, 1), *other = drawn(&without.item.table, 1),
          *seeded = drawn(&with.item.table, 2), *user = drawn(&with.user.table, 1);
    const hl_params *t = &with.item.table;
    for (int i = 0; i < t->n; i++) {
        const hl_param *p = &t->at[i], *q = hl_params_find(&without.item.table, p->name);
        if (q) CHECK(memcmp(one + p->offset, other + q->offset, p->count * sizeof *one) == 0);
        if (p->init == HL_INIT_NORMAL) CHECK(memcmp(one + p->offset, seeded + p->offset, p->count * sizeof *one) != 0);
    }
    const hl_param *q0 = hl_params_find(t, "item_llm.model.layers.0.self_attn.q_proj.weight");
    const hl_param *q1 = hl_params_find(t, "item_llm.model.layers.1.self_attn.q_proj.weight");
    const hl_param *u0 = hl_params_find(&with.user.table, "user_llm.model.layers.0.self_attn.q_proj.weight");
    CHECK(one[q0->offset] != one[q1->offset] && one[q0->offset] != user[u0->offset]);
    free(one);
    free(other);
    free(seeded);
    free(user);
    close_models(&with);
    close_models(&without);
}

static void the_digest_sees_every_number(void)
{
    models m;
    open_models(&m, 1);
    const hl_params *t = &m.user.table;
    float *w = drawn(t, 1);
    uint64_t whole = hl_params_digest(t, w, 0, t->count);
    for (size_t at = 0; at <= t->count; at += t->count / 7 + 1)
        CHECK(hl_params_digest(t, w, 0, at) + hl_params_digest(t, w, at, t->count) == whole);
    CHECK(hl_params_digest(t, w, 0, t->count) == whole);
    for (int i = 0; i < t->n; i++) {
        float *x = w + t->at[i].offset + t->at[i].count - 1, was = *x;
        *x += 1;
        CHECK(hl_params_digest(t, w, 0, t->count) != whole);
        *x = was;
    }
    snprintf(t->at[0].name, sizeof t->at[0].name, "another name");
    CHECK(hl_params_digest(t, w, 0, t->count) != whole);
    free(w);
    close_models(&m);
}

/* The public code clamps the stored value to [0, ln 100] before use. */
static void the_temperature_is_clamped_in_place(void)
{
    models m;
    open_models(&m, 1);
    float *w = drawn(&m.item.table, 1), *scale = w + hl_params_find(&m.item.table, "logit_scale")->offset;
    CHECK_NEAR(hl_model_scale(scale), 1 / 0.07, 1e-4);
    *scale = 7;
    CHECK_NEAR(hl_model_scale(scale), 100, 1e-4);
    CHECK_NEAR(*scale, log(100), 1e-6);
    *scale = -1;
    CHECK(hl_model_scale(scale) == 1 && *scale == 0);
    free(w);
    close_models(&m);
}

static void senseless_shapes_are_refused(void)
{
    hl_transformer c = shape;
    CHECK_OK(hl_transformer_check(&c, "the Item LLM"));
    c.num_key_value_heads = 4;
    CHECK_FAILS(hl_transformer_check(&c, "the Item LLM"), HL_EUSAGE, "6 attention heads do not divide into 4");
    c = shape, c.head_dim = 7;
    CHECK_FAILS(hl_transformer_check(&c, "the Item LLM"), HL_EUSAGE, "head_dim 7 is odd");
    c = shape, c.vocab_size = 0;
    CHECK_FAILS(hl_transformer_check(&c, "the Item LLM"), HL_EUSAGE, "the Item LLM: a size is not positive");
    c = shape, c.num_attention_heads = c.num_key_value_heads = c.head_dim = 1 << 16;
    CHECK_FAILS(hl_transformer_check(&c, "the Item LLM"), HL_EUSAGE,
                "are 12884901888 numbers a token; the most is 16777216");
}

/* ---- shares of a model that several ranks hold together; with more ranks than heads some have none */

enum { MOST_RANKS = 9 };

/* The heads of a rank read the key heads that it has; `lead` is how far into its first key head's queries it begins. */
static void shares_have_the_keys_that_they_read(void)
{
    const int64_t group = shape.num_attention_heads / shape.num_key_value_heads;
    for (int size = 1; size <= MOST_RANKS; size++) {
        int64_t query = 0, key = 0;
        for (int r = 0; r < size; r++) {
            hl_transformer_share s = hl_transformer_share_of(&shape, r, size);
            CHECK(s.query.begin == query);
            for (int64_t h = s.query.begin; h < s.query.end; h++)
                CHECK(s.key.begin <= h / group && h / group < s.key.end);
            if (s.query.begin < s.query.end)
                CHECK(s.key.begin == s.query.begin / group && s.lead == s.query.begin % group);
            query = s.query.end;
            key += s.key.own_end - s.key.own_begin;
        }
        CHECK(query == shape.num_attention_heads && key == shape.num_key_value_heads);
    }
}

/* Of a tensor, what the ranks count covers it once, and what a rank has is where it says in the whole. */
static void check_share(int *counted, const hl_param *mine, const float *w, const float *whole)
{
    size_t filled = 0;
    for (int64_t i = 0; i < hl_param_stretches(mine); i++) {
        hl_stretch s = hl_param_stretch(mine, i), own = hl_param_own_stretch(mine, i);
        CHECK(s.local == filled && memcmp(w + s.local, whole + s.global, s.n * sizeof *w) == 0);
        filled += s.n;
        CHECK(own.n == 0
              || (own.local >= s.local && own.local + own.n <= s.local + s.n
                  && own.global - s.global == (int64_t)(own.local - s.local)));
        for (size_t k = 0; k < own.n; k++) counted[own.global + (int64_t)k]++;
    }
    CHECK(filled == mine->count);
}

/* rows: of the grid that the ranks make; 0: none. */
static void check_cover(const hl_params *t, const float *whole, int size, int rows)
{
    int *counted = calloc(t->count, sizeof *counted);
    uint64_t digest = 0;
    size_t largest = 0;
    for (int r = 0; r < size; r++) {
        hl_params mine = {0};
        const hl_tensor_group tp = {
            .rank = r, .size = size, .rows = rows, .stages = 1, .all_reduce = hl_alone.all_reduce};
        hl_item_params(&mine, &shape, 1, &tp);
        float *w = drawn(&mine, 3);
        digest += hl_params_digest(&mine, w, 0, mine.count);
        CHECK(mine.n == t->n && hl_params_whole(&mine) == (int64_t)t->count);
        for (int i = 0; i < t->n; i++)
            check_share(counted + t->at[i].offset, &mine.at[i], w + mine.at[i].offset, whole + t->at[i].offset);
        largest = mine.count > largest ? mine.count : largest;
        free(w);
        hl_params_free(&mine);
    }
    for (size_t k = 0; k < t->count; k++) CHECK(counted[k] == 1);
    CHECK(digest == hl_params_digest(t, whole, 0, t->count));
    if (rows == 2 && size == 4)
        CHECK(largest < t->count / 4 + t->count / 100); /* heads come out even; the norms are everybody's */
    free(counted);
}

static void shares_cover_the_model(void)
{
    models one;
    open_models(&one, 1);
    float *whole = drawn(&one.item.table, 3);
    for (int size = 1; size <= MOST_RANKS; size++)
        for (int rows = 0; rows <= size; rows++)
            if (rows == 0 || size % rows == 0) check_cover(&one.item.table, whole, size, rows);
    free(whole);
    close_models(&one);
}

/* Blocks follow one another from where their part begins to where it ends, each as long as the others but for a row of
 * the longest tensor at either end. */
static void check_blocks(const hl_shards *s, int part, size_t row)
{
    const size_t begin = s->part[part], end = s->part[part + 1];
    size_t at = begin;
    for (int r = 0; begin < end && r < s->p; r++) {
        const hl_span b = hl_shards_block(s, r, begin + (end - begin) / 2);
        CHECK(b.begin == at && b.end >= b.begin);
        CHECK_NEAR((double)(b.end - b.begin), (double)(end - begin) / s->p, (double)row);
        at = b.end;
    }
    CHECK(begin == end || at == end);
}

static void replicas_have_equal_blocks_of_each_layer(void)
{
    models m;
    open_models(&m, 1);
    const hl_params *tables[] = {&m.item.table, &m.user.table};
    for (int k = 0; k < 2; k++)
        for (int p = 1; p <= 5; p++) {
            hl_shards s;
            size_t all = 0;
            hl_shards_open(&s, tables[k], true, p);
            CHECK(s.parts == shape.num_hidden_layers + 2);
            for (int i = 0; i < s.parts; i++) check_blocks(&s, i, (size_t)shape.intermediate_size);
            for (int i = 0; i < s.parts; i++) all += s.begin[i * (p + 1) + p] - s.begin[i * (p + 1)];
            CHECK(all == tables[k]->count);
            hl_shards_close(&s);
        }
    close_models(&m);
}

static void without_layers_all_is_one_part(void)
{
    models m;
    hl_shards s;
    open_models(&m, 0);
    hl_shards_open(&s, &m.item.table, false, 3);
    CHECK(s.parts == 1);
    for (int r = 0; r <= 3; r++) CHECK(hl_shards_of(&s, 5)[r] == hl_params_block_begin(&m.item.table, 3, r));
    hl_shards_close(&s);
    close_models(&m);
}

static const test tests[] = {
    {"spans follow one another", spans_follow_one_another},
    {"a known model has its known size", a_known_model_has_its_known_size},
    {"names are the public ones", names_are_the_public_ones},
    {"initial values are as the table says", initial_values_are_as_the_table_says},
    {"initial values depend on seed and name alone", initial_values_know_their_name},
    {"a long tensor does not repeat itself", a_long_tensor_does_not_repeat_itself},
    {"initial values do not depend on their place", initial_values_do_not_know_their_place},
    {"shares have the key heads that they read", shares_have_the_keys_that_they_read},
    {"shares and tiles cover the model, with the same values and digest", shares_cover_the_model},
    {"replicas have equal blocks of each layer", replicas_have_equal_blocks_of_each_layer},
    {"without layers all is one part", without_layers_all_is_one_part},
    {"the digest sees every number and name", the_digest_sees_every_number},
    {"the temperature is clamped in place", the_temperature_is_clamped_in_place},
    {"senseless shapes are refused", senseless_shapes_are_refused},
};
HL_TESTS("params", tests)
