/* study-run.c - make the runs of a study. */
#include "app/study/study-run.h"
#include "base/log.h"
#include "base/path.h"
#include "base/stop.h"
#include "app/study/measure.h"
#include "app/study/snapshot.h"
#include "app/study/study-record.h"
#include "io/files/lock.h"
#include <stdlib.h>
#include <string.h>

/* What has become of the runs. */
typedef struct {
    int runs, there, failed; /* in all; with a result before; without one now */
} tally;

static bool has_result(const char *dir, const hl_point *p, int repetition)
{
    json_t *result = hl_measure_result(dir, p, repetition);
    json_decref(result);
    return result != NULL;
}

/* What the seconds of a run are of. */
static const char *const seconds_of[HL_TASKS] = {[HL_TASK_STEPS] = " a step", [HL_TASK_TRAIN] = ""};

static void tell(const tally *t, int at, const hl_study *s, const hl_point *p, int repetition, double seconds,
                 const char *why)
{
    if (why) hl_log(HL_WARN, "run %d of %d: %s, repetition %d, failed: %s", at, t->runs, p->name, repetition, why);
    else
        hl_log(HL_INFO, "run %d of %d: %s, repetition %d: %.4g s%s", at, t->runs, p->name, repetition, seconds,
               seconds_of[s->task]);
}

/* Nobody else makes this run meanwhile: a folder beside its own has the lock, since its own is made anew. */
static hl_status measure(double *seconds, const hl_study *s, const hl_point *p, const char *dir, int repetition)
{
    char folder[PATH_MAX], beside[PATH_MAX];
    hl_lock *lock;
    hl_measure_folder(folder, dir, p, repetition);
    HL_TRY(hl_path_make(beside, "%s.lock", folder));
    hl_status status = hl_lock_take(&lock, beside, 0);
    if (status == HL_OK) status = hl_measure_run(seconds, s, p, dir, repetition);
    hl_lock_release(lock);
    return status;
}

static hl_status run_one(tally *t, const hl_study *s, const hl_point *p, const char *dir, int at)
{
    double seconds;
    const int repetition = at / (t->runs / s->repetitions) + 1;
    if (has_result(dir, p, repetition)) {
        t->there++;
        return HL_OK;
    }
    HL_TRY(hl_stop_check("a study was run"));
    HL_TRY(measure(&seconds, s, p, dir, repetition));
    char *why = seconds < 0 ? hl_measure_failure(dir, p, repetition) : NULL;
    tell(t, at + 1, s, p, repetition, seconds, why);
    t->failed += seconds < 0;
    free(why);
    return HL_OK;
}

static hl_status run_all(const hl_study *s, const hl_points *p, const char *dir)
{
    tally t = {.runs = s->repetitions * p->n};
    for (int i = 0; i < t.runs; i++) {
        const int point = hl_points_turn(p, s, i / p->n, i % p->n);
        HL_TRY(run_one(&t, s, &p->at[point], dir, i));
    }
    if (t.there) hl_log(HL_INFO, "%d of %d runs were there already", t.there, t.runs);
    if (t.failed == 0) return HL_OK;
    return HL_FAIL(HL_EFAIL, "%d of %d runs have failed; hllm study report %s says why, --resume tries them again",
                   t.failed, t.runs, dir);
}

static hl_status begin(const hl_study *s, const hl_points *p, const char *dir, bool resume)
{
    if (!resume && hl_path_is_there(dir, "study.json"))
        return HL_FAIL(HL_EUSAGE, "%s holds a study already; --resume makes what is missing of it, --dir names another",
                       dir);
    HL_TRY(hl_snapshot_write(s, dir));
    HL_TRY(hl_study_record_write(s, p, dir));
    HL_TRY(hl_points_make_data(p, dir));
    return run_all(s, p, dir);
}

hl_status hl_study_run(const hl_study *s, const hl_points *p, const char *dir, bool resume)
{
    hl_lock *lock;
    HL_TRY(hl_path_check(dir));
    hl_status status = hl_lock_take(&lock, dir, 0);
    if (status == HL_OK) status = begin(s, p, dir, resume);
    if (status == HL_ESTOP)
        status = HL_FAIL(HL_ESTOP, "stopped by a signal; what was measured is in %s, --resume makes the rest", dir);
    hl_lock_release(lock);
    return status;
}

/* Point and repetition; false: there is no such run. */
static bool find_run(const hl_point **point, int *repetition, const hl_study *s, const hl_points *p, const char *run)
{
    char name[300];
    for (int i = 0; i < p->n; i++)
        for (int r = 1; r <= s->repetitions; r++) {
            hl_measure_name(name, &p->at[i], r);
            if (strcmp(name, run) != 0) continue;
            *point = &p->at[i], *repetition = r;
            return true;
        }
    return false;
}

hl_status hl_study_run_only(const hl_study *s, const hl_points *p, const char *dir, const char *run)
{
    const hl_point *point = NULL;
    int repetition = 0;
    double seconds;
    HL_TRY(hl_path_check(dir));
    if (!find_run(&point, &repetition, s, p, run))
        return HL_FAIL(HL_EUSAGE, "%s: this study has no run \"%s\"; see folder in %s/study.json", s->path, run, dir);
    if (has_result(dir, point, repetition)) {
        hl_log(HL_INFO, "%s, repetition %d: was there already", point->name, repetition);
        return HL_OK;
    }
    HL_TRY(measure(&seconds, s, point, dir, repetition));
    if (seconds >= 0)
        hl_log(HL_INFO, "%s, repetition %d: %.4g s%s", point->name, repetition, seconds, seconds_of[s->task]);
    if (seconds >= 0) return HL_OK;
    char *why = hl_measure_failure(dir, point, repetition);
    hl_status status = HL_FAIL(HL_EFAIL, "%s, repetition %d, failed: %s", point->name, repetition, why ? why : "?");
    free(why);
    return status;
}
