/* test-study-report.c - what reports say beside the table: efficiencies, phases, a table for TeX, lines for Extra-P;
 * and what stays put along the ranks of a study. */
#include "base/arena.h"
#include "base/path.h"
#include "app/study/grown.h"
#include "app/study/measure.h"
#include "app/study/report.h"
#include "app/study/study-record.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

static char dir[PATH_MAX];

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    CHECK_OK(hl_folder_make(folder));
    hl_path(path, "%s/%s", folder, name);
    CHECK_OK(hl_atomic_write(path, text, strlen(text)));
}

static char *read_file(const char *name)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    hl_path(path, "%s/%s", dir, name);
    CHECK_OK(hl_regular_read(path, 1 << 20, &text, &n));
    return text;
}

typedef struct {
    hl_study study;
    hl_points points;
} made;

/* A study in a folder of its own, whose base is `job`. */
static hl_status make(made *m, const char *name, const char *job, const char *text)
{
    char path[PATH_MAX];
    *m = (made){0};
    hl_path(dir, "%s/%s", check_folder(), name);
    write_file(dir, "job.yaml", job);
    hl_path(path, "%s/study.yaml", dir);
    hl_status s = hl_study_parse(&m->study, text, strlen(text), path);
    return s == HL_OK ? hl_points_expand(&m->points, &m->study) : s;
}

static void drop(made *m)
{
    hl_points_free(&m->points);
    hl_study_free(&m->study);
}

static const char job[] =
    "data_path: d\ntext_path: t\ndataset: x\ntokenizer: bytes\nbatch_size: 6\ncheckpoint_dir: c\n";

/* ---- reports */

/* A rank computes for 1 / ranks seconds, twice as slowly where there are more than one, and waits for a fifth of the
 * step; the first run is a little slower. */
static double useful_of(const hl_point *p) { return p->ranks > 1 ? 2.0 : 1.0; }

static void write_run(const hl_point *p, int repetition)
{
    char folder[PATH_MAX], text[2000];
    const double seconds = useful_of(p) / p->ranks / 0.8 * (repetition == 1 ? 1.01 : 1);
    hl_measure_folder(folder, dir, p, repetition);
    snprintf(
        text, sizeof text,
        "{\"seconds\": %.17g, \"ranks\": %d, \"threads\": 1, \"users\": %d, \"users_per_second\": %.17g, "
        "\"step_gflops\": 5, \"texts\": 30, \"token_share\": 0.25, \"nodes\": 1, \"cores\": 8, \"useful_seconds\": "
        "%.17g, \"load_balance\": 1, \"communication_efficiency\": 0.8, \"parallel_efficiency\": 0.8, \"step_share\": "
        "0.5, \"peak_bytes\": 1000, \"energy\": \"not readable: why\", \"config_digest\": \"c%d\", \"sent\": "
        "[{\"group\": "
        "\"item_dp\", \"bytes\": 64, \"bytes_most\": 32, \"rank\": 1}, {\"group\": \"world\", \"bytes\": 36}], "
        "\"phases\": "
        "[{\"phase\": \"item_forward\", \"least\": 0.25, \"mean\": 0.5, \"most\": 0.75, \"rank\": 3, \"share\": 0.5}]}",
        seconds, p->ranks, p->users, p->users / seconds, useful_of(p), repetition);
    write_file(folder, "result.json", text);
}

static void measure(made *m, const char *name)
{
    CHECK_OK(
        make(m, name, job,
             "base: job.yaml\nrepetitions: 3\naxes: {ranks: [1, 2, 4]}\npoints: {'50 % of a_b {x} & \\': {ranks: 2, "
             "item.tp: 2, user.tp: 2}}\n"));
    hl_points_forecast(&m->points);
    CHECK_OK(hl_study_record_write(&m->study, &m->points, dir));
    for (int i = 0; i < m->points.n - 1; i++)
        for (int r = 1; r <= 3; r++) write_run(&m->points.at[i], r);
    CHECK_OK(hl_report_write(dir));
}

/* Along cores: efficiency is computation scalability by what parallel efficiency has changed. */
static void efficiency_is_the_product_of_its_causes(void)
{
    made m;
    hl_outcomes o;
    measure(&m, "causes");
    hl_outcomes_read(&o, &m.study, &m.points, dir);
    for (int i = 0; i < 3; i++) {
        const hl_outcome *x = &o.at[i];
        CHECK_NEAR(x->figure[HL_OUTCOME_USEFUL], useful_of(x->point) / 6, 1e-9);
        CHECK_NEAR(x->computation, i ? 0.5 : 1, 1e-9);
        CHECK_NEAR(x->global, x->computation * 0.8, 1e-9);
        CHECK_NEAR(x->efficiency, x->computation, 1e-9);
        CHECK_NEAR(x->figure[HL_OUTCOME_SENT], 100, 0);
        CHECK(isnan(x->figure[HL_OUTCOME_JOULES]) && isnan(x->figure[HL_OUTCOME_REPLICA_BALANCE]));
        CHECK(isnan(x->promise) && x->runs == 3);
        CHECK_NEAR(hl_outcome_number(x->typical, "seconds"), x->figure[HL_OUTCOME_SECONDS], 0);
        CHECK(strcmp(hl_outcome_text(x->typical, "config_digest"), "c2") == 0);
    }
    CHECK(o.energy.n == 1 && strcmp(o.energy.at[0], "not readable: why") == 0 && o.at[3].typical == NULL);
    hl_outcomes_free(&o);
    drop(&m);
}

