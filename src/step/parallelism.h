/* parallelism.h - how a job is to be divided among ranks, and which of it goes together with which models.
 *
 * What does not go together is refused, with the nearest that does, before data are read: by the job and by hllm plan
 * alike. */
#ifndef STEP_PARALLELISM_H
#define STEP_PARALLELISM_H
#include "step/layout.h"
#include "model/transformer.h"

typedef struct {
    hl_layout_wish wish;
    int rows[HL_SIDES]; /* of the grids that the ranks of a stage make; 0: none */
    hl_tile_engine engine;
    bool sequence_parallel;
    int zero;           /* what replicas shard (step/zero.h) */
    int groups, slices; /* of micro-batches and of a layer in exact mode; groups 0: not exact */
} hl_parallelism;

/* Do the models have one width, layers enough for the stages, and cuts that exact mode can have?  HL_EUSAGE. */
hl_status hl_parallelism_check(const hl_parallelism *p, const hl_transformer *item, const hl_transformer *user);

/* The layout on so many ranks.  HL_EUSAGE with the nearest possible one. */
hl_status hl_parallelism_layout(hl_layout *l, const hl_parallelism *p, int ranks);

/* Has each replica of a layout one of the groups of exact mode at the least?  HL_EUSAGE.  Asked before its cost. */
hl_status hl_parallelism_check_replicas(const hl_parallelism *p, const hl_layout *l);

#endif
