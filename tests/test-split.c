/* test-split.c - the parts of a split are those of a slow count over all interactions, and nothing of the future is
 * trained. */
#include "base/arena.h"
#include "base/rng.h"
#include "io/dataset/dataset.h"
#include "io/dataset/prepare.h"
#include "data/sampler.h"
#include "data/targets.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/csvpair.h"
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char texts[] = "item_id,title,tag\ni1,a,b\ni2,c,d\n";

static void leave_two_out_holds_out_the_last_two(void)
{
    const hl_split s = {0};
    for (int n = 0; n < 7; n++) {
        const hl_split_parts p = hl_split_cut(&s, NULL, n);
        CHECK(p.n == n && p.train == (n > 2 ? n - 2 : 0) && p.valid == (n > 1 ? n - 1 : 0));
        if (n < HL_SPLIT_LEAST) continue;
        CHECK(hl_split_target(p.train, p.valid) == n - 2 && hl_split_target(p.valid, p.n) == n - 1);
    }
}

/* All of one time are on the same side: that of the later part. */
static void equal_times_are_not_parted(void)
{
    static const int64_t time[] = {1, 1, 2, 2, 2, 3, 5, 5};
    const hl_split s = {{HL_TEMPORAL, 0.1, 0.1}, 2, 4};
    for (int n = 0; n <= 8; n++) {
        const hl_split_parts p = hl_split_cut(&s, time, n);
        CHECK(p.train == (n < 2 ? n : 2) && p.valid == (n < 6 ? n : 6) && p.n == n);
    }
}

static void a_target_is_the_last_of_its_part_and_has_a_history(void)
{
    CHECK(hl_split_target(3, 3) == -1); /* nothing in the part */
    CHECK(hl_split_target(0, 1) == -1); /* nothing before it */
    CHECK(hl_split_target(0, 2) == 1);  /* a user who begins in the part has a history in it */
    CHECK(hl_split_target(1, 2) == 1);
    CHECK(hl_split_target(2, 9) == 8);
}

static void rules_that_leave_nothing_are_refused(void)
{
    CHECK_OK(hl_split_check(&(hl_split_rule){HL_LEAVE_TWO_OUT, 7, 7}));
    CHECK_OK(hl_split_check(&(hl_split_rule){HL_TEMPORAL, 0.1, 0.1}));
    CHECK_FAILS(hl_split_check(&(hl_split_rule){HL_TEMPORAL, 0.5, 0.5}), HL_EUSAGE, "their sum must be below 1");
    CHECK_FAILS(hl_split_check(&(hl_split_rule){HL_TEMPORAL, 0, 0.5}), HL_EUSAGE, "above 0");
    CHECK_FAILS(hl_split_check(&(hl_split_rule){HL_TEMPORAL, 0.5, 0}), HL_EUSAGE, "above 0");
    CHECK_FAILS(hl_split_check(&(hl_split_rule){HL_TEMPORAL, (double)NAN, 0.5}), HL_EUSAGE, "above 0");
}

/* ---- a data set */

static hl_prepare_settings pair_of(const char *name, const char *interactions, double valid, double last)
{
    hl_prepare_settings s = csv_pair(name, interactions, texts);
    s.texts_do_not_matter = true;
    s.split = (hl_split_rule){HL_TEMPORAL, valid, last};
    return s;
}

static hl_status prepare(const hl_prepare_settings *s)
{
    hl_prepare_report r;
    return hl_prepare(check_world(), s, &r);
}

