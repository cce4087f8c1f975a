/* schedule.h - what each rank does in a step, as a list.
 *
 *     item : F(read) -- give -- F(others) -- rows -- LOSS -- B(others) -- return -- B(read)
 *     user :            give -- F(users) --- rows ---------- B(users) --- return
 *
 * F is forward, B backward; `read` are the micro-batches with texts that users read, `others` the rest.
 *
 * A replica of several stages is a pipeline.  Forward, stage s of P joins the first exchange P - 1 - s micro-batches
 * late, so that no stage runs dry while the last one catches up; backward likewise.  Micro-batches whose activations
 * were not saved are recomputed, at most P - s of them at once on stage s, each shortly before its backward (one
 * forward, one backward: Narayanan et al., arXiv 1806.03377).  Replicas in lockstep (hl_share) have acts on as many
 * micro-batches each, the last of which may be empty.
 *
 * The loss is a barrier for the whole batch.  After it the gradients of texts that no user reads are final, so
 * item ranks go backward through those while the users go backward; the texts that users read come last.  In serial
 * order (hl_plan_rules) all texts come first and last, and one side waits while the other works. mpi/step.c carries
 * the list out; a test walks it for all ranks without MPI. */
#ifndef MODEL_SCHEDULE_H
#define MODEL_SCHEDULE_H
#include "model/layout.h"
#include "model/plan.h"

typedef enum {
    /* with a micro-batch; collective over the ranks of a stage */
    HL_ITEM_FORWARD,
    HL_ITEM_RECOMPUTE, /* forward once more, where the activations were not saved; "item_again" in records */
    HL_ITEM_BACKWARD,
    HL_USER_FORWARD,
    HL_USER_BACKWARD,
    /* with a micro-batch; between this rank and its likes in the neighbouring stages */
    HL_ITEM_TAKE, /* what the stage before wrote */
    HL_ITEM_PASS,
    HL_ITEM_TAKE_BACK, /* gradients from the next stage */
    HL_ITEM_PASS_BACK,
    HL_USER_TAKE,
    HL_USER_PASS,
    HL_USER_TAKE_BACK,
    HL_USER_PASS_BACK,
    /* local */
    HL_USER_ROWS,      /* unit vectors of my rows and their targets; where user vectors come out */
    HL_USER_POSITIVES, /* gradients through the target's own logit */
    /* collective over all ranks */
    HL_GIVE_INPUTS,  /* item vectors to the users that read them */
    HL_GIVE_TARGETS, /* ... that predict them */
    HL_GIVE_ROWS,    /* user rows to all item ranks */
    HL_RETURN_ROWS,  /* their gradients back */
    HL_RETURN_TARGETS,
    HL_RETURN_INPUTS,
    HL_TALLY, /* the small facts of the step */
    /* collective over the item ranks that have vectors */
    HL_LOSS,
    /* collective over the replicas of a side, and the ranks of each stage */
    HL_SUM_ITEM,
    HL_SUM_USER,
    /* local; where replicas divide the optimizer's state, collective over the replicas of the item, then the user
     * side */
    HL_UPDATE,
    HL_ACTS
} hl_act;

extern const char *const hl_act_name[HL_ACTS];

typedef struct {
    hl_act act;
    int micro_batch; /* -1: none, or an empty one */
} hl_task;

typedef struct {
    int n;
    hl_task *task;
} hl_schedule;

/* The list of one rank, laid in the arena. */
void hl_schedule_make(hl_schedule *s, const hl_layout *l, const hl_plan *p, const hl_share *share, int rank,
                      hl_arena *arena);

#endif
