/* test-study.c - a study file means points, in an order of its own. */
#include "base/arena.h"
#include "app/study/points.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char job[] =
    "data_path: d\ntext_path: t\ndataset: x\ntokenizer: bytes\nbatch_size: 6\ncheckpoint_dir: c\n";

static char path[4096];

/* A study in the folder of the test, whose base is job. */
static hl_status parse(hl_study *s, const char *text)
{
    char base[4096];
    snprintf(path, sizeof path, "%s/one.two.yaml", check_folder());
    snprintf(base, sizeof base, "%s/job.yaml", check_folder());
    FILE *out = fopen(base, "w");
    CHECK(out != NULL);
    fputs(job, out);
    fclose(out);
    return hl_study_parse(s, text, strlen(text), path);
}

typedef struct {
    hl_study study;
    hl_points points;
} made;

static hl_status make(made *m, const char *text)
{
    *m = (made){0};
    hl_status s = parse(&m->study, text);
    return s == HL_OK ? hl_points_expand(&m->points, &m->study) : s;
}

static void drop(made *m)
{
    hl_points_free(&m->points);
    hl_study_free(&m->study);
}

static void what_is_not_said_is_the_default(void)
{
    made m;
    CHECK_OK(make(&m, "base: job.yaml\naxes: {ranks: 2}\n"));
    const hl_study *s = &m.study;
    CHECK(s->repetitions == 5 && s->warmup == 1 && s->steps == 5 && s->fixed == HL_FIXED_USERS);
    CHECK(strcmp(s->name, "one.two") == 0);
    CHECK(s->launcher.n == 5 && strcmp(s->launcher.at[2], "{ranks}") == 0);
    drop(&m);
}

static void a_grid_has_all_combinations(void)
{
    static const char *const names[] = {"ranks 1, item.tp 1", "ranks 1, item.tp 2", "ranks 2, item.tp 1",
                                        "ranks 2, item.tp 2"};
    made m;
    CHECK_OK(make(&m, "base: job.yaml\naxes: {ranks: [1, 2], item.tp: [1, 2]}\n"));
    CHECK(m.points.n == 4);
    for (int i = 0; i < m.points.n; i++) {
        const hl_point *p = &m.points.at[i];
        CHECK(strcmp(p->name, names[i]) == 0 && p->ranks == 1 + i / 2 && p->users == 6 && p->threads == 1);
        CHECK(strcmp(p->series, i % 2 ? "item.tp 2" : "item.tp 1") == 0 && *p->problem == 0);
    }
    drop(&m);
}

static void listed_points_come_behind_the_grid(void)
{
    made m;
    CHECK_OK(make(&m, "base: job.yaml\naxes: {threads: [1, 2]}\n"
                      "points: {wide: {ranks: 8, item.tp: [2, 2]}, long: {batch_size: 12}}\n"));
    CHECK(m.points.n == 4);
    const hl_point *wide = &m.points.at[2], *longer = &m.points.at[3];
    CHECK(strcmp(wide->name, "wide") == 0 && wide->ranks == 8 && strcmp(wide->series, "item.tp 2,2") == 0);
    CHECK(strcmp(longer->name, "long") == 0 && longer->ranks == 1 && longer->users == 12);
    CHECK(strcmp(longer->problem, "batch_size 12") == 0);
    drop(&m);
}

static void users_grow_with_ranks_where_those_of_a_rank_are_fixed(void)
{
    hl_config c;
    made m;
    CHECK_OK(make(&m, "base: job.yaml\nfixed: users_per_rank\naxes: {batch_size: [4, 6], ranks: [1, 3]}\n"));
    CHECK(m.points.n == 4 && m.points.at[1].users == 12 && m.points.at[3].users == 18);
    CHECK_OK(hl_points_config(&c, &m.points.at[3]));
    CHECK(c.batch_size == 18);
    hl_config_free(&c);
    CHECK(strcmp(m.points.at[2].problem, m.points.at[3].problem) == 0);
    CHECK(strcmp(m.points.at[1].problem, m.points.at[2].problem) != 0);
    drop(&m);
}

static void a_folder_is_named_by_all_that_is_measured(void)
{
    static const struct {
        const char *text;
        bool is_same;
    } cases[] = {
        {"base: job.yaml\naxes: {ranks: [2, 4]}\n", true},
        {"base: job.yaml\nrepetitions: 9\nseed: 7\naxes: {ranks: [2]}\n", true},
        {"base: job.yaml\nsteps: 6\naxes: {ranks: [2]}\n", false},
        {"base: job.yaml\nwarmup: 0\naxes: {ranks: [2]}\n", false},
        {"base: job.yaml\nlauncher: srun -n {ranks}\naxes: {ranks: [2]}\n", false},
        {"base: job.yaml\naxes: {ranks: [2], zero: [1]}\n", false},
        {"base: job.yaml\naxes: {ranks: [3]}\n", false},
    };
    made one;
    CHECK_OK(make(&one, "base: job.yaml\naxes: {ranks: [2]}\n"));
    const char *folder = one.points.at[0].folder;
    CHECK(strncmp(folder, "ranks-2-", 8) == 0 && strlen(folder) == 16);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made other;
        CHECK_OK(make(&other, cases[i].text));
        CHECK((strcmp(strrchr(other.points.at[0].folder, '-'), strrchr(folder, '-')) == 0) == cases[i].is_same);
        drop(&other);
    }
    drop(&one);
}

