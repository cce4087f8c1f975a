/* budget.c - which micro-batches save their activations for the backward, and which recompute them. */
#include "mpi/train/budget.h"

static void least(void *into, const void *from, size_t n)
{
    int *y = into;
    const int *x = from;
    for (size_t i = 0; i < n; i++) y[i] = y[i] < x[i] ? y[i] : x[i];
}

/* A micro-batch of `owner`, in a range of micro-batches, and the bytes that are left. */
typedef struct {
    const hl_share *share;
    const int64_t *bytes;
    int owner, micro_batches;
    int64_t left;
} counting;

/* How many of the owner's micro-batches [begin, end), from the first on, fit into what is left; with an empty one for
 * all beyond. */
static int count_saved(counting *x, int begin, int end)
{
    int n = 0;
    for (int c = begin; c < end; c++) {
        if (x->share->micro_batch[c] != x->owner) continue;
        if (x->bytes[c] > x->left) return n;
        x->left -= x->bytes[c];
        n++;
    }
    return x->micro_batches;
}

void hl_budget_choose(hl_share *share, const hl_mesh *mesh, const hl_plan *p, const int64_t *bytes, int64_t budget)
{
    if (budget < 0) return;
    counting x = {share, bytes, hl_layout_first_rank_of(&mesh->layout, HL_ITEM, mesh->world.rank), p->micro_batches,
                  budget};
    const int read = count_saved(&x, 0, p->early_micro_batches);
    const int rest = count_saved(&x, p->early_micro_batches, p->micro_batches);
    int most[2] = {read, rest};
    hl_group_all_reduce_with(&mesh->side[HL_ITEM].tp, most, 2, sizeof *most, least); /* shares need not be equal */
    hl_group_all_reduce_with(&mesh->side[HL_ITEM].pp, most, 2, sizeof *most, least);
    if (share->lockstep) hl_group_all_reduce_with(&mesh->side[HL_ITEM].dp, most, 2, sizeof *most, least);
    share->save_read = most[0];
    share->save_rest = most[1];
}
