/* budget.c - which chunks keep their activations until the backward. */
#include "mpi/budget.h"

static void least(void *into, const void *from, size_t n)
{
    int *y = into;
    const int *x = from;
    for (size_t i = 0; i < n; i++) y[i] = y[i] < x[i] ? y[i] : x[i];
}

/* A chunk of `owner`, in a range of chunks, and the bytes that are left. */
typedef struct {
    const hl_share *share;
    const int64_t *bytes;
    int owner, chunks;
    int64_t left;
} counting;

/* How many of the owner's chunks [begin, end), from the first on, fit into what is left; with an empty one for all beyond. */
static int count_kept(counting *x, int begin, int end)
{
    int n = 0;
    for (int c = begin; c < end; c++) {
        if (x->share->chunk[c] != x->owner) continue;
        if (x->bytes[c] > x->left) return n;
        x->left -= x->bytes[c];
        n++;
    }
    return x->chunks;
}

void hl_budget_choose(hl_share *share, const hl_mesh *mesh, const hl_plan *p, const int64_t *bytes, int64_t budget)
{
    if (budget < 0) return;
    counting x = {share, bytes, hl_layout_item_lead_of(&mesh->layout, mesh->world.rank), p->chunks, budget};
    const int read = count_kept(&x, 0, p->early_chunks), rest = count_kept(&x, p->early_chunks, p->chunks);
    int keep[2] = {read, rest};
    hl_group_all_reduce_with(&mesh->item_tp, keep, 2, sizeof *keep, least); /* shares need not be equal */
    hl_group_all_reduce_with(&mesh->item_pp, keep, 2, sizeof *keep, least);
    if (share->lockstep) hl_group_all_reduce_with(&mesh->item_dp, keep, 2, sizeof *keep, least);
    share->keep_read = keep[0];
    share->keep_rest = keep[1];
}
