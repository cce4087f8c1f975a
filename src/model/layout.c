/* layout.c - which ranks are the item group and which the user group, and what each computes. */
#include "model/layout.h"
#include "base/part.h"
#include <stdio.h>

static int at_least_one(int n)
{
    return n > 0 ? n : 1;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

/* Refused: `need` ranks are wanted, `least_need` would do for one replica each; item_dp and user_dp would fit, 0 where nothing does. */
static hl_status impossible(const hl_layout_wish *w, int ranks, int need, int least_need, int item_dp, int user_dp)
{
    const char *kind = w->kind == HL_SEPARATE ? "separate" : "colocated";
    if (item_dp < 1 || user_dp < 1)
        return HL_FAIL(HL_EUSAGE, "item.tp %d and user.tp %d %s need %d ranks at least, the job has %d; start it on more ranks or make tp smaller",
                       at_least_one(w->item_tp), at_least_one(w->user_tp), kind, least_need, ranks);
    return HL_FAIL(HL_EUSAGE, "item.dp %d x tp %d and user.dp %d x tp %d %s need %d ranks, the job has %d; the nearest possible is item.dp %d, user.dp %d",
                   w->item_dp, at_least_one(w->item_tp), w->user_dp, at_least_one(w->user_tp), kind, need, ranks, item_dp, user_dp);
}

static hl_status colocate(hl_layout *l, int ranks, const hl_layout_wish *w, int item_tp, int user_tp)
{
    int items = at_least_one(w->item_dp ? w->item_dp : ranks / item_tp), users = at_least_one(w->user_dp ? w->user_dp : ranks / user_tp);
    int need = most(items * item_tp, users * user_tp);
    if (need > ranks) return impossible(w, ranks, need, most(item_tp, user_tp), least(items, ranks / item_tp), least(users, ranks / user_tp));
    *l = (hl_layout){ranks, w->kind, 0, items * item_tp, item_tp, 0, users * user_tp, user_tp};
    return HL_OK;
}

/* Too many replicas are wanted: as many users as possible that leave the most replicas in all. */
static hl_status refuse_separate(int ranks, const hl_layout_wish *w, int items, int users, int item_tp, int user_tp)
{
    int item_dp = 0, user_dp = 0;
    for (int u = least(users, (ranks - item_tp) / user_tp); u >= 1; u--) {
        int i = least(items, (ranks - u * user_tp) / item_tp);
        if (i + u > item_dp + user_dp) item_dp = i, user_dp = u;
    }
    return impossible(w, ranks, items * item_tp + users * user_tp, item_tp + user_tp, item_dp, user_dp);
}

static hl_status separate(hl_layout *l, int ranks, const hl_layout_wish *w, int item_tp, int user_tp)
{
    int users = at_least_one(w->user_dp), items = at_least_one(w->item_dp ? w->item_dp : (ranks - users * user_tp) / item_tp);
    if (ranks < 2)
        return HL_FAIL(HL_EUSAGE, "placement separate needs at least 2 ranks, the job has %d; start it with mpirun -n 2, or use placement colocated", ranks);
    if (items * item_tp + users * user_tp > ranks) return refuse_separate(ranks, w, items, users, item_tp, user_tp);
    *l = (hl_layout){ranks, w->kind, 0, items * item_tp, item_tp, items * item_tp, users * user_tp, user_tp};
    return HL_OK;
}

hl_status hl_layout_make(hl_layout *l, int ranks, const hl_layout_wish *wish)
{
    int item_tp = at_least_one(wish->item_tp), user_tp = at_least_one(wish->user_tp);
    return wish->kind == HL_COLOCATED ? colocate(l, ranks, wish, item_tp, user_tp) : separate(l, ranks, wish, item_tp, user_tp);
}

static void group_text(char *out, size_t n, const char *name, int replicas, int tp)
{
    if (tp == 1) snprintf(out, n, "%d %s", replicas, name);
    else snprintf(out, n, "%d %s (of %d ranks)", replicas, name, tp);
}

void hl_layout_text(char *out, size_t n, const hl_layout *l)
{
    int busy = l->kind == HL_SEPARATE ? l->items + l->users : most(l->items, l->users);
    char item[48], user[48];
    group_text(item, sizeof item, "item", hl_layout_item_replicas(l), l->item_tp);
    group_text(user, sizeof user, "user", hl_layout_user_replicas(l), l->user_tp);
    snprintf(out, n, "%s + %s replicas %s on %d rank%s, %d idle", item, user, l->kind == HL_SEPARATE ? "separate" : "colocated", l->ranks,
             l->ranks == 1 ? "" : "s", l->ranks - busy);
}

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena)
{
    s->chunk = HL_TAKE(arena, int, p->chunks);
    s->user_chunk = HL_TAKE(arena, int, p->user_chunks);
    hl_part_by_cost(s->chunk, p->chunk_cost, p->chunks, hl_layout_item_replicas(l));
    hl_part_by_cost(s->user_chunk, p->user_chunk_cost, p->user_chunks, hl_layout_user_replicas(l));
    for (int c = 0; c < p->chunks; c++) s->chunk[c] = hl_layout_item_lead(l, s->chunk[c]);
    for (int c = 0; c < p->user_chunks; c++) s->user_chunk[c] = hl_layout_user_lead(l, s->user_chunk[c]);
}
