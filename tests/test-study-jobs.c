/* test-study-jobs.c - a study in the hands of others: site files, jobs, copies, comparisons. */
#include "base/arena.h"
#include "base/path.h"
#include "app/study/compare.h"
#include "app/study/export.h"
#include "app/study/jobs.h"
#include "app/study/measure.h"
#include "app/study/points.h"
#include "app/study/site.h"
#include "app/study/snapshot.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

static const char job[] =
    "data_path: d\ntext_path: t\ndataset: x\ntokenizer: bytes\nbatch_size: 6\ncheckpoint_dir: c\n";

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[PATH_MAX];
    CHECK_OK(hl_folder_make(folder));
    hl_path(path, "%s/%s", folder, name);
    CHECK_OK(hl_atomic_write(path, text, strlen(text)));
}

/* ---- site files */

static void a_site_file_is_read_as_a_shell_reads_it(void)
{
    hl_site s;
    CHECK_OK(hl_site_parse(&s,
                           "# ours\n\nACCOUNT=a1 # mine\nPARTITION='two words'\n  SBATCH=\"--mem=0 --qos=x\"\n"
                           "TIME=\nSETUP='echo $HOME'\n",
                           "site.conf"));
    CHECK(strcmp(s.value[HL_SITE_ACCOUNT], "a1") == 0 && strcmp(s.value[HL_SITE_PARTITION], "two words") == 0);
    CHECK(strcmp(s.value[HL_SITE_SBATCH], "--mem=0 --qos=x") == 0 && *s.value[HL_SITE_TIME] == 0);
    CHECK(strcmp(s.value[HL_SITE_SETUP], "echo $HOME") == 0 && *s.value[HL_SITE_LAUNCHER] == 0);
    hl_site_free(&s);
}

static void a_site_file_that_is_none_is_a_sentence(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"\nACOUNT=a\n", "site.conf:2: a site has no key \"ACOUNT\"; the nearest is \"ACCOUNT\""},
        {"ACCOUNT a\n", "site.conf:1: not KEY=VALUE"},
        {"ACCOUNT=a b\n", "site.conf:1: not KEY=VALUE"},
        {"ACCOUNT=\"a\n", "site.conf:1: not KEY=VALUE"},
        {"ACCOUNT=$A\n", "site.conf:1: not KEY=VALUE"},
        {"ACCOUNT=\"`date`\"\n", "site.conf:1: not KEY=VALUE"},
        {"RANKS_PER_NODE=two\n", "RANKS_PER_NODE: two is not a whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_site s;
        CHECK_FAILS(hl_site_parse(&s, cases[i].text, "site.conf"), HL_EUSAGE, cases[i].words);
        hl_site_free(&s);
    }
}

static hl_status parse(hl_study *s, const char *text)
{
    char path[PATH_MAX];
    write_file(check_folder(), "job.yaml", job);
    hl_path(path, "%s/curve.yaml", check_folder());
    return hl_study_parse(s, text, strlen(text), path);
}

/* What the study says is stronger. */
static void a_site_gives_what_the_study_leaves_out(void)
{
    static const struct {
        const char *text, *first;
        int node_ranks;
    } cases[] = {{"base: job.yaml\naxes: {nodes: [1]}\n", "run", 3},
                 {"base: job.yaml\naxes: {nodes: [1]}\nlauncher: own\nranks_per_node: 2\n", "own", 2}};
    hl_site site;
    CHECK_OK(hl_site_parse(&site, "LAUNCHER=\"run -n {ranks}\"\nRANKS_PER_NODE=3\n", "site.conf"));
    for (int i = 0; i < 2; i++) {
        hl_study s;
        CHECK_OK(parse(&s, cases[i].text));
        hl_site_apply(&site, &s);
        CHECK(strcmp(s.launcher.at[0], cases[i].first) == 0 && s.node_ranks == cases[i].node_ranks);
        hl_study_free(&s);
    }
    hl_site_free(&site);
}

