/* jobs.c - the jobs of a study that Slurm has. */
#include "app/study/jobs.h"
#include "base/arena.h"
#include "base/path.h"
#include "base/printable.h"
#include "app/study/child.h"
#include "app/study/candidates.h"
#include "app/study/measure.h"
#include "app/study/tuning.h"
#include "io/files/json.h"
#include "io/files/regular.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 26 };

/* ---- the list */

static bool is_submission(const json_t *o)
{
    const json_t *runs = json_object_get(o, "runs"), *x;
    size_t i;
    json_array_foreach(runs, i, x)
    {
        if (!json_is_string(x)) return false;
    }
    return json_is_string(json_object_get(o, "job")) && json_is_boolean(json_object_get(o, "array"))
           && json_is_array(runs);
}

static bool is_list(const json_t *list)
{
    const json_t *o;
    size_t i;
    json_array_foreach(list, i, o)
    {
        if (!is_submission(o)) return false;
    }
    return json_is_array(list);
}

hl_status hl_jobs_read(json_t **jobs, const char *dir)
{
    char path[PATH_MAX];
    json_t *o = NULL;
    *jobs = NULL;
    hl_path(path, "%s/slurm/jobs.json", dir);
    if (!hl_path_is_there(dir, "slurm/jobs.json")) {
        *jobs = json_array();
        return HL_OK;
    }
    HL_TRY(hl_json_read(path, MOST_BYTES, &o));
    json_t *list = json_object_get(o, "jobs");
    if (is_list(list)) *jobs = json_incref(list);
    json_decref(o);
    return *jobs ? HL_OK
                 : HL_FAIL(
                     HL_EFORMAT,
                     "%s: this is not what hllm study writes; when squeue --me shows no job of the study, remove it",
                     path);
}

hl_status hl_jobs_add(json_t *jobs, const char *dir, const char *job, int nodes, bool is_array, json_t *runs)
{
    char path[PATH_MAX];
    json_array_append_new(jobs,
                          json_pack("{ss si sb so}", "job", job, "nodes", nodes, "array", is_array, "runs", runs));
    json_t *o = json_pack("{si sO}", "schema", 1, "jobs", jobs);
    hl_path(path, "%s/slurm/jobs.json", dir);
    const hl_status s = hl_json_write(path, o, JSON_INDENT(1));
    json_decref(o);
    return s;
}

/* ---- states */

/* Lines "12_3 RUNNING". */
static json_t *read_states(char *text)
{
    json_t *states = json_object();
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n"));) {
        char *state = strchr(line, ' ');
        if (!state) continue;
        *state++ = 0;
        json_object_set_new(states, line, json_string(state + strspn(state, " ")));
    }
    return states;
}

hl_status hl_jobs_states(json_t **states, const char *dir)
{
    char out[PATH_MAX], err[PATH_MAX], *text = NULL;
    char *const argv[] = {"squeue", "--me", "-h", "-r", "-t", "all", "-o", "%i %T", NULL};
    int ended = 0;
    size_t n;
    *states = NULL;
    hl_path(out, "%s/slurm/squeue.out", dir);
    hl_path(err, "%s/slurm/squeue.err", dir);
    hl_status s = hl_child_run(&ended, argv, out, err);
    if (s == HL_EUSAGE || (s == HL_OK && ended != 0))
        return HL_FAIL(HL_EFAIL, "squeue cannot say which jobs are queued%s; try again on a machine of the cluster",
                       s == HL_OK ? " (slurm/squeue.err in the study's folder says why)" : ": there is none here");
    if (s == HL_OK) s = hl_regular_read(out, MOST_BYTES, &text, &n);
    if (s == HL_OK) *states = read_states(text);
    free(text);
    unlink(out);
    unlink(err);
    return s;
}

static bool is_over(const char *state)
{
    static const char *const alive[] = {"PENDING",     "RUNNING",      "CONFIGURING",  "SUSPENDED", "REQUEUED",
                                        "REQUEUE_FED", "REQUEUE_HOLD", "RESIZING",     "SIGNALING", "STOPPED",
                                        "STAGE_OUT",   "SPECIAL_EXIT", "RESV_DEL_HOLD"};
    for (size_t i = 0; state && i < sizeof alive / sizeof alive[0]; i++)
        if (strcmp(state, alive[i]) == 0) return false;
    return true;
}

/* ---- runs of jobs */

/* "12_3", of the i-th run of a submission. */
static void name_job(char out[80], const json_t *job, size_t i)
{
    const char *number = json_string_value(json_object_get(job, "job"));
    if (json_is_true(json_object_get(job, "array"))) snprintf(out, 80, "%.50s_%zu", number ? number : "?", i);
    else snprintf(out, 80, "%.60s", number ? number : "?");
}

