/* budget.c - which micro-batches keep their activations until the backward. */
#include "mpi/budget.h"

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
static int count_kept(counting *x, int begin, int end)
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
    counting x = {share, bytes, hl_layout_item_lead_of(&mesh->layout, mesh->world.rank), p->micro_batches, budget};
    const int read = count_kept(&x, 0, p->early_micro_batches);
    const int rest = count_kept(&x, p->early_micro_batches, p->micro_batches);
    int keep[2] = {read, rest};
    hl_group_all_reduce_with(&mesh->item_tp, keep, 2, sizeof *keep, least); /* shares need not be equal */
    hl_group_all_reduce_with(&mesh->item_pp, keep, 2, sizeof *keep, least);
    if (share->lockstep) hl_group_all_reduce_with(&mesh->item_dp, keep, 2, sizeof *keep, least);
    share->keep_read = keep[0];
    share->keep_rest = keep[1];
}