/* ---- the copy in the study's folder */

/* It means the same points, in the same folders, and so the same measurements. */
static void a_copy_is_the_same_study(void)
{
    static const char text[] =
        "base: job.yaml\naxes: {nodes: [1, 2], item.tp: [1, 2]}\npoints: {'the \"wide\"': {ranks: 8, item.tp: [2, 2]}, "
        "long: {batch_size: 12}}\nfixed: users_per_rank\nrepetitions: 3\nwarmup: 0\nsteps: 4\nseed: 9\n"
        "ranks_per_node: 2\nlauncher: [a b, '{ranks}', \"it's\"]\n";
    char dir[PATH_MAX], path[PATH_MAX];
    hl_study s, copy;
    hl_points p, q;
    CHECK_OK(parse(&s, text));
    hl_path(dir, "%s/copied", check_folder());
    CHECK_OK(hl_snapshot_write(&s, dir));
    hl_path(path, "%s/study.yaml", dir);
    CHECK_OK(hl_study_read(&copy, path));
    CHECK(strcmp(copy.name, "curve") == 0 && copy.repetitions == 3 && copy.seed == 9 && copy.launcher.n == 3);
    CHECK_OK(hl_points_expand(&p, &s));
    CHECK_OK(hl_points_expand(&q, &copy));
    CHECK(p.n == 6 && q.n == 6);
    for (int i = 0; i < p.n; i++) CHECK(strcmp(p.at[i].folder, q.at[i].folder) == 0 && p.at[i].users == q.at[i].users);
    CHECK_OK(hl_snapshot_write(&copy, dir)); /* onto itself: nothing */
    hl_points_free(&p);
    hl_points_free(&q);
    hl_study_free(&s);
    hl_study_free(&copy);
}

/* ---- jobs */

static void a_job_ends_for_a_reason(void)
{
    static const struct {
        const char *state, *log, *words;
    } cases[] = {
        {"TIMEOUT", NULL, "its time limit ended it; give it a longer TIME in the site file (job 7_1)"},
        {NULL, "hllm: at work\nslurmstepd: error: *** JOB 8 ON a CANCELLED AT x DUE TO TIME LIMIT ***\n",
         "its time limit"},
        {NULL, "srun: error: Node failure on st2\n", "a node failed under it"},
        {NULL, "*** JOB 8 ON a CANCELLED AT x DUE TO NODE FAILURE, SEE SLURMCTLD LOG FOR DETAILS ***", "a node failed"},
        {NULL, "slurmstepd: error: *** JOB 8 ON a CANCELLED AT 2026-01-01T00:00:00 ***\n", "it was cancelled"},
        {"FAILED", "module: no such module\n\n", "its job 7_1 ended without a result: module: no such module"},
        {"COMPLETED", NULL, "its job 7_1 ended without a result and without a word"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char reason[300];
        hl_jobs_reason(reason, "7_1", cases[i].state, cases[i].log);
        CHECK(strstr(reason, cases[i].words) != NULL);
    }
}

/* Of two submissions that have a run the later counts; one that is over waits for nobody. */
static void a_run_waits_for_its_latest_job(void)
{
    char dir[PATH_MAX], out[80];
    hl_path(dir, "%s/waiting", check_folder());
    CHECK_OK(hl_folder_make(dir));
    char slurm[PATH_MAX];
    hl_path(slurm, "%s/slurm", dir);
    CHECK_OK(hl_folder_make(slurm));
    json_t *jobs, *states = json_pack("{ss ss ss}", "5_1", "RUNNING", "6_0", "PENDING", "7", "TIMEOUT");
    CHECK_OK(hl_jobs_read(&jobs, dir));
    CHECK(json_array_size(jobs) == 0);
    CHECK_OK(hl_jobs_add(jobs, dir, "5", 1, true, json_pack("[sss]", "a/1", "b/1", "c/1")));
    CHECK_OK(hl_jobs_add(jobs, dir, "6", 2, true, json_pack("[ss]", "d/1", "a/1")));
    CHECK_OK(hl_jobs_add(jobs, dir, "7", 4, false, json_pack("[ss]", "d/1", "e/1")));
    json_decref(jobs);
    CHECK_OK(hl_jobs_read(&jobs, dir));
    CHECK(json_array_size(jobs) == 3);
    CHECK(hl_jobs_waiting(out, jobs, states, "b/1") && strcmp(out, "5_1") == 0);
    CHECK(!hl_jobs_waiting(out, jobs, states, "a/1")); /* 6_1 is gone */
    CHECK(!hl_jobs_waiting(out, jobs, states, "d/1")); /* 7 is over */
    CHECK(!hl_jobs_waiting(out, jobs, states, "none/1"));
    json_decref(jobs);
    json_decref(states);
}

/* What is queued would be submitted again. */
static void a_damaged_list_of_jobs_is_not_an_empty_one(void)
{
    static const char *const texts[] = {"", "{}", "{\"jobs\": 5}", "{\"jobs\": [{\"job\": \"5\", \"array\": true}]}",
                                        "{\"jobs\": [{\"job\": \"5\", \"array\": true, \"runs\": [1]}]}"};
    char dir[PATH_MAX], path[PATH_MAX];
    json_t *jobs;
    hl_path(dir, "%s/damaged", check_folder());
    hl_path(path, "%s/slurm", dir);
    CHECK_OK(hl_folder_make(path));
    hl_path(path, "%s/slurm/jobs.json", dir);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK_OK(hl_atomic_write(path, texts[i], strlen(texts[i])));
        CHECK_FAILS(hl_jobs_read(&jobs, dir), HL_EFORMAT, "jobs.json");
        CHECK(jobs == NULL);
    }
}

