/* activations.c - the bytes that a forward saves for its backward, and which micro-batches fit a budget of them. */
#include "step/activations.h"
#include "base/minmax.h"

int64_t hl_activations_bytes(const hl_model *m, const hl_pack *pack, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    hl_arena measure = hl_arena_measuring();
    m->kind->trace(hl_arena_take(scratch, m->kind->saved), m, pack, &measure);
    hl_arena_back(scratch, mark);
    return (int64_t)hl_arena_used(&measure);
}

hl_activations_saved hl_activations_least(hl_activations_saved a, hl_activations_saved b)
{
    return (hl_activations_saved){hl_min(a.history, b.history), hl_min(a.negatives_only, b.negatives_only)};
}

/* A replica's bytes that are left, and its micro-batches that were saved so far. */
typedef struct {
    int64_t left;
    int saved;
    bool is_full;
} filling;

static void take(filling *x, int64_t bytes)
{
    x->is_full |= bytes > x->left;
    if (x->is_full) return;
    x->left -= bytes;
    x->saved++;
}

/* Of the micro-batches [begin, end) all are saved, empty ones too, where none was too much. */
static void fill(filling *x, const hl_layout *l, const hl_share *share, const int64_t *bytes, int begin, int end)
{
    for (int r = 0; r < hl_layout_replicas(l, HL_ITEM); r++) x[r].saved = 0, x[r].is_full = false;
    for (int c = begin; c < end; c++) take(&x[hl_layout_replica(l, HL_ITEM, share->micro_batch[c])], bytes[c]);
}

void hl_activations_fit(hl_activations_saved *fit, const hl_layout *l, const hl_plan *p, const hl_share *share,
                        const int64_t *bytes, int64_t budget, hl_arena *scratch)
{
    const int replicas = hl_layout_replicas(l, HL_ITEM), all = p->micro_batches;
    for (int r = 0; r < replicas; r++)
        fit[r] = p->items_frozen ? (hl_activations_saved){0} : (hl_activations_saved){all, all};
    if (budget < 0 || p->items_frozen) return;
    const size_t mark = hl_arena_mark(scratch);
    filling *x = HL_TAKE(scratch, filling, replicas);
    for (int r = 0; r < replicas; r++) x[r] = (filling){.left = budget};
    fill(x, l, share, bytes, 0, p->early_micro_batches);
    for (int r = 0; r < replicas; r++) fit[r].history = x[r].is_full ? x[r].saved : all;
    fill(x, l, share, bytes, p->early_micro_batches, all);
    for (int r = 0; r < replicas; r++) fit[r].negatives_only = x[r].is_full ? x[r].saved : all;
    hl_arena_back(scratch, mark);
}
