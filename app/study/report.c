/* report.c - the report of a study. */
#include "app/study/report.h"
#include "base/log.h"
#include "app/study/candidates.h"
#include "app/study/jobs.h"
#include "app/study/measure.h"
#include "app/study/quality.h"
#include "app/study/study-record.h"
#include "app/study/tuning.h"

/* Runs of all points. */
typedef struct {
    int there, failed, missing;
} tally;

static void add(tally *t, int runs, int failed, int missing)
{
    t->there += runs, t->failed += failed, t->missing += missing;
}

static void tell(const tally *t, int points, const char *dir)
{
    hl_log(HL_INFO, "%s/report.html: %d points, %d runs, %d failed, %d missing", dir, points, t->there, t->failed,
           t->missing);
}

static int waiting_of(const json_t *jobs, const json_t *states, const hl_study *s, const hl_points *p)
{
    int waiting = 0;
    char run[HL_MEASURE_NAME], job[80];
    for (int i = 0; i < p->n; i++)
        for (int r = 1; r <= s->repetitions; r++) {
            hl_measure_name(run, &p->at[i], r);
            waiting += hl_jobs_waiting(job, jobs, states, run) != NULL;
        }
    return waiting;
}

static void tell_waiting(const json_t *jobs, const json_t *states, const hl_study *s, const hl_points *p)
{
    const hl_study its = hl_candidates_study(s);
    int waiting = waiting_of(jobs, states, s, p);
    if (p->candidates) waiting += waiting_of(jobs, states, &its, p->candidates);
    if (waiting) hl_log(HL_INFO, "%d runs are queued or running still", waiting);
}

/* Where Slurm has jobs of the study: those that are over without a word have failed.  Elsewhere it cannot be known. */
static hl_status look_at_jobs(const hl_study *s, hl_points *p, const char *dir)
{
    json_t *states = NULL, *jobs;
    hl_status status = HL_OK;
    if (hl_jobs_read(&jobs, dir) != HL_OK)
        hl_log(HL_WARN, "%s; runs that jobs have not ended count as not run", hl_error_text());
    else if (json_array_size(jobs) && hl_jobs_states(&states, dir) == HL_OK) {
        status = hl_jobs_settle_all(jobs, states, s, p, dir);
        tell_waiting(jobs, states, s, p);
    } else if (json_array_size(jobs))
        hl_log(HL_INFO, "%s; a run that a job has not ended counts as not run", hl_error_text());
    json_decref(states);
    json_decref(jobs);
    return status;
}

static hl_status write_quality(const hl_study *s, hl_points *p, const char *dir)
{
    hl_quality q;
    tally t = {0};
    hl_status status = hl_quality_read(&q, s, p, dir);
    if (status == HL_OK) status = hl_quality_csv(&q, dir);
    if (status == HL_OK) status = hl_tuning_csv(&q.tuning, p, dir);
    if (status == HL_OK) status = hl_quality_plot(&q, s, dir);
    if (status == HL_OK) status = hl_quality_page(&q, s, dir);
    for (int i = 0; i < q.n; i++) add(&t, q.at[i].runs, q.at[i].failed, q.at[i].missing);
    if (status == HL_OK && q.no_tests) hl_log(HL_WARN, "points are not compared: %s", q.no_tests);
    if (status == HL_OK) tell(&t, q.n, dir);
    hl_quality_free(&q);
    return status;
}

static hl_status write_steps(const hl_study *s, const hl_points *p, const char *dir)
{
    hl_outcomes o;
    tally t = {0};
    hl_outcomes_read(&o, s, p, dir);
    hl_status status = hl_report_csv(&o, dir);
    if (status == HL_OK) status = hl_report_phases(&o, dir);
    if (status == HL_OK) status = hl_report_extrap(&o, dir);
    if (status == HL_OK) status = hl_report_tex(&o, s, dir);
    if (status == HL_OK) status = hl_report_plot(&o, s, dir);
    if (status == HL_OK) status = hl_report_page(&o, s, dir);
    for (int i = 0; i < o.n; i++) add(&t, o.at[i].runs, o.at[i].failed, o.at[i].missing);
    if (status == HL_OK) tell(&t, o.n, dir);
    hl_outcomes_free(&o);
    return status;
}

hl_status hl_report_write(const char *dir)
{
    hl_study s;
    hl_points p;
    hl_status status = hl_study_record_read(&s, &p, dir);
    if (status == HL_OK) status = look_at_jobs(&s, &p, dir);
    if (status == HL_OK) status = s.task == HL_TASK_TRAIN ? write_quality(&s, &p, dir) : write_steps(&s, &p, dir);
    hl_points_free(&p);
    hl_study_free(&s);
    return status;
}
