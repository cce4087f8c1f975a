/* tensor-group.h - the ranks that share the layers of a stage (tensor parallel), as the model sees them.
 *
 * src/ knows no MPI: a layer that computes a share of a sum asks its peers, the other ranks, for the rest of it.
 * mpi/train/mesh.h fills this table from a group; hl_alone is the table of a model that one process holds whole. */
#ifndef MODEL_TENSOR_GROUP_H
#define MODEL_TENSOR_GROUP_H
#include <stdbool.h>
#include <stddef.h>

typedef struct hl_tensor_group hl_tensor_group;
struct hl_tensor_group {
    int rank, size;    /* among those that share the same layers */
    int stage, stages; /* which part of the layers they share (pipeline) */
    const void *self;
    /* of the grid that they make, rank by rank along its rows; 0: none, a layer is cut along one axis */
    int rows;
    const struct hl_tiles *tiles; /* products over that grid (model/tiles.h); NULL without one */
    /* y (n) of all peers added by a tree (base/fold.h); collective over the peers. */
    void (*all_reduce)(const hl_tensor_group *p, float *y, size_t n);
    /* Between products each peer has some of the rows only (sequence parallel: Korthikanti et al., arXiv 2205.05198).
     * Block r of y, [begin[r], begin[r + 1]), is peer r's: reduce_scatter leaves the sum of all peers in it and the
     * rest of y undefined, all_gather gives everyone all blocks.  Collective. */
    bool sequence_parallel;
    void (*reduce_scatter)(const hl_tensor_group *p, float *y, const size_t *begin);
    void (*all_gather)(const hl_tensor_group *p, float *y, const size_t *begin);
};

extern const hl_tensor_group hl_alone;

/* Heads, widths and hidden units are cut by the columns of a grid, or by all peers where there is none. */
static inline int hl_tensor_group_columns(const hl_tensor_group *p) { return p->rows ? p->size / p->rows : p->size; }
static inline int hl_tensor_group_column(const hl_tensor_group *p) { return p->rank % hl_tensor_group_columns(p); }
static inline int hl_tensor_group_row(const hl_tensor_group *p) { return p->rank / hl_tensor_group_columns(p); }

#endif
