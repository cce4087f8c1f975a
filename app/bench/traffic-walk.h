/* traffic-walk.h - what a walk through the acts of a step knows, and what replicas send.  For app/bench/traffic*.c
 * alone. */
#ifndef APP_BENCH_TRAFFIC_WALK_H
#define APP_BENCH_TRAFFIC_WALK_H
#include "app/bench/traffic.h"
#include "model/shards.h"
#include "mpi/train/sparse-rows.h"
#include "step/stage-params.h"

static const struct {
    int tp, pp, dp;
} hl_traffic_walk_groups[HL_SIDES] = {[HL_ITEM] = {HL_MESH_ITEM_TP, HL_MESH_ITEM_PP, HL_MESH_ITEM_DP},
                                      [HL_USER] = {HL_MESH_USER_TP, HL_MESH_USER_PP, HL_MESH_USER_DP}};

/* What a rank sends in the replicas' group whenever it goes through its layers: the same each time. */
typedef struct {
    int rank; /* whose it is; -1: nobody's */
    hl_sent sent;
} hl_traffic_layers;

typedef struct {
    const hl_traffic_heard *heard;
    const hl_forecast *f;
    const hl_config *c;
    const hl_layout *l;
    hl_traffic_groups *sent;
    hl_stage_params table[HL_SIDES];
    hl_shards *shards[HL_SIDES];      /* (width) of the shares of a stage: the blocks of the replicas */
    hl_traffic_layers *layers;        /* (sides x 2) gathered and scattered, of the last rank that did it */
    hl_sparse_rows *sparse[HL_SIDES]; /* (width) of the shares of a stage, those of a table of items */
    int *rows[HL_SIDES];              /* (ranks) of each replica by its first rank: texts, rows of users */
} hl_traffic_walk;

/* Where a rank is on a side. */
typedef struct {
    hl_side side;
    int rank, tp, tp_rank, pp, stage, dp, dp_rank;
    const hl_params *table;
    const hl_shards *shards;
    const hl_sparse_rows *sparse;
    hl_sent *sent; /* of all its groups */
} hl_traffic_place;

static inline hl_sent *hl_traffic_walk_tp(const hl_traffic_place *p)
{
    return &p->sent[hl_traffic_walk_groups[p->side].tp];
}
static inline hl_sent *hl_traffic_walk_dp(const hl_traffic_place *p)
{
    return &p->sent[hl_traffic_walk_groups[p->side].dp];
}

/* What a collective over blocks of the replicas sends; of each layer. */
typedef void hl_traffic_act(hl_sent *s, int ranks, int rank, const size_t *begin);
void hl_traffic_walk_layers(const hl_traffic_place *p, hl_traffic_act *sent);

/* Gradients over the replicas, and weights that were updated. */
void hl_traffic_walk_sums(const hl_traffic_walk *x, const hl_traffic_place *p);
void hl_traffic_walk_update(const hl_traffic_walk *x, const hl_traffic_place *p, bool frozen);

#endif
