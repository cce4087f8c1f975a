/* route.c - the ways of item vectors between the replicas that hold them and those that read them. */
#include "mpi/train/route.h"

/* Each reading once for each of `times` ranks of one side; `by_reader` says whose.  The other side's ranks take
 * turns. */
static void plan_way(hl_exchange *x, const hl_whereabouts *w, const hl_route_ends *ends, bool by_reader,
                     hl_arena *arena, hl_arena *scratch)
{
    const hl_layout *l = &w->mesh->layout;
    const int R = ends->n, *text = ends->text, times = by_reader ? l->side[HL_USER].tp : l->side[HL_ITEM].tp;
    const size_t mark = hl_arena_mark(scratch);
    int n = 0, *from = HL_TAKE(scratch, int, 4 * R * times), *held = from + R * times, *to = held + R * times,
        *read = to + R * times;
    for (int r = 0; r < R; r++) {
        if (text[r] < 0) continue;
        const int first_rank = w->share->micro_batch[hl_plan_micro_batch_of(w->plan, text[r])];
        const int holder = hl_layout_last_stage(l, HL_ITEM, first_rank);
        for (int t = 0; t < times; t++, n++) {
            from[n] = holder + t % l->side[HL_ITEM].tp;
            held[n] = w->place[text[r]];
            to[n] = ends->reader[r] + t % l->side[HL_USER].tp;
            read[n] = ends->place[r];
        }
    }
    hl_exchange_set_up(x, &w->mesh->world, &(hl_readings){n, from, held, to, read}, arena);
    hl_arena_back(scratch, mark);
}

void hl_route_set_up(hl_route *x, const hl_whereabouts *w, const hl_route_ends *ends, hl_arena *arena,
                     hl_arena *scratch)
{
    plan_way(&x->there, w, ends, true, arena, scratch);
    plan_way(&x->back, w, ends, false, arena, scratch);
}

int64_t hl_route_bytes(const hl_route *x, int D)
{
    return hl_exchange_bytes(&x->there, D) + hl_exchange_bytes(&x->back, D);
}
