/* step.h - one training step, as its schedule says.  Collective over all ranks of the mesh. */
#ifndef MPI_TRAIN_STEP_H
#define MPI_TRAIN_STEP_H
#include "data/sampler.h"
#include "mpi/train/engine.h"
#include "mpi/train/loss.h"
#include "mpi/train/tally.h"
#include "mpi/train/trace.h"

typedef struct {
    double learning_rate;
    bool save;       /* this rank's clock says that it is time for a checkpoint; one is enough */
    bool update;     /* false: gradients only (tests), left in engine->sharding[].g */
    hl_trace *trace; /* of this rank: the step's acts are added to it; NULL: nobody asks */
} hl_step_orders;

/* Why a step cannot be trained on. */
typedef enum {
    HL_STEP_SOUND,
    HL_STEP_NOT_FINITE,
    HL_STEP_ONE_VECTOR, /* the texts of the first step differ, and have one vector */
    HL_STEP_ALL_MASKED  /* every negative is masked as a false one */
} hl_step_fault;

/* The same on every rank, but for what says otherwise. */
typedef struct {
    hl_step_fault fault;
    double loss, grad_norm;
    double label_loss;                 /* of the loss, that of the labels */
    double nce_samples;                /* mean number of logits of a row that count, the target's included */
    double top_acc[HL_TOPS];           /* share of rows whose target is among the first hl_top[k] logits */
    double masked_share;               /* of all negatives, as false ones */
    double seconds;                    /* of this rank, from plan to update */
    double own[HL_ACTS];               /* of this rank, in each act */
    uint64_t sent[HL_MESH_GROUPS];     /* bytes, by this rank, in each group */
    uint64_t messages[HL_MESH_GROUPS]; /* ... in so many messages */
    int rows, texts, negatives;
    int64_t zeros; /* targets and negatives whose vector is zero: it has no direction, its cosines are 0 */
    int64_t tokens, public_items, public_tokens;
    bool save;     /* it is time for a checkpoint */
    bool stop;     /* a signal has asked one of the ranks to stop (base/stop.h) */
    bool given_up; /* and the step was given up: nothing was updated, and what else stands here means nothing */
    hl_tally tally;
} hl_step_report;

/* A rank that hears a signal computes nothing from the next act on; acts that talk go on with ones, so that nobody
 * waits, and the tally tells all to drop the step.  The longest wait is a micro-batch's. HL_ENUMERIC where the report
 * has a fault; then nothing was updated.  The sentence names the first item, user, weight or gradient that is not
 * finite; the cause of the other faults lies in texts and options, which the caller knows. */
hl_status hl_step_run(hl_step_report *report, hl_engine *e, const hl_batch *batch, const hl_step_orders *orders);

#endif
