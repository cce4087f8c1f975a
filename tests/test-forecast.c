/* test-forecast.c - a forecast says the bytes that a real step takes, on every rank, at any layout. */
#include "app/bench/fit.h"
#include "app/plan/outlook.h"
#include "app/plan/rules.h"
#include "app/bench/traffic.h"
#include "base/arena.h"
#include "data/id-corpus.h"
#include "mpi/train/step.h"
#include "step/price.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Every token occurs in some text of a step, and every vector has a gradient; heads do not divide by 4 or 3. */
enum { ITEMS = 18, TOKENS = 10, LONGEST = 12, HISTORY = 5, LAYERS = 3 };

static const hl_transformer shape = {.hidden_size = 48,
                                     .intermediate_size = 100,
                                     .num_hidden_layers = LAYERS,
                                     .num_attention_heads = 6,
                                     .num_key_value_heads = 2,
                                     .head_dim = 8,
                                     .vocab_size = TOKENS,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.02};

/* An encoder with LayerNorm, biases, learned positions and GELU, and an adapter to the User LLM's width. */
static hl_transformer encoder(hl_pooling pooling)
{
    hl_transformer c = shape;
    c.family = hl_family_find("bert");
    c.hidden_size = 40;
    c.num_attention_heads = c.num_key_value_heads = 5;
    c.max_position_embeddings = LONGEST + 1;
    c.type_vocab_size = 2;
    c.pooling = pooling;
    c.vector_size = shape.hidden_size;
    return c;
}

/* ---- layouts; those that need more ranks than there are, are left out */

typedef struct {
    const char *name;
    int ranks; /* at least */
    hl_placement placement;
    int dp[HL_SIDES], tp[HL_SIDES], pp[HL_SIDES], rows[HL_SIDES];
    bool sequence_parallel;
    int zero, groups, slices;
} layout;

/* clang-format off */
static const layout layouts[] = {
    {"colocated",              1, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {1, 1}, {0, 0}, false, 0, 0, 1},
    {"separate",               2, HL_PLACE_SEPARATE,  {0, 1}, {1, 1}, {1, 1}, {0, 0}, false, 0, 0, 1},
    {"hybrid",                 2, HL_PLACE_HYBRID,    {0, 1}, {1, 1}, {1, 1}, {0, 0}, false, 1, 0, 1},
    {"tp 2",                   2, HL_PLACE_COLOCATED, {0, 0}, {2, 2}, {1, 1}, {0, 0}, false, 0, 0, 1},
    {"shares of unlike sizes", 3, HL_PLACE_COLOCATED, {0, 1}, {3, 1}, {1, 1}, {0, 0}, false, 1, 0, 1},
    {"pp 2",                   2, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {2, 2}, {0, 0}, false, 0, 0, 1},
    {"tp 2 x pp 2, separate",  5, HL_PLACE_SEPARATE,  {1, 0}, {2, 1}, {2, 1}, {0, 0}, false, 1, 0, 1},
    {"a grid",                 4, HL_PLACE_COLOCATED, {0, 0}, {4, 4}, {1, 1}, {2, 2}, false, 0, 0, 1},
    {"a grid x pp 2",          8, HL_PLACE_HYBRID,    {0, 1}, {4, 2}, {2, 1}, {2, 0}, false, 1, 0, 1},
    {"sequence parallel",      4, HL_PLACE_COLOCATED, {0, 0}, {4, 2}, {1, 1}, {0, 0}, true,  0, 0, 1},
    {"zero 1",                 1, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {1, 1}, {0, 0}, false, 1, 0, 1},
    {"zero 2",                 1, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {1, 1}, {0, 0}, false, 2, 0, 1},
    {"zero 3",                 1, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {1, 1}, {0, 0}, false, 3, 0, 1},
    {"zero 3 x pp 2",          4, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {2, 1}, {0, 0}, false, 3, 0, 1},
    {"zero 3, a layer a stage",6, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {3, 3}, {0, 0}, false, 3, 0, 1},
    {"zero 2 x tp 2, hybrid",  4, HL_PLACE_HYBRID,    {0, 1}, {2, 2}, {1, 1}, {0, 0}, false, 2, 0, 1},
    {"exact",                  1, HL_PLACE_COLOCATED, {0, 0}, {1, 1}, {1, 1}, {0, 0}, false, 0, 8, 2},
    {"exact, tp 2",            2, HL_PLACE_COLOCATED, {0, 0}, {2, 1}, {1, 1}, {0, 0}, false, 1, 8, 2},
    {"exact, pp 2, separate",  3, HL_PLACE_SEPARATE,  {0, 1}, {1, 1}, {2, 1}, {0, 0}, false, 0, 8, 2},
};
/* clang-format on */

