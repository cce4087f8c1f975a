/* study-metrics.h - which metrics of users a study asks for, and their means of one point. */
#ifndef APP_STUDY_STUDY_METRICS_H
#define APP_STUDY_STUDY_METRICS_H
#include "app/compare/comparison.h"
#include "app/study/study.h"

/* Columns, lengths of lists and what is random of a comparison, by names as "NDCG@10", "MRR"; no model yet.  HL_EUSAGE
 * where a name is no metric of a user's target. */
hl_status hl_study_metrics(hl_comparison_orders *o, const hl_study *s, const hl_names *list);

/* Add a model of these files to a comparison; release all with hl_comparison_orders_free. */
void hl_study_metrics_add(hl_comparison_orders *o, const char *name, const hl_names *files);

/* Means (columns) of these files, which are of one point; *users: of each.  HL_EFORMAT.  Local. */
hl_status hl_study_metrics_mean(hl_comparison_mean *mean, int64_t *users, const hl_comparison_orders *o,
                                const char *name, const hl_names *files);

#endif
