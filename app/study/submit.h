/* submit.h - have Slurm make the runs of a study. */
#ifndef APP_STUDY_SUBMIT_H
#define APP_STUDY_SUBMIT_H
#include "app/study/points.h"
#include "app/study/site.h"
#include <stdbool.h>

typedef struct {
    const hl_site *site;
    bool one_job; /* one allocation in which all runs take turns; else an array for each number of nodes */
    bool dry_run; /* write the scripts and show the commands */
} hl_submit_orders;

/* Submit the runs that have no result yet and that no job is to make: first a job that prepares the datasets, then the
 * runs, those on the most nodes last, then a job that makes the report when all are over.  Where points are tuned, the
 * candidates come alone, and the same call submits the runs once they are over; in one job all is made.  Points must be
 * forecast; one that has no layout is noted as failed.  HL_EUSAGE where a point does not say its nodes, HL_EFAIL where
 * Slurm refuses, HL_ESTORE. */
hl_status hl_submit_study(const hl_study *s, hl_points *p, const char *dir, const hl_submit_orders *o);

#endif
