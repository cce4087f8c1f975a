/* test-score.c - what a rank is worth is what the definitions say. */
#include "data/metric.h"
#include "base/rng.h"
#include "data/places.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <jansson.h>
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

static double mrr_at(int64_t place, int k) { return place <= k ? mrr_of(place) : 0; }

/* The number of relevant items in the list over its length. */
static double precision_at(int64_t place, int k)
{
    int relevant = 0;
    for (int i = 1; i <= k; i++) relevant += i == place;
    return (double)relevant / k;
}

/* RecBole's: the mean over relevant items, one here, of the precision at the place of each that is in the list. */
static double map_at(int64_t place, int k)
{
    double sum = 0;
    for (int i = 1; i <= k; i++) sum += (i == place) * precision_at(place, i);
    return sum;
}

typedef struct {
    int64_t rank, ties;
} user;

static const user users[] = {{1, 0},   {1, 3},  {5, 0},  {6, 0}, {4, 1}, {4, 2},     {10, 0},
                             {10, 40}, {50, 1}, {51, 0}, {0, 0}, {0, 0}, {49, 1000}, {1000000, 0}};
enum { USERS = sizeof users / sizeof users[0] };

/* What one place is worth at each cut; place 0: nothing. */
static void add_worth(hl_gains *g, int64_t place, double weight)
{
    for (int k = 0; k < CUTS; k++) {
        g->recall[k] += weight * recall_at(place, cuts[k]);
        g->ndcg[k] += weight * ndcg_at(place, cuts[k]);
        g->mrr_at[k] += weight * mrr_at(place, cuts[k]);
    }
    g->mrr += weight * mrr_of(place);
}

/* The mean over every place of [first, first + places). */
static void add_worth_of_all(hl_gains *g, int64_t first, int64_t places)
{
    for (int64_t p = 0; p < places; p++) add_worth(g, first + p, 1 / (double)places);
}

static void compare(const hl_gains *got, const hl_gains *want, double tolerance)
{
    for (int k = 0; k < CUTS; k++) {
        CHECK_NEAR(got->recall[k], want->recall[k], tolerance);
        CHECK_NEAR(got->ndcg[k], want->ndcg[k], tolerance);
        CHECK_NEAR(got->mrr_at[k], want->mrr_at[k], tolerance);
    }
    CHECK_NEAR(got->mrr, want->mrr, tolerance);
}

static void scores_are_means_over_users(void)
{
    hl_score s = hl_score_at(cuts, CUTS);
    hl_gains want[HL_TIES] = {0};
    double ties = 0;
    int64_t tied = 0;
    for (int u = 0; u < USERS; u++) {
        int64_t rank = users[u].rank;
        hl_score_add(&s, rank, users[u].ties);
        if (rank) add_worth_of_all(&want[HL_TIES_RANDOM], rank, users[u].ties + 1);
        add_worth(&want[HL_TIES_FIRST], rank, 1);
        add_worth(&want[HL_TIES_LAST], rank ? rank + users[u].ties : 0, 1);
        tied += users[u].ties > 0;
        ties += (double)users[u].ties;
    }
    for (hl_ties t = 0; t < HL_TIES; t++) {
        compare(&s.gains[t], &want[t], 1e-11);
        for (int k = 0; k < CUTS; k++) {
            CHECK_NEAR(hl_metric_value(&s, t, "recall", cuts[k]), want[t].recall[k] / USERS, 1e-12);
            CHECK_NEAR(hl_metric_value(&s, t, "ndcg", cuts[k]), want[t].ndcg[k] / USERS, 1e-12);
        }
        CHECK_NEAR(hl_metric_value(&s, t, "mrr", 0), want[t].mrr / USERS, 1e-12);
    }
    CHECK(s.users == USERS && s.repeated == 2 && s.tied == tied && s.ties == ties);
}

typedef double definition(int64_t place, int k);
static const struct {
    const char *name;
    definition *at;
} definitions[] = {{"recall", recall_at}, {"hit", recall_at}, {"precision", precision_at},
                   {"ndcg", ndcg_at},     {"mrr", mrr_at},    {"map", map_at}};
enum { DEFINITIONS = sizeof definitions / sizeof definitions[0] };

static double defined(int d, int k, const user *u)
{
    double sum = 0;
    for (int64_t p = u->rank; u->rank && p <= u->rank + u->ties; p++) sum += definitions[d].at(p, cuts[k]);
    return sum / (double)(u->ties + 1);
}

/* Every row of the table is one of the definitions. */
static void metrics_are_their_definitions(void)
{
    hl_score s = hl_score_at(cuts, CUTS);
    for (int u = 0; u < USERS; u++) hl_score_add(&s, users[u].rank, users[u].ties);
    int of_places = 0;
    for (int i = 0; i < hl_metric_table_n; i++) of_places += hl_metric_table[i].at_cut != NULL;
    CHECK(of_places == DEFINITIONS);
    for (int d = 0; d < DEFINITIONS; d++)
        for (int k = 0; k < CUTS; k++) {
            double sum = 0;
            for (int u = 0; u < USERS; u++) sum += defined(d, k, &users[u]);
            CHECK_NEAR(hl_metric_value(&s, HL_TIES_RANDOM, definitions[d].name, cuts[k]), sum / USERS, 1e-12);
        }
}

