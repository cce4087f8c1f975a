/* test-ranking.c - a made-up catalogue is ranked as a slow count over all items ranks it, at any layout.
 *
 * The slow count runs on each rank for itself.  It encodes every item and every user alone, takes cosines in double
 * and compares a user's target with each item of the catalogue in turn.  Scores nearer than rounding may carry them
 * can fall on either side of the target: the slow count has them apart, as open, and few users have any. */
#include "base/arena.h"
#include "data/metric.h"
#include "model/user.h"
#include "mpi/eval/cosine.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { S = 4, LONGEST = 6, WIDTH = 16, MOST_ITEMS = 9, CUTS = 4 };
static const int cuts[CUTS] = {1, 5, 20, 100};
static const double NEAR = 5e-6; /* scores of fp32 that were computed in two ways */

static const hl_transformer shape = {.hidden_size = WIDTH,
                                     .intermediate_size = 24,
                                     .num_hidden_layers = 2,
                                     .num_attention_heads = 4,
                                     .num_key_value_heads = 2,
                                     .head_dim = 4,
                                     .vocab_size = 700,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.3};

/* What is ranked. */
typedef struct {
    int64_t items, users;
    int item_tokens; /* 1: the [ITEM] vector, 0: the mean over tokens */
    uint64_t seed;
} world;

static const world small = {60, 37, 1, 5};
static const world means = {60, 37, 0, 7};
static const world wide = {1300, 25, 1, 11}; /* more texts than a tile has columns */
static const world tiny = {5, 20, 1, 13};    /* histories that cover the catalogue */

static void draw_world(toy *t, const world *w)
{
    toy_open(t, w->items, LONGEST, w->seed);
    toy_draw_users(t, w->users, MOST_ITEMS, w->seed);
}

/* An engine with the weights that follow from the seed, in a mesh of g. */
static void open_engine(hl_engine *e, hl_mesh *m, const hl_group *g, const hl_layout_wish *wish, const toy *t,
                        const world *w, int zero)
{
    hl_layout layout;
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 40,
                                            .user_micro_batch_rows = 8,
                                            .item_tokens = w->item_tokens,
                                            .dedup = true,
                                            .share_prefix = zero < 3},
                                   .share_tokens = zero < 3,
                                   .nce_thres = 0.99f,
                                   .activation_budget = -1,
                                   .zero = zero,
                                   .longest_text = LONGEST,
                                   .longest_history = MOST_ITEMS};
    CHECK_OK(hl_layout_make(&layout, g->size, wish));
    hl_mesh_open(m, g, &layout);
    hl_engine_open(e, m, &t->corpus, &shape, &shape, &rules);
    hl_sharding_init(&e->sharding[HL_ITEM], 3);
    hl_sharding_init(&e->sharding[HL_USER], 4);
    hl_sharding_reshard(&e->sharding[HL_ITEM]);
    hl_sharding_reshard(&e->sharding[HL_USER]);
}

/* ---- the slow count */

typedef struct {
    hl_group me;
    hl_mesh mesh;
    hl_engine e;
    const toy *t;
    float *item; /* (items, WIDTH) */
} slow;

static void encode_item(float *y, slow *s, int32_t item)
{
    hl_pack texts;
    const hl_model *m = &s->e.model[HL_ITEM];
    void *saved = hl_arena_take(&s->e.plan, m->kind->saved);
    m->kind->pack(&texts, m, &s->t->corpus, &item, 1, &s->e.plan);
    m->kind->trace(saved, m, &texts, &s->e.saved);
    m->kind->forward(y, saved, m, s->e.sharding[HL_ITEM].w, NULL, &texts, &s->e.scratch);
    hl_arena_back(&s->e.plan, 0);
    hl_arena_back(&s->e.saved, 0);
}

/* The vector of who has met these items, the last row of all. */
static void encode_user(float y[WIDTH], slow *s, const int32_t *items, int n)
{
    hl_pack pack;
    float x[MOST_ITEMS * WIDTH], all[MOST_ITEMS * WIDTH];
    const hl_model *m = &s->e.model[HL_USER];
    void *saved = hl_arena_take(&s->e.plan, m->kind->saved);
    for (int i = 0; i < n; i++) memcpy(x + i * WIDTH, s->item + items[i] * WIDTH, WIDTH * sizeof *x);
    hl_user_pack(&pack, &n, 1, 0, false, &s->e.plan);
    m->kind->trace(saved, m, &pack, &s->e.saved);
    m->kind->forward(all, saved, m, s->e.sharding[HL_USER].w, x, &pack, &s->e.scratch);
    memcpy(y, all + (n - 1) * WIDTH, WIDTH * sizeof *y);
    hl_arena_back(&s->e.plan, 0);
    hl_arena_back(&s->e.saved, 0);
}

