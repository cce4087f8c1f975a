/* test-label-score.c - AUC and GAUC are what counting pairs says; impressions are those of the held-out part. */
#include "base/rng.h"
#include "data/label-score.h"
#include "tests/check.h"
#include <math.h>
#include <stdlib.h>

enum { MOST = 60, USERS = 9 };

typedef struct {
    int32_t user[MOST];
    uint8_t label[MOST];
    float logit[MOST];
    hl_impressions x;
} made;

static void draw(made *m, int n, int logits, hl_rng *r)
{
    m->x = (hl_impressions){.n = n, .user = m->user, .label = m->label, .logit = m->logit};
    for (int i = 0; i < n; i++) {
        m->user[i] = (int32_t)((int64_t)i * USERS / MOST);
        m->label[i] = (uint8_t)hl_rng_below(r, 2);
        m->logit[i] = (float)hl_rng_below(r, (uint64_t)logits) - 3;
    }
}

/* The plain double loop; NAN: no pair. */
static double pairs(const made *m, int begin, int end)
{
    double right = 0, all = 0;
    for (int i = begin; i < end; i++)
        for (int k = begin; k < end; k++) {
            if (!m->label[i] || m->label[k]) continue;
            right += m->logit[i] > m->logit[k] ? 1 : m->logit[i] == m->logit[k] ? 0.5 : 0;
            all++;
        }
    return all > 0 ? right / all : NAN;
}

static void compare(double is, double want)
{
    CHECK(isnan(is) == isnan(want));
    if (!isnan(want)) CHECK_NEAR(is, want, 1e-12);
}

static void areas_are_counts_of_pairs(void)
{
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 31, 0);
    for (int round = 0; round < 300; round++) {
        made m;
        hl_label_score s;
        const int n = 1 + (int)hl_rng_below(&r, MOST);
        int64_t users = 0, alike = 0, positive = 0;
        double sum = 0, weight = 0;
        draw(&m, n, 1 + round % 12, &r);
        hl_label_score_find(&s, &m.x);
        for (int i = 0; i < n; i++) positive += m.label[i];
        for (int begin = 0, end; begin < n; begin = end) {
            for (end = begin; end < n && m.user[end] == m.user[begin];) end++;
            const double its = pairs(&m, begin, end);
            alike += isnan(its);
            users += !isnan(its);
            if (isnan(its)) continue;
            sum += its * (end - begin);
            weight += end - begin;
        }
        CHECK(s.labels == n && s.positive == positive && s.users == users && s.users_alike == alike);
        compare(s.auc, pairs(&m, 0, n));
        compare(s.gauc, weight > 0 ? sum / weight : NAN);
    }
}

static void a_constant_is_worth_a_half(void)
{
    made m;
    hl_label_score s;
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 32, 0);
    draw(&m, MOST, 1, &r);
    hl_label_score_find(&s, &m.x);
    CHECK(s.auc == 0.5 && s.gauc == 0.5);
    for (int i = 0; i < MOST; i++) m.logit[i] = m.label[i] ? 2 : -2;
    hl_label_score_find(&s, &m.x);
    CHECK(s.auc == 1 && s.gauc == 1);
    for (int i = 0; i < MOST; i++) m.label[i] = !m.label[i];
    hl_label_score_find(&s, &m.x);
    CHECK(s.auc == 0 && s.gauc == 0);
}

/* ---- three users with 4, 3 and 6 items, met at their numbers */

static const int64_t begin[] = {0, 4, 7, 13}, time_of[] = {0, 1, 2, 3, 8, 9, 10, 0, 1, 6, 7, 8, 9};
static const uint8_t label_of[] = {0, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1, 1};
static const int32_t item_of[13] = {1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6};

static const int32_t *sequence(const hl_corpus *c, int64_t user, int *n)
{
    (void)c;
    *n = (int)(begin[user + 1] - begin[user]);
    return item_of + begin[user];
}
static const int64_t *times(const hl_corpus *c, int64_t user)
{
    (void)c;
    return time_of + begin[user];
}
static const uint8_t *labels(const hl_corpus *c, int64_t user)
{
    (void)c;
    return label_of + begin[user];
}

static void check_impressions(const hl_corpus *c, hl_phase phase, int n, const int (*want)[2])
{
    hl_impressions x;
    hl_impressions_open(&x, c, phase);
    CHECK(x.n == n);
    for (int i = 0; i < n && i < x.n; i++) {
        CHECK(x.user[i] == want[i][0] && x.at[i] == want[i][1]);
        CHECK(x.label[i] == label_of[begin[want[i][0]] + want[i][1]] && x.logit[i] == 0);
    }
    hl_impressions_close(&x);
}

static void impressions_are_the_held_out_part(void)
{
    hl_corpus c = {.users = 3, .sequence = sequence, .times = times, .labels = labels};
    check_impressions(&c, HL_VALID, 3, (const int[][2]){{0, 2}, {1, 1}, {2, 4}});
    check_impressions(&c, HL_TEST, 3, (const int[][2]){{0, 3}, {1, 2}, {2, 5}});
    c.split = (hl_split){{HL_TEMPORAL, 0.1, 0.1}, 3, 8};
    check_impressions(&c, HL_VALID, 3, (const int[][2]){{0, 3}, {2, 2}, {2, 3}});
    check_impressions(&c, HL_TEST, 4, (const int[][2]){{1, 1}, {1, 2}, {2, 4}, {2, 5}}); /* 1, 0 has no history */
}

static const test tests[] = {
    {"areas are counts of pairs, ties half", areas_are_counts_of_pairs},
    {"a constant is worth a half, what is right 1, what is wrong 0", a_constant_is_worth_a_half},
    {"impressions are those of the held-out part that have a history", impressions_are_the_held_out_part},
};
HL_TESTS("label-score", tests)
