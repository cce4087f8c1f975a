/* ease.h - EASE, a linear model of items by items in closed form (Steck, Embarrassingly Shallow Autoencoders for
 * Sparse Data, WWW 2019, arXiv 1905.03375).
 *
 * X (users, items) is 1 where the training part of a user has an item, else 0.  The score of an item for a user is
 * the sum of the weights B from the items of the history to it.  B minimises |X - X B|^2 + l2 |B|^2 under a diagonal
 * of zeros:
 *
 *     P = (X^T X + l2 I)^-1,   B_ij = -P_ij / P_jj.
 *
 * Matrices are dealt over a grid of the ranks: no rank holds a whole one. */
#ifndef MPI_EVAL_EASE_H
#define MPI_EVAL_EASE_H
#include "mpi/eval/evaluate.h"
#include "mpi/linalg/matrix.h"

typedef struct {
    const hl_group *world;
    const hl_corpus *corpus;
    hl_grid grid;
    hl_matrix b; /* X^T X, then B^T: a column has the weights from one history item; row and column i - 1 are item i */
    int *row, *column;    /* (items) the local index of an item; -1: another rank has it */
    int64_t *seen, looks; /* (items) the last list of items, of `looks` so far, that had it */
    hl_arena scratch;
} hl_ease;

/* Is there room for the matrices?  HL_EUSAGE where not.  Collective over world. */
hl_status hl_ease_fits(const hl_group *world, const hl_corpus *corpus);

/* Open EASE, after hl_ease_fits.  All ranks can read all of the corpus; world is borrowed.  Collective over world. */
void hl_ease_open(hl_ease *e, const hl_group *world, const hl_corpus *corpus);
void hl_ease_close(hl_ease *e);

/* b = X^T X of the training parts.  Local: every rank counts its own shard, and nothing is sent. */
void hl_ease_count(hl_ease *e);

/* b = B^T, l2 > 0.  Collective over world. */
hl_status hl_ease_fit(hl_ease *e, double l2);

/* The weights from the item of one of my columns to those of my rows. */
static inline double *hl_ease_column(const hl_ease *e, int column)
{
    return e->b.x + (size_t)column * (size_t)e->b.rows;
}

/* My columns of the different items of a list (n), in its order; how many.  out has room for n. */
int hl_ease_find_columns(int *out, hl_ease *e, const int32_t *items, int n);

/* Scores nearer to each other than this are ties: equal scores differ by rounding, and by another rounding on
 * another grid. */
#define HL_EASE_MARGIN 1e-12

/* Rank the targets by the items of the whole history: hl_evaluate with a fitted model as the scorer, whose ranks that
 * count are those of the grid.  Collective over world. */
hl_status hl_ease_score(hl_score *score, hl_ease *e, const hl_eval_orders *orders);

#endif