static const hl_transformer *item = &shape, *user = &shape; /* of the comparison at hand */
static bool item_token = true;

static void configure(hl_config *c, const layout *l, int64_t budget)
{
    hl_config_defaults(c);
    c->item_emb_token_n = item_token;
    c->MAX_TEXT_LENGTH = LONGEST;
    c->MAX_ITEM_LIST_LENGTH = c->MAX_ITEM_LIST_LENGTH_TEST = HISTORY;
    c->batch_size = 160;
    c->chunk_tokens = 30;
    c->placement = l->placement;
    c->item_dp = l->dp[HL_ITEM], c->user_dp = l->dp[HL_USER];
    c->item_tp = l->tp[HL_ITEM], c->user_tp = l->tp[HL_USER];
    c->item_pp = l->pp[HL_ITEM], c->user_pp = l->pp[HL_USER];
    c->item_rows = l->rows[HL_ITEM], c->user_rows = l->rows[HL_USER];
    c->sequence_parallel = l->sequence_parallel;
    c->zero = l->zero;
    c->exact_groups = l->groups;
    c->exact_tp = l->slices;
    c->schedule = l->groups > 0;
    c->activation_budget = budget;
    c->fusion = user->fusion;
}

/* ---- what a step takes.  Numbers that are given up read as zero, and no other is zero: those of weights and gradients
 * are counted. */

/* Of x, layers' numbers that are not zero, in my block or beside it. */
static size_t count_numbers(const hl_sharding *h, const float *x, bool in_block)
{
    size_t n = 0;
    for (size_t i = h->layer[0]; i < h->layer[h->layers]; i++) n += x[i] != 0 && hl_sharding_has(h, i) == in_block;
    return n;
}

typedef struct {
    hl_engine *e;
    hl_sharder own[HL_SIDES]; /* those of the engine */
    size_t layer[HL_SIDES];   /* numbers that were there while a layer was at hand, at the most */
} meter;

static meter at;

static size_t beside(const hl_sharding *h)
{
    return (h->zero >= 3 ? count_numbers(h, h->w, false) : 0) + (h->zero >= 2 ? count_numbers(h, h->g, false) : 0);
}

/* When a backward is done with a layer, before it is given up. */
static void look(const hl_sharder *k, int layer)
{
    for (hl_side i = 0; i < HL_SIDES; i++) {
        hl_sharding *h = &at.e->sharding[i];
        if (k != &h->sharder) continue;
        const size_t n = beside(h);
        if (n > at.layer[i]) at.layer[i] = n;
        at.own[i].done(k, layer);
    }
}

static void watch(hl_engine *e)
{
    at = (meter){.e = e};
    for (hl_side i = 0; i < HL_SIDES; i++) {
        at.own[i] = e->sharding[i].sharder;
        if (e->sharding[i].w) e->sharding[i].sharder.done = look;
    }
}

/* Numbers that a layer has beside my block: weights stay until another layer is at hand, gradients are zero. */
static size_t beside_at_hand(const hl_sharding *h, const float *x)
{
    const hl_reserve_part *part = h->weights->at.part;
    return x == h->w && part->x == x ? part[0].end - part[0].begin + part[1].end - part[1].begin : 0;
}

