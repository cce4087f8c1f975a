/* negatives.c - which texts a rank holds against the rows of a batch. */
#include "mpi/train/negatives.h"
#include "base/fold.h"
#include "base/part.h"

/* The negatives of my replica (and this group of micro-batches; -1: of all): of these [begin, end).  How many there are
 * in all. */
static int list(const hl_whereabouts *w, int group, int begin, int end, int *text, float *multiplicity)
{
    const hl_plan *p = w->plan;
    const int first_rank = hl_layout_first_rank_of(&w->mesh->layout, HL_ITEM, w->mesh->world.rank);
    int K = 0;
    for (int c = 0; c < p->micro_batches; c++) {
        if (w->share->micro_batch[c] != first_rank || (group >= 0 && p->group[c] != group)) continue;
        for (int t = p->micro_batch_begin[c]; t < p->micro_batch_begin[c + 1]; t++) {
            if (p->multiplicity[t] == 0) continue;
            if (K >= begin && K < end) {
                text[K - begin] = t;
                multiplicity[K - begin] = p->multiplicity[t];
            }
            K++;
        }
    }
    return K;
}

/* Of these, share r of p; how many. */
static int list_share(const hl_whereabouts *w, int group, int p, int r, int *text, float *multiplicity)
{
    const int K = list(w, group, 0, 0, text, multiplicity), begin = (int)hl_part_begin(K, p, r),
              mine = (int)hl_part_count(K, p, r);
    list(w, group, begin, begin + mine, text, multiplicity);
    return mine;
}

/* text: of each of mine. */
static void list_own(hl_negatives *x, const hl_plan *p, const int *text, hl_arena *arena)
{
    int *begin = HL_TAKE(arena, int, p->rows + 1), *own = HL_TAKE(arena, int, (size_t)p->rows *(size_t)p->each),
        *place = HL_TAKE(arena, int, p->texts), n = 0;
    for (int t = 0; t < p->texts; t++) place[t] = -1;
    for (int k = 0; k < hl_negatives_count(x); k++) place[text[k]] = k;
    for (int r = 0; r < p->rows; r++) {
        begin[r] = n;
        for (int k = r * p->each; k < (r + 1) * p->each; k++)
            if (place[p->own[k]] >= 0) own[n++] = place[p->own[k]];
    }
    begin[p->rows] = n;
    x->own_begin = begin;
    x->own = own;
}

hl_negatives hl_negatives_of(const hl_whereabouts *w, int slices, int most, hl_arena *arena)
{
    const hl_group *tp = &w->mesh->side[HL_ITEM].tp, *dp = &w->mesh->side[HL_ITEM].dp;
    const int groups = w->plan->groups, first = groups ? hl_fold_begin(groups, dp->size, dp->rank) : -1;
    const int mine = groups ? hl_fold_begin(groups, dp->size, dp->rank + 1) - first : 1;
    const int p = groups ? slices : tp->size, my_slices = p / tp->size;
    int *begin = HL_TAKE_ZERO(arena, int, my_slices *mine + 1), *row = HL_TAKE(arena, int, most);
    float *multiplicity = HL_TAKE(arena, float, most);
    for (int i = 0; i < my_slices * mine; i++) {
        const int K = begin[i], group = groups ? first + i % mine : -1;
        begin[i + 1] = K + list_share(w, group, p, tp->rank * my_slices + i / mine, row + K, multiplicity + K);
    }
    hl_negatives x = {my_slices, mine, begin, row, multiplicity, NULL, NULL};
    if (w->plan->each) list_own(&x, w->plan, row, arena);
    for (int k = 0; k < begin[my_slices * mine]; k++) row[k] = w->place[row[k]];
    return x;
}
