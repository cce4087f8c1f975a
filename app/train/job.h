/* job.h - what training and evaluation share: data, models, layout, weights. */
#ifndef APP_TRAIN_JOB_H
#define APP_TRAIN_JOB_H
#include "app/config/config.h"
#include "app/train/stops.h"
#include "app/train/user-ranks.h"
#include "io/dataset/dataset.h"
#include "data/id-corpus.h"
#include "data/sampler.h"
#include "step/schedule.h"
#include "mpi/train/engine.h"
#include "step/cost.h"
#include <jansson.h>

/* The vectors of item_cache. */
typedef struct {
    char model[17];   /* digest of the model that made them, as the file says it */
    int64_t rows;     /* of the file */
    uint64_t vectors; /* digest of those that the items of the data have */
} hl_cached_items;

typedef struct {
    const hl_config *config; /* borrowed */
    const hl_group *world;
    hl_dataset *data;
    hl_id_corpus ids;                      /* of a model of item ids */
    const hl_corpus *corpus;               /* what the model reads of the data */
    hl_transformer item_shape, user_shape; /* not of EASE */
    hl_cached_items cache;                 /* without item_cache none */
    hl_windows windows;
    hl_pool pool;
    hl_sampler sampler;
    hl_group mapped; /* all ranks in the order of the layout; size 0 where that is the order of world */
    hl_mesh mesh;
    hl_engine engine;
    int threads;
    uint64_t initial_digest; /* of the weights before the first step, the same on every rank */
    double forecast_bytes;   /* of this rank, what it will hold at its fullest beyond what it has now; 0: no step */
    double forecast[HL_ACTS + 1]; /* mean seconds of the ranks in each act of a step, and of the step */
    double forecast_begin;        /* before the first act */
    hl_cost_interval forecast_interval;
    int64_t activation_budget; /* bytes of a rank; negative: all are saved */
    double forecast_learned;   /* hl_machine.learned, 1 where nothing is; 0: the machine is assumed */
    double speed_reference;    /* hl_machine.speed */
    char layout[120];          /* in words */
    hl_reached reached;        /* by a training, told at its end */
    hl_user_ranks ranks[2];    /* by phase, of the last evaluation; where nobody wants them there are none */
    json_t *details;           /* app/train/details.h; NULL: none */
} hl_job;

/* Prepare the data where needed, open it, lay out groups and models, and give them their initial weights.
 * Collective.  Close also after a failure. */
hl_status hl_job_open(hl_job *j, const hl_group *world, const hl_config *config, bool for_training);
void hl_job_close(hl_job *j);

#endif