static void slow_open(slow *s, const toy *t, const world *w)
{
    s->t = t;
    hl_group_split(&s->me, check_world(), check_world()->rank);
    open_engine(&s->e, &s->mesh, &s->me, &(hl_layout_wish){.kind = HL_COLOCATED}, t, w, 0);
    s->item = hl_alloc_zero((size_t)w->items * WIDTH, sizeof *s->item);
    for (int32_t i = 1; i < w->items; i++) encode_item(s->item + i * WIDTH, s, i);
}

static void slow_close(slow *s)
{
    free(s->item);
    hl_engine_close(&s->e);
    hl_mesh_close(&s->mesh);
    hl_group_close(&s->me);
}

static double cosine(const float *x, const float *y)
{
    double xy = 0, xx = 0, yy = 0;
    for (int k = 0; k < WIDTH; k++) {
        xy += (double)x[k] * y[k];
        xx += (double)x[k] * x[k];
        yy += (double)y[k] * y[k];
    }
    return xy / sqrt(xx * yy);
}

static bool is_in(const int32_t *list, int n, int32_t item)
{
    for (int i = 0; i < n; i++)
        if (list[i] == item) return true;
    return false;
}

static bool have_one_text(const hl_corpus *c, int32_t a, int32_t b)
{
    int m, n;
    const int32_t *x = c->tokens(c, a, &m), *y = c->tokens(c, b, &n);
    return m == n && memcmp(x, y, (size_t)n * sizeof *x) == 0;
}

/* Items that are not left out: scored above the target, as it is scored, and one or the other or neither. */
typedef struct {
    int64_t above, same, open;
    bool repeated;
} place;

static void compare_item(place *p, double by, double margin, bool has_its_text)
{
    if (has_its_text || fabs(by) < margin - NEAR) p->same++;
    else if (by >= margin + NEAR) p->above++;
    else if (by > -margin - NEAR) p->open++;
}

static place place_of(slow *s, int64_t user, hl_phase phase, hl_mask mask, double margin)
{
    int n;
    const int32_t *history;
    const hl_corpus *c = &s->t->corpus;
    const int32_t target = hl_phase_target(c, user, phase, &history, &n);
    const int read = n < S ? n : S, gone = mask == HL_MASK_ALL ? n : mask == HL_MASK_WINDOW ? read : 0;
    const int32_t *left_out = history + n - gone;
    float y[WIDTH];
    place p = {.repeated = is_in(left_out, gone, target)};
    encode_user(y, s, history + n - read, read);
    const double best = cosine(y, s->item + target * WIDTH);
    for (int32_t i = 1; i < c->items; i++)
        if (i != target && !is_in(left_out, gone, i))
            compare_item(&p, cosine(y, s->item + i * WIDTH) - best, margin, have_one_text(c, i, target));
    return p;
}

/* ---- what is compared */

/* A text is encoded once, kept by one rank, and stands for its items. */
static void compare_catalogue(const hl_catalogue *c, const hl_engine *e, const slow *s)
{
    const hl_corpus *corpus = &s->t->corpus;
    int64_t kept = c->mine, zeros;
    double furthest = 0;
    for (int t = c->begin; t < c->begin + c->mine; t++) {
        const float *x = c->vector + (t - c->begin) * WIDTH;
        int items = 0;
        for (int32_t i = 1; i < corpus->items; i++) {
            const bool has = have_one_text(corpus, i, c->item[t]);
            CHECK(has == (hl_catalogue_text(c, corpus, i) == t));
            items += has;
            for (int k = 0; has && k < WIDTH; k++) furthest = fmax(furthest, fabs(x[k] - s->item[i * WIDTH + k]));
        }
        CHECK(c->weight[t] == items);
    }
    CHECK_NEAR(furthest, 0, 1e-5);
    CHECK_OK(hl_catalogue_check(c, (hl_engine *)e, &zeros));
    hl_group_all_reduce_int(&e->mesh->world, &kept, 1);
    CHECK(zeros == 0 && kept == c->texts);
}

