/* layout.c - which ranks are the item group and which the user group, and what each computes. */
#include "model/layout.h"
#include "base/fold.h"
#include "base/part.h"
#include <stdio.h>

static int at_least_one(int n) { return n > 0 ? n : 1; }

static int least(int a, int b) { return a < b ? a : b; }

static int most(int a, int b) { return a > b ? a : b; }

/* Sums of two stay whole; more ranks than that are only ever refused. */
static int times(int a, int b)
{
    enum { MANY = 1 << 29 };
    const int64_t n = (int64_t)a * b;
    return n < MANY ? (int)n : MANY;
}

const char *const hl_layout_kind_name[] = {
    [HL_COLOCATED] = "colocated", [HL_SEPARATE] = "separate", [HL_HYBRID] = "hybrid"};

/* Ranks of a replica of each side. */
typedef struct {
    int item, user;
} widths;

static void wish_text(char *out, size_t n, const char *side, int tp, int pp)
{
    if (pp > 1) snprintf(out, n, "%s.tp %d x pp %d", side, at_least_one(tp), pp);
    else snprintf(out, n, "%s.tp %d", side, at_least_one(tp));
}

/* Refused: `need` ranks are wanted, `least_need` would do for one replica each; item_dp and user_dp would fit, 0
 * where nothing does. */
static hl_status impossible(const hl_layout_wish *w, int ranks, int need, int least_need, int item_dp, int user_dp)
{
    char item[60], user[60];
    wish_text(item, sizeof item, "item", w->item_tp, w->item_pp);
    wish_text(user, sizeof user, "user", w->user_tp, w->user_pp);
    if (item_dp < 1 || user_dp < 1)
        return HL_FAIL(
            HL_EUSAGE,
            "%s and %s %s need %d ranks at least, the job has %d; start it on more ranks or make tp%s smaller", item,
            user, hl_layout_kind_name[w->kind], least_need, ranks, w->item_pp > 1 || w->user_pp > 1 ? " or pp" : "");
    return HL_FAIL(HL_EUSAGE,
                   "item.dp %d of %s and user.dp %d of %s %s need %d ranks, the job has %d; the nearest possible is "
                   "item.dp %d, user.dp %d",
                   w->item_dp, item, w->user_dp, user, hl_layout_kind_name[w->kind], need, ranks, item_dp, user_dp);
}

static hl_layout placed(int ranks, const hl_layout_wish *w, int items, int user_begin, int users)
{
    return (hl_layout){ranks,
                       w->kind,
                       0,
                       items,
                       at_least_one(w->item_tp),
                       at_least_one(w->item_pp),
                       user_begin,
                       users,
                       at_least_one(w->user_tp),
                       at_least_one(w->user_pp),
                       0,
                       0,
                       HL_SUMMA,
                       false};
}

/* Both groups begin at rank 0; in a hybrid the users are at the end. */
static hl_status overlapping(hl_layout *l, int ranks, const hl_layout_wish *w, widths a)
{
    bool hybrid = w->kind == HL_HYBRID;
    int items = at_least_one(w->item_dp ? w->item_dp : ranks / a.item), users = at_least_one(w->user_dp ? w->user_dp
                                                                                             : hybrid   ? 1
                                                                                                      : ranks / a.user);
    int need = most(times(items, a.item), times(users, a.user));
    if (need > ranks)
        return impossible(w, ranks, need, most(a.item, a.user), least(items, ranks / a.item),
                          least(users, ranks / a.user));
    *l = placed(ranks, w, items * a.item, hybrid ? most(items * a.item, users * a.user) - users * a.user : 0,
                users * a.user);
    return HL_OK;
}

/* Too many replicas are wanted: as many users as possible that leave the most replicas in all. */
static hl_status refuse_separate(int ranks, const hl_layout_wish *w, int items, int users, widths a)
{
    int item_dp = 0, user_dp = 0;
    for (int u = least(users, (ranks - a.item) / a.user); u >= 1; u--) {
        int i = least(items, (ranks - u * a.user) / a.item);
        if (i + u > item_dp + user_dp) item_dp = i, user_dp = u;
    }
    return impossible(w, ranks, times(items, a.item) + times(users, a.user), a.item + a.user, item_dp, user_dp);
}

static hl_status separate(hl_layout *l, int ranks, const hl_layout_wish *w, widths a)
{
    int users = at_least_one(w->user_dp),
        items = at_least_one(w->item_dp ? w->item_dp : (ranks - times(users, a.user)) / a.item);
    if (ranks < 2)
        return HL_FAIL(HL_EUSAGE,
                       "placement separate needs at least 2 ranks, the job has %d; start it with mpirun -n 2, or use "
                       "placement colocated",
                       ranks);
    if (times(items, a.item) + times(users, a.user) > ranks) return refuse_separate(ranks, w, items, users, a);
    *l = placed(ranks, w, items * a.item, items * a.item, users * a.user);
    return HL_OK;
}

hl_status hl_layout_make(hl_layout *l, int ranks, const hl_layout_wish *wish)
{
    const widths a = {times(at_least_one(wish->item_tp), at_least_one(wish->item_pp)),
                      times(at_least_one(wish->user_tp), at_least_one(wish->user_pp))};
    return (wish->kind == HL_SEPARATE ? separate : overlapping)(l, ranks, wish, a);
}

