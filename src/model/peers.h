/* peers.h - the ranks that share one replica, as the model sees them.
 *
 * src/ knows no MPI: a layer that computes a share of a sum asks its peers for the rest of it.  mpi/ fills
 * this table from a group; hl_alone is the table of a model that one process holds whole. */
#ifndef MODEL_PEERS_H
#define MODEL_PEERS_H
#include <stdbool.h>
#include <stddef.h>

typedef struct hl_peers hl_peers;
struct hl_peers {
    int rank, size;    /* among those that share the same layers */
    int stage, stages; /* which part of the layers they share (pipeline) */
    const void *self;
    int rows;          /* of the grid that they make, rank by rank along its rows; 0: none, a layer is cut along one axis */
    const struct hl_tiles *tiles; /* products over that grid (model/tiles.h); NULL without one */
    /* y (n) of all peers added by a tree (base/fold.h); collective over the peers. */
    void (*sum)(const hl_peers *p, float *y, size_t n);
    /* Between products each peer has some of the rows only (sequence parallel: Korthikanti et al., arXiv 2205.05198).  Block r of y,
     * [begin[r], begin[r + 1]), is peer r's: the first leaves the sum of all peers in it and the rest of y undefined, the second gives
     * everyone all blocks.  Collective. */
    bool rows_apart;
    void (*sum_blocks)(const hl_peers *p, float *y, const size_t *begin);
    void (*gather_blocks)(const hl_peers *p, float *y, const size_t *begin);
};

extern const hl_peers hl_alone;

/* Heads, widths and hidden units are cut by the columns of a grid, or by all peers where there is none. */
static inline int hl_peers_columns(const hl_peers *p) { return p->rows ? p->size / p->rows : p->size; }
static inline int hl_peers_column(const hl_peers *p) { return p->rank % hl_peers_columns(p); }
static inline int hl_peers_row(const hl_peers *p) { return p->rank / hl_peers_columns(p); }

#endif
