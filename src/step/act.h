/* act.h - the acts of a step: one table says what each is called, whose it is, who does it together, and of what kind
 * it is.
 *
 * A schedule is a list of acts with micro-batches (step/schedule.h).  mpi/train/step.c carries it out, step/price.h
 * prices it, and whoever measures or shows a step goes through the table.  To add an act, add its row, and the function
 * that carries it out: without that function hllm does not build, and without its price step/price.c does not. */
#ifndef STEP_ACT_H
#define STEP_ACT_H
#include "model/side.h"

typedef enum {
    HL_WITH_NOBODY,
    HL_WITH_STAGE,    /* the ranks of a stage; in lockstep those of all replicas */
    HL_WITH_REPLICAS, /* the same stage of all replicas of the side */
    HL_WITH_VECTORS,  /* the item ranks that have vectors */
    HL_WITH_ALL
} hl_act_company;

typedef enum {
    HL_COMPUTE,  /* may be left out where a step is given up */
    HL_EXCHANGE, /* sends, or waits for others */
    HL_RECEIVE,  /* waits for what another stage sends */
    HL_LOCAL
} hl_act_kind;

/* Act, side, function (hl_step_...), with whom, kind, name in records.  What all ranks do together stands under the
 * side whose vectors it is about. */
/* clang-format off */
#define HL_ACT_TABLE(ACT)                                                                                            \
    /* with a micro-batch */                                                                                         \
    ACT(ITEM_FORWARD,      ITEM, forward,        STAGE,    COMPUTE,  "item_forward")                                 \
    ACT(ITEM_RECOMPUTE,    ITEM, recompute,      STAGE,    COMPUTE,  "item_again")                                   \
    ACT(ITEM_BACKWARD,     ITEM, backward,       STAGE,    COMPUTE,  "item_backward")                                \
    ACT(USER_FORWARD,      USER, forward,        STAGE,    COMPUTE,  "user_forward")                                 \
    ACT(USER_BACKWARD,     USER, backward,       STAGE,    COMPUTE,  "user_backward")                                \
    /* with a micro-batch, between this rank and its likes in the neighbouring stages */                             \
    ACT(ITEM_RECEIVE,      ITEM, receive,        NOBODY,   RECEIVE,  "item_take")                                    \
    ACT(ITEM_SEND,         ITEM, send,           NOBODY,   EXCHANGE, "item_pass")                                    \
    ACT(ITEM_RECEIVE_BACK, ITEM, receive_back,   NOBODY,   RECEIVE,  "item_take_back")                               \
    ACT(ITEM_SEND_BACK,    ITEM, send_back,      NOBODY,   EXCHANGE, "item_pass_back")                               \
    ACT(USER_RECEIVE,      USER, receive,        NOBODY,   RECEIVE,  "user_take")                                    \
    ACT(USER_SEND,         USER, send,           NOBODY,   EXCHANGE, "user_pass")                                    \
    ACT(USER_RECEIVE_BACK, USER, receive_back,   NOBODY,   RECEIVE,  "user_take_back")                               \
    ACT(USER_SEND_BACK,    USER, send_back,      NOBODY,   EXCHANGE, "user_pass_back")                               \
    /* where user vectors come out: unit vectors of rows and targets; gradients through the target's own logit */    \
    ACT(USER_ROWS,         USER, user_rows,      NOBODY,   LOCAL,    "user_rows")                                    \
    ACT(USER_POSITIVES,    USER, user_positives, NOBODY,   LOCAL,    "user_positives")                               \
    /* the same of labels, where there are some */                                                                  \
    ACT(PREDICT_LABELS,    USER, predict_labels, NOBODY,   LOCAL,    "predict_labels")                               \
    /* item vectors to the users that read them, and that predict them */                                            \
    ACT(GIVE_INPUTS,       ITEM, give_inputs,    ALL,      EXCHANGE, "give_inputs")                                  \
    ACT(GIVE_TARGETS,      ITEM, give_targets,   ALL,      EXCHANGE, "give_targets")                                 \
    /* user rows to all item ranks, and their gradients back */                                                      \
    ACT(GIVE_ROWS,         USER, give_rows,      ALL,      EXCHANGE, "give_rows")                                    \
    ACT(RETURN_ROWS,       USER, return_rows,    ALL,      EXCHANGE, "return_rows")                                  \
    /* gradients of the item vectors */                                                                              \
    ACT(RETURN_TARGETS,    ITEM, return_targets, ALL,      EXCHANGE, "return_targets")                               \
    ACT(RETURN_INPUTS,     ITEM, return_inputs,  ALL,      EXCHANGE, "return_inputs")                                \
    /* the small facts of the step */                                                                                \
    ACT(TALLY,             ITEM, tally,          ALL,      EXCHANGE, "tally")                                        \
    ACT(LOSS,              ITEM, loss,           VECTORS,  COMPUTE,  "loss")                                         \
    /* gradients over the replicas of a side, and the ranks of each stage */                                         \
    ACT(SUM_ITEM,          ITEM, sum,            REPLICAS, EXCHANGE, "sum_item")                                     \
    ACT(SUM_USER,          USER, sum,            REPLICAS, EXCHANGE, "sum_user")                                     \
    /* both sides; where replicas divide the optimizer's state, their weights are gathered, the Item LLM's first */  \
    ACT(UPDATE,            ITEM, update,         NOBODY,   LOCAL,    "update")
/* clang-format on */

#define HL_ACT_ENUMERATOR(act, ...) HL_##act,
typedef enum { HL_ACT_TABLE(HL_ACT_ENUMERATOR) HL_ACTS } hl_act;

typedef struct {
    const char *name;
    hl_side side;
    hl_act_company with;
    hl_act_kind kind;
} hl_act_row;
extern const hl_act_row hl_act_table[HL_ACTS];

/* What both sides do. */
typedef struct {
    hl_act receive, forward, send, receive_back, backward, send_back, sum;
} hl_side_acts;
extern const hl_side_acts hl_side_act[HL_SIDES];

/* Does a rank send in it, or wait for others, and compute nothing? */
static inline int hl_act_is_exchange(hl_act act)
{
    return hl_act_table[act].kind == HL_EXCHANGE || hl_act_table[act].kind == HL_RECEIVE;
}

#endif
