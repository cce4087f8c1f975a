/* test-plan.c - texts, rows, weights and micro-batches of a plan are those of a slow count over the batch. */
#include "step/plan.h"
#include "base/part.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <string.h>

enum { WIDTH = 8, TRIALS = 200 };

typedef struct {
    toy t;
    hl_batch b;
    hl_plan_rules rules;
    hl_plan p;
    hl_arena arena;
} fixture;

static void open_fixture(fixture *f, int trial)
{
    hl_rng r = hl_rng_at((uint64_t)trial, HL_FOR_TESTS, 7, 0);
    f->arena = hl_arena_growing("plan");
    toy_open(&f->t, toy_between(&r, 2, 60), toy_between(&r, 1, 30), (uint64_t)trial);
    int samples = toy_between(&r, 1, 12);
    toy_draw_batch(&f->b, &f->t, samples, toy_between(&r, 1, 9), toy_between(&r, trial % 5 ? 1 : 0, 60), &r, &f->arena);
    f->rules = (hl_plan_rules){.chunk_tokens = toy_between(&r, 1, 100),
                               .user_micro_batch_rows = toy_between(&r, 1, 20),
                               .item_tokens = toy_between(&r, 0, 1),
                               .parts = trial % 4,
                               .dedup = trial % 2,
                               .mean_over_ranks = trial % 3 ? 0 : toy_between(&r, 1, 16)};
    hl_plan_make(&f->p, &f->b, &f->t.corpus, &f->rules, WIDTH, &f->arena);
}

static void close_fixture(fixture *f)
{
    hl_arena_free(&f->arena);
    toy_close(&f->t);
}

static void for_all(void (*check)(const fixture *f))
{
    for (int trial = 0; trial < TRIALS; trial++) {
        fixture f;
        open_fixture(&f, trial);
        check(&f);
        close_fixture(&f);
    }
}

static int length_of(const fixture *f, int text)
{
    int n;
    f->t.corpus.tokens(&f->t.corpus, f->p.item[text], &n);
    return n + f->rules.item_tokens;
}

/* Same tokens? */
static bool are_alike(const fixture *f, int64_t a, int64_t b)
{
    const hl_corpus *c = &f->t.corpus;
    int n, m;
    const int32_t *x = c->tokens(c, a, &n), *y = c->tokens(c, b, &m);
    return n == m && memcmp(x, y, (size_t)n * sizeof *x) == 0;
}

/* ---- texts */

static void check_rows(const fixture *f)
{
    int row = 0;
    for (int s = 0; s < f->b.samples; s++) {
        CHECK(f->p.row_begin[s] == row);
        for (int i = f->b.begin[s]; i + 1 < f->b.begin[s + 1]; i++, row++) {
            CHECK(are_alike(f, f->p.item[f->p.input[row]], f->b.item[i]));
            CHECK(are_alike(f, f->p.item[f->p.target[row]], f->b.item[i + 1]));
        }
    }
    CHECK(f->p.rows == row && f->p.row_begin[f->b.samples] == row);
    CHECK(f->p.samples == f->b.samples && f->p.S == f->b.S && f->p.negatives == f->b.negatives);
}

/* The texts in the order of their first use, by a list that is searched from its beginning. */
typedef struct {
    int32_t item[600];
    int n;
} uses;

static void use(uses *u, const fixture *f, int32_t item)
{
    for (int i = 0; f->rules.dedup && i < u->n; i++)
        if (are_alike(f, u->item[i], item)) return;
    u->item[u->n++] = item;
}

static void check_order(const fixture *f)
{
    const hl_batch *b = &f->b;
    uses u = {.n = 0};
    for (int s = 0; s < b->samples; s++)
        for (int i = b->begin[s]; i + 1 < b->begin[s + 1]; i++) use(&u, f, b->item[i]);
    CHECK(f->p.read == u.n);
    for (int s = 0; s < b->samples; s++) use(&u, f, b->item[b->begin[s + 1] - 1]);
    for (int k = 0; k < b->negatives; k++) use(&u, f, b->negative[k]);
    CHECK(f->p.texts == u.n);
    for (int t = 0; t < f->p.texts && t < u.n; t++) CHECK(are_alike(f, f->p.item[t], u.item[t]));
}

/* read: by some row; then those that are targets; then the others, which are drawn. */
static void check_classes(const fixture *f)
{
    bool read[600] = {false}, target[600] = {false}, others = false;
    for (int r = 0; r < f->p.rows; r++) read[f->p.input[r]] = target[f->p.target[r]] = true;
    for (int t = 0; t < f->p.texts; t++) {
        CHECK(read[t] == (t < f->p.read));
        if (read[t]) continue;
        CHECK(!(others && target[t]));
        others = others || !target[t];
        CHECK(target[t] || f->p.multiplicity[t] > 0);
    }
}