/* Of weights or gradients between layers; shards: has each replica a part of the layers? */
static size_t held(const hl_sharding *h, const float *x, bool shards)
{
    const size_t layers = h->layer[h->layers] - h->layer[0];
    CHECK(!shards || h->dp->size == 1 || count_numbers(h, x, false) <= beside_at_hand(h, x));
    return h->table->count - layers + (shards ? count_numbers(h, x, true) : layers);
}

static size_t moments_of(const hl_sharding *h)
{
    size_t n = 0;
    for (size_t i = 0; i < h->table->count; i++) n += hl_sharding_has(h, i);
    return n;
}

static double state_bytes(const hl_engine *e)
{
    size_t numbers = 0, layer = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const hl_sharding *h = &e->sharding[i];
        if (!h->w) continue;
        if (h->still) { /* layers have never had a gradient there */
            CHECK(count_numbers(h, h->g, true) + count_numbers(h, h->g, false) == 0);
            numbers += held(h, h->w, h->zero >= 3);
            continue;
        }
        const size_t unread = h->rows.end - hl_sparse_rows_end(&h->rows, h->rows.end);
        numbers += held(h, h->w, h->zero >= 3) + held(h, h->g, h->zero >= 2) + 2 * moments_of(h) - unread;
        numbers += (h->table->count - unread) * (size_t)h->branch.spares; /* sums of groups that have waited */
        layer = at.layer[i] > layer ? at.layer[i] : layer;
    }
    return sizeof(float) * (double)(numbers + layer);
}

/* ---- the forecast beside it */

/* The first batch. */
static void take_step(hl_step_report *report, hl_engine *e, const hl_config *c, const hl_corpus *corpus)
{
    hl_arena arena = hl_arena_growing("a batch");
    hl_windows w;
    hl_batch b;
    const hl_windows_rule rule = hl_rules_windows(c);
    hl_windows_open(&w, corpus, &rule);
    const hl_sampler sampler = {&w, (uint64_t)c->seed, c->batch_size, c->num_negatives, NULL, false};
    hl_sampler_draw(&b, &sampler, 0, &arena);
    CHECK_OK(hl_step_run(report, e, &b, &(hl_step_orders){.learning_rate = 1e-3, .update = true}));
    hl_windows_close(&w);
    hl_arena_free(&arena);
}

/* Bytes and messages of this rank in every group. */
static void compare_traffic(const hl_step_report *r, const hl_traffic_heard *heard, const hl_forecast *f,
                            const hl_config *c, const char *name)
{
    const int me = check_world()->rank;
    hl_traffic_groups *sent = hl_alloc((size_t)f->layout.ranks * sizeof *sent);
    hl_traffic_forecast(sent, heard, f, c);
    for (int g = 0; g < HL_MESH_GROUPS; g++) {
        const hl_sent *s = &sent[me][g];
        const bool is_right = (double)r->sent[g] == s->bytes && (double)r->messages[g] == s->messages;
        if (!is_right)
            printf("  %s, rank %d, %s: %.0f bytes in %.0f messages, forecast %.0f in %.0f\n", name, me, hl_mesh_name(g),
                   (double)r->sent[g], (double)r->messages[g], s->bytes, s->messages);
        CHECK(is_right);
    }
    free(sent);
}

/* On a machine that takes a second an operation, and nothing for all else. */
static double forecast_flop(const hl_forecast *f)
{
    hl_prices x;
    double flop = 0;
    hl_prices_open(&x, &f->job);
    for (int r = 0; r < f->layout.ranks; r++)
        for (int i = 0; i < f->schedule[r].n; i++) {
            const hl_task t = f->schedule[r].task[i];
            if (hl_act_table[t.act].with == HL_WITH_STAGE) flop += hl_price_act(&x, r, t);
        }
    hl_prices_close(&x);
    return flop;
}