/* Three lists of two: items 1 and 2, 1 and 3, 1 and 2 again.  By RecBole's formulas the Gini index is
 * (2 (2 4 - 6) + 3 (2 5 - 6)) / (5 6). */
static void metrics_of_lists_are_their_definitions(void)
{
    static const int64_t shown[] = {3, 2, 1, 0, 0}, met[] = {10, 4, 1, 7, 2}, even[] = {2, 2, 2, 2, 2};
    static const char *const names[] = {"itemcoverage", "giniindex", "averagepopularity"};
    static const double want[] = {3 / 5.0, 16 / 30.0, 39 / 6.0}, want_even[] = {1, 0, 24 / 5.0};
    hl_score s = hl_score_at(cuts, CUTS);
    for (int m = 0; m < 3; m++) CHECK(isnan(hl_metric_value(&s, HL_TIES_RANDOM, names[m], cuts[0])));
    hl_metric_note_lists(&s, 0, &(hl_exposure){5, shown, met});
    hl_metric_note_lists(&s, 1, &(hl_exposure){5, even, met});
    for (int m = 0; m < 3; m++) {
        CHECK_NEAR(hl_metric_value(&s, HL_TIES_RANDOM, names[m], cuts[0]), want[m], 1e-15);
        CHECK_NEAR(hl_metric_value(&s, HL_TIES_RANDOM, names[m], cuts[1]), want_even[m], 1e-15);
        CHECK(isnan(hl_metric_value(&s, HL_TIES_FIRST, names[m], cuts[0])));
    }
}

/* ---- RecBole's own numbers (tests/data/make-metrics.py) */

static int number_at(const json_t *list, int i) { return (int)json_integer_value(json_array_get(list, (size_t)i)); }

enum { RECBOLE_ITEMS = 25, RECBOLE_CUTS = 3 };

/* Adds each user's target, at a place beyond all lists where its list has it not; counts the lists that have an
 * item. */
static void take_lists(hl_score *s, int64_t shown[RECBOLE_CUTS][RECBOLE_ITEMS], const json_t *x)
{
    size_t u;
    const json_t *list, *lists = json_object_get(x, "lists");
    json_array_foreach((json_t *)(uintptr_t)lists, u, list)
    {
        const int target = number_at(json_object_get(x, "targets"), (int)u), n = (int)json_array_size(list);
        int64_t place = 1000;
        for (int i = 0; i < n; i++) {
            if (number_at(list, i) == target) place = i + 1;
            for (int k = 0; k < RECBOLE_CUTS; k++) shown[k][number_at(list, i) - 1] += i < s->cut[k];
        }
        hl_score_add(s, place, 0);
    }
}

static void metrics_are_those_of_recbole(void)
{
    json_t *x = json_load_file(check_data("metrics.json"), 0, NULL), *values;
    const char *name;
    int64_t shown[RECBOLE_CUTS][RECBOLE_ITEMS] = {{0}}, met[RECBOLE_ITEMS];
    hl_score s = hl_score_at((int[]){1, 5, 10}, RECBOLE_CUTS);
    int metrics = 0;
    take_lists(&s, shown, x);
    for (int i = 0; i < RECBOLE_ITEMS; i++) met[i] = number_at(json_object_get(x, "counts"), i);
    for (int k = 0; k < RECBOLE_CUTS; k++) hl_metric_note_lists(&s, k, &(hl_exposure){RECBOLE_ITEMS, shown[k], met});
    json_object_foreach(json_object_get(x, "metrics"), name, values)
    {
        metrics++;
        for (int k = 0; k < RECBOLE_CUTS; k++)
            CHECK_NEAR(hl_metric_value(&s, HL_TIES_RANDOM, name, s.cut[k]),
                       json_number_value(json_array_get(values, (size_t)k)), 1e-12);
    }
    CHECK(metrics == hl_metric_table_n && s.users == 60);
    json_decref(x);
}

/* Without ties nothing is averaged: the three are the same bits. */
static void without_ties_there_is_no_band(void)
{
    hl_score s = hl_score_at(cuts, CUTS);
    for (int64_t rank = 0; rank < 300; rank += 1 + rank / 5) hl_score_add(&s, rank, 0);
    for (hl_ties t = 1; t < HL_TIES; t++) CHECK(memcmp(&s.gains[t], &s.gains[HL_TIES_RANDOM], sizeof s.gains[t]) == 0);
    CHECK(s.tied == 0 && s.gains[HL_TIES_RANDOM].recall[0] == 1);
}