/* ---- comparisons */

static void points_differ_where_their_intervals_are_apart(void)
{
    static const struct {
        hl_compare_row mine;
        hl_compare_finding finding;
        double ratio;
    } cases[] = {
        {{"a", 8, 2.0, 1.9, 2.1}, HL_COMPARE_SAME, 1},      {{"a", 8, 2.2, 2.0, 2.4}, HL_COMPARE_SAME, 1.1},
        {{"a", 8, 2.6, 2.3, 2.8}, HL_COMPARE_SLOWER, 1.3},  {{"a", 8, 1.0, 0.9, 1.1}, HL_COMPARE_FASTER, 0.5},
        {{"a", 16, 2, 1.9, 2.1}, HL_COMPARE_OTHER_WORK, 1}, {{"a", 8, 2.06, NAN, NAN}, HL_COMPARE_SAME, 1.03},
        {{"a", 8, 2.2, NAN, NAN}, HL_COMPARE_SLOWER, 1.1},  {{"z", 8, 2, 1.9, 2.1}, HL_COMPARE_ABSENT, NAN},
    };
    hl_compare_rows r;
    CHECK_OK(
        hl_compare_parse(&r, "point,users,runs,seconds,seconds_low,seconds_high\na,8,3,2,1.8,2.2\nb,8,0,,,\n", "t"));
    CHECK(r.n == 1); /* b has no runs */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const hl_compare_result x = hl_compare_row_with(&cases[i].mine, &r);
        CHECK(x.finding == cases[i].finding);
        if (isfinite(cases[i].ratio)) CHECK_NEAR(x.ratio, cases[i].ratio, 1e-12);
    }
    hl_compare_free(&r);
}

static void names_in_quotes_are_read(void)
{
    hl_compare_rows r;
    CHECK_OK(hl_compare_parse(&r,
                              "\"seconds\",runs,point,users,seconds_high,seconds_low\r\n"
                              "1.5,1,\"nodes 2, the \"\"wide\"\"\",4,,\r\n2.5,1,b,4,3,2",
                              "t"));
    CHECK(r.n == 2 && strcmp(r.at[0].name, "nodes 2, the \"wide\"") == 0 && strcmp(r.at[1].name, "b") == 0);
    CHECK(r.at[0].seconds == 1.5 && isnan(r.at[0].low) && r.at[1].low == 2 && r.at[1].high == 3);
    hl_compare_free(&r);
}