/* Has the replica of this rank a micro-batch of the side? */
static bool has_work(const hl_forecast *f, hl_side side, int rank)
{
    const hl_plan *p = &f->plan;
    const int *owner = side == HL_USER ? f->share.user_micro_batch : f->share.micro_batch;
    const int n = side == HL_USER ? p->user_micro_batches : p->micro_batches;
    bool has = false;
    for (int c = 0; c < n && hl_layout_has(&f->layout, side, rank); c++)
        has |= owner[c] == hl_layout_first_rank_of(&f->layout, side, rank);
    return has;
}

/* A layer at hand has gradients where it had a micro-batch: a replica that is idle, or without one of some side, has
 * its weights alone.  The forecast counts both everywhere, since a sum over replicas may write them there. */
static bool has_all_gradients(const hl_forecast *f, int rank)
{
    bool all = true;
    for (hl_side i = 0; i < HL_SIDES; i++) all &= has_work(f, i, rank) || !hl_layout_has(&f->layout, i, rank);
    return all;
}

static size_t largest_layer(const hl_engine *e)
{
    size_t most = 0;
    for (hl_side i = 0; i < HL_SIDES; i++)
        for (int k = 0; k < e->sharding[i].layers; k++) {
            const size_t n = e->sharding[i].layer[k + 1] - e->sharding[i].layer[k];
            most = n > most ? n : most;
        }
    return most;
}

/* Of a table that is cut by rows the forecast takes as many to be read on each rank. */
static bool is_cut(const hl_engine *e, const hl_forecast *f)
{
    return e->sharding[HL_ITEM].table->at[0].row_sparse && f->layout.side[HL_ITEM].tp > 1;
}

static void check_state(double state, const hl_forecast *f, const hl_engine *e, int rank)
{
    if (is_cut(e, f)) {
        CHECK(fabs(state - f->state[rank]) <= 0.1 * f->state[rank]);
        return;
    }
    const double most = sizeof(float) * (double)largest_layer(e);
    CHECK(state <= f->state[rank] && state >= f->state[rank] - most);
    /* what a frozen layer holds in a forward is not watched */
    const bool unseen = f->plan.items_frozen && e->rules.zero >= 2;
    const bool is_right = state == f->state[rank] || unseen || !has_all_gradients(f, rank);
    if (!is_right) printf("  rank %d: state %.0f, forecast %.0f\n", rank, state, f->state[rank]);
    CHECK(is_right);
}

static bool freezes;  /* the items */
static bool overlaps; /* sums go on during the last backward */
static double room;   /* bytes of a rank, for a budget that is auto */
static double least;  /* bytes that the fullest rank of the last comparison holds though it saves nothing */

/* The saved bytes of this rank. */
static double compare(const layout *l, int64_t budget, const hl_corpus *corpus)
{
    const hl_group *world = check_world();
    hl_config c;
    hl_forecast f;
    hl_mesh mesh;
    hl_engine e;
    configure(&c, l, budget);
    c.overlap = overlaps && l->zero < 2;
    c.freeze_ad = freezes;
    const hl_parallelism p = hl_rules_parallelism(&c, HL_COLOCATED);
    hl_engine_rules rules = {.plan = hl_rules_plan(&c),
                             .nce_thres = 2, /* no negative is masked */
                             .for_training = true,
                             .share_tokens = c.share_tokens,
                             .zero = c.zero,
                             .overlap = c.overlap,
                             .slices = c.exact_tp,
                             .longest_text = c.MAX_TEXT_LENGTH,
                             .longest_history = hl_rules_longest_history(&c)};
    hl_traffic_heard heard;
    hl_traffic_open(&heard, HL_SUMMA);
    const hl_forecast_question q = {
        &c, item, user, corpus, {.flops = 1, .memory = INFINITY, .wire = INFINITY}, room, &heard.listener};
    CHECK_OK(hl_parallelism_check(&p, item, user));
    CHECK_OK(hl_forecast_open(&f, &q, world->size, &p));
    CHECK(budget == HL_BUDGET_AUTO || f.budget == budget);
    rules.activation_budget = f.budget;
    least = f.least;
    hl_mesh_open(&mesh, world, &f.layout);
    hl_engine_open(&e, &mesh, corpus, item, user, &rules);
    for (hl_side i = 0; i < HL_SIDES; i++) {
        hl_sharding_init(&e.sharding[i], 1);
        hl_sharding_reshard(&e.sharding[i]);
    }
    watch(&e);
    hl_step_report report;
    take_step(&report, &e, &c, corpus);
    const double flop = hl_tally_sum(&report.tally, HL_FACT_FLOP);
    compare_traffic(&report, &heard, &f, &c, l->name);
    hl_traffic_close(&heard);
    CHECK_NEAR(forecast_flop(&f), flop, 1e-9 * flop);
    const double state = state_bytes(&e), saved = (double)e.saved.most;
    if (saved != f.saved[world->rank])
        printf("  %s, rank %d: saved %.0f, forecast %.0f\n", l->name, world->rank, saved, f.saved[world->rank]);
    check_state(state, &f, &e, world->rank);
    CHECK(saved == f.saved[world->rank]);
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    hl_forecast_close(&f);
    hl_config_free(&c);
    return saved;
}