static int count(const char *text, const char *what)
{
    int n = 0;
    for (; (text = strstr(text, what)); text += strlen(what)) n++;
    return n;
}

/* Every row has the columns that the table says, whatever a point is called. */
static void a_table_for_tex_has_its_texts_escaped(void)
{
    made m;
    measure(&m, "tex");
    char *text = read_file("report.tex"), *rest = text;
    int rows = 0;
    CHECK(strstr(text, "\\begin{tabular}{lrrrrr}\n") != NULL && strstr(text, "\\end{table}\n") != NULL);
    CHECK(strstr(text, "50 \\% of a\\_b \\{x\\} \\& \\textbackslash{} & 2 & 6 & ") != NULL);
    for (char *line; (line = strsep(&rest, "\n"));) {
        if (!strstr(line, " \\\\")) continue;
        CHECK(count(line, " & ") == 5 && strcmp(line + strlen(line) - 3, " \\\\") == 0);
        rows++;
    }
    CHECK(rows == 2 * (1 + 4));
    free(text);
    drop(&m);
}

static void phases_have_lines_of_their_own(void)
{
    made m;
    measure(&m, "phases");
    char *text = read_file("report-phases.csv"), *page = read_file("report.html");
    CHECK(strstr(text, "\nranks 2,item_forward,0.25,0.5,0.75,3,0.5\n") != NULL && count(text, "\n") == 4);
    CHECK(strstr(page, "<th>item_forward</th><td>250</td><td>500</td><td>750</td><td>3</td><td>50 %</td>") != NULL);
    CHECK(strstr(page, "Energy is not readable: why.") != NULL);
    CHECK(strstr(page, "Promised seconds are left out") != NULL && strstr(page, "<td>assumed</td>") != NULL);
    free(text);
    free(page);
    drop(&m);
}

/* Each line is an object with one parameter, and the values of all runs. */
static void extra_p_gets_all_runs(void)
{
    made m;
    int lines = 0, times = 0;
    measure(&m, "extrap");
    char *text = read_file("report.extrap.jsonl"), *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        json_t *o = json_loads(line, 0, NULL);
        const char *path = json_string_value(json_object_get(o, "callpath")),
                   *metric = json_string_value(json_object_get(o, "metric"));
        const json_t *params = json_object_get(o, "params");
        CHECK(json_object_size(params) == 1 && json_is_integer(json_object_get(params, "cores")));
        CHECK(json_array_size(json_object_get(o, "value")) == 3 && path && metric);
        times += path && metric && strcmp(path, "step->item_forward") == 0 && strcmp(metric, "time") == 0;
        json_decref(o);
    }
    CHECK(lines == 3 * (1 + 1 + 1 + 2) && times == 3); /* seconds, memory, a phase, two groups */
    CHECK(!hl_path_is_there(dir, "report.extrap-2.jsonl"));
    for (int r = 1; r <= 3; r++) write_run(&m.points.at[3], r);
    CHECK_OK(hl_report_write(dir));
    char *other = read_file("report.extrap-2.jsonl");
    CHECK(count(other, "\n") == 5 && count(other, "{\"cores\":2}") == 5); /* a series of one point */
    free(other);
    free(text);
    drop(&m);
}

/* ---- what stays */

static hl_config config_of(const made *m, int point)
{
    hl_config c;
    CHECK_OK(hl_points_config(&c, &m->points.at[point]));
    return c;
}

static void negatives_stay_or_are_refused(void)
{
    static const char study[] = "base: job.yaml\nfixed: negatives\naxes: {ranks: [1, 2, 4]}\n";
    char text[400];
    made m;
    snprintf(text, sizeof text, "%snum_negatives: 48\n", job);
    CHECK_OK(make(&m, "negatives", text, study));
    for (int i = 0; i < 3; i++) {
        hl_config c = config_of(&m, i);
        CHECK(c.batch_size == 6 << i && c.num_negatives == 48);
        hl_config_free(&c);
    }
    drop(&m);
    snprintf(text, sizeof text, "%snum_negatives: 12\n", job);
    CHECK_FAILS(make(&m, "negatives", text, study), HL_EUSAGE, "num_negatives is 12 and would not stay");
    drop(&m);
    CHECK_FAILS(make(&m, "negatives", job, study), HL_EUSAGE, "num_negatives is 0 and so grows with the users");
    drop(&m);
}

static const char of_synth[] = "data_path: w/dataset\ntext_path: w/information/\ndataset: x\ndataset_dir: w/tokens\n"
                               "tokenizer: bytes\nbatch_size: 6\nnum_negatives: 12\ncheckpoint_dir: c\n";
