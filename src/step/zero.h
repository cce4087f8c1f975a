/* zero.h - what replicas shard, and the numbers of weights, gradients and moments that a rank holds so.
 *
 * Levels as in ZeRO (Rajbhandari et al., arXiv 1910.02054): moments, gradients, weights, each with those before it.
 * mpi/train/sharding.h does it; hllm plan asks here what it comes to. */
#ifndef STEP_ZERO_H
#define STEP_ZERO_H
#include "model/shards.h"
#include "model/side.h"

static inline bool hl_zero_shards_moments(int zero) { return zero >= 1; }
static inline bool hl_zero_shards_gradients(int zero) { return zero >= 2; }
static inline bool hl_zero_shards_weights(int zero) { return zero >= 3; }

/* Do replicas go through layers together (hl_share.lockstep)?  Where each has a part of a layer's numbers. */
static inline bool hl_zero_is_lockstep(int zero) { return hl_zero_shards_gradients(zero); }

/* Which numbers of its share each replica has the moments of, and with zero 2 on the gradients and weights of layers.
 * Local; release with hl_shards_close. */
static inline void hl_zero_shards_open(hl_shards *s, const hl_params *t, int zero, int replicas)
{
    hl_shards_open(s, t, hl_zero_shards_gradients(zero), replicas);
}

/* Numbers of one side on a rank. */
typedef struct {
    size_t all;                         /* its share of its layers */
    size_t weights, gradients, moments; /* that it holds between layers; moments: of each of AdamW's two */
    size_t layer;                       /* beside these those of the layer at hand, of weights and gradients together */
    size_t waiting;                     /* and of sums over groups of micro-batches that wait for their neighbours */
} hl_zero_state;

/* Of the rank that has this replica's share t, in a step of so many texts, where so many sums over groups of
 * micro-batches wait.  frozen: nothing of it has gradients or moments, but for a number that is not counted. */
hl_zero_state hl_zero_state_of(const hl_params *t, int zero, int replicas, int replica, int waiting, int texts,
                               bool frozen);

/* Numbers of t that have no place for a gradient, since no text of a step of so many reads their row of a table of
 * items (hl_param.row_sparse): as many as where the texts are spread evenly over the table. */
size_t hl_zero_unread(const hl_params *t, int texts);

/* Bytes of both sides, while the larger of their layers is at hand. */
double hl_zero_bytes(const hl_zero_state state[HL_SIDES]);

#endif
