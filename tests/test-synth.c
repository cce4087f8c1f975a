/* test-synth.c - made-up data has the structure that was planted, and the oracle's figure is what can be known. */
#include "tests/check.h"
#include "base/arena.h"
#include "app/synth/synth-oracle.h"
#include "app/synth/synth-texts.h"
#include "app/synth/synth-world.h"
#include "app/synth/synth.h"
#include "io/files/atomic.h"
#include "io/dataset/csv.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 2048 };

static void path_of(char path[PATH_ROOM], const char *folder, const char *name)
{
    snprintf(path, PATH_ROOM, "%s/%s%s%s", check_folder(), folder, name[0] ? "/" : "", name);
}

static hl_status write_world(const hl_synth_settings *s, const char *folder, hl_synth_report *report)
{
    char path[PATH_ROOM];
    path_of(path, folder, "");
    return hl_synth_write(s, path, report);
}

static bool same_bytes(const char *a, const char *b, const char *name)
{
    char path[PATH_ROOM], *x, *y;
    size_t nx, ny;
    path_of(path, a, name);
    CHECK_OK(hl_regular_read(path, SIZE_MAX, &x, &nx));
    path_of(path, b, name);
    CHECK_OK(hl_regular_read(path, SIZE_MAX, &y, &ny));
    bool same = nx == ny && nx > 0 && memcmp(x, y, nx) == 0;
    free(x);
    free(y);
    return same;
}

static void the_seed_decides_every_byte(void)
{
    static const char *const names[] = {"dataset/synth.csv", "information/synth.csv", "oracle.json"};
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_report r;
    CHECK_OK(write_world(&s, "one", &r));
    CHECK_OK(write_world(&s, "again", &r));
    s.seed++;
    CHECK_OK(write_world(&s, "other", &r));
    for (int i = 0; i < 3; i++) {
        CHECK(same_bytes("one", "again", names[i]));
        CHECK(!same_bytes("one", "other", names[i]));
    }
}

static void other_peoples_files_are_not_overwritten(void)
{
    char path[PATH_ROOM], *text;
    size_t n;
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_report r;
    path_of(path, "theirs/information", "");
    CHECK_OK(hl_folder_make(path));
    path_of(path, "theirs", "information/synth.csv");
    CHECK_OK(hl_atomic_write(path, "mine", 4));
    CHECK_FAILS(write_world(&s, "theirs", &r), HL_EUSAGE, "there already, with other contents");
    CHECK_OK(hl_regular_read(path, 4, &text, &n));
    CHECK(n == 4 && memcmp(text, "mine", 4) == 0);
    free(text);
    path_of(path, "theirs", "dataset/synth.csv");
    CHECK_FAILS(hl_regular_read(path, 4, &text, &n), HL_ESTORE,
                "dataset/synth.csv"); /* nothing was written beside it */
    free(text);
    CHECK_OK(write_world(&s, "twice", &r));
    CHECK_OK(write_world(&s, "twice", &r)); /* the same bytes are no other contents */
    s.users--;
    CHECK_FAILS(write_world(&s, "twice", &r), HL_EUSAGE, "dataset/synth.csv");
}

static int64_t number_in(const hl_csv_field *f, size_t skip)
{
    char text[32] = "";
    CHECK(f->n > skip && f->n < sizeof text);
    memcpy(text, f->at + skip, f->n - skip);
    char *end;
    int64_t x = strtoll(text, &end, 10);
    CHECK(*end == 0);
    return x;
}

/* The rows of dataset/synth.csv are the walks of the world. */
static void compare_rows(hl_csv *c, const hl_synth_world *w)
{
    const hl_csv_field *row;
    int64_t n = 0, time = 0;
    int user = 0;
    while (CHECK_OK(hl_csv_next(c, &row)) && row) {
        bool next_user = n == w->begin[user + 1];
        user += next_user;
        CHECK(number_in(&row[0], 1) == w->sequence[n++]);
        CHECK(number_in(&row[1], 1) == user);
        CHECK(next_user || number_in(&row[2], 0) > time);
        time = number_in(&row[2], 0);
    }
    CHECK(n == w->begin[w->settings.users]);
}

