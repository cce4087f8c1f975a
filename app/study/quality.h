/* quality.h - what the trainings of each point have learned: metrics of the users of the test, beside each other.
 *
 * Each repetition of a point is a training with a seed of its own, whose ranks of the users' targets hllm eval has left
 * (io/dataset/target-ranks.h).  A point's metrics are means over its seeds, user by user; app/compare/comparison.h has
 * the intervals and tests. */
#ifndef APP_STUDY_QUALITY_H
#define APP_STUDY_QUALITY_H
#include "app/compare/comparison.h"
#include "app/study/points.h"
#include "app/study/tuning.h"

/* Of the runs of one point. */
typedef struct {
    const hl_point *point;
    int runs, failed, missing;
    char *reason;             /* of the last failure; NULL */
    double seconds;           /* median of a run: training and ranking; NaN without runs */
    hl_comparison_mean *mean; /* (columns); NULL without runs */
    hl_comparison_test *test; /* (columns) it less the first point with runs; NULL: it is that, or there is none */
} hl_quality_row;

typedef struct {
    hl_comparison_orders orders; /* its columns are the metrics */
    hl_quality_row *at;          /* (n) in the order of the points */
    int n, first;                /* first: the point that others are compared with; -1: none has runs */
    int64_t users;               /* whose targets were ranked */
    hl_tuning tuning;            /* of the candidates; none: nothing is tuned */
    char *no_tests;              /* why points are not compared; NULL: they are, or there is but one */
} hl_quality;

/* Read what is in the folder of a study of trainings, and set `taken` of points that are tuned.  HL_EUSAGE where a
 * metric is unknown, HL_EFORMAT where a file of ranks cannot be read.  Local; release with hl_quality_free, also after
 * a failure; the points must outlive it. */
hl_status hl_quality_read(hl_quality *q, const hl_study *s, hl_points *p, const char *dir);
void hl_quality_free(hl_quality *q);

/* report.csv, report.svg and report.pdf, report.html of it.  HL_ESTORE, HL_EFAIL. */
hl_status hl_quality_csv(const hl_quality *q, const char *dir);
hl_status hl_quality_plot(const hl_quality *q, const hl_study *s, const char *dir);
hl_status hl_quality_page(const hl_quality *q, const hl_study *s, const char *dir);

#endif
