/* forecast-terms.h - what a forecast is asked, and what it says (app/plan/forecast.h). */
#ifndef APP_PLAN_FORECAST_TERMS_H
#define APP_PLAN_FORECAST_TERMS_H
#include "app/config/config.h"
#include "model/model.h"
#include "step/cost.h"

/* Who wants to know of each micro-batch on each share of each stage, whose model, pack and peers are lent for the call:
 * open first for each side, then hear for all. */
typedef struct {
    void *self;
    void (*open)(void *self, hl_side side, int shares, int micro_batches);
    void (*hear)(void *self, hl_side side, int share, int micro_batch, const hl_model *m, const hl_pack *pack,
                 const hl_tensor_group *tp);
} hl_forecast_listener;

/* Whose step, on what machine. */
typedef struct {
    const hl_config *config;
    const hl_transformer *item, *user;
    const hl_corpus *corpus; /* NULL: made up */
    hl_machine machine;
    double room;                          /* bytes that a rank can have; 0: not known */
    const hl_forecast_listener *listener; /* NULL: nobody listens */
} hl_forecast_question;

typedef struct {
    bool is_made_up;
    hl_layout layout;
    hl_transformer item, user;
    hl_plan plan;
    hl_share share;
    hl_schedule *schedule; /* (ranks) */
    hl_cost *cost;         /* (ranks) */
    double *state, *saved; /* (ranks) bytes of weights, gradients and moments; of activations */
    double *summed;        /* (ranks) of gradients that replicas add up at once, at the most */
    double *passing;       /* (ranks) what a rank holds besides: vectors, scratch, what is recomputed, the process */
    double step;           /* seconds */
    hl_cost_interval interval;
    /* Bytes of activations that are saved on a rank at most; negative: all.  With activation_budget auto memory_share
     * of the room, less what is held whatever is saved, on the rank that has least left; all where nobody knows the
     * room */
    int64_t budget;
    double least; /* bytes that the fullest rank holds though it saves nothing */
    int least_rank;
    hl_cost_job job;
    hl_arena arena;
} hl_forecast;

/* Bytes of a rank that holds nothing yet: code, MPI, HDF5, BLAS (resident, Open MPI 4.1 and OpenBLAS 0.3.21). */
#define HL_FORECAST_PROCESS 40e6
/* ... and what its messages go through, at the least, and at the most: a sum has room for what comes from others, a
 * piece at a time (hl_group_pieces). */
#define HL_FORECAST_MESSAGES 4e6
#define HL_FORECAST_PIECE 16e6

/* All that a rank holds at its fullest.  Local. */
static inline double hl_forecast_bytes(const hl_forecast *f, int rank)
{
    return f->state[rank] + f->saved[rank] + f->passing[rank];
}

#endif
