/* test-study.c - a study file means points, in an order of its own. */
#include "base/arena.h"
#include "base/path.h"
#include "base/rng.h"
#include "app/study/measure.h"
#include "app/study/outcome.h"
#include "app/study/study-record.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
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

/* Of ranks, nodes and ranks a node two give the third. */
static void ranks_are_those_of_the_nodes(void)
{
    static const struct {
        const char *text;
        int ranks, nodes, ranks_per_node;
    } cases[] = {
        {"{nodes: 4, ranks_per_node: 3}", 12, 4, 3},
        {"{nodes: 4, ranks: 8}", 8, 4, 2},
        {"{ranks_per_node: 2, ranks: 6}", 6, 3, 2},
        {"{nodes: 4, ranks: 8, ranks_per_node: 2}", 8, 4, 2},
        {"{nodes: 4}", 4, 4, 1},
        {"{ranks_per_node: 3}", 3, 1, 3},
        {"{ranks: 5}", 5, 0, 0},
        {"{zero: 1}", 1, 0, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[200];
        made m;
        snprintf(text, sizeof text, "base: job.yaml\naxes: %s\n", cases[i].text);
        CHECK_OK(make(&m, text));
        const hl_point *p = m.points.at;
        CHECK(m.points.n == 1 && p->ranks == cases[i].ranks && p->nodes == cases[i].nodes);
        CHECK(p->ranks_per_node == cases[i].ranks_per_node);
        drop(&m);
    }
}

/* Nodes grow along a line; how many ranks each has tells lines apart, but not problems. */
static void a_line_is_of_nodes_with_so_many_ranks(void)
{
    made m;
    CHECK_OK(make(&m, "base: job.yaml\naxes: {nodes: [1, 2], ranks_per_node: [1, 2]}\n"));
    for (int i = 0; i < 4; i++) {
        const hl_point *p = &m.points.at[i];
        CHECK(strcmp(p->series, i % 2 ? "ranks_per_node 2" : "ranks_per_node 1") == 0 && *p->problem == 0);
    }
    drop(&m);
    CHECK_OK(make(&m, "base: job.yaml\naxes: {ranks_per_node: [1, 2]}\n"));
    CHECK(*m.points.at[0].series == 0 && *m.points.at[1].series == 0);
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
        {"base: job.yaml\naxes: {ranks: [1000000], threads: [4096]}\n", "1000000 ranks of 4096 threads are too many"},
        {"base: job.yaml\naxes: {ranks: [1], item.tp: [x]}\n", "item.tp: \"x\" is not"},
        {"base: job.yaml\naxes:\n  nodes: [2]\n  ranks: [3]\n",
         "one.two.yaml:4: point \"nodes 2, ranks 3\": 3 ranks are not 2 nodes of 2 ranks"},
        {"base: job.yaml\npoints:\n  a: {nodes: 2, ranks_per_node: 2, ranks: 2}\n",
         "one.two.yaml:3: point \"a\": 2 ranks are not 2 nodes of 2 ranks"},
        {"base: job.yaml\naxes: {nodes: [1000], ranks_per_node: [1001]}\n", "have more than 1000000 ranks"},
        {"base: job.yaml\naxes: {node: [1]}\n", "the nearest is \"nodes\""},
        {"base: job.yaml\naxes: {rank_per_node: [1]}\n", "the nearest is \"ranks_per_node\""},
        {"base: job.yaml\naxes: {ranks: [1, 1]}\n", "points \"ranks 1\" and \"ranks 1\" are the same"},
        {"base: job.yaml\npoints: {a: {ranks: 2}, b: {ranks: 2, threads: 1}}\n", "points \"a\" and \"b\" are the same"},
        {"base: job.yaml\npoints: {ranks: 2}\n", "a point has a name"},
        {"base: job.yaml\nfixed: user\naxes: {ranks: 1}\n",
         "user is none of users, users_per_rank, negatives, unique_items"},
        {"base: job.yaml\nrepetitions: 0\naxes: {ranks: 1}\n", "repetitions: 0 is not a whole number from 1"},
        {"base: job.yaml\nsteps: [1, 2]\naxes: {ranks: 1}\n", "steps should have one value"},
        {"base: job.yaml\ntask: training\naxes: {ranks: 1}\n",
         "one.two.yaml:2: task: training is neither steps nor train"},
        {"base: job.yaml\ntask: train\nfixed: negatives\naxes: {ranks: 1}\n", "fixed: negatives is for task: steps"},
        {"base: job.yaml\naxes: {model: [EASE]}\n", "to measure"},
        {"base: job.yaml\nphase: valid\naxes: {ranks: 1}\n", "phase: valid is for task: train"},
        {"base: job.yaml\ntask: train\nphase: train\naxes: {ranks: 1}\n", "train is neither valid nor test"},
        {"base: job.yaml\ntune: {axes: {epochs: [1, 2]}}\naxes: {ranks: 1}\n", "tune is for task: train"},
        {"base: job.yaml\ntask: train\ntune: {metric: MRR}\naxes: {ranks: 1}\n", "tune has no grid"},
        {"base: job.yaml\ntask: train\ntune: {axis: {epochs: 1}}\naxes: {ranks: 1}\n", "the nearest is \"tune.axes\""},
        {"base: job.yaml\ntask: train\naxes: {ranks: 1}\ntune:\n  axes: {ranks: [1, 2]}\n",
         "one.two.yaml:5: tune.axes.ranks: ranks is not tuned"},
        {"base: job.yaml\ntask: train\naxes: {ranks: 1}\ntune: {axes: {seed: [1, 2]}}\n", "seed is not tuned"},
        {"base: job.yaml\ntask: train\naxes: {ranks: 1}\ntune: {axes: {epochs: []}}\n", "has no value"},
        {"base: job.yaml\ntask: train\naxes: {ranks: 1}\ntune: {axes: {epochs: [2, 2]}}\n",
         "candidates \"ranks 1, epochs 2\" and \"ranks 1, epochs 2\" are the same"},
        {"base: job.yaml\ntask: train\npoints: {a: {ranks: 1}}\ntune: {points: {b: {epochs: [1]}}}\n",
         "there is no point \"b\""},
        {"base: job.yaml\ntask: train\npoints: {a: {model: EASE}}\ntune: {points: {a: {epochs: [1]}}}\n", "to tune"},
        {"base: none.yaml\naxes: {ranks: 1}\n", "none.yaml: cannot be opened"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        made m;
        CHECK_FAILS(make(&m, cases[i].text), HL_EUSAGE, cases[i].words);
        drop(&m);
    }
}

/* The first axis of several numbers; a listed point that has a number of it lies there too. */
static void trainings_lie_along_an_axis_of_numbers(void)
{
    made m;
    CHECK_OK(make(
        &m, "base: job.yaml\ntask: train\naxes: {model: [HLLM, EASE], epochs: [1], num_negatives: [8, 16], seed: [1, "
            "2]}\npoints: {a: {num_negatives: 4}}\n"));
    CHECK(m.points.n == 9);
    for (int i = 0; i < 8 && m.points.n == 9; i++) {
        const hl_point *p = &m.points.at[i];
        CHECK(p->axis && strcmp(p->axis, "num_negatives") == 0 && p->along == (i / 2 % 2 ? 16 : 8));
        CHECK(strstr(p->curve, "num_negatives") == NULL
              && strstr(p->curve, i < 4 ? "model HLLM" : "model EASE") != NULL);
        CHECK(p->seed == 1 + i % 2);
    }
    CHECK(m.points.n == 9 && m.points.at[8].axis && m.points.at[8].along == 4 && *m.points.at[8].curve == 0);
    drop(&m);
}

static bool has_argument(const hl_point *p, const char *key, const char *value)
{
    bool has = false, is_once = true;
    for (int i = 0; i + 1 < p->arguments.n; i++) {
        if (strcmp(p->arguments.at[i], key) != 0) continue;
        is_once = !has && is_once;
        has = strcmp(p->arguments.at[i + 1], value) == 0;
    }
    return has && is_once;
}

/* The grid of a point replaces that of all, and what is tried replaces what the point says; a model without steps has
 * no candidates.  The record of the folder has the same ones. */
static void points_that_are_tuned_have_candidates(void)
{
    char dir[PATH_MAX];
    made m;
    hl_study s;
    hl_points p;
    snprintf(dir, sizeof dir, "%s/candidates", check_folder());
    CHECK_OK(hl_folder_make(dir));
    CHECK_OK(make(&m, "base: job.yaml\ntask: train\nphase: valid\npoints:\n  a: {epochs: 7}\n  b: {model: EASE}\n"
                      "  c: {num_negatives: 4}\n"
                      "tune: {metric: MRR, seed: 5, axes: {epochs: [1, 2], num_negatives: [8, 16, 32]}, points: {c: "
                      "{epochs: [3, 4]}}}\n"));
    CHECK_OK(hl_study_record_write(&m.study, &m.points, dir));
    CHECK_OK(hl_study_record_read(&s, &p, dir));
    CHECK(m.points.candidates && m.points.candidates->n == 8 && p.candidates && p.candidates->n == 8);
    CHECK(s.on_valid && s.tune.metric.n == 1 && strcmp(s.tune.metric.at[0], "MRR") == 0);
    for (int i = 0; i < 8 && p.candidates && p.candidates->n == 8; i++) {
        static const char *const negatives[] = {"8", "16", "32"}, *const epochs[] = {"1", "2", "3", "4"};
        const hl_point *made_one = &m.points.candidates->at[i], *read = &p.candidates->at[i];
        char name[2][HL_MEASURE_NAME];
        CHECK(has_argument(made_one, "--num_negatives", i < 6 ? negatives[i % 3] : "4"));
        CHECK(has_argument(made_one, "--epochs", epochs[i < 6 ? i / 3 : i - 4]));
        CHECK(made_one->of == (i < 6 ? 0 : 2) && made_one->is_candidate && made_one->seed == 5);
        CHECK(i < 6 && i % 3 != 1 ? made_one->at_end && strstr(made_one->at_end, "num_negatives") : !made_one->at_end);
        CHECK(made_one->at_end ? read->at_end && strcmp(read->at_end, made_one->at_end) == 0 : !read->at_end);
        CHECK(read->of == made_one->of && read->is_candidate && strcmp(read->tried, made_one->tried) == 0);
        hl_measure_name(name[0], made_one, 1);
        hl_measure_name(name[1], read, 1);
        CHECK(strcmp(name[0], name[1]) == 0 && strstr(name[0], "/tune-5") != NULL);
    }
    hl_points_free(&p);
    hl_study_free(&s);
    drop(&m);
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

/* ---- statistics */

static void a_median_is_the_number_in_the_middle(void)
{
    CHECK_NEAR(hl_statistics_median((double[]){3}, 1), 3, 0);
    CHECK_NEAR(hl_statistics_median((double[]){9, 1, 5}, 3), 5, 0);
    CHECK_NEAR(hl_statistics_median((double[]){9, 1, 5, 2}, 4), 3.5, 0);
    CHECK_NEAR(hl_statistics_mean((double[]){9, 1, 5, 1}, 4), 4, 0);
}

/* Of samples of a distribution whose median is 0: the percentiles of resampled medians cover it about as often as they
 * say. */
static void intervals_cover_the_median_as_often_as_they_say(void)
{
    enum { SAMPLES = 300, N = 15 };
    int covered = 0;
    double x[N];
    for (int s = 0; s < SAMPLES; s++) {
        hl_rng r = hl_rng_at(7, HL_FOR_TESTS, (uint64_t)s, 0);
        for (int i = 0; i < N; i++) x[i] = hl_rng_normal(&r);
        const hl_statistics_interval it = hl_statistics_bootstrap(x, N, 1, (uint32_t)s);
        const double m = hl_statistics_median(x, N);
        CHECK(it.low <= m && m <= it.high && it.low < it.high);
        covered += it.low <= 0 && 0 <= it.high;
    }
    CHECK(covered > 0.9 * SAMPLES && covered < SAMPLES);
}

static void an_interval_is_the_same_each_time_and_needs_two_runs(void)
{
    const double x[] = {5, 1, 4, 2, 3};
    const hl_statistics_interval a = hl_statistics_bootstrap(x, 5, 3, 0), b = hl_statistics_bootstrap(x, 5, 3, 0);
    CHECK(a.low == b.low && a.high == b.high && a.low >= 1 && a.high <= 5);
    const hl_statistics_interval one = hl_statistics_bootstrap(x, 1, 3, 0);
    CHECK(isnan(one.low) && isnan(one.high));
    const hl_statistics_interval equal = hl_statistics_bootstrap((double[]){2, 2, 2}, 3, 3, 0);
    CHECK(equal.low == 2 && equal.high == 2);
}

/* Amdahl's law, backwards. */
static void the_serial_share_is_found_again(void)
{
    static const double shares[] = {0, 0.05, 0.5, 1}, times[] = {2, 3, 64};
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 3; k++)
            CHECK_NEAR(hl_statistics_serial_share(1 / (shares[i] + (1 - shares[i]) / times[k]), times[k]), shares[i],
                       1e-12);
    CHECK(isnan(hl_statistics_serial_share(1, 1)));
}

/* ---- outcomes */

static void write_file(const char *folder, const char *name, const char *text)
{
    char file[PATH_MAX];
    CHECK_OK(hl_folder_make(folder));
    hl_path(file, "%s/%s", folder, name);
    CHECK_OK(hl_atomic_write(file, text, strlen(text)));
}

/* A run of a step with a serial share: its seconds are `serial` + (1 - serial) / ranks. */
static void write_run(const char *dir, const hl_point *p, int repetition, double serial)
{
    char folder[PATH_MAX], text[1000];
    const double seconds = serial + (1 - serial) / p->ranks;
    hl_measure_folder(folder, dir, p, repetition);
    snprintf(text, sizeof text,
             "{\"seconds\": %.17g, \"ranks\": %d, \"threads\": %d, \"users\": %d, \"users_per_second\": %.17g, "
             "\"step_gflops\": %.17g, \"texts\": 30, \"token_share\": 0.25, \"nodes\": 1, \"cores\": 8, \"host\": "
             "\"h%d\", \"phases\": [{\"phase\": \"item_forward\", \"share\": 0.5}, {\"phase\": \"sum_item\", "
             "\"share\": 0.25}, {\"phase\": \"update\", \"share\": 0.125}, {\"phase\": \"loss\", \"share\": 0.125}]}",
             seconds, p->ranks, p->threads, p->users, p->users / seconds, 12 / seconds / p->ranks, repetition);
    write_file(folder, "result.json", text);
}

static void outcomes_are_those_of_the_runs(void)
{
    enum { RUNS = 3 };
    const double serial = 0.1;
    char dir[PATH_MAX], folder[PATH_MAX];
    made m;
    hl_study s;
    hl_points p;
    hl_outcomes o;
    snprintf(dir, sizeof dir, "%s/outcomes", check_folder());
    CHECK_OK(hl_folder_make(dir));
    CHECK_OK(make(&m, "base: job.yaml\nrepetitions: 3\naxes: {ranks: [4, 2, 1, 8]}\n"));
    CHECK_OK(hl_study_record_write(&m.study, &m.points, dir));
    for (int i = 0; i < 3; i++)
        for (int r = 1; r <= RUNS - (i == 0); r++) write_run(dir, &m.points.at[i], r, serial);
    hl_measure_folder(folder, dir, &m.points.at[3], 1);
    write_file(folder, "failed.json", "{\"reason\": \"no, for that\"}");

    CHECK_OK(hl_study_record_read(&s, &p, dir));
    CHECK(p.n == 4 && s.repetitions == RUNS && strcmp(p.at[1].folder, m.points.at[1].folder) == 0);
    hl_outcomes_read(&o, &s, &p, dir);
    for (int i = 0; i < 3; i++) {
        const hl_outcome *x = &o.at[i];
        const double speedup = 1 / (serial + (1 - serial) / x->cores);
        CHECK(x->runs == RUNS - (i == 0) && x->missing == (i == 0) && x->failed == 0 && x->beside == &p.at[2]);
        CHECK_NEAR(x->figure[HL_OUTCOME_SECONDS], 1 / speedup, 1e-12);
        CHECK_NEAR(x->figure[HL_OUTCOME_CORE_RATE], 12 * speedup / x->cores, 1e-9);
        CHECK_NEAR(x->speedup, speedup, 1e-9);
        CHECK_NEAR(x->efficiency, speedup / x->cores, 1e-9);
        CHECK_NEAR(x->rate_efficiency, speedup / x->cores, 1e-9); /* the work is the same */
        if (x->cores > 1) CHECK_NEAR(x->serial_share, serial, 1e-9);
        CHECK_NEAR(x->figure[HL_OUTCOME_ITEMS_PER_USER], 5, 0);
        CHECK_NEAR(x->figure[HL_OUTCOME_SAVED], 0.75, 0);
        CHECK_NEAR(x->figure[HL_OUTCOME_COMPUTE], 0.5, 0);
        CHECK_NEAR(x->figure[HL_OUTCOME_EXCHANGE], 0.25, 0);
        CHECK_NEAR(x->figure[HL_OUTCOME_REST], 0.125, 1e-12);
    }
    CHECK(o.at[3].failed == 1 && o.at[3].missing == 2 && isnan(o.at[3].speedup));
    CHECK(o.at[3].reason && strcmp(o.at[3].reason, "no, for that") == 0);
    CHECK(o.hosts.n == RUNS && o.programs.n == 1);
    hl_outcomes_free(&o);
    hl_points_free(&p);
    hl_study_free(&s);
    drop(&m);
}

/* One that is good, and others of which each has one thing that no study has. */
static void a_record_that_is_none_is_a_sentence(void)
{
    static const struct {
        const char *repetitions, *folder, *ranks, *key;
    } cases[] = {
        {"3", "a", "1", "users"},       {"3", "../other", "1", "users"},   {"3", "a", "0", "users"},
        {"3", "a", "1000000", "users"}, {"1000000000", "a", "1", "users"}, {"3", "a", "1", "user"},
    };
    char dir[PATH_MAX], text[1000];
    hl_path(dir, "%s/records", check_folder());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_study s;
        hl_points p;
        snprintf(
            text, sizeof text,
            "{\"schema\": 1, \"name\": \"s\", \"fixed\": \"users\", \"repetitions\": %s, \"warmup\": 1, \"steps\": 1, "
            "\"seed\": 1, \"points\": [{\"name\": \"n\", \"folder\": \"%s\", \"problem\": \"\", \"series\": \"\", "
            "\"layout\": \"\", \"ranks\": %s, \"threads\": 4096, \"%s\": 1}]}",
            cases[i].repetitions, cases[i].folder, cases[i].ranks, cases[i].key);
        write_file(dir, "study.json", text);
        if (i == 0) CHECK_OK(hl_study_record_read(&s, &p, dir));
        else CHECK_FAILS(hl_study_record_read(&s, &p, dir), HL_EFORMAT, "this is not what hllm study writes");
        hl_points_free(&p);
        hl_study_free(&s);
    }
}

