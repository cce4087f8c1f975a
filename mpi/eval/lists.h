/* lists.h - what everybody is recommended: the first K items of each user's ranking, and how often each item is among
 * them.
 *
 * Items come in the order of their scores.  Equal scores (within the scorer's margin) are in an order of chance that is
 * named by user and item alone, so a list is the same at any layout.  What of the history is left out, as in the
 * ranking of the target, is in no list; the target may be.  Where fewer than K items are left, a list has them all. */
#ifndef MPI_EVAL_LISTS_H
#define MPI_EVAL_LISTS_H
#include "mpi/eval/scorer.h"

typedef struct hl_lists hl_lists;

/* Lists of the lengths that the score has, which is borrowed, as the scorer is.  Local. */
hl_lists *hl_lists_open(const hl_scorer *s, const hl_score *score);
void hl_lists_close(hl_lists *l);

/* Make the lists of a round, without the items of except[begin[i]] ... except[begin[i + 1] - 1], which ascend, in that
 * of user i.  Each rank finds the best of the columns and the users that it counts; then the users are divided among
 * the ranks, and whoever has a user merges.  Collective over the scorer's group. */
void hl_lists_add(hl_lists *l, const hl_round *r, const int32_t *except, const int64_t *begin);

/* score->list: the metrics of all lists so far.  Counts of all ranks are added; nobody sees another's lists.
 * Collective over the scorer's group. */
void hl_lists_finish(hl_lists *l, hl_score *score);

#endif
