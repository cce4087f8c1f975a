/* test-score.c - what a rank is worth is what the definitions say. */
#include "model/score.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <string.h>

static const int cuts[] = {1, 5, 10, 50};
enum { CUTS = 4 };

/* ---- the definitions, for one relevant item in a list: its place or 0 where it is not in the list */

static double recall_at(int64_t place, int k) { return place >= 1 && place <= k; }

/* Gain of the list over gain of the best list; the only relevant item would stand first. */
static double ndcg_at(int64_t place, int k)
{
    double gain = 0;
    for (int64_t i = 1; i <= k; i++) gain += (i == place) / (log((double)i + 1) / log(2));
    return gain;
}

static double mrr_of(int64_t place) { return place ? 1.0 / (double)place : 0; }

typedef struct {
    int64_t rank, ties;
} user;

static const user users[] = {{1, 0}, {1, 3}, {5, 0}, {6, 0}, {4, 1}, {4, 2}, {10, 0}, {10, 40}, {50, 1}, {51, 0}, {0, 0}, {0, 0}, {49, 1000}, {1000000, 0}};
enum { USERS = sizeof users / sizeof users[0] };

static void scores_are_means_over_users(void)
{
    hl_score s = hl_score_at(cuts, CUTS);
    double mrr = 0, mrr_low = 0, ties = 0;
    int64_t tied = 0;
    for (int u = 0; u < USERS; u++) {
        hl_score_add(&s, users[u].rank, users[u].ties);
        mrr += mrr_of(users[u].rank) / USERS;
        mrr_low += mrr_of(users[u].rank ? users[u].rank + users[u].ties : 0);
        tied += users[u].ties > 0;
        ties += (double)users[u].ties;
    }
    for (int k = 0; k < CUTS; k++) {
        double recall = 0, ndcg = 0, recall_low = 0, ndcg_low = 0;
        for (int u = 0; u < USERS; u++) {
            int64_t best = users[u].rank, worst = best ? best + users[u].ties : 0;
            recall += recall_at(best, cuts[k]), recall_low += recall_at(worst, cuts[k]);
            ndcg += ndcg_at(best, cuts[k]), ndcg_low += ndcg_at(worst, cuts[k]);
        }
        CHECK_NEAR(hl_score_value(&s, "recall", cuts[k]), recall / USERS, 1e-12);
        CHECK_NEAR(hl_score_value(&s, "ndcg", cuts[k]), ndcg / USERS, 1e-12);
        CHECK_NEAR(s.recall_low[k], recall_low, 1e-12);
        CHECK_NEAR(s.ndcg_low[k], ndcg_low, 1e-12);
    }
    CHECK_NEAR(hl_score_value(&s, "mrr", 0), mrr, 1e-12);
    CHECK_NEAR(s.mrr_low, mrr_low, 1e-12);
    CHECK(s.users == USERS && s.repeated == 2 && s.tied == tied && s.ties == ties);
}

static void unknown_metrics_have_no_value(void)
{
    hl_score s = hl_score_at(cuts, CUTS);
    CHECK(hl_score_value(&s, "recall", 5) == 0); /* nobody scored yet */
    hl_score_add(&s, 1, 0);
    CHECK(hl_score_value(&s, "recall", 5) == 1);
    CHECK(isnan(hl_score_value(&s, "recall", 7)) && isnan(hl_score_value(&s, "precision", 5)));
}

/* A rank that is uniform over n places is worth the mean over these places. */
static void chance_is_the_mean_over_all_places(void)
{
    static const int64_t places[] = {1, 2, 3, 4, 5, 6, 9, 10, 11, 49, 50, 63, 64, 65, 66, 100, 3541};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        int64_t n = places[i];
        hl_score s = hl_score_at(cuts, CUTS);
        hl_score_add_random(&s, n);
        double mrr = 0;
        for (int64_t place = 1; place <= n; place++) mrr += mrr_of(place) / (double)n;
        CHECK_NEAR(s.mrr, mrr, 1e-8 * mrr);
        CHECK(s.mrr_low == s.mrr && s.users == 1);
        for (int k = 0; k < CUTS; k++) {
            double recall = 0, ndcg = 0;
            for (int64_t place = 1; place <= n; place++) {
                recall += recall_at(place, cuts[k]) / (double)n;
                ndcg += ndcg_at(place, cuts[k]) / (double)n;
            }
            CHECK_NEAR(s.recall[k], recall, 1e-12);
            CHECK_NEAR(s.ndcg[k], ndcg, 1e-12);
            CHECK(s.recall_low[k] == s.recall[k] && s.ndcg_low[k] == s.ndcg[k]);
        }
    }
}

static void phases_hold_out_the_last_two(void)
{
    static const int32_t item[] = {7, 5, 9, 5, 2};
    toy t;
    int n;
    const int32_t *history;
    toy_open(&t, 10, 3, 1);
    toy_take_users(&t, 2, (int64_t[]){0, 2, 5}, item);
    CHECK(hl_phase_target(&t.corpus, 1, HL_TEST, &history, &n) == 2);
    CHECK(n == 2 && history[0] == 9 && history[1] == 5);
    CHECK(hl_phase_target(&t.corpus, 1, HL_VALID, &history, &n) == 5);
    CHECK(n == 1 && history[0] == 9);
    CHECK(strcmp(hl_phase_name[HL_VALID], "valid") == 0 && strcmp(hl_phase_name[HL_TEST], "test") == 0);
    toy_close(&t);
}

static const test tests[] = {
    {"scores are means over users, ties in a band", scores_are_means_over_users},
    {"unknown metrics have no value", unknown_metrics_have_no_value},
    {"chance is the mean over all places", chance_is_the_mean_over_all_places},
    {"phases hold out the last two", phases_hold_out_the_last_two},
};
HL_TESTS("score", tests)
