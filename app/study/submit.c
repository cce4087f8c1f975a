/* submit.c - have Slurm make the runs of a study. */
#include "app/study/submit.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/path.h"
#include "app/study/candidates.h"
#include "app/study/child.h"
#include "app/study/jobs.h"
#include "app/study/measure.h"
#include "app/study/program.h"
#include "app/study/script.h"
#include "app/study/shell.h"
#include "app/study/snapshot.h"
#include "app/study/tuning.h"
#include "app/study/study-record.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/lock.h"
#include "io/files/regular.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_ELEMENTS = 1000, MOST_BYTES = 1 << 20 }; /* of an array, as Slurm has it by default */

/* A submission in the making. */
typedef struct {
    const hl_submit_orders *orders;
    const hl_points *points; /* whose runs are submitted: those of the study, or the candidates */
    const hl_points *study_points;
    hl_script_job job;
    json_t *jobs, *states;
    char behind[100000]; /* ":12:13", what the report waits for */
    char prepared[80];   /* the job that prepares datasets; "": none */
    int number;          /* of this submission, in names */
    int *repetition;     /* (points, repetitions): which are to be made; 0: not this one */
    int runs, waiting, there;
} submission;

/* ---- which runs */

static hl_status check_nodes(const hl_study *s, const hl_points *p)
{
    for (int i = 0; i < p->n; i++)
        if (!p->at[i].nodes)
            return HL_FAIL(HL_EUSAGE,
                           "%s: point \"%s\" does not say on how many nodes it is; give axes nodes or ranks_per_node",
                           s->path, p->at[i].name);
    return HL_OK;
}

static bool has_result(const char *dir, const hl_point *p, int repetition)
{
    json_t *result = hl_measure_result(dir, p, repetition);
    json_decref(result);
    return result != NULL;
}

static bool is_impossible(const hl_point *p) { return p->reason && !p->may_run; }

/* A point that has candidates is made when it is known which is taken; a candidate that has failed is left as it is
 * where another one is taken. */
static bool is_left_out(const submission *b, const hl_point *p, int repetition)
{
    const hl_points *all = b->study_points;
    if (!p->is_candidate) return !b->orders->one_job && !p->taken && hl_candidates_any(all, (int)(p - all->at));
    return all->at[p->of].taken && !hl_measure_is_open(b->job.dir, p, repetition);
}

/* Is the run to be made by a new job? */
static bool is_missing(submission *b, const hl_point *p, int repetition)
{
    char run[300], job[80];
    hl_measure_name(run, p, repetition);
    if (has_result(b->job.dir, p, repetition)) return b->there++, false;
    if (hl_jobs_waiting(job, b->jobs, b->states, run)) return b->waiting++, false;
    if (is_left_out(b, p, repetition)) return false;
    return !is_impossible(p);
}

static hl_status note_impossible(const hl_study *s, const hl_points *p, const char *dir)
{
    for (int i = 0; i < p->n; i++)
        for (int r = 1; is_impossible(&p->at[i]) && r <= s->repetitions; r++)
            HL_TRY(hl_measure_note(dir, &p->at[i], r, p->at[i].reason));
    return HL_OK;
}

/* ---- one command */

/* The number that sbatch --parsable prints, "12" or "12;cluster". */
static hl_status read_number(char number[80], const char *out)
{
    char *text = NULL;
    size_t n;
    HL_TRY(hl_regular_read(out, MOST_BYTES, &text, &n));
    size_t digits = strspn(text, "0123456789");
    snprintf(number, 80, "%.*s", hl_min((int)digits, 40), text);
    free(text);
    return digits ? HL_OK : HL_FAIL(HL_EFAIL, "sbatch has printed no number of a job; see %s", out);
}