static int ascending(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* All times of the users kept, ascending; how many.  Free it. */
static int64_t all_times(int64_t **out, const hl_dataset *d)
{
    const hl_corpus *c = hl_dataset_corpus(d);
    int64_t n = 0;
    int64_t *all = *out = hl_alloc((size_t)hl_dataset_manifest(d)->report.interactions_kept * sizeof *all);
    for (int64_t u = 0; u < c->users; u++) {
        int m;
        const int64_t *time = hl_dataset_times(d, u, &m);
        for (int i = 0; i < m; i++) all[n++] = time[i];
    }
    qsort(all, (size_t)n, sizeof *all, ascending);
    return n;
}

static void check_moments(const hl_dataset *d)
{
    const hl_manifest *m = hl_dataset_manifest(d);
    int64_t *all, n = all_times(&all, d), before[2] = {0, 0};
    const int64_t last = (int64_t)(m->recipe.split.test * (double)n + 0.5);
    const int64_t held_out = (int64_t)((m->recipe.split.valid + m->recipe.split.test) * (double)n + 0.5);
    CHECK(m->split.test_from == all[n - last] && m->split.valid_from == all[n - held_out]);
    for (int64_t i = 0; i < n; i++) before[0] += all[i] < m->split.valid_from, before[1] += all[i] < m->split.test_from;
    CHECK(m->split_report.train == before[0] && m->split_report.valid == before[1] - before[0]
          && m->split_report.test == n - before[1]);
    CHECK(m->split_report.ties_valid == n - held_out - before[0] && m->split_report.ties_test == n - last - before[1]);
    free(all);
}

/* Of a phase whose part is [from, to) in time, one user after the other. */
static void check_targets(const hl_dataset *d, hl_phase phase, int64_t from, int64_t to, const bool *is_known)
{
    const hl_corpus *c = hl_dataset_corpus(d);
    const hl_split_report *r = &hl_dataset_manifest(d)->split_report;
    int64_t ranked = 0, without = 0, no_history = 0, fresh = 0, cold = 0;
    hl_targets t;
    hl_targets_open(&t, c, phase);
    for (int64_t u = 0; u < c->users; u++) {
        int n, at = -1, length = 0;
        const int32_t *item = c->sequence(c, u, &n), *history;
        const int64_t *time = hl_dataset_times(d, u, &n);
        for (int i = 0; i < n; i++)
            if (time[i] >= from && time[i] < to) at = i;
        without += at < 0;
        no_history += at == 0;
        if (at < 1) continue;
        CHECK(ranked < t.n && hl_targets_user(&t, ranked) == u);
        CHECK(hl_targets_at(&t, ranked, &history, &length) == item[at] && length == at && history == item);
        ranked++;
        fresh += time[0] >= hl_dataset_manifest(d)->split.valid_from;
        cold += !is_known[item[at]];
    }
    CHECK(t.n == ranked && hl_targets_count(c, phase) == ranked);
    CHECK(ranked == (phase == HL_TEST ? r->targets_test : r->targets_valid));
    CHECK(without == (phase == HL_TEST ? r->without_test : r->without_valid));
    CHECK(no_history == (phase == HL_TEST ? r->no_history_test : r->no_history_valid));
    CHECK(fresh == (phase == HL_TEST ? r->new_test : r->new_valid));
    CHECK(cold == (phase == HL_TEST ? r->cold_test : r->cold_valid));
    hl_targets_close(&t);
}

/* Every window of the dataset, by the times of its items: none is as late as the first cut. */
static void check_windows(const hl_dataset *d, bool *is_known, bool split)
{
    const hl_corpus *c = hl_dataset_corpus(d);
    hl_windows w;
    hl_windows_open(&w, c, &(hl_windows_rule){.S = 3, .split = split});
    CHECK(hl_windows_count(&w) > 0);
    for (int64_t i = 0; i < hl_windows_count(&w); i++) {
        int64_t user;
        int n, m;
        const int32_t *window = hl_windows_at(&w, i, &user, &n), *item = c->sequence(c, user, &m);
        const int64_t *time = hl_dataset_times(d, user, &m);
        CHECK(n >= 2 && window >= item && window + n <= item + m);
        CHECK(time[window - item + n - 1] < hl_dataset_manifest(d)->split.valid_from);
        for (int k = 0; k < n; k++) CHECK(is_known[window[k]]);
    }
    hl_windows_close(&w);
}

/* In both ways of drawing, all negatives are of the pool. */
static void check_negatives(const hl_corpus *c, const hl_pool *pool, const bool *is_known)
{
    hl_windows w;
    hl_arena arena = hl_arena_growing("negatives");
    hl_windows_open(&w, c, &(hl_windows_rule){.S = 3, .split = true});
    for (int negatives = 0; negatives < 100; negatives += 50) {
        hl_batch b;
        const hl_sampler sampler = {&w, 5, 8, negatives, pool, false};
        hl_sampler_draw(&b, &sampler, 1, &arena);
        for (int i = 0; i < b.negatives; i++) CHECK(is_known[b.negative[i]]);
    }
    hl_windows_close(&w);
    hl_arena_free(&arena);
}

static void check_pool(const hl_corpus *c, const bool *is_known)
{
    hl_pool pool;
    int64_t known = 0;
    hl_pool_open(&pool, c);
    for (int64_t item = 1; item < c->items; item++)
        if (is_known[item]) CHECK(known < pool.n && hl_pool_at(&pool, known) == item && ++known);
    CHECK(pool.n == known);
    check_negatives(c, &pool, is_known);
    hl_pool_close(&pool);
}

static void check_dataset(const hl_dataset *d)
{
    const hl_manifest *m = hl_dataset_manifest(d);
    const hl_corpus *c = hl_dataset_corpus(d);
    bool *is_known = hl_alloc_zero((size_t)c->items, sizeof *is_known);
    int64_t items = 0, users = 0;
    check_moments(d);
    for (int64_t u = 0; u < c->users; u++) {
        int n;
        const int32_t *item = c->sequence(c, u, &n);
        const int64_t *time = hl_dataset_times(d, u, &n);
        for (int i = 0; i < n; i++)
            if (time[i] < m->split.valid_from) is_known[item[i]] = true;
        users += time[0] < m->split.valid_from;
    }
    for (int64_t i = 0; i < c->items; i++) items += is_known[i];
    CHECK(m->split_report.items_train == items && m->split_report.users_train == users);
    check_targets(d, HL_VALID, m->split.valid_from, m->split.test_from, is_known);
    check_targets(d, HL_TEST, m->split.test_from, INT64_MAX, is_known);
    check_windows(d, is_known, true);
    check_windows(d, is_known, false);
    check_pool(c, is_known);
    free(is_known);
}

/* Times of so many different values: few make many ties. */
static char *many(int rows, int users, int items, int moments)
{
    hl_rng r = hl_rng_at(7, HL_FOR_TESTS, (uint64_t)moments, 0);
    size_t room = 40 * (size_t)(rows + 1), at;
    char *text = hl_alloc(room);
    at = (size_t)snprintf(text, room, "item,user,time\n");
    for (int i = 0; i < rows; i++)
        at += (size_t)snprintf(text + at, room - at, "i%d,u%d,%d\n", (int)hl_rng_below(&r, (uint64_t)items),
                               (int)hl_rng_below(&r, (uint64_t)users),
                               (int)hl_rng_below(&r, (uint64_t)moments) - moments / 2);
    return text;
}

static void cuts_are_those_of_a_sorted_list(void)
{
    static const struct {
        int rows, users, items, moments;
        double valid, last;
    } cases[] = {
        {600, 90, 150, 1000000, 0.1, 0.1}, {600, 120, 300, 40, 0.1, 0.1}, {300, 60, 200, 7, 0.2, 0.3},
        {200, 50, 80, 1000, 0.4, 0.3},     {40, 1, 30, 9000, 0.1, 0.1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = many(cases[i].rows, cases[i].users, cases[i].items, cases[i].moments);
        hl_prepare_settings s = pair_of("many", text, cases[i].valid, cases[i].last);
        hl_dataset *d = NULL;
        if (CHECK_OK(prepare(&s)) && CHECK_OK(hl_dataset_open(check_world(), s.folder, &d))) check_dataset(d);
        hl_dataset_close(d);
        free(text);
    }
}

/* Thousands of these interactions share the time of a cut. */
static void amazon_reviews_are_cut_so_too(void)
{
    char data[PATH_MAX];
    const char *csv = check_shared("data/dataset/amazon_industrial.csv");
    if (!csv) return;
    snprintf(data, sizeof data, "%.*s", (int)(strrchr(csv, '/') - csv), csv);
    hl_prepare_settings s = pair_of("amazon_industrial", "item,user,time\n", 0.1, 0.1);
    s.data_path = data;
    hl_dataset *d = NULL;
    if (CHECK_OK(prepare(&s)) && CHECK_OK(hl_dataset_open(check_world(), s.folder, &d))) check_dataset(d);
    hl_dataset_close(d);
}

static void what_leaves_a_part_empty_is_refused(void)
{
    hl_prepare_settings s = pair_of("equal", "item,user,time\ni1,u,5\ni2,u,5\ni3,u,5\ni4,u,5\n", 0.25, 0.25);
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "all interactions are at one time (5)");
    s = pair_of("early", "item,user,time\ni1,u,5\ni2,u,5\ni3,u,5\ni4,u,9\n", 0.25, 0.25);
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "leaves nothing for training");
    s = pair_of("late", "item,user,time\ni1,u,5\ni2,u,6\ni3,u,9\ni4,u,9\n", 0.25, 0.25);
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "leaves nothing for validation");
    s = pair_of("few", "item,user,time\ni1,u,5\ni2,u,6\ni3,u,7\ni4,u,9\n", 0.25, 0.1);
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "leaves nothing for test: there are too few interactions");
    s = pair_of("nobody",
                "item,user,time\ni1,u,1\ni2,u,2\ni3,u,3\ni4,v,8\ni5,w,9\ni5,v,10\ni5,v,10\ni5,w,10\ni5,w,10\n", 0.2,
                0.4);
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "leaves nothing for validation: no user has a target there");
    s = pair_of("rule", "item,user,time\ni1,u,5\ni2,u,6\ni3,u,7\ni4,u,9\n", 0.5, 0.5);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "their sum must be below 1");
    s = pair_of("fits", "item,user,time\ni1,u,5\ni2,u,6\ni3,u,7\ni4,u,9\n", 0.25, 0.25);
    CHECK_OK(prepare(&s));
}