static void the_interactions_are_read_as_they_were_made(void)
{
    char path[PATH_ROOM];
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_world w;
    hl_synth_report r;
    hl_csv *c;
    hl_synth_world_make(&w, &s);
    CHECK_OK(write_world(&s, "csv", &r));
    path_of(path, "csv", "dataset/synth.csv");
    if (CHECK_OK(hl_csv_open(&c, path, 0))) {
        CHECK(hl_csv_columns(c) == 3);
        CHECK(strcmp(hl_csv_name(c, 0), "item_id") == 0 && strcmp(hl_csv_name(c, 1), "user_id") == 0
              && strcmp(hl_csv_name(c, 2), "timestamp") == 0);
        compare_rows(c, &w);
    }
    CHECK(r.interactions == w.begin[s.users]);
    hl_csv_close(c);
    hl_synth_world_free(&w);
}

static void the_texts_are_read_as_they_were_made(void)
{
    char path[PATH_ROOM];
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_world w;
    hl_synth_texts t;
    hl_synth_report r;
    hl_csv *c;
    const hl_csv_field *row;
    int items = 0;
    hl_synth_world_make(&w, &s);
    hl_synth_texts_make(&t, &w);
    CHECK_OK(write_world(&s, "texts", &r));
    path_of(path, "texts", "information/synth.csv");
    CHECK_OK(hl_csv_open(&c, path, 0));
    for (; CHECK_OK(hl_csv_next(c, &row)) && row; items++) {
        CHECK(number_in(&row[0], 1) == items);
        CHECK(row[1].n == strlen(t.title[items]) && memcmp(row[1].at, t.title[items], row[1].n) == 0);
        CHECK(row[2].n == strlen(t.description[items]) && memcmp(row[2].at, t.description[items], row[2].n) == 0);
        CHECK(row[1].n + strlen("title: ") <= 40); /* short enough for the demo */
    }
    CHECK(items == s.items);
    hl_csv_close(c);
    hl_synth_texts_free(&t);
    hl_synth_world_free(&w);
}

/* Which topic a word is of, by its place in the vocabulary; -1: a common word. */
static int topic_of_word(const hl_synth_texts *t, const char *word)
{
    int32_t id = hl_vocab_find(&t->words, word, strlen(word));
    CHECK(id >= 0);
    return id < t->topics * HL_SYNTH_TOPIC_WORDS ? id / HL_SYNTH_TOPIC_WORDS : -1;
}

static void a_title_tells_its_topic_and_no_other(void)
{
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_world w;
    hl_synth_texts t;
    hl_synth_world_make(&w, &s);
    hl_synth_texts_make(&t, &w);
    for (int i = 0; i < s.items; i++) {
        char title[HL_SYNTH_TITLE_ROOM], *rest = title;
        int telling = 0;
        strcpy(title, t.title[i]);
        for (char *word = strsep(&rest, " "); word; word = strsep(&rest, " ")) {
            int topic = topic_of_word(&t, word);
            CHECK(topic == -1 || topic == w.topic[i]);
            telling += topic >= 0;
        }
        CHECK(telling == 3);
    }
    CHECK(t.words.n == s.topics * HL_SYNTH_TOPIC_WORDS + HL_SYNTH_COMMON_WORDS); /* each word is there once */
    CHECK(t.titles.n == s.items);                                                /* and each title */
    hl_synth_texts_free(&t);
    hl_synth_world_free(&w);
}

static int steps_between(const hl_synth_world *w, int from, int to)
{
    int m = 0;
    while (m <= w->settings.successors && hl_synth_step(w, from, m) != to) m++;
    return m;
}

/* Four standard errors: one seed in some thousands would fail by chance, and this one does not. */
static bool is_share(int64_t times, int64_t all, double p)
{
    return fabs((double)times / (double)all - p) <= 4 * sqrt(p * (1 - p) / (double)all);
}

static void users_walk_along_the_ring_and_take_nothing_twice(void)
{
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_world w;
    int64_t moves = 0, of[HL_SYNTH_MOST_SUCCESSORS + 2] = {0};
    hl_synth_world_make(&w, &s);
    for (int u = 0; u < s.users; u++) {
        int64_t n = w.begin[u + 1] - w.begin[u];
        const int32_t *taken = w.sequence + w.begin[u];
        CHECK(n >= HL_SYNTH_SHORTEST && n <= hl_synth_longest(&s));
        for (int64_t i = 0; i < n; i++) CHECK(!hl_synth_has(taken, i, taken[i]));
        for (int64_t i = 1; i < n; i++, moves++) of[steps_between(&w, w.topic[taken[i - 1]], w.topic[taken[i]])]++;
    }
    CHECK(of[s.successors + 1] == 0);
    CHECK_NEAR(w.move[0], 0.2, 1e-12);
    CHECK_NEAR(w.move[1], 0.6, 1e-12);
    CHECK_NEAR(w.move[2], 0.2, 1e-12);
    for (int m = 0; m <= s.successors; m++) CHECK(is_share(of[m], moves, w.move[m]));
    CHECK_NEAR((double)w.begin[s.users] / s.users, s.mean_length, 0.3);
    hl_synth_world_free(&w);
}

