/* budget.c - the ranks of a replica agree which micro-batches save their activations for the backward. */
#include "mpi/train/budget.h"
#include "base/minmax.h"

static void least(void *into, const void *from, size_t n)
{
    int *y = into;
    const int *x = from;
    for (size_t i = 0; i < n; i++) y[i] = hl_min(y[i], x[i]);
}

void hl_budget_choose(hl_share *share, const hl_mesh *mesh, const hl_plan *p, const int64_t *bytes, int64_t budget,
                      hl_arena *scratch)
{
    const hl_layout *l = &mesh->layout;
    const hl_mesh_side *side = &mesh->side[HL_ITEM];
    const size_t mark = hl_arena_mark(scratch);
    if (budget < 0) return;
    hl_activations_saved *fit = HL_TAKE(scratch, hl_activations_saved, hl_layout_replicas(l, HL_ITEM));
    hl_activations_fit(fit, l, p, share, bytes, budget, scratch);
    const hl_activations_saved mine = fit[hl_layout_replica(l, HL_ITEM, mesh->world.rank)];
    int most[2] = {mine.history, mine.negatives_only};
    hl_group_all_reduce_with(&side->tp, most, 2, sizeof *most, least); /* shares need not be equal */
    hl_group_all_reduce_with(&side->pp, most, 2, sizeof *most, least);
    if (share->lockstep) hl_group_all_reduce_with(&side->dp, most, 2, sizeof *most, least);
    share->save_history = most[0];
    share->save_negatives_only = most[1];
    hl_arena_back(scratch, mark);
}