/* Each layout that the ranks are enough for. */
static void compare_layouts(int64_t budget)
{
    toy t;
    toy_open(&t, ITEMS, LONGEST, 3);
    toy_draw_users(&t, 200, 12, 3);
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].ranks <= check_world()->size) compare(&layouts[i], budget, &t.corpus);
    toy_close(&t);
}

static void all_bytes_are_those_of_a_step(void) { compare_layouts(-1); }

/* With sharded weights zeros cannot be told from what is given up, and biases are zeros at first. */
static void an_encoder_takes_what_the_forecast_says(void)
{
    static const struct {
        hl_pooling pooling;
        bool item_token;
    } forms[] = {{HL_POOL_MEAN, true}, {HL_POOL_MEAN, false}, {HL_POOL_LAST, false}, {HL_POOL_FIRST, false}};
    toy t;
    toy_open(&t, ITEMS, LONGEST, 3);
    toy_draw_users(&t, 200, 12, 3);
    for (size_t k = 0; k < sizeof forms / sizeof forms[0]; k++) {
        const hl_transformer c = encoder(forms[k].pooling);
        item = &c;
        item_token = forms[k].item_token;
        for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
            if (layouts[i].ranks <= check_world()->size && layouts[i].zero < 2 && layouts[i].slices == 1)
                compare(&layouts[i], -1, &t.corpus);
        item = &shape;
        item_token = true;
    }
    toy_close(&t);
}

/* SASRec's blocks, or HSTU's layers, which no grid and no exact sums go with. */
static void other_user_models_take_what_the_forecast_says(void)
{
    static const char *const family[] = {"sasrec", "hstu"};
    toy t;
    toy_open(&t, ITEMS, LONGEST, 3);
    toy_draw_users(&t, 200, 12, 3);
    for (int k = 0; k < 2; k++) {
        hl_transformer c = shape;
        c.family = hl_family_find(family[k]);
        c.num_key_value_heads = c.num_attention_heads;
        c.max_position_embeddings = HISTORY;
        if (k == 1) c.intermediate_size = c.hidden_size;
        user = &c;
        for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
            const layout *l = &layouts[i];
            const bool fits = l->zero < 2 && (k == 0 || (l->rows[HL_USER] == 0 && l->groups == 0));
            if (fits && l->ranks <= check_world()->size) compare(l, -1, &t.corpus);
        }
        user = &shape;
    }
    toy_close(&t);
}

static void times_and_ids_take_what_the_forecast_says(void)
{
    hl_transformer c = shape;
    c.time_size = 6;
    c.id_rows = ITEMS;
    user = &c;
    compare_layouts(-1);
    user = &shape;
}