static void hour_and_weekday_say_which_topic_follows(void)
{
    enum { WEDNESDAY = 1577836800 /* 2020-01-01 */, HOUR = 3600, DAY = 24 * HOUR };
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_world w;
    int64_t moves = 0, of[3] = {0}, by_habit = 0;
    double known = 0, doubt = 0, all = 0;
    s.daily_rhythm = 0.7;
    hl_synth_world_make(&w, &s);
    CHECK(hl_synth_habit(&w, WEDNESDAY) == 0 && hl_synth_habit(&w, WEDNESDAY + 6 * HOUR - 1) == 0);
    CHECK(hl_synth_habit(&w, WEDNESDAY + 6 * HOUR) == 1 && hl_synth_habit(&w, WEDNESDAY + 3 * DAY - 1) == 0);
    CHECK(hl_synth_habit(&w, WEDNESDAY + 3 * DAY) == 1); /* Saturday */
    CHECK(hl_synth_habit(&w, WEDNESDAY + 5 * DAY - 1) == 1 && hl_synth_habit(&w, WEDNESDAY + 5 * DAY) == 0);
    for (int u = 0; u < s.users; u++) {
        hl_synth_clock clock = hl_synth_clock_of(&w, u);
        const int32_t *taken = w.sequence + w.begin[u];
        for (int64_t i = 1; i < w.begin[u + 1] - w.begin[u]; i++, moves++, hl_synth_clock_next(&clock)) {
            const int m = steps_between(&w, w.topic[taken[i - 1]], w.topic[taken[i]]);
            const double p = hl_synth_move(&w, hl_synth_habit(&w, clock.time), clock.time);
            CHECK_NEAR(p, 0.7 + 0.3 * w.move[hl_synth_habit(&w, clock.time)], 1e-12);
            by_habit += m == hl_synth_habit(&w, clock.time);
            of[m]++;
            known += p;
            doubt += p * (1 - p);
        }
    }
    CHECK_NEAR((double)by_habit, known, 4 * sqrt(doubt));
    for (int m = 0; m <= s.successors; m++) {
        CHECK(is_share(of[m], moves, hl_synth_move_at_any_time(&w, m)));
        all += hl_synth_move_at_any_time(&w, m);
    }
    CHECK_NEAR(all, 1, 1e-12);
    hl_synth_world_free(&w);
}

/* --- the oracle's slow twin: the probability of every item, by the definition -------------------- */

static double move_after(const hl_synth_world *w, int m, int64_t time)
{
    const double rhythm = w->settings.daily_rhythm;
    return (1 - rhythm) * w->move[m] + (hl_synth_habit(w, time) == m ? rhythm : 0);
}

static void predict(double *p, const hl_synth_world *w, const int32_t *taken, int64_t n, int64_t time)
{
    for (int i = 0; i < w->settings.items; i++) {
        double all = 0;
        int m = steps_between(w, w->topic[taken[n - 1]], w->topic[i]);
        for (int j = 0; j < w->settings.items; j++)
            if (w->topic[j] == w->topic[i] && !hl_synth_has(taken, n, j)) all += w->weight[j];
        p[i] =
            m > w->settings.successors || hl_synth_has(taken, n, i) ? 0 : move_after(w, m, time) * w->weight[i] / all;
    }
}

