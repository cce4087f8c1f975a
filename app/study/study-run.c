/* study-run.c - make the runs of a study. */
#include "app/study/study-run.h"
#include "base/log.h"
#include "base/path.h"
#include "base/stop.h"
#include "app/study/measure.h"
#include "app/study/study-record.h"
#include "io/files/lock.h"
#include <stdlib.h>

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

static void tell(const tally *t, int at, const hl_point *p, int repetition, double seconds, const char *why)
{
    if (why) hl_log(HL_WARN, "run %d of %d: %s, repetition %d, failed: %s", at, t->runs, p->name, repetition, why);
    else hl_log(HL_INFO, "run %d of %d: %s, repetition %d: %.4g s a step", at, t->runs, p->name, repetition, seconds);
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
    HL_TRY(hl_measure_run(&seconds, s, p, dir, repetition));
    char *why = seconds < 0 ? hl_measure_failure(dir, p, repetition) : NULL;
    tell(t, at + 1, p, repetition, seconds, why);
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
    HL_TRY(hl_study_record_write(s, p, dir));
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
