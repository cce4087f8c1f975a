/* summary.h - where the time of a training went: a table of its acts over all ranks, at the end of the log. */
#ifndef EXPERIMENTS_SUMMARY_H
#define EXPERIMENTS_SUMMARY_H
#include "io/record.h"
#include "mpi/step.h"

/* What this rank has seen so far; start from {0}. */
typedef struct {
    int64_t steps;
    double seconds, own[HL_ACTS]; /* of this rank */
    double sent[HL_MESH_GROUPS];  /* bytes, by this rank, in each group */
    double flop, bytes;           /* of all ranks */
} hl_summary;

/* Is nothing computed in it: does a rank send, or wait for others? */
bool hl_summary_is_exchange(int act);

void hl_summary_add(hl_summary *s, const hl_step_report *r);

/* forecast (HL_ACTS + 1): mean seconds of each act in a step, and of the step.  Seconds of each act (least, mean and
 * most of a rank, which rank, share of all), of the rest of a step, and the share of the time that ranks spent in
 * exchanges and sums; the bytes sent in each group, and the share of their time that item ranks and user ranks
 * waited, and stages for one another; in the log, and as the line "summary" of the record (NULL: none).  Nothing
 * where there was no step.  Collective. */
hl_status hl_summary_tell(const hl_summary *s, const double *forecast, const hl_mesh *mesh, hl_record *record);

#endif
