/* study-run.c - make the runs of a study. */
#include "app/study/study-run.h"
#include "base/log.h"
#include "base/path.h"
#include "base/stop.h"
#include "app/study/candidates.h"
#include "app/study/measure.h"
#include "app/study/snapshot.h"
#include "app/study/study-record.h"
#include "app/study/tuning.h"
#include "io/files/lock.h"
#include <stdlib.h>
#include <string.h>

/* What has become of the runs. */
typedef struct {
    int runs, there, failed; /* in all; with a result before; without one now */
    int untuned;             /* of them such that no candidate of their point has a result */
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
    char which[60];
    const char *kind = p->is_candidate ? "candidate" : "run";
    snprintf(which, sizeof which, p->is_candidate ? "" : ", repetition %d", repetition);
    if (why) hl_log(HL_WARN, "%s %d of %d: %s%s, failed: %s", kind, at, t->runs, p->name, which, why);
    else
        hl_log(HL_INFO, "%s %d of %d: %s%s: %.4g s%s", kind, at, t->runs, p->name, which, seconds, seconds_of[s->task]);
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

static hl_status run_turns(tally *t, const hl_study *s, const hl_points *p, const char *dir)
{
    *t = (tally){.runs = s->repetitions * p->n};
    for (int i = 0; i < t->runs; i++) {
        const int point = hl_points_turn(p, s, i / p->n, i % p->n);
        if (hl_candidates_any(p, point) && !p->at[point].taken) t->untuned++;
        else HL_TRY(run_one(t, s, &p->at[point], dir, i));
    }
    return HL_OK;
}

static void tell_one(const hl_tuning *t, const hl_tuning_row *row, const hl_point *of)
{
    hl_log(HL_INFO, "%s is trained with %s: %s %.4f on validation", of->name, row->candidate->tried,
           t->orders.column[0], row->mean.mean);
    if (row->candidate->at_end)
        hl_log(HL_WARN, "of %s the best is at an end of the grid (%s); a wider one may have a better", of->name,
               row->candidate->at_end);
}

static void tell_taken(const hl_tuning *t, const hl_points *p)
{
    for (int k = 0; k < t->n; k++) {
        const hl_tuning_row *row = &t->at[k];
        const hl_point *of = &p->at[row->candidate->of];
        if (of->taken == row->candidate) tell_one(t, row, of);
    }
    for (int i = 0; i < p->n; i++)
        if (hl_tuning_failure(t, i))
            hl_log(HL_WARN, "%s is not trained: all its candidates have failed: %s", p->at[i].name,
                   hl_tuning_failure(t, i));
}

/* One training of each candidate; one that fails is not taken. */
static hl_status tune(const hl_study *s, hl_points *p, const char *dir)
{
    tally t;
    hl_tuning *found = hl_alloc(sizeof *found);
    const hl_study its = hl_candidates_study(s);
    hl_status status = run_turns(&t, &its, p->candidates, dir);
    if (status == HL_OK && t.there) hl_log(HL_INFO, "%d of %d candidates were there already", t.there, t.runs);
    *found = (hl_tuning){0};
    if (status == HL_OK) status = hl_tuning_read(found, s, p, dir);
    if (status == HL_OK) tell_taken(found, p);
    hl_tuning_free(found);
    free(found);
    return status;
}

static hl_status run_all(const hl_study *s, hl_points *p, const char *dir)
{
    tally t;
    if (p->candidates) HL_TRY(tune(s, p, dir));
    HL_TRY(run_turns(&t, s, p, dir));
    if (t.there) hl_log(HL_INFO, "%d of %d runs were there already", t.there, t.runs);
    if (t.untuned)
        return HL_FAIL(HL_EFAIL,
                       "%d of %d runs were not made, and %d have failed: no candidate of their points has a result; "
                       "hllm study report %s says why, --resume tries them again",
                       t.untuned, t.runs, t.failed, dir);
    if (t.failed == 0) return HL_OK;
    return HL_FAIL(HL_EFAIL, "%d of %d runs have failed; hllm study report %s says why, --resume tries them again",
                   t.failed, t.runs, dir);
}

static hl_status begin(const hl_study *s, hl_points *p, const char *dir, bool resume)
{
    if (!resume && hl_path_is_there(dir, "study.json"))
        return HL_FAIL(HL_EUSAGE, "%s holds a study already; --resume makes what is missing of it, --dir names another",
                       dir);
    HL_TRY(hl_snapshot_write(s, dir));
    HL_TRY(hl_study_record_write(s, p, dir));
    HL_TRY(hl_points_make_data(p, dir));
    return run_all(s, p, dir);
}

hl_status hl_study_run(const hl_study *s, hl_points *p, const char *dir, bool resume)
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
    char name[HL_MEASURE_NAME];
    for (int i = 0; i < p->n; i++)
        for (int r = 1; r <= s->repetitions; r++) {
            hl_measure_name(name, &p->at[i], r);
            if (strcmp(name, run) != 0) continue;
            *point = &p->at[i], *repetition = r;
            return true;
        }
    return false;
}

static bool find_candidate(const hl_point **point, int *repetition, const hl_study *s, const hl_points *p,
                           const char *run)
{
    const hl_study its = hl_candidates_study(s);
    return p->candidates && find_run(point, repetition, &its, p->candidates, run);
}

hl_status hl_study_run_only(const hl_study *s, hl_points *p, const char *dir, const char *run)
{
    const hl_point *point = NULL;
    int repetition = 0;
    double seconds;
    HL_TRY(hl_path_check(dir));
    HL_TRY(hl_tuning_settle(s, p, dir));
    if (!find_run(&point, &repetition, s, p, run) && !find_candidate(&point, &repetition, s, p, run))
        return HL_FAIL(HL_EUSAGE, "%s: this study has no run \"%s\"; see folder in %s/study.json", s->path, run, dir);
    if (!point->is_candidate && !point->taken && hl_candidates_any(p, (int)(point - p->at)))
        return HL_FAIL(HL_EUSAGE, "%s, repetition %d, is of a candidate that is not known yet; make those first",
                       point->name, repetition);
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