static hl_status refuse(const char *script, const char *err)
{
    char *text = NULL, first[200] = "";
    size_t n;
    if (hl_regular_read(err, MOST_BYTES, &text, &n) == HL_OK) snprintf(first, sizeof first, "%s", text);
    free(text);
    first[strcspn(first, "\n")] = 0;
    return HL_FAIL(HL_EFAIL, "sbatch %s: %s; change the site file (--site) and submit again: what is queued stays",
                   script, *first ? first : "it has failed");
}

static hl_status start_sbatch(char number[80], const submission *b, char *const argv[], const char *script)
{
    char out[PATH_MAX], err[PATH_MAX];
    int status;
    hl_path(out, "%s/slurm/sbatch.out", b->job.dir);
    hl_path(err, "%s/slurm/sbatch.err", b->job.dir);
    hl_status s = hl_child_run(&status, argv, out, err);
    if (s == HL_EUSAGE) s = HL_FAIL(HL_EFAIL, "there is no sbatch here; submit on a machine of the cluster");
    if (s == HL_OK) s = status ? refuse(script, err) : read_number(number, out);
    if (s == HL_OK) unlink(out), unlink(err);
    return s;
}

/* sbatch a script, or show how; behind: ":12:13", jobs that are to be over before, or "". */
static hl_status sbatch(char number[80], const submission *b, const char *script, const char *behind)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    fprintf(out, "--dependency=afterany%s", behind);
    fclose(out);
    const char *argv[] = {"sbatch", "--parsable", *behind ? text : script, *behind ? script : NULL, NULL};
    hl_status s = HL_OK;
    if (b->orders->dry_run) {
        for (int i = 0; argv[i]; i++) hl_shell_word(stdout, argv[i]), putchar(argv[i + 1] ? ' ' : '\n');
        strcpy(number, "JOB");
    } else s = start_sbatch(number, b, (char *const *)(uintptr_t)argv, script);
    free(text);
    return s;
}

static void wait_for(submission *b, const char *number)
{
    const size_t n = strlen(b->behind);
    snprintf(b->behind + n, sizeof b->behind - n, ":%s", number);
}

static const char *after_preparing(char out[100], const submission *b)
{
    snprintf(out, 100, "%s%s", *b->prepared ? ":" : "", b->prepared);
    return out;
}

/* ---- jobs */

static bool has_data_of(const hl_point *a, const hl_point *b)
{
    const char *x = a->world ? a->world : "", *y = b->world ? b->world : "";
    return strcmp(a->problem, b->problem) == 0 && strcmp(x, y) == 0;
}

/* Points whose datasets may differ: the first of each problem, and of each world. */
static hl_status prepare(submission *b)
{
    char path[PATH_MAX], name[80];
    int n = 0;
    const hl_points *p = b->points;
    const hl_point **first = hl_alloc((size_t)p->n * sizeof *first);
    for (int i = 0; i < p->n; i++) {
        int k = 0;
        while (k < n && !has_data_of(first[k], &p->at[i])) k++;
        if (k == n && !is_impossible(&p->at[i])) first[n++] = &p->at[i];
    }
    snprintf(name, sizeof name, "%d-prepare", b->number);
    hl_status s = hl_script_prepare(path, &b->job, name, first, n);
    if (s == HL_OK) s = sbatch(b->prepared, b, path, "");
    free(first);
    return s;
}

/* A file with a line a run. */
static hl_status write_list(const submission *b, const char *name, const json_t *runs)
{
    char path[PATH_MAX], *text = NULL;
    size_t n, i;
    const json_t *run;
    FILE *out = hl_alloc_stream(&text, &n);
    json_array_foreach(runs, i, run) fprintf(out, "%s\n", json_string_value(run));
    fclose(out);
    hl_path(path, "%s/slurm/%s.runs", b->job.dir, name);
    hl_status s = hl_atomic_write(path, text, n);
    free(text);
    return s;
}