static int highest_first(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static hl_synth_settings a_small_world(void)
{
    hl_synth_settings s = hl_synth_defaults();
    s.items = 120, s.users = 400, s.topics = 8;
    return s;
}

static void check_oracle(double rhythm)
{
    hl_synth_settings s = a_small_world();
    hl_synth_world w;
    hl_synth_report r;
    double p[120], hits = 0, gain = 0, promised = 0, doubt = 0;
    s.daily_rhythm = rhythm;
    hl_synth_world_make(&w, &s);
    hl_synth_judge(&r, &w);
    CHECK(r.catalogue == s.items);
    for (int u = 0; u < s.users; u++) {
        int64_t n = w.begin[u + 1] - w.begin[u] - 1;
        const int32_t *taken = w.sequence + w.begin[u];
        double sum = 0, top = 0, above = 0;
        hl_synth_clock clock = hl_synth_clock_of(&w, u);
        for (int64_t i = 1; i < n; i++) hl_synth_clock_next(&clock);
        predict(p, &w, taken, n, clock.time);
        for (int i = 0; i < s.items; i++) {
            sum += p[i];
            above += p[i] > p[taken[n]] * (1 + 1e-12); /* the same number summed in another order is not better */
        }
        qsort(p, (size_t)s.items, sizeof *p, highest_first);
        for (int i = 0; i < 10; i++) top += p[i];
        CHECK_NEAR(sum, 1, 1e-12);
        hits += above < 10;
        if (above < 10) gain += 1 / log2(above + 2);
        promised += top;
        doubt += top * (1 - top);
    }
    CHECK_NEAR(r.oracle.recall[1], hits / s.users, 1e-12);
    CHECK_NEAR(r.oracle.ndcg_10, gain / s.users, 1e-12);
    CHECK_NEAR(hits, promised, 4 * sqrt(doubt)); /* what is predicted comes true as often as it says */
    CHECK(rhythm > 0 ? r.oracle.ndcg_10 > 1.15 * r.without_times.ndcg_10 : !r.has_rhythm);
    hl_synth_world_free(&w);
}

static void the_oracle_ranks_by_the_probability_of_every_item(void)
{
    check_oracle(0);
    check_oracle(0.8);
}

static void popularity_and_chance_are_what_counting_gives(void)
{
    hl_synth_settings s = a_small_world();
    hl_synth_world w;
    hl_synth_report r;
    int times[120] = {0};
    double hits = 0, chance = 0;
    hl_synth_world_make(&w, &s);
    hl_synth_judge(&r, &w);
    for (int u = 0; u < s.users; u++)
        for (int64_t i = w.begin[u]; i < w.begin[u + 1] - 2; i++) times[w.sequence[i]]++;
    for (int u = 0; u < s.users; u++) {
        int64_t n = w.begin[u + 1] - w.begin[u] - 1;
        const int32_t *taken = w.sequence + w.begin[u];
        int above = 0;
        for (int i = 0; i < s.items; i++) above += times[i] > times[taken[n]] && !hl_synth_has(taken, n, i);
        hits += above < 10;
        chance += 10.0 / (double)(s.items - n);
    }
    CHECK_NEAR(r.popularity.recall[1], hits / s.users, 1e-12);
    CHECK_NEAR(r.random.recall[1], chance / s.users, 1e-12);
    hl_synth_world_free(&w);
}

static void the_defaults_leave_room_between_chance_popularity_and_oracle(void)
{
    hl_synth_settings s = hl_synth_defaults();
    for (s.seed = 1; s.seed <= 5; s.seed++) {
        hl_synth_world w;
        hl_synth_report r;
        hl_synth_world_make(&w, &s);
        hl_synth_judge(&r, &w);
        CHECK(r.popularity.recall[1] >= 4 * r.random.recall[1]);
        CHECK(r.oracle.recall[1] >= 8 * r.popularity.recall[1]);
        CHECK(r.oracle.recall[1] < 0.8); /* and the oracle does not know everything */
        for (int c = 1; c < HL_SYNTH_CUTOFFS; c++) CHECK(r.oracle.recall[c] >= r.oracle.recall[c - 1]);
        hl_synth_world_free(&w);
    }
}

static void impossible_settings_are_refused(void)
{
    enum { BAD = 11 };
    hl_synth_settings bad[BAD];
    static const char *const words[BAD] = {
        "users is 0",       "topics is 1",    "mean_length is 4",     "successors is 0",    "stay is 1.5",
        "skew is nan",      "need more than", "items are 10 a topic", "cannot be the name", "items are 2000 a topic",
        "daily_rhythm is 2"};
    hl_synth_report r;
    for (int i = 0; i < BAD; i++) bad[i] = hl_synth_defaults();
    bad[0].users = 0, bad[1].topics = 1, bad[2].mean_length = 4, bad[3].successors = 0, bad[4].stay = 1.5,
    bad[5].skew = NAN;
    bad[6].successors = bad[6].topics = 2, bad[7].items = 500, bad[8].name = "../x", bad[9].items = 100000,
    bad[10].daily_rhythm = 2;
    for (int i = 0; i < BAD; i++) CHECK_FAILS(write_world(&bad[i], "bad", &r), HL_EUSAGE, words[i]);
}

/* Users, items and topics, but not how long users walk or how: a topic is as large as before. */
static void a_world_like_another_is_some_times_as_large(void)
{
    char folder[PATH_ROOM], name[HL_SYNTH_NAME];
    hl_synth_settings s = hl_synth_defaults(), like = hl_synth_defaults();
    hl_synth_report r, larger;
    s.items = 90, s.users = 60, s.topics = 5, s.seed = 7, s.name = "small", s.stay = 0.25;
    CHECK_OK(write_world(&s, "like", &r));
    path_of(folder, "like", "");
    CHECK_OK(hl_synth_like(&like, name, folder, 4));
    CHECK(like.items == 360 && like.users == 240 && like.topics == 20 && strcmp(like.name, "small") == 0);
    CHECK(like.seed == 7 && like.mean_length == s.mean_length && like.successors == s.successors);
    CHECK_NEAR(like.stay, 0.25, 0);
    CHECK_NEAR(like.skew, s.skew, 0);
    CHECK_OK(write_world(&like, "larger", &larger));
    CHECK_NEAR((double)larger.catalogue / (4 * r.catalogue), 1, 0.1); /* those that occur */
    CHECK_OK(hl_synth_like(&like, name, folder, 1));
    CHECK_OK(write_world(&like, "like", &r)); /* the same bytes */
    CHECK_NEAR(like.daily_rhythm, 0, 0);
    CHECK_FAILS(hl_synth_like(&like, name, folder, 1000000000), HL_EUSAGE, "cannot be 1000000000 times as large");
    s.daily_rhythm = 0.5;
    CHECK_OK(write_world(&s, "rhythm", &r));
    path_of(folder, "rhythm", "");
    CHECK_OK(hl_synth_like(&like, name, folder, 1));
    CHECK_NEAR(like.daily_rhythm, 0.5, 0);
    path_of(folder, "none", "");
    CHECK_FAILS(hl_synth_like(&like, name, folder, 1), HL_EFORMAT, "oracle.json");
}

/* Different items a user of a batch of all users stay, whatever their number. */
static void items_per_user_stay(void)
{
    double share[3];
    for (int i = 0; i < 3; i++) {
        char folder[20];
        hl_synth_settings s = hl_synth_defaults();
        hl_synth_report r;
        s.users = 100 << (2 * i);
        hl_synth_items_per_user(&s, 3, false);
        CHECK(s.items == 3 * s.users && s.items / s.topics >= hl_synth_longest(&s));
        snprintf(folder, sizeof folder, "per-user-%d", i);
        CHECK_OK(write_world(&s, folder, &r));
        share[i] = (double)r.catalogue / s.users;
    }
    CHECK_NEAR(share[1] / share[0], 1, 0.05);
    CHECK_NEAR(share[2] / share[1], 1, 0.05);
    hl_synth_settings s = hl_synth_defaults();
    s.topics = 7;
    hl_synth_items_per_user(&s, 0.1, true);
    CHECK(s.items == 200 && s.topics == 7);
}

static const test tests[] = {
    {"the seed decides every byte", the_seed_decides_every_byte},
    {"other people's files are not overwritten", other_peoples_files_are_not_overwritten},
    {"the interactions are read as they were made", the_interactions_are_read_as_they_were_made},
    {"the texts are read as they were made", the_texts_are_read_as_they_were_made},
    {"a title tells its topic and no other", a_title_tells_its_topic_and_no_other},
    {"users walk along the ring and take nothing twice", users_walk_along_the_ring_and_take_nothing_twice},
    {"hour and weekday say which topic follows", hour_and_weekday_say_which_topic_follows},
    {"the oracle ranks by the probability of every item", the_oracle_ranks_by_the_probability_of_every_item},
    {"popularity and chance are what counting gives", popularity_and_chance_are_what_counting_gives},
    {"the defaults leave room between chance, popularity and oracle",
     the_defaults_leave_room_between_chance_popularity_and_oracle},
    {"impossible settings are refused", impossible_settings_are_refused},
    {"a world like another is some times as large", a_world_like_another_is_some_times_as_large},
    {"items per user stay", items_per_user_stay},
};
HL_TESTS("synth", tests)