/* A larger problem has a smallest point of its own; points of fixed users a rank have no serial share. */
static void points_are_beside_others_of_their_problem(void)
{
    char dir[PATH_MAX];
    made m;
    hl_outcomes o;
    snprintf(dir, sizeof dir, "%s/problems", check_folder());
    CHECK_OK(make(&m,
                  "base: job.yaml\nrepetitions: 1\nfixed: users_per_rank\naxes: {batch_size: [4, 8], threads: [1, 2], "
                  "ranks: [1, 2]}\n"));
    for (int i = 0; i < m.points.n; i++) write_run(dir, &m.points.at[i], 1, 0.2);
    hl_outcomes_read(&o, &m.study, &m.points, dir);
    for (int i = 0; i < o.n; i++) {
        CHECK(o.at[i].beside == &m.points.at[i / 4 * 4]);
        CHECK(o.at[i].point->ranks == 1 || isnan(o.at[i].serial_share));
        CHECK_NEAR(o.at[i].ideal, o.at[i].cores, 0);
    }
    hl_outcomes_free(&o);
    drop(&m);
}

/* Where every point says its nodes they are the unit, however many cores a node's ranks take. */
static void a_node_is_the_unit_where_points_say_nodes(void)
{
    char dir[PATH_MAX], folder[PATH_MAX];
    made m;
    hl_outcomes o;
    snprintf(dir, sizeof dir, "%s/nodes", check_folder());
    CHECK_OK(make(&m, "base: job.yaml\nrepetitions: 2\naxes: {nodes: [2, 4], ranks_per_node: [1, 2]}\n"));
    for (int i = 0; i < m.points.n; i++)
        for (int r = 1; r <= 2; r++) write_run(dir, &m.points.at[i], r, 0);
    hl_measure_folder(folder, dir, &m.points.at[3], 2);
    write_file(folder, "result.json",
               "{\"seconds\": 0.125, \"users_per_second\": 48, \"nodes\": 2, \"cores\": 8, "
               "\"hosts\": [{\"machine\": \"b\"}, {\"machine\": \"c\"}]}");
    hl_outcomes_read(&o, &m.study, &m.points, dir);
    CHECK(strcmp(o.unit, "node") == 0 && o.at[0].size == 2 && o.at[3].size == 4);
    for (int i = 0; i < o.n; i++) { /* the fastest of the fewest nodes: 2 of 2 ranks */
        CHECK(o.at[i].beside == &m.points.at[1]);
        CHECK_NEAR(o.at[i].ideal, i / 2 + 1, 0);
        CHECK_NEAR(o.at[i].speedup, (i % 2 + 1) * (i / 2 + 1) / 2.0, 1e-9);
        CHECK(o.at[i].host_lists == 2);
    }
    CHECK(strstr(o.hosts.at[o.hosts.n - 1], "2 nodes of 8 cores: b, c") != NULL);
    hl_outcomes_free(&o);
    drop(&m);
}

