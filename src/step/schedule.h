/* schedule.h - what each rank does in a step, as a list.
 *
 *     item : F(history) -- give -- F(negatives) -- rows -- LOSS -- B(negatives) -- return -- B(history)
 *     user :               give -- F(users) ------ rows ---------- B(users) ------ return
 *
 * F is forward, B backward; `history` are the micro-batches of items that some user reads, `negatives` those of items
 * that nobody reads: targets and negatives only.
 *
 * A replica of several stages is a pipeline.  Forward, stage s of P joins the first exchange P - 1 - s micro-batches
 * late, so that no stage runs dry while the last one catches up; backward too.  Micro-batches whose activations
 * were not saved are recomputed, at most P - s of them at once on stage s, each shortly before its backward (one
 * forward, one backward: Narayanan et al., arXiv 1806.03377).  Replicas in lockstep (hl_share) have acts on as many
 * micro-batches each, the last of which may be empty.
 *
 * The loss is a barrier for the whole batch.  After it the gradients of items that no user reads are final, so item
 * ranks go backward through those while the users go backward; history items come last.  In serial order
 * (hl_plan_rules) all items come first and last, and one side waits while the other works.  Where items are frozen a
 * step has no B of items, nothing that leads to it, and no sums of their gradients.  mpi/train/step.c carries the list
 * out; a test walks it for all ranks without MPI.  The acts are step/act.h's. */
#ifndef STEP_SCHEDULE_H
#define STEP_SCHEDULE_H
#include "step/act.h"
#include "step/activations.h"
#include "step/layout.h"
#include "step/plan.h"

typedef struct {
    hl_act act;
    int micro_batch; /* of the act's side; -1: none, or an empty one */
} hl_task;

typedef struct {
    int n;
    hl_task *task;
} hl_schedule;

/* The list of one rank, laid in the arena. */
void hl_schedule_make(hl_schedule *s, const hl_layout *l, const hl_plan *p, const hl_share *share, int rank,
                      hl_arena *arena);

/* The lists of all ranks, s (ranks), where each item replica saves what `saved` (item replicas) says; the peers of a
 * stage have one list. */
void hl_schedule_make_all(hl_schedule *s, const hl_layout *l, const hl_plan *p, const hl_share *share,
                          const hl_activations_saved *saved, hl_arena *arena);

#endif