static void labels_take_what_the_forecast_says(void)
{
    hl_transformer c = shape;
    user = &c;
    c.head_size = 20;
    for (c.fusion = HL_FUSION_EARLY; c.fusion <= HL_FUSION_LATE; c.fusion++) compare_layouts(-1);
    user = &shape;
}

/* The table has more rows than a step reads. */
static void a_table_of_items_takes_what_the_forecast_says(void)
{
    enum { ROWS = 3000 };
    hl_transformer c = {.hidden_size = shape.hidden_size,
                        .intermediate_size = 1,
                        .num_attention_heads = 1,
                        .num_key_value_heads = 1,
                        .head_dim = shape.hidden_size,
                        .vocab_size = ROWS,
                        .initializer_range = 0.02,
                        .family = hl_family_find("table"),
                        .pooling = HL_POOL_FIRST,
                        .padding = 1};
    toy t;
    hl_id_corpus ids;
    toy_open(&t, ROWS, LONGEST, 3);
    toy_draw_users(&t, 200, 12, 3);
    hl_id_corpus_open(&ids, &t.corpus);
    item = &c;
    item_token = false;
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        const layout *l = &layouts[i];
        if (l->ranks > check_world()->size || l->pp[HL_ITEM] > 1 || l->rows[HL_ITEM] || l->sequence_parallel) continue;
        compare(l, -1, &ids.corpus);
        overlaps = true;
        compare(l, -1, &ids.corpus);
        overlaps = false;
    }
    item = &shape;
    item_token = true;
    hl_id_corpus_close(&ids);
    toy_close(&t);
}

static void sums_that_go_on_meanwhile_send_what_the_forecast_says(void)
{
    overlaps = true;
    compare_layouts(-1);
    overlaps = false;
}

static void frozen_items_take_what_the_forecast_says(void)
{
    freezes = true;
    compare_layouts(-1);
    compare_layouts(1 << 20);
    freezes = false;
}

/* Budgets of nothing, and of half of what one rank would save. */
static void a_budget_saves_what_the_forecast_says(void)
{
    toy t;
    toy_open(&t, ITEMS, LONGEST, 3);
    toy_draw_users(&t, 200, 12, 3);
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (layouts[i].ranks > check_world()->size) continue;
        int64_t most = (int64_t)hl_group_max(check_world(), (double)compare(&layouts[i], -1, &t.corpus));
        double former = -1;
        for (int part = 0; part < 2; part++) {
            const double saved = compare(&layouts[i], most * part / 2, &t.corpus);
            CHECK(saved >= former);
            former = saved;
        }
    }
    toy_close(&t);
}

/* ---- what follows from it */

/* Daly's whole time of a job, up to a factor that does not depend on the interval. */
static double whole_time(double every, double cost, double mean) { return expm1((every + cost) / mean) / every; }

/* Where the derivative of that is zero, by halving: (every / mean - 1) exp((every + cost) / mean) + 1 = 0. */
static double best_interval(double cost, double mean)
{
    double low = 0, high = mean;
    for (int i = 0; i < 200; i++) {
        const double x = (low + high) / 2;
        *((x / mean - 1) * exp((x + cost) / mean) + 1 < 0 ? &low : &high) = x;
    }
    return low;
}

static void checkpoints_come_when_they_lose_least(void)
{
    static const double cost[] = {0.01, 1, 30, 300, 1000}, mean = 3600;
    for (size_t i = 0; i < sizeof cost / sizeof cost[0]; i++) {
        const double every = hl_outlook_interval(cost[i], mean), best = best_interval(cost[i], mean);
        CHECK(fabs(every / best - 1) < 0.02);
        CHECK(whole_time(every, cost[i], mean) <= 1.0005 * whole_time(best, cost[i], mean));
    }
    CHECK(hl_outlook_interval(3 * mean, mean) == mean);
}