/* The expected value is the mean over random orders, within four standard errors of that mean. */
static void ties_are_worth_the_mean_over_random_orders(void)
{
    enum { ORDERS = 10000 };
    static const user tied[] = {{1, 1}, {1, 9}, {3, 5}, {8, 4}, {40, 30}, {49, 1000}, {60, 3}};
    for (size_t u = 0; u < sizeof tied / sizeof tied[0]; u++) {
        hl_rng r = hl_rng_at(2020, HL_FOR_TESTS, u, 0);
        hl_score s = hl_score_at(cuts, CUTS);
        hl_gains sum = {0}, squares = {0};
        hl_score_add(&s, tied[u].rank, tied[u].ties);
        for (int i = 0; i < ORDERS; i++) {
            int64_t place = tied[u].rank + (int64_t)hl_rng_below(&r, (uint64_t)tied[u].ties + 1);
            add_worth(&sum, place, 1);
            for (int k = 0; k < CUTS; k++) squares.ndcg[k] += ndcg_at(place, cuts[k]) * ndcg_at(place, cuts[k]);
        }
        for (int k = 0; k < CUTS; k++) {
            double hits = sum.recall[k] / ORDERS, gain = sum.ndcg[k] / ORDERS;
            CHECK_NEAR(s.gains[HL_TIES_RANDOM].recall[k], hits, 4 * sqrt(hits * (1 - hits) / ORDERS) + 1e-12);
            CHECK_NEAR(s.gains[HL_TIES_RANDOM].ndcg[k], gain,
                       4 * sqrt(fmax(0, squares.ndcg[k] / ORDERS - gain * gain) / ORDERS) + 1e-12);
        }
    }
}

static void unknown_metrics_have_no_value(void)
{
    hl_score s = hl_score_at(cuts, CUTS);
    CHECK(hl_metric_value(&s, HL_TIES_RANDOM, "recall", 5) == 0); /* nobody scored yet */
    hl_score_add(&s, 1, 0);
    CHECK(hl_metric_value(&s, HL_TIES_RANDOM, "recall", 5) == 1);
    CHECK(hl_metric_value(&s, HL_TIES_RANDOM, "mrr", 0) == 1 && isnan(hl_metric_value(&s, HL_TIES_RANDOM, "ndcg", 0)));
    CHECK(isnan(hl_metric_value(&s, HL_TIES_RANDOM, "recall", 7))
          && isnan(hl_metric_value(&s, HL_TIES_LAST, "auc", 5)));
}

static const int64_t sizes[] = {1, 2, 3, 4, 5, 6, 9, 10, 11, 49, 50, 63, 64, 65, 66, 100, 3541};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* All n items have the same score: any place is as likely as any other. */
static void a_constant_model_is_worth_what_chance_is(void)
{
    for (int i = 0; i < SIZES; i++) {
        hl_score s = hl_score_at(cuts, CUTS);
        hl_gains want = {0};
        hl_score_add(&s, 1, sizes[i] - 1);
        add_worth_of_all(&want, 1, sizes[i]);
        compare(&s.gains[HL_TIES_RANDOM], &want, 1e-12);
        CHECK(s.gains[HL_TIES_FIRST].recall[0] == 1 && s.gains[HL_TIES_LAST].recall[0] == (sizes[i] <= cuts[0]));
        CHECK(s.users == 1 && s.tied == (sizes[i] > 1) && s.ties == (double)(sizes[i] - 1));
    }
}

/* Long bands are summed in closed form. */
static void sums_over_places_are_those_of_their_terms(void)
{
    static const int64_t begins[] = {1, 2, 10, 63, 64, 65, 100, 5000},
                         lengths[] = {0, 1, 5, 63, 64, 65, 66, 128, 1000, 1000000};
    for (size_t b = 0; b < sizeof begins / sizeof begins[0]; b++)
        for (size_t n = 0; n < sizeof lengths / sizeof lengths[0]; n++) {
            double inverse = 0, gain = 0;
            for (int64_t p = begins[b] + lengths[n] - 1; p >= begins[b]; p--) { /* small terms first */
                inverse += 1 / (double)p;
                gain += log(2) / log((double)p + 1);
            }
            CHECK_NEAR(hl_places_inverse(begins[b], begins[b] + lengths[n]), inverse, 1e-12 * inverse);
            CHECK_NEAR(hl_places_gain(begins[b], begins[b] + lengths[n]), gain, 1e-12 * gain);
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
    {"scores are means over users, ties by enumeration", scores_are_means_over_users},
    {"metrics are their definitions, ties by enumeration", metrics_are_their_definitions},
    {"metrics of lists are their definitions", metrics_of_lists_are_their_definitions},
    {"metrics are those of RecBole", metrics_are_those_of_recbole},
    {"without ties there is no band", without_ties_there_is_no_band},
    {"ties are worth the mean over random orders", ties_are_worth_the_mean_over_random_orders},
    {"unknown metrics have no value", unknown_metrics_have_no_value},
    {"a constant model is worth what chance is", a_constant_model_is_worth_what_chance_is},
    {"sums over places are those of their terms", sums_over_places_are_those_of_their_terms},
    {"phases hold out the last two", phases_hold_out_the_last_two},
};
HL_TESTS("score", tests)