static void check_twins(const fixture *f)
{
    int alike = 0;
    for (int t = 0; t < f->p.texts; t++)
        for (int o = 0; o < t; o++) alike += are_alike(f, f->p.item[t], f->p.item[o]);
    if (f->rules.dedup) CHECK(alike == 0);
    else CHECK(f->p.texts == f->b.begin[f->b.samples] + f->b.negatives);
}

/* How often each text was drawn; without dedup every draw is a text of its own, in order, after all others. */
static void check_multiplicities(const fixture *f)
{
    float sum = 0;
    for (int t = 0; t < f->p.texts; t++) {
        int drawn = 0;
        for (int k = 0; k < f->b.negatives; k++)
            drawn += f->rules.dedup ? are_alike(f, f->p.item[t], f->b.negative[k]) : t == f->b.begin[f->b.samples] + k;
        CHECK(f->p.multiplicity[t] == (float)drawn);
        sum += f->p.multiplicity[t];
    }
    CHECK(sum == (float)f->b.negatives);
}

static void texts_follow_first_use(void)
{
    for_all(check_rows);
    for_all(check_order);
    for_all(check_classes);
}

static void twins_are_one_text_where_they_should(void) { for_all(check_twins); }
static void multiplicities_count_the_draws(void) { for_all(check_multiplicities); }

/* ---- weights */

/* The public code's ranks have contiguous blocks; one without samples has no mean and no say. */
static void check_weights(const fixture *f)
{
    int blocks = f->rules.mean_over_ranks ? f->rules.mean_over_ranks : 1, used = 0;
    double all = 0;
    for (int k = 0; k < blocks; k++) used += hl_part_count(f->b.samples, blocks, k) > 0;
    for (int s = 0; s < f->b.samples; s++) {
        int k = hl_part_owner(f->b.samples, blocks, s), rows = 0;
        for (int o = 0; o < f->b.samples; o++)
            if (hl_part_owner(f->b.samples, blocks, o) == k) rows += f->b.begin[o + 1] - f->b.begin[o] - 1;
        for (int r = f->p.row_begin[s]; r < f->p.row_begin[s + 1]; r++) {
            CHECK_NEAR(f->p.weight[r], 1.0 / used / rows, 1e-7);
            all += f->p.weight[r];
        }
    }
    CHECK_NEAR(all, 1, 1e-6);
}

static void weights_are_those_of_a_mean(void) { for_all(check_weights); }

/* ---- micro-batches */

static void check_micro_batches(const fixture *f)
{
    const hl_plan *p = &f->p;
    int64_t tokens = 0;
    CHECK(p->micro_batch_begin[0] == 0 && p->micro_batch_begin[p->micro_batches] == p->texts
          && p->micro_batch_begin[p->early_micro_batches] == p->read);
    for (int c = 0; c < p->micro_batches; c++) {
        int begin = p->micro_batch_begin[c], end = p->micro_batch_begin[c + 1], sum = 0;
        CHECK(begin < end && (end <= p->read || begin >= p->read));
        for (int t = begin; t < end; t++) {
            sum += length_of(f, t);
            CHECK(hl_plan_micro_batch_of(p, t) == c);
        }
        CHECK(p->micro_batch_tokens[c] == sum && (sum <= f->rules.chunk_tokens || end - begin == 1));
        bool full = end == p->texts || end == p->read || sum + length_of(f, end) > f->rules.chunk_tokens;
        CHECK(full || f->rules.parts > 1);
        tokens += sum;
    }
    CHECK(p->tokens == tokens);
}

static void check_user_micro_batches(const fixture *f)
{
    const hl_plan *p = &f->p;
    CHECK(p->user_micro_batch_begin[0] == 0 && p->user_micro_batch_begin[p->user_micro_batches] == p->samples);
    for (int c = 0; c < p->user_micro_batches; c++) {
        int begin = p->user_micro_batch_begin[c], end = p->user_micro_batch_begin[c + 1];
        int rows = p->row_begin[end] - p->row_begin[begin];
        CHECK(begin < end && (rows <= f->rules.user_micro_batch_rows || end - begin == 1));
        CHECK(end == p->samples || p->row_begin[end + 1] - p->row_begin[begin] > f->rules.user_micro_batch_rows);
    }
}

/* Had micro-batch c no room for the text behind it? */
static bool is_full(const fixture *f, int c)
{
    const int end = f->p.micro_batch_begin[c + 1];
    return end < f->p.texts && end != f->p.read
           && f->p.micro_batch_tokens[c] + length_of(f, end) > f->rules.chunk_tokens;
}