/* Seconds that coefficients made give these again; one that would have to be below 0 is 0, and the others make up. */
static void a_fit_finds_what_made_the_seconds(void)
{
    static const double made[] = {2e-6, 0, 3e-11, 5e-10, 1e-11};
    double x[40 * 5], y[40], less[40], found[5], plain[1];
    for (int i = 0; i < 40; i++) {
        hl_machine_product_terms(x + 5 * i, 3 + 37 * (i % 8), 16 + 50 * (i / 8), 20 + 11 * (i % 5));
        y[i] = 0;
        for (int t = 0; t < 5; t++) y[i] += made[t] * x[5 * i + t];
        less[i] = -y[i];
    }
    hl_fit(found, x, y, y, 40, 5);
    for (int t = 0; t < 5; t++) CHECK_NEAR(found[t], made[t], 1e-6 * made[t] + 1e-18);
    hl_fit(found, x, less, y, 40, 5);
    for (int t = 0; t < 5; t++) CHECK(found[t] == 0);
    hl_fit(plain, (const double[]){1, 2}, (const double[]){2, 6}, (const double[]){1, 2}, 2, 1);
    CHECK_NEAR(plain[0], 2.5, 1e-12); /* least of (a - 2)^2 + (a - 3)^2 */
}

static void a_spread_names_the_first_of_equal_ranks(void)
{
    const hl_spread s = hl_spread_of((const double[]){3, 1, 7, 1, 7}, 5);
    CHECK(s.least == 1 && s.least_rank == 1 && s.most == 7 && s.most_rank == 2);
    CHECK_NEAR(s.mean, 19.0 / 5, 1e-15);
}

/* With room for half of what would be saved a part is, in the share that auto may take; with room for nothing, nothing;
 * and all where nobody knows the room. */
static void a_budget_that_is_auto_fits_the_room(void)
{
    const double share = 0.8; /* memory_share */
    toy t;
    toy_open(&t, ITEMS, LONGEST, 3);
    toy_draw_users(&t, 200, 12, 3);
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++) {
        if (layouts[i].ranks > check_world()->size) continue;
        room = 0;
        const double all = compare(&layouts[i], HL_BUDGET_AUTO, &t.corpus), none = compare(&layouts[i], 0, &t.corpus),
                     texts = hl_group_max(check_world(), all - none);
        room = (least + texts / 2) / share;
        const double part = hl_group_max(check_world(), compare(&layouts[i], HL_BUDGET_AUTO, &t.corpus) - none);
        CHECK(texts > 0 && part <= texts / 2);
        room = least / 2;
        CHECK(compare(&layouts[i], HL_BUDGET_AUTO, &t.corpus) == none);
        room = 1e15;
        CHECK(compare(&layouts[i], HL_BUDGET_AUTO, &t.corpus) == all);
        room = 0;
    }
    toy_close(&t);
}

static const test tests[] = {
    {"checkpoints come when they lose least", checkpoints_come_when_they_lose_least},
    {"a fit finds what made the seconds", a_fit_finds_what_made_the_seconds},
    {"a spread names the first of equal ranks", a_spread_names_the_first_of_equal_ranks},
    {"all bytes, messages and operations are those of a step", all_bytes_are_those_of_a_step},
    {"of an encoder with an adapter too, whatever is read out", an_encoder_takes_what_the_forecast_says},
    {"of SASRec's and HSTU's user blocks too", other_user_models_take_what_the_forecast_says},
    {"what is added to item vectors takes what the forecast says", times_and_ids_take_what_the_forecast_says},
    {"labels take what the forecast says", labels_take_what_the_forecast_says},
    {"frozen items take what the forecast says", frozen_items_take_what_the_forecast_says},
    {"of a table of items too", a_table_of_items_takes_what_the_forecast_says},
    {"sums that go on meanwhile send what the forecast says", sums_that_go_on_meanwhile_send_what_the_forecast_says},
    {"a budget saves what the forecast says", a_budget_saves_what_the_forecast_says},
    {"a budget that is auto fits the room", a_budget_that_is_auto_fits_the_room},
};
HL_TESTS("forecast", tests)
