/* engine.h - both models as this rank holds them: weights, gradients, AdamW moments, memory. */
#ifndef MPI_TRAIN_ENGINE_H
#define MPI_TRAIN_ENGINE_H
#include "math/criterion.h"
#include "data/corpus.h"
#include "model/models.h"
#include "step/plan.h"
#include "mpi/train/sharding.h"
#include "mpi/train/mesh.h"
#include "mpi/comm/pipe.h"

typedef struct {
    hl_plan_rules plan;            /* without what follows from models and layout (step/plan-rules.h) */
    bool share_tokens;             /* hl_model_settings.share_tokens */
    const hl_models *models;       /* NULL: by their shapes */
    const hl_criterion *criterion; /* NULL: hl_criterion_nce */
    float nce_thres;
    double weight_decay, clip_grad_norm; /* 0: no clipping */
    /* bytes of saved activations a rank; micro-batches beyond it are recomputed; < 0: no limit */
    int64_t activation_budget;
    bool for_training; /* false: weights only */
    int zero;          /* what replicas shard (mpi/train/sharding.h) */
    bool overlap;      /* sum gradients over replicas while the last backward goes on */
    int slices;        /* of each layer where plan.groups: as many as a tensor group may have ranks, a power of two */
    int longest_text, longest_history; /* tokens without [ITEM]; items */
    uint64_t seed;                     /* of what is dropped by chance */
} hl_engine_rules;

typedef struct {
    const hl_mesh *mesh;
    const hl_corpus *corpus;
    hl_engine_rules rules;
    hl_model model[HL_SIDES];
    hl_sharding sharding[HL_SIDES]; /* weights, gradients and moments; none of a side that this rank is not in */
    hl_pipe pipe[HL_SIDES];
    hl_arena plan, saved, scratch, wire; /* what a step lays out; empty between steps */
    hl_arena *recomputed;                /* (item_pp) activations of micro-batches that were recomputed */
    double update_seconds;               /* of the step before, told in the next tally */
    /* bytes and messages sent in the step before after its tally, likewise */
    uint64_t late[HL_MESH_GROUPS], late_messages[HL_MESH_GROUPS];
    long updates; /* AdamW's step count */
} hl_engine;

/* Weights are zero until read or drawn.  Local. */
void hl_engine_open(hl_engine *e, const hl_mesh *mesh, const hl_corpus *corpus, const hl_transformer *item,
                    const hl_transformer *user, const hl_engine_rules *rules);
void hl_engine_close(hl_engine *e);

/* Do not train parameters whose names begin with prefix. */
void hl_engine_freeze(hl_engine *e, const char *prefix);

int hl_engine_width(const hl_engine *e);

#endif