/* Each repetition has every point once; another repetition, or another seed, has another order. */
static void order_is_by_seed_and_repetition(void)
{
    enum { N = 24 };
    made m;
    int first[N], differ_by_repetition = 0, differ_by_seed = 0;
    CHECK_OK(make(&m, "base: job.yaml\naxes: {ranks: [1, 2, 3, 4, 5, 6], user.tp: [1, 2], zero: [0, 1]}\n"));
    CHECK(m.points.n == N);
    for (int r = 0; r < 3; r++) {
        bool seen[N] = {0};
        for (int i = 0; i < N; i++) {
            const int at = hl_points_turn(&m.points, &m.study, r, i);
            CHECK(at >= 0 && at < N && !seen[at]);
            seen[at] = true;
            if (r == 0) first[i] = at;
            differ_by_repetition += at != first[i];
        }
    }
    m.study.seed++;
    for (int i = 0; i < N; i++) differ_by_seed += hl_points_turn(&m.points, &m.study, 0, i) != first[i];
    CHECK(differ_by_repetition > N && differ_by_seed > N / 2);
    drop(&m);
}

static void what_is_wrong_is_a_sentence(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"base: job.yaml\n", "there is no point"},
        {"axes: {ranks: 1}\n", "base is missing"},
        {"bse: job.yaml\naxes: {ranks: 1}\n", "the nearest is \"base\""},
        {"base: job.yaml\nrepetition: 3\naxes: {ranks: 1}\n",
         "one.two.yaml:2: a study has no key \"repetition\"; the nearest is \"repetitions\""},
        {"base: job.yaml\naxes: {rank: [1]}\n", "the nearest is \"ranks\""},
        {"base: job.yaml\naxes: {thread: [1]}\n", "the nearest is \"threads\""},
        {"base: job.yaml\naxes: {tp: [1]}\n", "the nearest is \"item.tp\""},
        {"base: job.yaml\naxes: {ranks: []}\n", "has no value"},
        {"base: job.yaml\naxes: {ranks: [0]}\n", "point \"ranks 0\": ranks: 0 is not a whole number"},
        {"base: job.yaml\naxes: {ranks: [1], item.tp: [x]}\n", "item.tp: \"x\" is not"},
        {"base: job.yaml\naxes: {ranks: [1, 1]}\n", "points \"ranks 1\" and \"ranks 1\" are the same"},
        {"base: job.yaml\npoints: {a: {ranks: 2}, b: {ranks: 2, threads: 1}}\n", "points \"a\" and \"b\" are the same"},
        {"base: job.yaml\npoints: {ranks: 2}\n", "a point has a name"},
        {"base: job.yaml\nfixed: user\naxes: {ranks: 1}\n", "neither users nor users_per_rank"},
        {"base: job.yaml\nrepetitions: 0\naxes: {ranks: 1}\n", "repetitions: 0 is not a whole number from 1"},
        {"base: job.yaml\nsteps: [1, 2]\naxes: {ranks: 1}\n", "steps should have one value"},
        {"base: none.yaml\naxes: {ranks: 1}\n", "none.yaml: cannot be opened"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made m;
        CHECK_FAILS(make(&m, cases[i].text), HL_EUSAGE, cases[i].words);
        drop(&m);
    }
}

/* A layout that cannot be has its reason, and the other points their seconds. */
static void every_point_has_a_forecast_or_a_reason(void)
{
    made m;
    CHECK_OK(make(&m, "base: job.yaml\naxes: {ranks: [1, 2], user.tp: [1, 2]}\n"));
    hl_points_forecast(&m.points);
    for (int i = 0; i < m.points.n; i++) {
        const hl_point *p = &m.points.at[i];
        const bool cannot_be = i == 1; /* two ranks of a layer, one in all */
        CHECK((p->reason != NULL) == cannot_be && (p->seconds > 0) == !cannot_be && (*p->layout != 0) == !cannot_be);
    }
    drop(&m);
}

static const test tests[] = {
    {"what is not said is the default", what_is_not_said_is_the_default},
    {"a grid has all combinations", a_grid_has_all_combinations},
    {"listed points come behind the grid", listed_points_come_behind_the_grid},
    {"users grow with ranks where those of a rank are fixed", users_grow_with_ranks_where_those_of_a_rank_are_fixed},
    {"a folder is named by all that is measured", a_folder_is_named_by_all_that_is_measured},
    {"order is by seed and repetition", order_is_by_seed_and_repetition},
    {"what is wrong is a sentence", what_is_wrong_is_a_sentence},
    {"every point has a forecast or a reason", every_point_has_a_forecast_or_a_reason},
};
HL_TESTS("study", tests)
