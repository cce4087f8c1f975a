/* ease.h - EASE, a linear model of items by items in closed form (Steck, Embarrassingly Shallow Autoencoders for
 * Sparse Data, WWW 2019, arXiv 1905.03375).
 *
 * X (users, items) says who met what in the training parts.  Its score of an item is the sum of the weights B from
 * the items of the history, where B minimises |X - X B|^2 + l2 |B|^2 under a diagonal of zeros:
 *
 *     P = (X^T X + l2 I)^-1,   B_ij = -P_ij / P_jj.
 *
 * No rank holds a whole matrix: all of them are dealt over a grid of the ranks. */
#ifndef MPI_EASE_H
#define MPI_EASE_H
#include "mpi/evaluate.h"
#include "mpi/matrix.h"

typedef struct {
    const hl_group *world;
    const hl_corpus *corpus;
    hl_grid grid;
    hl_matrix
        b; /* row and column i - 1 are item i: X^T X, then B^T, so that a column has what one history item gives */
    int *row, *column;    /* (items) where an item is among mine, -1: elsewhere */
    int64_t *seen, looks; /* (items) the last look at a list of items that met it */
    hl_arena scratch;
} hl_ease;

/* Is there room for it?  HL_EUSAGE where not.  Collective over world. */
hl_status hl_ease_fits(const hl_group *world, const hl_corpus *corpus);

/* Collective over world, which stays the caller's; all ranks can read all of the corpus.  hl_ease_fits has said yes. */
void hl_ease_open(hl_ease *e, const hl_group *world, const hl_corpus *corpus);
void hl_ease_close(hl_ease *e);

/* b = X^T X of the users' training parts.  Local: every rank counts its part, nobody sends anything. */
void hl_ease_count(hl_ease *e);

/* b = B^T, l2 > 0.  Collective over world. */
hl_status hl_ease_fit(hl_ease *e, double l2);

/* Scores that ought to be equal differ by rounding, which is another one on other grids: closer than this they are
 * ties. */
#define HL_EASE_MARGIN 1e-12f

/* Rank every user's target as hl_evaluate does, by the items of the whole history; orders->history only says what
 * mask window leaves out; ranks
 * that are left over from the grid fill no orders->rank.  The same score on every rank.  Collective over world. */
void hl_ease_score(hl_score *score, hl_ease *e, const hl_eval_orders *orders);

#endif
