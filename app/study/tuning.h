/* tuning.h - how the candidates of each point did on validation, and which of them is taken. */
#ifndef APP_STUDY_TUNING_H
#define APP_STUDY_TUNING_H
#include "app/compare/comparison.h"
#include "app/study/points.h"

typedef struct {
    const hl_point *candidate;
    bool is_open;            /* it has neither a result nor a failure */
    char *reason;            /* why it has failed; NULL */
    double seconds;          /* of its training and ranking; NaN without a result */
    hl_comparison_mean mean; /* of the metric, over the users of validation; NaN without a result */
} hl_tuning_row;

typedef struct {
    hl_comparison_orders orders; /* its one column is the metric */
    hl_tuning_row *at;           /* (n) of all candidates, in their order */
    int n;
    int64_t users; /* of validation */
} hl_tuning;

/* Read the results of the candidates, and set `taken` of each point that is tuned: of the candidates with a result the
 * best, of equals the first; NULL while one is open, or where all have failed.  Without candidates nothing is done.
 * HL_EUSAGE where the metric is unknown, HL_EFORMAT where ranks cannot be read.  Local; release with hl_tuning_free,
 * also after a failure; the points must outlive it. */
hl_status hl_tuning_read(hl_tuning *t, const hl_study *s, hl_points *p, const char *dir);
void hl_tuning_free(hl_tuning *t);

/* The same for the points alone. */
hl_status hl_tuning_settle(const hl_study *s, hl_points *p, const char *dir);

/* Has the i-th point candidates, all of which have failed?  Why the last one has; else NULL.  Borrowed. */
const char *hl_tuning_failure(const hl_tuning *t, int i);

/* What candidates are judged by.  Is it a metric?  HL_EUSAGE. */
const char *hl_tuning_metric(const hl_study *s);
hl_status hl_tuning_check(const hl_study *s);

/* report-tuning.csv, a line a candidate.  HL_ESTORE. */
hl_status hl_tuning_csv(const hl_tuning *t, const hl_points *p, const char *dir);

#endif