static void add_place(hl_gains *g, int64_t at, double share)
{
    g->mrr += share / (double)at;
    for (int k = 0; k < CUTS; k++) {
        g->recall[k] += at <= cuts[k] ? share : 0;
        g->ndcg[k] += at <= cuts[k] ? share / log2((double)at + 1) : 0;
        g->mrr_at[k] += at <= cuts[k] ? share / (double)at : 0;
    }
}

static void compare_gains(const hl_gains *got, const hl_gains *want)
{
    CHECK_NEAR(got->mrr, want->mrr, 1e-10);
    for (int k = 0; k < CUTS; k++) {
        CHECK_NEAR(got->recall[k], want->recall[k], 1e-10);
        CHECK_NEAR(got->ndcg[k], want->ndcg[k], 1e-10);
        CHECK_NEAR(got->mrr_at[k], want->mrr_at[k], 1e-10);
    }
}

/* The metrics of these ranks and ties, place by place. */
static void compare_score(const hl_score *got, const int64_t *rank, const int64_t *ties, int64_t users)
{
    hl_gains want[HL_TIES] = {0};
    for (int64_t u = 0; u < users; u++) {
        if (rank[u] == 0) continue;
        add_place(&want[HL_TIES_FIRST], rank[u], 1);
        add_place(&want[HL_TIES_LAST], rank[u] + ties[u], 1);
        for (int64_t p = rank[u]; p <= rank[u] + ties[u]; p++)
            add_place(&want[HL_TIES_RANDOM], p, 1 / ((double)ties[u] + 1));
    }
    CHECK(got->users == users);
    for (hl_ties t = 0; t < HL_TIES; t++) compare_gains(&got->gains[t], &want[t]);
}

static void compare_ranks(const int64_t *rank, const int64_t *ties, slow *s, const hl_eval_orders *orders)
{
    const int64_t users = s->t->corpus.users;
    int64_t decided = 0;
    for (int64_t u = 0; u < users; u++) {
        const place p = place_of(s, u, orders->phase, orders->mask, (double)orders->margin);
        decided += p.open == 0;
        CHECK((rank[u] == 0) == p.repeated);
        if (p.repeated) CHECK(ties[u] == 0);
        if (p.repeated) continue;
        CHECK(rank[u] >= 1 + p.above && rank[u] <= 1 + p.above + p.open);
        CHECK(rank[u] + ties[u] >= 1 + p.above + p.same && rank[u] + ties[u] <= 1 + p.above + p.same + p.open);
    }
    CHECK((double)decided >= 0.9 * (double)users);
}

/* A list as long as the catalogue has all that is not left out, whatever the scores. */
static void compare_whole_lists(const hl_score *got, const hl_corpus *c, const hl_eval_orders *orders)
{
    double in_some = 0, all = 0, met = 0;
    for (int32_t item = 1; item < c->items; item++) {
        int lists = 0, times = 0, n;
        const int32_t *history;
        for (int64_t u = 0; u < c->users; u++) {
            hl_phase_target(c, u, orders->phase, &history, &n);
            const int gone = orders->mask == HL_MASK_ALL ? n : orders->mask == HL_MASK_NONE ? 0 : n < S ? n : S;
            lists += !is_in(history + n - gone, gone, item);
            const int32_t *training = hl_corpus_training(c, u, &n);
            for (int i = 0; i < n; i++) times += training[i] == item;
        }
        in_some += lists > 0;
        all += lists;
        met += (double)lists * times;
    }
    CHECK_NEAR(hl_metric_value(got, HL_TIES_RANDOM, "itemcoverage", cuts[CUTS - 1]), in_some / (double)(c->items - 1),
               1e-14);
    CHECK_NEAR(hl_metric_value(got, HL_TIES_RANDOM, "averagepopularity", cuts[CUTS - 1]), met / all, 1e-11);
}

static void evaluate(hl_engine *e, const hl_catalogue *c, slow *s, hl_phase phase, int users, float margin,
                     hl_mask mask)
{
    const int64_t n = s->t->corpus.users;
    int64_t *rank = hl_alloc_zero((size_t)n, sizeof *rank), *ties = hl_alloc_zero((size_t)n, sizeof *ties);
    hl_eval_orders orders = {.phase = phase,
                             .history = S,
                             .mask = mask,
                             .users = users,
                             .margin = margin,
                             .cuts = CUTS,
                             .lists = true,
                             .rank = rank,
                             .ties = ties};
    hl_score score;
    memcpy(orders.cut, cuts, sizeof cuts);
    CHECK_OK(hl_cosine_evaluate(&score, e, c, &orders));
    compare_ranks(rank, ties, s, &orders);
    if (s->t->corpus.items <= cuts[CUTS - 1]) compare_whole_lists(&score, &s->t->corpus, &orders);
    compare_score(&score, rank, ties, n);
    free(rank);
    free(ties);
}

