/* loss.h - the loss of a batch where the negatives are, whatever the criterion.
 *
 * Negatives are many and stay with the item rank that encoded them, and so do their gradients.  The user rows and
 * their targets, as unit vectors, travel to every item rank; each summarises its own negatives for every row
 * (math/criterion.h), the summaries are combined over these by a tree, and the gradients of the rows
 * travel back.  The loss is the sum over rows of weight * (loss of the row); s = exp(logit_scale).
 *
 * Where a plan has groups, the bits do not depend on who has the negatives: those of a group are cut into slices, as
 * many as a tensor group may have ranks, and all sums follow the tree of the groups, then the tree of the slices. */
#ifndef MPI_TRAIN_LOSS_H
#define MPI_TRAIN_LOSS_H
#include "base/arena.h"
#include "math/criterion.h"
#include "step/plan.h"
#include "mpi/train/mesh.h"
#include "mpi/train/negatives.h"

enum { HL_TOPS = 5 };
extern const int hl_top[HL_TOPS]; /* 1, 5, 10, 50, 100 */

/* What the loss says of a batch: the same on every item rank. */
typedef struct {
    double loss, kept, masked; /* negatives over all rows, with multiplicity */
    double hits[HL_TOPS];      /* rows whose target is among the first k logits */
} hl_loss_facts;

typedef struct {
    const hl_criterion *criterion;
    const hl_mesh *mesh;
    const hl_plan *plan;
    int D;
    int *row_list;              /* (rows) rows of the plan by their user rank, in plan order there */
    int *row_begin, *row_count; /* (ranks) in row_list */
    float *u, *p, *l0, *du;     /* there: unit rows and targets (rows, D), l0 (rows), gradient (rows, D) */
    double *state;              /* (rows) hl_row_loss.state, everywhere after hl_loss_return */
    double dscale;              /* my share of dLoss/d logit_scale */
    double
        *dscale_row; /* (rows) where the plan has groups: what my rows add to it through their targets; 0: not mine */
    hl_loss_facts facts;
} hl_loss;

/* Lay everything in the arena; row_owner (rows): the rank that has the User LLM's output of the row.  Local. */
void hl_loss_open(hl_loss *l, const hl_criterion *criterion, const hl_mesh *mesh, const hl_plan *plan,
                  const int *row_owner, int D, hl_arena *arena);

/* My rows in the order of the plan: how many, and which. */
int hl_loss_my_rows(const hl_loss *l, const int **rows);

/* My user rows and their targets, unit vectors (my rows, D), to all item ranks that have vectors.  Collective over
 * all ranks. */
void hl_loss_give(hl_loss *l, const float *u, const float *p, hl_arena *wire);

/* Loss and gradients: n (K, D) are my negatives as unit vectors, dn (K, D) is added to; NULL: not wanted.
 * Collective over the item ranks that have vectors. */
void hl_loss_run(hl_loss *l, float *dn, const float *n, const hl_negatives *mine, float s, float thres,
                 hl_arena *scratch);

/* Instead of hl_loss_run, where nothing is computed: facts and gradients are zero.  Local. */
void hl_loss_pass(hl_loss *l);

/* How many rows of each user rank go in one round of hl_loss_return.  Local. */
int hl_loss_rows_a_round(const hl_layout *l, int D);

/* Gradients of my user rows through the negatives, du (my rows, D) overwritten; state to everyone.  Collective over
 * all ranks. */
void hl_loss_return(hl_loss *l, float *du, hl_arena *wire);

/* The part through the targets' own logits, on the rank that has the rows: du, dp (my rows, D) += .  Local. */
void hl_loss_positives(hl_loss *l, float *du, float *dp, const float *u, const float *p, float s, hl_arena *scratch);

/* Where the plan has groups, one rank gets the whole of dscale; the others have 0.  Collective over all ranks. */
void hl_loss_finish(hl_loss *l);

#endif