static const char growing[] = "base: job.yaml\nfixed: unique_items\naxes: {ranks: [1, 3]}\n";

/* One rank has the world of the base, and more ranks one as many times as large. */
static void the_world_grows_with_the_ranks(void)
{
    made m;
    hl_names words = {0};
    CHECK_OK(make(&m, "grown", of_synth, growing));
    const hl_point *one = &m.points.at[0], *three = &m.points.at[1];
    CHECK(one->world == NULL && three->world && strcmp(three->world, "w-x3") == 0 && three->times == 3);
    hl_config c = config_of(&m, 0);
    CHECK(c.batch_size == 6 && c.num_negatives == 12 && strcmp(c.data_path, "w/dataset") == 0);
    hl_config_free(&c);
    c = config_of(&m, 1);
    CHECK(c.batch_size == 18 && c.num_negatives == 36 && strcmp(c.data_path, "w-x3/dataset") == 0);
    CHECK(strcmp(c.text_path, "w-x3/information") == 0 && strcmp(c.dataset_dir, "w/tokens-x3") == 0);
    hl_config_free(&c);
    CHECK(strcmp(one->problem, three->problem) == 0);
    hl_grown_arguments(&words, three->base_world, three->world, three->times);
    CHECK(words.n == 6 && strcmp(words.at[1], "w-x3") == 0 && strcmp(words.at[3], "w") == 0);
    CHECK(strcmp(words.at[5], "3") == 0);
    hl_names_free(&words);
    drop(&m);
}

static void real_data_do_not_grow(void)
{
    char text[3 * PATH_MAX], folder[PATH_MAX];
    made m;
    CHECK_FAILS(make(&m, "real", job, growing), HL_EUSAGE, "fixed: unique_items needs DIR/dataset and DIR/information");
    drop(&m);
    hl_path(folder, "%s/mine", check_folder());
    snprintf(text, sizeof text,
             "data_path: %s/dataset\ntext_path: %s/information\ndataset: x\ntokenizer: bytes\nbatch_size: 6\n"
             "checkpoint_dir: c\n",
             folder, folder);
    CHECK_OK(make(&m, "real", text, growing)); /* not there yet */
    drop(&m);
    hl_path(folder, "%s/mine/dataset", check_folder());
    write_file(folder, "x.csv", "item_id,user_id,timestamp\n");
    CHECK_FAILS(make(&m, "real", text, growing), HL_EUSAGE, "hllm synth has not made these");
    drop(&m);
    hl_path(folder, "%s/mine", check_folder());
    write_file(folder, "oracle.json", "{}");
    CHECK_OK(make(&m, "real", text, growing));
    drop(&m);
}

/* Of a comma-separated line of report.csv, the field of a column of its first line. */
static void field_of(char out[100], const char *csv, int line, const char *column)
{
    char name[100];
    int at = 0;
    for (const char *p = csv; *p != '\n'; at++) {
        const int n = (int)strcspn(p, ",\n");
        snprintf(name, sizeof name, "%.*s", n, p);
        if (strcmp(name, column) == 0) break;
        p += n + (p[n] == ',');
    }
    for (; line > 0; line--) csv = strchr(csv, '\n') + 1;
    for (; at > 0; at--) csv += strcspn(csv, ",") + 1;
    snprintf(out, 100, "%.*s", (int)strcspn(csv, ",\n"), csv);
}

/* Points without texts that have commas. */
static void a_forecast_has_its_interval_where_the_machine_has_one(void)
{
    made m;
    char low[100], high[100];
    CHECK_OK(make(&m, "interval", job, "base: job.yaml\naxes: {ranks: [1, 2]}\n"));
    hl_points_forecast(&m.points);
    CHECK(m.points.at[0].between.high == 0); /* no calibration */
    m.points.at[1].between = (hl_cost_interval){0.25, 0.75};
    CHECK_OK(hl_study_record_write(&m.study, &m.points, dir));
    CHECK_OK(hl_report_write(dir));
    char *csv = read_file("report.csv");
    field_of(low, csv, 1, "forecast_low"), field_of(high, csv, 1, "forecast_high");
    CHECK(*low == 0 && *high == 0);
    field_of(low, csv, 2, "forecast_low"), field_of(high, csv, 2, "forecast_high");
    CHECK(strcmp(low, "0.25") == 0 && strcmp(high, "0.75") == 0);
    free(csv);
    drop(&m);
}

static const test tests[] = {
    {"efficiency is the product of its causes", efficiency_is_the_product_of_its_causes},
    {"a table for TeX has its texts escaped", a_table_for_tex_has_its_texts_escaped},
    {"phases have lines of their own", phases_have_lines_of_their_own},
    {"Extra-P gets all runs", extra_p_gets_all_runs},
    {"a forecast has its interval where the machine has one", a_forecast_has_its_interval_where_the_machine_has_one},
    {"negatives stay or are refused", negatives_stay_or_are_refused},
    {"the world grows with the ranks", the_world_grows_with_the_ranks},
    {"real data do not grow", real_data_do_not_grow},
};
HL_TESTS("study-report", tests)
