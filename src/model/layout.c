/* layout.c - which ranks are the item group and which the user group, and what each computes. */
#include "model/layout.h"
#include "base/part.h"
#include <stdio.h>

hl_status hl_layout_make(hl_layout *l, int ranks, hl_layout_kind kind, int item_dp, int user_dp)
{
    if (kind == HL_COLOCATED) {
        int items = item_dp ? item_dp : ranks, users = user_dp ? user_dp : ranks;
        if (items > ranks || users > ranks)
            return HL_FAIL(HL_EUSAGE, "item.dp %d and user.dp %d colocated need %d ranks, the job has %d; the nearest possible is item.dp %d, user.dp %d",
                           items, users, items > users ? items : users, ranks, items < ranks ? items : ranks, users < ranks ? users : ranks);
        *l = (hl_layout){ranks, kind, 0, items, 0, users};
        return HL_OK;
    }
    if (ranks < 2)
        return HL_FAIL(HL_EUSAGE, "placement separate needs at least 2 ranks, the job has %d; start it with mpirun -n 2, or use placement colocated", ranks);
    int users = user_dp ? user_dp : 1, items = item_dp ? item_dp : ranks - users;
    if (items < 1 || items + users > ranks) {
        int nearest = users < ranks ? users : ranks - 1;
        return HL_FAIL(HL_EUSAGE, "item.dp %d and user.dp %d separate need %d ranks, the job has %d; the nearest possible is item.dp %d, user.dp %d",
                       items, users, (items < 1 ? 1 : items) + users, ranks, ranks - nearest, nearest);
    }
    *l = (hl_layout){ranks, kind, 0, items, items, users};
    return HL_OK;
}

void hl_layout_text(char *out, size_t n, const hl_layout *l)
{
    int busy = l->kind == HL_SEPARATE ? l->items + l->users : l->items > l->users ? l->items : l->users;
    snprintf(out, n, "%d item + %d user replicas %s on %d rank%s, %d idle", l->items, l->users,
             l->kind == HL_SEPARATE ? "separate" : "colocated", l->ranks, l->ranks == 1 ? "" : "s", l->ranks - busy);
}

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena)
{
    s->chunk = HL_TAKE(arena, int, p->chunks);
    s->user_chunk = HL_TAKE(arena, int, p->user_chunks);
    hl_part_by_cost(s->chunk, p->chunk_cost, p->chunks, l->items);
    hl_part_by_cost(s->user_chunk, p->user_chunk_cost, p->user_chunks, l->users);
    for (int c = 0; c < p->chunks; c++) s->chunk[c] += l->item_begin;
    for (int c = 0; c < p->user_chunks; c++) s->user_chunk[c] += l->user_begin;
}
