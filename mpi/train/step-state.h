/* step-state.h - what a step knows while it is carried out, and the functions of its acts.  For mpi/train/step*.c
 * alone. */
#ifndef MPI_TRAIN_STEP_STATE_H
#define MPI_TRAIN_STEP_STATE_H
#include "step/schedule.h"
#include "mpi/train/route.h"
#include "mpi/train/step.h"

/* A micro-batch of mine between its forward and its backward. */
typedef struct {
    hl_pack pack;
    void *saved;          /* where its saved activations are, as its model says */
    int row;              /* its first row among the rows of the side */
    int label;            /* of users: its first label among mine */
    hl_arena *recomputed; /* its activations, where they were not saved */
} hl_micro_batch;

/* A side on this rank. */
typedef struct {
    int first_rank;  /* of my replica; -1: none */
    bool last_stage; /* do vectors come out of my stage? */
    /* of all micro-batches of the plan; filled where they are mine */
    hl_micro_batch *micro_batch;
    int rows;          /* vectors of mine: texts; readings of users */
    float *in, *din;   /* (rows, D) what the users read, and its gradient; NULL for texts, which are read as tokens */
    float *out, *dout; /* (rows, D) the vectors, and their gradient */
} hl_step_side;

/* The labels of my samples, where users' rows come out (mpi/train/step-labels.c). */
typedef struct {
    int n;
    int *row, *target;                    /* (n) among the rows of the side; among my transitions */
    int *label;                           /* (n) 0 or 1 */
    float *weight;                        /* (n) of the plan */
    float *said, *read, *hidden, *dlogit; /* (n, D) h and t of model/label-head.h, (n, size), (n) */
    double loss;                          /* mine of the step's */
} hl_step_labels;

typedef struct {
    hl_engine *e;
    const hl_step_orders *orders;
    const int64_t *user; /* (samples) of the batch; NULL: not known */
    const int *first;    /* of the batch */
    const int *begin;    /* (samples + 1) */
    const int32_t *item; /* of sample i: [begin[i], begin[i + 1]) */
    hl_plan plan;
    hl_share share;
    hl_schedule schedule;
    hl_loss loss;
    hl_whereabouts where;
    hl_route inputs, targets;
    hl_step_side side[HL_SIDES];
    int recomputes;        /* micro-batches recomputed so far */
    int D;                 /* width */
    int *my_text;          /* (plan.texts) where a text is on its rank */
    int transitions;       /* rows of the plan that are mine; others of the user side are read for labels alone */
    int *transition;       /* (transitions) among the rows of the user side; NULL: all are */
    hl_step_labels labels; /* none of a step without labels, and where no users' rows come out */
    /* (transitions, D) */
    float *y; /* what the User LLM says there */
    float *target, *dtarget;
    float *unit_y, *norm_y, *unit_t, *norm_t, *dunit_y, *dunit_t;
    float scale;
    int odd, zeros;         /* of my vectors: not finite; of my targets and negatives: zero */
    bool differ, all_alike; /* two of my vectors; those of all ranks, at the first step */
    bool given_up;          /* nothing is computed any more */
    hl_tally tally;
    double flop, bytes;
    uint64_t sent[HL_MESH_GROUPS];     /* bytes in each group before the step */
    uint64_t messages[HL_MESH_GROUPS]; /* and messages */
} hl_step_state;

/* Numbers of n rows. */
static inline size_t hl_step_numbers(const hl_step_state *s, int n) { return (size_t)n * (size_t)s->D; }

/* Who has each micro-batch of a side, by the first ranks of the replicas. */
static inline const int *hl_step_owner(const hl_step_state *s, hl_side side)
{
    return side == HL_USER ? s->share.user_micro_batch : s->share.micro_batch;
}

/* Rows (n, D) that are not finite. */
int hl_step_count_odd(const float *x, int n, int D);

/* What everybody works out alike: plan, share, schedule, routes; then room for all rows.  The first is local, the
 * second collective over all ranks. */
void hl_step_prepare(hl_step_state *s, hl_engine *e, const hl_batch *batch, const hl_step_orders *orders);
void hl_step_lay_rows(hl_step_state *s);

/* Bytes in each group since `before`.  Local. */
void hl_step_count_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *mesh, const uint64_t before[HL_MESH_GROUPS]);
void hl_step_count_messages(uint64_t messages[HL_MESH_GROUPS], const hl_mesh *mesh,
                            const uint64_t before[HL_MESH_GROUPS]);

/* The loss of labels: which samples are mine, once it is known where their rows lie; room.  Local. */
void hl_step_lay_labels(hl_step_state *s);

/* The gradient of the head by the labels of a micro-batch, before it goes back.  Local. */
void hl_step_label_weights(hl_step_state *s, int micro_batch);

/* The loss of the step, after the tally. */
double hl_step_loss_of(const hl_step_state *s);

/* After the tally: was the step given up; its norm of the gradients and what clips them; why it cannot be trained on.
 * Local. */
bool hl_step_is_given_up(const hl_step_state *s);
double hl_step_grad_norm(const hl_step_state *s);
double hl_step_clip(const hl_step_state *s);
hl_step_fault hl_step_fault_of(const hl_step_state *s);

/* Have all texts of the step one vector, though they differ?  Collective where no rank has two vectors that differ. */
bool hl_step_are_all_alike(hl_step_state *s);

/* The sentence of a fault, the same on every rank.  Collective over all ranks. */
hl_status hl_step_judge(const hl_step_state *s, hl_step_fault fault);

/* ---- the acts (step/act.h) */

#define HL_STEP_ACT(act, side, function, ...) void hl_step_##function(hl_step_state *s, hl_side of, int micro_batch);
HL_ACT_TABLE(HL_STEP_ACT)

/* What is left of an act that computes where nothing is computed any more. */
void hl_step_forward_idle(hl_step_state *s, hl_side of, int micro_batch);
void hl_step_recompute_idle(hl_step_state *s, hl_side of, int micro_batch);
void hl_step_backward_idle(hl_step_state *s, hl_side of, int micro_batch);
void hl_step_loss_idle(hl_step_state *s, hl_side of, int micro_batch);

#endif