void hl_layout_take_grids(hl_layout *l, int item_rows, int user_rows, hl_tile_engine engine)
{
    HL_CHECK((!item_rows || l->item_tp % item_rows == 0) && (!user_rows || l->user_tp % user_rows == 0));
    l->item_rows = item_rows;
    l->user_rows = user_rows;
    l->engine = engine;
}

/* "4"; of a grid "2x2". */
static const char *tp_text(char *out, size_t n, int tp, int rows)
{
    if (rows) snprintf(out, n, "%dx%d", rows, tp / rows);
    else snprintf(out, n, "%d", tp);
    return out;
}

static void group_text(char *out, size_t n, const char *name, int replicas, int tp, int rows, int pp)
{
    char text[24];
    tp_text(text, sizeof text, tp, rows);
    if (pp > 1) snprintf(out, n, "%d %s (tp %s x pp %d)", replicas, name, text, pp);
    else if (rows) snprintf(out, n, "%d %s (tp %s)", replicas, name, text);
    else if (tp > 1) snprintf(out, n, "%d %s (of %d ranks)", replicas, name, tp);
    else snprintf(out, n, "%d %s", replicas, name);
}

void hl_layout_text(char *out, size_t n, const hl_layout *l)
{
    int busy = l->kind == HL_SEPARATE ? l->items + l->users : most(l->items, l->user_begin + l->users);
    char item[48], user[48];
    group_text(item, sizeof item, "item", hl_layout_item_replicas(l), l->item_tp, l->item_rows, l->item_pp);
    group_text(user, sizeof user, "user", hl_layout_user_replicas(l), l->user_tp, l->user_rows, l->user_pp);
    snprintf(out, n, "%s + %s replicas %s on %d rank%s, %d idle", item, user, hl_layout_kind_name[l->kind], l->ranks,
             l->ranks == 1 ? "" : "s", l->ranks - busy);
}

/* What each item replica has to do for users, on its busiest rank. */
static void user_loads(double *load, const hl_layout *l, const hl_plan *p, const int *user_micro_batch,
                       hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    double *of_rank = HL_TAKE_ZERO(scratch, double, l->ranks);
    for (int c = 0; c < p->user_micro_batches; c++)
        for (int r = 0; r < hl_layout_user_width(l); r++)
            of_rank[user_micro_batch[c] + r] += p->user_micro_batch_cost[c] / hl_layout_user_width(l);
    for (int i = 0; i < hl_layout_item_replicas(l); i++)
        for (int r = 0; r < hl_layout_item_width(l); r++)
            if (of_rank[hl_layout_item_first_rank(l, i) + r] > load[i])
                load[i] = of_rank[hl_layout_item_first_rank(l, i) + r];
    for (int i = 0; i < hl_layout_item_replicas(l); i++) load[i] *= hl_layout_item_width(l);
    hl_arena_back(scratch, mark);
}

/* A replica has the groups of a branch, whatever else it does. */
static void share_groups(hl_share *s, const hl_layout *l, const hl_plan *p)
{
    for (int c = 0; c < p->micro_batches; c++) {
        const int replica = hl_fold_owner(p->groups, hl_layout_item_replicas(l), p->group[c]);
        s->micro_batch[c] = hl_layout_item_first_rank(l, replica);
    }
    for (int c = 0; c < p->user_micro_batches; c++) {
        const int replica = hl_fold_owner(p->groups, hl_layout_user_replicas(l), p->user_group[c]);
        s->user_micro_batch[c] = hl_layout_user_first_rank(l, replica);
    }
}

static void share_by_cost(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    int replicas = hl_layout_item_replicas(l);
    double *load = HL_TAKE_ZERO(scratch, double, replicas);
    hl_part_by_cost(s->user_micro_batch, p->user_micro_batch_cost, p->user_micro_batches, hl_layout_user_replicas(l),
                    scratch);
    for (int c = 0; c < p->user_micro_batches; c++)
        s->user_micro_batch[c] = hl_layout_user_first_rank(l, s->user_micro_batch[c]);
    hl_part_by_cost(s->micro_batch, p->micro_batch_cost, p->early_micro_batches, replicas, scratch);
    user_loads(load, l, p, s->user_micro_batch, scratch);
    hl_part_by_cost_after(s->micro_batch + p->early_micro_batches, load, p->micro_batch_cost + p->early_micro_batches,
                          p->micro_batches - p->early_micro_batches, replicas, scratch);
    for (int c = 0; c < p->micro_batches; c++) s->micro_batch[c] = hl_layout_item_first_rank(l, s->micro_batch[c]);
    hl_arena_back(scratch, mark);
}

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena)
{
    s->micro_batch = HL_TAKE(arena, int, p->micro_batches);
    s->user_micro_batch = HL_TAKE(arena, int, p->user_micro_batches);
    s->save_read = s->save_rest = p->micro_batches;
    s->lockstep = false;
    if (p->groups) share_groups(s, l, p);
    else share_by_cost(s, l, p, arena);
}

bool hl_share_saves(const hl_share *s, const hl_plan *p, int mb)
{
    const bool read = mb < p->early_micro_batches;
    int place = 0;
    for (int i = read ? 0 : p->early_micro_batches; i < mb; i++) place += s->micro_batch[i] == s->micro_batch[mb];
    return place < (read ? s->save_read : s->save_rest);
}
