/* report.c - the report of a study. */
#include "app/study/report.h"
#include "base/log.h"
#include "app/study/study-record.h"

static void tell(const hl_outcomes *o, const char *dir)
{
    int runs = 0, failed = 0, missing = 0;
    for (int i = 0; i < o->n; i++) {
        runs += o->at[i].runs;
        failed += o->at[i].failed;
        missing += o->at[i].missing;
    }
    hl_log(HL_INFO, "%s/report.html: %d points, %d runs, %d failed, %d missing", dir, o->n, runs, failed, missing);
}

static hl_status write_parts(const hl_study *s, const hl_points *p, const char *dir)
{
    hl_outcomes o;
    hl_outcomes_read(&o, s, p, dir);
    hl_status status = hl_report_csv(&o, dir);
    if (status == HL_OK) status = hl_report_plot(&o, s, dir);
    if (status == HL_OK) status = hl_report_page(&o, s, dir);
    if (status == HL_OK) tell(&o, dir);
    hl_outcomes_free(&o);
    return status;
}

hl_status hl_report_write(const char *dir)
{
    hl_study s;
    hl_points p;
    hl_status status = hl_study_record_read(&s, &p, dir);
    if (status == HL_OK) status = write_parts(&s, &p, dir);
    hl_points_free(&p);
    hl_study_free(&s);
    return status;
}