/* Of the latest submission that has the run; false: none has. */
static bool find_job(char out[80], const json_t *jobs, const char *run)
{
    for (size_t k = json_array_size(jobs); k-- > 0;) {
        const json_t *job = json_array_get(jobs, k), *runs = json_object_get(job, "runs"), *x;
        size_t i;
        json_array_foreach(runs, i, x)
        {
            if (!json_is_string(x) || strcmp(json_string_value(x), run) != 0) continue;
            name_job(out, job, i);
            return true;
        }
    }
    return false;
}

const char *hl_jobs_waiting(char out[80], const json_t *jobs, const json_t *states, const char *run)
{
    const bool is_found = find_job(out, jobs, run);
    return is_found && !is_over(json_string_value(json_object_get(states, out))) ? out : NULL;
}

/* ---- why a job ended */

static const struct {
    const char *state, *in_log, *reason;
} reasons[] = {
    {"TIMEOUT", "DUE TO TIME LIMIT", "its time limit ended it; give it a longer TIME in the site file"},
    {"NODE_FAIL", "DUE TO NODE FAILURE", "a node failed under it"},
    {"NODE_FAIL", "Node failure on", "a node failed under it"},
    {"PREEMPTED", "DUE TO PREEMPTION", "a job of higher priority took its nodes"},
    {"OUT_OF_MEMORY", "oom_kill", "it needed more memory than it was given"},
    {"OUT_OF_MEMORY", "oom-kill", "it needed more memory than it was given"},
    {"BOOT_FAIL", NULL, "a node did not start"},
    {"DEADLINE", NULL, "its deadline ended it"},
    {"CANCELLED", " CANCELLED AT ", "it was cancelled"},
};
enum { REASONS = sizeof reasons / sizeof reasons[0] };

static const char *known_reason(const char *state, const char *log)
{
    for (int i = 0; i < REASONS; i++)
        if (state && strcmp(state, reasons[i].state) == 0) return reasons[i].reason;
    for (int i = 0; i < REASONS; i++)
        if (log && reasons[i].in_log && strstr(log, reasons[i].in_log)) return reasons[i].reason;
    return NULL;
}

static void last_line(char out[160], const char *log)
{
    size_t end = log ? strlen(log) : 0, begin;
    while (end && strchr("\n\r ", log[end - 1])) end--;
    for (begin = end; begin && log[begin - 1] != '\n';) begin--;
    snprintf(out, 160, "%.*s", (int)(end - begin), end ? log + begin : "");
}

void hl_jobs_reason(char out[300], const char *job, const char *state, const char *log)
{
    char line[160];
    const char *known = known_reason(state, log);
    last_line(line, log);
    if (known) snprintf(out, 300, "%s (job %s)", known, job);
    else if (*line) snprintf(out, 300, "its job %s ended without a result: %s", job, line);
    else snprintf(out, 300, "its job %s ended without a result and without a word", job);
    hl_printable(out);
}

/* ---- settling */

/* A run that had the time to say something, as that it was ended, knows less than Slurm of why. */
static hl_status settle_run(const char *job, const json_t *states, const hl_point *p, const char *dir, int repetition,
                            bool is_open)
{
    char name[120], path[PATH_MAX], reason[300], *log = NULL;
    size_t n;
    snprintf(name, sizeof name, "slurm/%.80s.log", job);
    hl_path(path, "%s/%s", dir, name);
    if (hl_path_is_there(dir, name) && hl_regular_read(path, MOST_BYTES, &log, &n) != HL_OK) log = NULL;
    const char *state = json_string_value(json_object_get(states, job));
    const bool is_known = known_reason(state, log) != NULL;
    hl_jobs_reason(reason, job, state, log);
    free(log);
    return is_open || is_known ? hl_measure_note(dir, p, repetition, reason) : HL_OK;
}

hl_status hl_jobs_settle(const json_t *jobs, const json_t *states, const hl_study *s, const hl_points *p,
                         const char *dir)
{
    char run[300], job[80];
    for (int i = 0; i < p->n; i++)
        for (int r = 1; r <= s->repetitions; r++) {
            hl_measure_name(run, &p->at[i], r);
            if (!find_job(job, jobs, run) || hl_jobs_waiting(job, jobs, states, run)) continue;
            const bool is_open = hl_measure_is_open(dir, &p->at[i], r);
            if (is_open || hl_measure_has_failed_in(dir, &p->at[i], r, job))
                HL_TRY(settle_run(job, states, &p->at[i], dir, r, is_open));
        }
    return HL_OK;
}

hl_status hl_jobs_settle_all(const json_t *jobs, const json_t *states, const hl_study *s, hl_points *p, const char *dir)
{
    const hl_study its = hl_candidates_study(s);
    if (p->candidates) HL_TRY(hl_jobs_settle(jobs, states, &its, p->candidates, dir));
    HL_TRY(hl_tuning_settle(s, p, dir));
    return hl_jobs_settle(jobs, states, s, p, dir);
}