static void rank_world(const world *w, const hl_layout_wish *wish, int zero)
{
    toy t;
    slow s;
    hl_mesh mesh;
    hl_engine e;
    hl_catalogue c;
    draw_world(&t, w);
    slow_open(&s, &t, w);
    open_engine(&e, &mesh, check_world(), wish, &t, w, zero);
    hl_catalogue_open(&c, &e);
    compare_catalogue(&c, &e, &s);
    evaluate(&e, &c, &s, HL_VALID, 100, 0, HL_MASK_ALL);
    evaluate(&e, &c, &s, HL_TEST, 7, 0, HL_MASK_ALL);
    evaluate(&e, &c, &s, HL_TEST, 10, 0.2f, HL_MASK_ALL);
    evaluate(&e, &c, &s, HL_TEST, 10, 0, HL_MASK_WINDOW);
    evaluate(&e, &c, &s, HL_VALID, 10, 0, HL_MASK_NONE);
    hl_catalogue_close(&c);
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    slow_close(&s);
    toy_close(&t);
}

static void copies_rank_as_a_slow_count(void)
{
    rank_world(&small, &(hl_layout_wish){.kind = HL_COLOCATED}, 0);
    rank_world(&means, &(hl_layout_wish){.kind = HL_COLOCATED}, 3);
    rank_world(&tiny, &(hl_layout_wish){.kind = HL_COLOCATED}, 0);
}

static void a_catalogue_of_many_tiles_is_ranked(void) { rank_world(&wide, &(hl_layout_wish){.kind = HL_COLOCATED}, 0); }

/* One rank alone has none of these layouts: there each is the one that it can have. */
static void sides_stages_and_shared_layers_rank_as_a_slow_count(void)
{
    const int p = check_world()->size;
    const hl_layout_wish alone = {.kind = HL_COLOCATED},
                         staged = {.kind = HL_COLOCATED, .side[HL_ITEM].pp = 2, .side[HL_USER].pp = 2},
                         apart = {.kind = HL_SEPARATE,
                                  .side[HL_ITEM].dp = p > 2 ? p - 2 : 1,
                                  .side[HL_USER].dp = 1}, /* from 3 on one is idle */
        shared = {.kind = HL_COLOCATED,
                  .side[HL_ITEM].dp = 1,
                  .side[HL_ITEM].tp = p,
                  .side[HL_USER].dp = 1,
                  .side[HL_USER].tp = p};
    rank_world(&small, &shared, 0);
    rank_world(&small, p > 1 ? &staged : &alone, 3);
    rank_world(&means, p > 1 ? &apart : &alone, 1);
}

static void what_was_begun_goes_on_to_the_same_metrics(void)
{
    toy t;
    hl_mesh mesh;
    hl_engine e;
    hl_catalogue c;
    hl_score begun, gone_on, whole;
    hl_eval_orders orders = {.phase = HL_TEST, .history = S, .users = 10, .cuts = CUTS};
    memcpy(orders.cut, cuts, sizeof cuts);
    draw_world(&t, &small);
    open_engine(&e, &mesh, check_world(), &(hl_layout_wish){.kind = HL_COLOCATED}, &t, &small, 0);
    hl_catalogue_open(&c, &e);
    CHECK_OK(hl_cosine_evaluate(&whole, &e, &c, &orders));
    t.corpus.users = 20;
    CHECK_OK(hl_cosine_evaluate(&begun, &e, &c, &orders));
    t.corpus.users = small.users;
    orders.begun = &begun;
    CHECK_OK(hl_cosine_evaluate(&gone_on, &e, &c, &orders));
    CHECK(begun.users == 20 && memcmp(&gone_on, &whole, sizeof whole) == 0);
    hl_catalogue_close(&c);
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    toy_close(&t);
}

static const test tests[] = {
    {"copies rank as a slow count does", copies_rank_as_a_slow_count},
    {"a catalogue of many tiles is ranked as a slow count ranks it", a_catalogue_of_many_tiles_is_ranked},
    {"sides, stages and shared layers rank as a slow count does", sides_stages_and_shared_layers_rank_as_a_slow_count},
    {"what was begun goes on to the same metrics", what_was_begun_goes_on_to_the_same_metrics},
};
HL_TESTS("ranking", tests)
