/* summary.h - where the time of a training went: a table of its acts over all ranks, at the end of the log. */
#ifndef APP_TRAIN_SUMMARY_H
#define APP_TRAIN_SUMMARY_H
#include "io/record/record.h"
#include "mpi/train/step.h"

/* What this rank has measured so far; starts from {0}. */
typedef struct {
    int64_t steps;
    double seconds, own[HL_ACTS]; /* of this rank */
    double first;                 /* of the first step, which brings in memory */
    double learned;               /* what the forecast was scaled by; 0: the machine was assumed */
    double sent[HL_MESH_GROUPS];  /* bytes, by this rank, in each group */
    double flop, bytes;           /* of all ranks */
} hl_summary;

void hl_summary_add(hl_summary *s, const hl_step_report *r);

/* Say in the log, and as the line "summary" of the record (NULL: none), where the time went: the seconds of each act
 * (least, mean and most of a rank, which rank, share of all) and of the rest of a step; the share of the time in
 * exchanges and sums; the bytes sent in each group; the share of their time that item ranks and user ranks waited,
 * and stages for one another.  forecast (HL_ACTS + 1): mean seconds of each act in a step, and of the step.  Where
 * there are two steps at least, also what a step was promised to take and took.  Nothing is said without a step.
 * Collective. */
hl_status hl_summary_tell(const hl_summary *s, const double *forecast, const hl_mesh *mesh, hl_record *record);

#endif