/* What an earlier job has left says nothing of a new one. */
static void forget_failures(const submission *b, const json_t *runs)
{
    char path[PATH_MAX];
    const json_t *run;
    size_t i;
    json_array_foreach(runs, i, run)
    {
        hl_path(path, "%s/%s/failed.json", b->job.dir, json_string_value(run));
        unlink(path);
    }
}

static hl_status submit_runs(submission *b, int nodes, json_t *runs, int part)
{
    char path[PATH_MAX], name[80], behind[100], number[80], more[20] = "";
    const bool is_array = !b->orders->one_job;
    if (part) snprintf(more, sizeof more, "-%d", part + 1);
    snprintf(name, sizeof name, is_array ? "%d-nodes-%d%s" : "%d-one-job-%d%s", b->number, nodes, more);
    const hl_script_shape shape = {name, nodes, is_array ? (int)json_array_size(runs) : 0};
    HL_TRY(write_list(b, name, runs));
    HL_TRY((is_array ? hl_script_array : hl_script_whole)(path, &b->job, &shape));
    HL_TRY(sbatch(number, b, path, after_preparing(behind, b)));
    wait_for(b, number);
    b->runs += (int)json_array_size(runs);
    if (b->orders->dry_run) return HL_OK;
    forget_failures(b, runs);
    hl_log(HL_INFO, "job %s: %zu runs on %d node%s", number, json_array_size(runs), nodes, nodes == 1 ? "" : "s");
    return hl_jobs_add(b->jobs, b->job.dir, number, nodes, is_array, json_incref(runs));
}

/* The missing runs on so many nodes (0: on any), in their order of chance, in arrays of what Slurm takes. */
static hl_status submit_size(submission *b, const hl_study *s, int nodes, int most)
{
    json_t *runs = json_array();
    hl_status status = HL_OK;
    int part = 0;
    const int n = b->points->n, all = n * s->repetitions;
    for (int i = 0; status == HL_OK && i < all; i++) {
        char run[300];
        const int at = hl_points_turn(b->points, s, i / n, i % n);
        const hl_point *p = &b->points->at[at];
        if (!b->repetition[at * s->repetitions + i / n] || (nodes && p->nodes != nodes)) continue;
        hl_measure_name(run, p, i / n + 1);
        json_array_append_new(runs, json_string(run));
        if (!nodes || json_array_size(runs) < MOST_ELEMENTS) continue;
        status = submit_runs(b, nodes, runs, part++);
        json_decref(runs);
        runs = json_array();
    }
    if (status == HL_OK && json_array_size(runs)) status = submit_runs(b, nodes ? nodes : most, runs, part);
    json_decref(runs);
    return status;
}

static int next_size(const hl_points *p, int than)
{
    int next = 0;
    for (int i = 0; i < p->n; i++)
        if (p->at[i].nodes > than && (!next || p->at[i].nodes < next)) next = p->at[i].nodes;
    return next;
}

static hl_status submit_all(submission *b, const hl_study *s)
{
    char path[PATH_MAX], name[80], number[80];
    int most = 0;
    for (int i = 0; i < b->points->n; i++) most = hl_max(most, b->points->at[i].nodes);
    HL_TRY(prepare(b));
    if (b->orders->one_job) HL_TRY(submit_size(b, s, 0, most));
    for (int nodes = 0; !b->orders->one_job && (nodes = next_size(b->points, nodes));)
        HL_TRY(submit_size(b, s, nodes, most));
    snprintf(name, sizeof name, "%d-report", b->number);
    HL_TRY(hl_script_report(path, &b->job, name));
    return sbatch(number, b, path, b->behind);
}

/* ---- the whole */

static void choose(submission *b, const hl_study *s, int *missing)
{
    for (int i = 0; i < b->points->n; i++)
        for (int r = 1; r <= s->repetitions; r++) {
            const bool is_new = is_missing(b, &b->points->at[i], r);
            b->repetition[i * s->repetitions + r - 1] = is_new;
            *missing += is_new;
        }
}