/* Where there are parts, a micro-batch costs its part, but for a text; less only where a part did not fit into one. */
static void check_part_costs(const fixture *f, int begin, int end, int micro_batch_begin, int micro_batch_end)
{
    const hl_plan *p = &f->p;
    const int parts = f->rules.parts, limit = f->rules.chunk_tokens;
    double all = 0, most = 0;
    int tokens = 0, rounds = 0;
    for (int t = begin; t < end; t++) {
        const int L = length_of(f, t);
        const double cost = L * (1 + L / (6.0 * WIDTH));
        all += cost;
        if (cost > most) most = cost;
        tokens += L;
    }
    while (rounds * parts * limit < tokens) rounds++;
    const double part = all / (rounds * parts);
    for (int c = micro_batch_begin; c < micro_batch_end; c++) {
        CHECK(p->micro_batch_cost[c] <= (part + most) * (1 + 1e-9));
        CHECK(p->micro_batch_cost[c] >= part - most || is_full(f, c) || (c > micro_batch_begin && is_full(f, c - 1)));
    }
}

static void check_parts(const fixture *f)
{
    if (f->rules.parts < 2) return;
    check_part_costs(f, 0, f->p.read, 0, f->p.early_micro_batches);
    check_part_costs(f, f->p.read, f->p.texts, f->p.early_micro_batches, f->p.micro_batches);
}

/* A micro-batch costs what its texts cost in micro-batches of their own; longer ones cost more than in proportion. */
static void check_costs(const fixture *f)
{
    const hl_plan *p = &f->p;
    hl_plan_rules alone = f->rules;
    hl_arena arena = hl_arena_growing("alone");
    hl_plan one;
    alone.chunk_tokens = 0;
    hl_plan_make(&one, &f->b, &f->t.corpus, &alone, WIDTH, &arena);
    CHECK(one.micro_batches == p->texts);
    for (int c = 0; c < p->micro_batches; c++) {
        double sum = 0;
        for (int t = p->micro_batch_begin[c]; t < p->micro_batch_begin[c + 1]; t++) sum += one.micro_batch_cost[t];
        CHECK_NEAR(p->micro_batch_cost[c], sum, 1e-9 * sum);
    }
    for (int t = 1; t < one.micro_batches; t++) {
        double ratio = one.micro_batch_cost[t] / one.micro_batch_cost[t - 1];
        double length = (double)one.micro_batch_tokens[t] / one.micro_batch_tokens[t - 1];
        CHECK(length == 1 ? ratio == 1 : length > 1 ? ratio > length : ratio < length);
    }
    hl_arena_free(&arena);
}

static void micro_batches_cover_the_texts(void)
{
    for_all(check_micro_batches);
    for_all(check_parts);
    for_all(check_costs);
}

static void user_micro_batches_cover_the_samples(void) { for_all(check_user_micro_batches); }

/* ---- the public code's work, by hand */

static void public_work_counts_every_slot(void)
{
    hl_arena arena = hl_arena_growing("plan");
    hl_plan p;
    toy t;
    int length[5], begin[] = {0, 3, 5};
    int32_t item[] = {1, 2, 3, 3, 4}, negative[] = {4, 4, 1};
    toy_open(&t, 5, 9, 3);
    for (int i = 0; i < 5; i++) t.corpus.tokens(&t.corpus, i, &length[i]);
    const hl_batch b = {.samples = 2, .S = 4, .begin = begin, .item = item, .negatives = 3, .negative = negative};
    hl_plan_make(&p, &b, &t.corpus,
                 &(hl_plan_rules){.chunk_tokens = 10, .user_micro_batch_rows = 10, .item_tokens = 1, .dedup = true},
                 WIDTH, &arena);
    int64_t drawn = length[1] + length[2] + 2 * length[3] + length[4] + 2 * length[4] + length[1] + 8;
    CHECK(p.public_items == 2 * 5 + 3);
    CHECK(p.public_tokens == drawn * 13 / 8); /* five slots are padding, counted at the mean of the other eight */
    toy_close(&t);
    hl_arena_free(&arena);
}

static const test tests[] = {
    {"texts are numbered by first use: read, target, negative", texts_follow_first_use},
    {"twins are one text with dedup and not without", twins_are_one_text_where_they_should},
    {"multiplicities count the draws", multiplicities_count_the_draws},
    {"weights are those of a mean, over ranks too, and sum to one", weights_are_those_of_a_mean},
    {"micro-batches cover the texts, are as full as they may be or equal parts, and do not mix",
     micro_batches_cover_the_texts},
    {"micro-batches of users cover the samples", user_micro_batches_cover_the_samples},
    {"the public code's work counts every slot", public_work_counts_every_slot},
};
HL_TESTS("plan", tests)
