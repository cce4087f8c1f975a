/* step-sums.h - what each rank adds up over the steps of a measurement, and all tell each other once, at its end. */
#ifndef APP_BENCH_STEP_SUMS_H
#define APP_BENCH_STEP_SUMS_H
#include "app/train/job.h"
#include "base/energy.h"
#include "mpi/train/step.h"
#include <jansson.h>

typedef struct {
    int steps;
    double own[HL_ACTS + 1]; /* seconds of this rank in each act; last: of the plan and what else is in a step */
    double useful;           /* seconds in which this rank did not wait for others */
    double took;             /* of the slowest rank of each step, the same on all */
    double sent[HL_MESH_GROUPS], messages[HL_MESH_GROUPS];
    double joules; /* of this rank's machine, by the first rank on it; others have none */
    bool reads_energy;
    hl_energy energy;
} hl_step_sums;

/* Begin: everything zero, and the counters of energy opened, once a machine.  Collective. */
void hl_step_sums_open(hl_step_sums *s, const hl_group *world);

/* Forget the steps so far, as those of a warm-up.  Local. */
void hl_step_sums_clear(hl_step_sums *s);

/* Add a step; own (HL_ACTS + 1).  Local. */
void hl_step_sums_add(hl_step_sums *s, const hl_step_report *r, const double *own, double useful, double took);

/* Put into the object, all of a step on average: the efficiencies of app/bench/pop.h, the useful seconds of all ranks,
 * the seconds of the item replicas, bytes by group, the memory of ranks, energy.  own (HL_ACTS + 1): seconds in the
 * acts, over ranks.  Collective. */
void hl_step_sums_tell(json_t *result, hl_fact *own, hl_step_sums *s, const hl_job *j);

#endif