static hl_status submit_missing(submission *b, const hl_study *s)
{
    int missing = 0;
    b->there = b->waiting = 0;
    b->repetition = hl_alloc_zero((size_t)b->points->n * (size_t)s->repetitions, sizeof *b->repetition);
    choose(b, s, &missing);
    const bool are_candidates = b->points != b->study_points;
    if (b->there) hl_log(HL_INFO, "%d %s are there already", b->there, are_candidates ? "candidates" : "runs");
    if (b->waiting) hl_log(HL_INFO, "%d runs are queued or running still; squeue --me shows them", b->waiting);
    HL_TRY(note_impossible(s, b->points, b->job.dir));
    if (!missing) {
        if (!are_candidates) hl_log(HL_INFO, "no run is left to be submitted");
        return HL_OK;
    }
    HL_TRY(submit_all(b, s));
    hl_log(HL_INFO,
           b->orders->dry_run ? "%d runs would be submitted by the commands above; the scripts are in %s/slurm"
                              : "%d runs are submitted; when they are over, the report is in %s",
           b->runs, b->job.dir);
    return HL_OK;
}

/* The candidates, if there is one that has no result yet: else *none. */
static hl_status submit_candidates(bool *none, submission *b, const hl_study *s)
{
    const hl_study its = hl_candidates_study(s);
    b->points = b->study_points->candidates;
    const hl_status status = submit_missing(b, &its);
    *none = b->runs == 0 && b->waiting == 0;
    b->points = b->study_points;
    free(b->repetition);
    b->repetition = NULL;
    HL_TRY(status);
    if (!*none)
        hl_log(HL_INFO,
               "they are candidates; once they are over, the same command submits the trainings of the points");
    return HL_OK;
}

/* Nothing was submitted where there is no list, so Slurm need not be asked. */
static hl_status learn_states(submission *b, const hl_study *s, hl_points *p)
{
    if (json_array_size(b->jobs) == 0) return hl_tuning_settle(s, p, b->job.dir);
    HL_TRY(hl_jobs_states(&b->states, b->job.dir));
    return hl_jobs_settle_all(b->jobs, b->states, s, p, b->job.dir);
}

static hl_status work(submission *b, const hl_study *s, hl_points *p)
{
    char folder[PATH_MAX];
    hl_path(folder, "%s/slurm", b->job.dir);
    HL_TRY(hl_folder_make(folder));
    HL_TRY(hl_snapshot_write(s, b->job.dir));
    HL_TRY(hl_study_record_write(s, b->points, b->job.dir));
    HL_TRY(hl_jobs_read(&b->jobs, b->job.dir));
    b->number = (int)json_array_size(b->jobs) + 1;
    HL_TRY(learn_states(b, s, p));
    bool none = true;
    if (p->candidates && !b->orders->one_job) HL_TRY(submit_candidates(&none, b, s));
    return none ? submit_missing(b, s) : HL_OK;
}

hl_status hl_submit_study(const hl_study *s, hl_points *p, const char *dir, const hl_submit_orders *o)
{
    char whole[PATH_MAX], program[PATH_MAX];
    hl_lock *lock;
    HL_TRY(check_nodes(s, p));
    HL_TRY(hl_path_check(dir));
    hl_status status = hl_lock_take(&lock, dir, 0);
    if (status == HL_OK && !realpath(dir, whole)) status = HL_FAIL(HL_ESTORE, "%s: has no path from the root on", dir);
    if (status == HL_OK) {
        hl_program_path(program);
        submission *b = hl_alloc_zero(1, sizeof *b);
        b->orders = o, b->points = b->study_points = p, b->job = (hl_script_job){s, o->site, whole, program};
        status = work(b, s, p);
        json_decref(b->jobs);
        json_decref(b->states);
        free(b->repetition);
        free(b);
    }
    hl_lock_release(lock);
    return status;
}