static const test tests[] = {
    {"what is not said is the default", what_is_not_said_is_the_default},
    {"a grid has all combinations", a_grid_has_all_combinations},
    {"ranks are those of the nodes", ranks_are_those_of_the_nodes},
    {"a line is of nodes with so many ranks", a_line_is_of_nodes_with_so_many_ranks},
    {"a node is the unit where points say nodes", a_node_is_the_unit_where_points_say_nodes},
    {"listed points come behind the grid", listed_points_come_behind_the_grid},
    {"trainings lie along an axis of numbers", trainings_lie_along_an_axis_of_numbers},
    {"points that are tuned have candidates", points_that_are_tuned_have_candidates},
    {"users grow with ranks where those of a rank are fixed", users_grow_with_ranks_where_those_of_a_rank_are_fixed},
    {"a folder is named by all that is measured", a_folder_is_named_by_all_that_is_measured},
    {"order is by seed and repetition", order_is_by_seed_and_repetition},
    {"what is wrong is a sentence", what_is_wrong_is_a_sentence},
    {"every point has a forecast or a reason", every_point_has_a_forecast_or_a_reason},
    {"a median is the number in the middle", a_median_is_the_number_in_the_middle},
    {"intervals cover the median as often as they say", intervals_cover_the_median_as_often_as_they_say},
    {"an interval is the same each time, and needs two runs", an_interval_is_the_same_each_time_and_needs_two_runs},
    {"the serial share is found again", the_serial_share_is_found_again},
    {"outcomes are those of the runs", outcomes_are_those_of_the_runs},
    {"a record that is none is a sentence", a_record_that_is_none_is_a_sentence},
    {"points are beside others of their problem", points_are_beside_others_of_their_problem},
};
HL_TESTS("study", tests)