static void a_table_that_is_none_is_a_sentence(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "t.csv:1: there is no column point"},
        {"point,users,runs,seconds,seconds_low\n", "t.csv:1: there is no column seconds_high"},
        {"point,users,runs,seconds,seconds_low,seconds_high\na,8,1,2\n",
         "t.csv:2: 4 fields where the first line has 6"},
        {"point,users,runs,seconds,seconds_low,seconds_high\na,8,1,x,,\n", "t.csv:2: seconds: x is no number"},
        {"point,users,runs,seconds,seconds_low,seconds_high\na,8,1,-2,,\n", "t.csv:2: a point with runs has users"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_compare_rows r;
        CHECK_FAILS(hl_compare_parse(&r, cases[i].text, "t.csv"), HL_EFORMAT, cases[i].words);
        hl_compare_free(&r);
    }
}

/* ---- other tools */

/* Both have a run for each point and repetition: JUBE by its folder, ReFrame by ranks, ranks of a node, threads and
 * options. */
static void other_tools_get_the_same_runs(void)
{
    static const char *const words[HL_EXPORTS][3] = {
        [HL_EXPORT_JUBE] = {"iterations: 3\n", " --only $folder/$((1 + $jube_wp_iteration))\"", "_: \"0,1\"}"},
        [HL_EXPORT_REFRAME] = {"range(1, 4)", "\"nodes 2, item.tp 1\": (4, 2, 1, [\"bench\", \"step\", ",
                               "\"--item.tp\", \"1\", \"--threads\", \"1\", \"--warmup\", \"1\", \"--steps\", \"7\""}};
    static const char *const files[HL_EXPORTS] = {"jube.yaml", "reframe.py"};
    char dir[PATH_MAX], path[PATH_MAX], *text;
    size_t n;
    hl_study s;
    hl_points p;
    hl_path(dir, "%s/exported", check_folder());
    CHECK_OK(parse(
        &s, "base: job.yaml\naxes: {nodes: [2, 4], item.tp: [1]}\nranks_per_node: 2\nrepetitions: 3\nsteps: 7\n"));
    CHECK_OK(hl_points_expand(&p, &s));
    for (int kind = 0; kind < HL_EXPORTS; kind++) {
        CHECK_OK(hl_export_write((hl_export)kind, &s, &p, dir));
        hl_path(path, "%s/%s", dir, files[kind]);
        CHECK_OK(hl_regular_read(path, 100000, &text, &n));
        for (int i = 0; i < 3; i++) CHECK(strstr(text, words[kind][i]) != NULL);
        for (int i = 0; i < p.n; i++)
            CHECK(strstr(text, kind == HL_EXPORT_JUBE ? p.at[i].folder : p.at[i].name) != NULL);
        free(text);
    }
    hl_points_free(&p);
    hl_study_free(&s);
}

static const test tests[] = {
    {"a site file is read as a shell reads it", a_site_file_is_read_as_a_shell_reads_it},
    {"a site file that is none is a sentence", a_site_file_that_is_none_is_a_sentence},
    {"a site gives what the study leaves out", a_site_gives_what_the_study_leaves_out},
    {"a copy is the same study", a_copy_is_the_same_study},
    {"a job ends for a reason", a_job_ends_for_a_reason},
    {"a run waits for its latest job", a_run_waits_for_its_latest_job},
    {"a damaged list of jobs is not an empty one", a_damaged_list_of_jobs_is_not_an_empty_one},
    {"other tools get the same runs", other_tools_get_the_same_runs},
    {"points differ where their intervals are apart", points_differ_where_their_intervals_are_apart},
    {"names in quotes are read", names_in_quotes_are_read},
    {"a table that is none is a sentence", a_table_that_is_none_is_a_sentence},
};
HL_TESTS("study-jobs", tests)