static void another_split_is_another_dataset(void)
{
    static const hl_split_rule rules[] = {{HL_LEAVE_TWO_OUT, 0, 0}, {HL_TEMPORAL, 0.1, 0.2}, {HL_TEMPORAL, 0.2, 0.1}};
    uint64_t digest[3];
    hl_prepare_report r;
    bool did;
    char *text = many(200, 40, 60, 500);
    hl_prepare_settings s = pair_of("again", text, 0.1, 0.1);
    for (int i = 0; i < 3; i++) {
        hl_manifest m;
        s.split = rules[i];
        CHECK_OK(hl_prepare_when_needed(check_world(), &s, &r, &did));
        CHECK(did);
        CHECK_OK(hl_prepare_when_needed(check_world(), &s, &r, &did));
        CHECK(!did);
        CHECK_OK(hl_manifest_read(&m, s.folder));
        digest[i] = hl_manifest_digest(&m);
        hl_manifest_free(&m);
        for (int k = 0; k < i; k++) CHECK(digest[k] != digest[i]);
    }
    free(text);
}

/* What a version without a choice has written: no word of a split. */
static void a_manifest_without_a_split_is_leave_two_out(void)
{
    hl_prepare_settings s = pair_of("old", "item,user,time\ni1,u,5\ni2,u,6\ni3,u,7\ni4,u,9\n", 0.25, 0.25);
    hl_manifest was, is;
    s.split = (hl_split_rule){0};
    CHECK_OK(prepare(&s));
    CHECK_OK(hl_manifest_read(&was, s.folder));
    CHECK(was.split_report.train == 2 && was.split_report.targets_valid == 1 && was.split_report.targets_test == 1);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/manifest.json", s.folder);
    size_t n = 0;
    char *text = file_bytes(path, &n);
    json_t *root = json_loadb(text, n, 0, NULL);
    CHECK(json_object_del(root, "split") == 0 && json_object_del(json_object_get(root, "settings"), "split") == 0);
    char *old = json_dumps(root, 0);
    CHECK_OK(hl_manifest_parse(&is, s.folder, old, strlen(old)));
    CHECK(is.recipe.split.kind == HL_LEAVE_TWO_OUT && is.split.rule.kind == HL_LEAVE_TWO_OUT);
    CHECK(is.split_report.train == 0 && hl_manifest_digest(&is) == hl_manifest_digest(&was));
    hl_manifest_free(&was);
    hl_manifest_free(&is);
    json_decref(root);
    free(text), free(old);
}

static const test tests[] = {
    {"leave two out holds out the last two", leave_two_out_holds_out_the_last_two},
    {"equal times are not parted", equal_times_are_not_parted},
    {"a target is the last of its part and has a history", a_target_is_the_last_of_its_part_and_has_a_history},
    {"rules that leave nothing are refused", rules_that_leave_nothing_are_refused},
    {"cuts, targets, windows and pool are those of a slow count", cuts_are_those_of_a_sorted_list},
    {"Amazon reviews are cut so, too", amazon_reviews_are_cut_so_too},
    {"what leaves a part empty is refused", what_leaves_a_part_empty_is_refused},
    {"another split is another dataset", another_split_is_another_dataset},
    {"a manifest without a split is leave two out", a_manifest_without_a_split_is_leave_two_out},
};
HL_TESTS("split", tests)
