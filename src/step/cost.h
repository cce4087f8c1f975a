/* cost.h - what a step costs before it is run: seconds and bytes of each rank.
 *
 * The schedules of all ranks are played, without MPI: a rank has a clock, an act takes as long as its operations or
 * bytes do on the machine (step/price.h), and an act that several ranks do together begins when the last of them comes
 * to it. */
#ifndef STEP_COST_H
#define STEP_COST_H
#include "step/machine.h"
#include "step/schedule.h"
#include "step/stage-params.h"
#include "step/zero.h"

/* Everything that a step follows from. */
typedef struct {
    const hl_layout *layout;
    const hl_plan *plan;
    const hl_share *share;       /* NULL: not known, for bytes of state alone, which are then the most */
    const hl_schedule *schedule; /* (ranks) */
    const hl_transformer *shape[HL_SIDES];
    int item_tokens, zero;
    hl_machine machine;
    /* (pp * tp) of each share of each stage, (micro-batches x 2): seconds of a micro-batch forward and backward; NULL:
     * by its tokens, without attention */
    const double *const *seconds[HL_SIDES];
} hl_cost_job;

typedef struct {
    double seconds[HL_ACTS]; /* from when the rank comes to an act, waiting for others included */
    double waiting;          /* of these, before the act began */
    double begin;            /* before its first act */
    double step;             /* when it is done with everything */
} hl_cost;

/* cost (ranks); the seconds of the step, which are the longest. */
double hl_cost_play(hl_cost *cost, const hl_cost_job *j);

/* Between which seconds a step is, mostly: as steps were beside forecasts where the machine has learned from these,
 * else two standard deviations of what its fits were off.  Zeros: nobody knows.
 * cost: of the rank that is done last. */
typedef struct {
    double low, high;
} hl_cost_interval;
hl_cost_interval hl_cost_interval_of(const hl_cost *cost, const hl_machine *m);

/* The layers of a rank of the side. */
hl_transformer_layers hl_cost_layers(const hl_cost_job *j, hl_side side, int rank);

/* Of a stage of a side: how many whole layers cost as much. */
double hl_cost_work(const hl_cost_job *j, hl_side side, int stage);

/* Bytes of weights, gradients and moments of both sides on a rank, while a layer is at hand (step/zero.h). */
double hl_cost_state_bytes(const hl_cost_job *j, const hl_stage_params shares[HL_SIDES], int rank);

#endif
