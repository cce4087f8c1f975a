/* layout.c - which ranks are the item group and which the user group, and what each computes. */
#include "step/layout.h"
#include "base/fold.h"
#include "base/minmax.h"
#include "base/part.h"
#include <stdio.h>

static int at_least_one(int n) { return n > 0 ? n : 1; }

/* Sums of two stay whole; more ranks than that are only ever refused. */
static int times(int a, int b)
{
    enum { MANY = 1 << 29 };
    const int64_t n = (int64_t)a * b;
    return n < MANY ? (int)n : MANY;
}

const char *const hl_layout_kind_name[] = {
    [HL_COLOCATED] = "colocated", [HL_SEPARATE] = "separate", [HL_HYBRID] = "hybrid"};

const char *const hl_side_name[HL_SIDES] = {[HL_ITEM] = "item", [HL_USER] = "user"};

/* Ranks of a replica that somebody wants. */
static int width_of(const hl_layout_wish *w, hl_side side)
{
    return times(at_least_one(w->side[side].tp), at_least_one(w->side[side].pp));
}

static void wish_text(char *out, size_t n, const hl_layout_wish *w, hl_side side)
{
    const int tp = at_least_one(w->side[side].tp), pp = w->side[side].pp;
    if (pp > 1) snprintf(out, n, "%s.tp %d x pp %d", hl_side_name[side], tp, pp);
    else snprintf(out, n, "%s.tp %d", hl_side_name[side], tp);
}

/* Refused: `need` ranks are wanted, `least_need` would do for one replica each; so many replicas of each side would
 * fit, 0 where nothing does. */
static hl_status impossible(const hl_layout_wish *w, int ranks, int need, int least_need, const int fit[HL_SIDES])
{
    char item[60], user[60];
    wish_text(item, sizeof item, w, HL_ITEM);
    wish_text(user, sizeof user, w, HL_USER);
    const bool staged = w->side[HL_ITEM].pp > 1 || w->side[HL_USER].pp > 1;
    if (fit[HL_ITEM] < 1 || fit[HL_USER] < 1)
        return HL_FAIL(
            HL_EUSAGE,
            "%s and %s %s need %d ranks at least, the job has %d; start it on more ranks or make tp%s smaller", item,
            user, hl_layout_kind_name[w->kind], least_need, ranks, staged ? " or pp" : "");
    return HL_FAIL(HL_EUSAGE,
                   "item.dp %d of %s and user.dp %d of %s %s need %d ranks, the job has %d; the nearest possible is "
                   "item.dp %d, user.dp %d",
                   w->side[HL_ITEM].dp, item, w->side[HL_USER].dp, user, hl_layout_kind_name[w->kind], need, ranks,
                   fit[HL_ITEM], fit[HL_USER]);
}

/* So many replicas of each side, the first from rank 0 on. */
static hl_layout placed(int ranks, const hl_layout_wish *w, const int replicas[HL_SIDES], int user_begin)
{
    hl_layout l = {.ranks = ranks, .kind = w->kind, .engine = HL_SUMMA};
    for (hl_side i = 0; i < HL_SIDES; i++)
        l.side[i] = (hl_layout_side){.begin = i == HL_USER ? user_begin : 0,
                                     .ranks = replicas[i] * width_of(w, i),
                                     .tp = at_least_one(w->side[i].tp),
                                     .pp = at_least_one(w->side[i].pp)};
    return l;
}

/* Both groups begin at rank 0; in a hybrid the users are at the end. */
static hl_status overlapping(hl_layout *l, int ranks, const hl_layout_wish *w)
{
    int want[HL_SIDES], fit[HL_SIDES], need = 0, least_need = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const int width = width_of(w, i), as_many = w->kind == HL_HYBRID && i == HL_USER ? 1 : ranks / width;
        want[i] = at_least_one(w->side[i].dp ? w->side[i].dp : as_many);
        fit[i] = hl_min(want[i], ranks / width);
        need = hl_max(need, times(want[i], width));
        least_need = hl_max(least_need, width);
    }
    if (need > ranks) return impossible(w, ranks, need, least_need, fit);
    *l = placed(ranks, w, want, w->kind == HL_HYBRID ? need - want[HL_USER] * width_of(w, HL_USER) : 0);
    return HL_OK;
}

/* Too many replicas are wanted: as many users as possible that leave the most replicas in all. */
static hl_status refuse_separate(int ranks, const hl_layout_wish *w, const int want[HL_SIDES], int need)
{
    const int item = width_of(w, HL_ITEM), user = width_of(w, HL_USER);
    int fit[HL_SIDES] = {0};
    for (int u = hl_min(want[HL_USER], (ranks - item) / user); u >= 1; u--) {
        const int i = hl_min(want[HL_ITEM], (ranks - u * user) / item);
        if (i + u > fit[HL_ITEM] + fit[HL_USER]) fit[HL_ITEM] = i, fit[HL_USER] = u;
    }
    return impossible(w, ranks, need, item + user, fit);
}

static hl_status separate(hl_layout *l, int ranks, const hl_layout_wish *w)
{
    const int item = width_of(w, HL_ITEM), user = width_of(w, HL_USER);
    int want[HL_SIDES];
    want[HL_USER] = at_least_one(w->side[HL_USER].dp);
    want[HL_ITEM] =
        at_least_one(w->side[HL_ITEM].dp ? w->side[HL_ITEM].dp : (ranks - times(want[HL_USER], user)) / item);
    if (ranks < 2)
        return HL_FAIL(HL_EUSAGE,
                       "placement separate needs at least 2 ranks, the job has %d; start it with mpirun -n 2, or use "
                       "placement colocated",
                       ranks);
    const int need = times(want[HL_ITEM], item) + times(want[HL_USER], user);
    if (need > ranks) return refuse_separate(ranks, w, want, need);
    *l = placed(ranks, w, want, want[HL_ITEM] * item);
    return HL_OK;
}

hl_status hl_layout_make(hl_layout *l, int ranks, const hl_layout_wish *wish)
{
    return (wish->kind == HL_SEPARATE ? separate : overlapping)(l, ranks, wish);
}

void hl_layout_take_grids(hl_layout *l, const int rows[HL_SIDES], hl_tile_engine engine)
{
    for (hl_side i = 0; i < HL_SIDES; i++) {
        HL_CHECK(!rows[i] || l->side[i].tp % rows[i] == 0);
        l->side[i].rows = rows[i];
    }
    l->engine = engine;
}

hl_tensor_group hl_layout_tensor_group(const hl_layout *l, hl_side side, int rank)
{
    const hl_layout_side *x = &l->side[side];
    hl_tensor_group p = hl_alone;
    if (!hl_layout_has(l, side, rank)) return p;
    p.rank = hl_layout_share(l, side, rank);
    p.size = x->tp;
    p.rows = x->rows;
    p.stage = hl_layout_stage(l, side, rank);
    p.stages = x->pp;
    p.sequence_parallel = x->tp > 1 && !x->rows && l->sequence_parallel;
    return p;
}

/* "4"; of a grid "2x2". */
static const char *tp_text(char *out, size_t n, int tp, int rows)
{
    if (rows) snprintf(out, n, "%dx%d", rows, tp / rows);
    else snprintf(out, n, "%d", tp);
    return out;
}

static void side_text(char *out, size_t n, const hl_layout *l, hl_side side)
{
    const hl_layout_side *x = &l->side[side];
    const int replicas = hl_layout_replicas(l, side);
    const char *name = hl_side_name[side];
    char text[24];
    tp_text(text, sizeof text, x->tp, x->rows);
    if (x->pp > 1) snprintf(out, n, "%d %s (tp %s x pp %d)", replicas, name, text, x->pp);
    else if (x->rows) snprintf(out, n, "%d %s (tp %s)", replicas, name, text);
    else if (x->tp > 1) snprintf(out, n, "%d %s (of %d ranks)", replicas, name, x->tp);
    else snprintf(out, n, "%d %s", replicas, name);
}

static int busy_ranks(const hl_layout *l)
{
    const hl_layout_side *item = &l->side[HL_ITEM], *user = &l->side[HL_USER];
    return l->kind == HL_SEPARATE ? item->ranks + user->ranks : hl_max(item->ranks, user->begin + user->ranks);
}

void hl_layout_text(char *out, size_t n, const hl_layout *l)
{
    char item[80], user[80];
    side_text(item, sizeof item, l, HL_ITEM);
    side_text(user, sizeof user, l, HL_USER);
    snprintf(out, n, "%s + %s replicas %s on %d rank%s, %d idle", item, user, hl_layout_kind_name[l->kind], l->ranks,
             l->ranks == 1 ? "" : "s", l->ranks - busy_ranks(l));
}

/* What each item replica has to do for users, on its busiest rank. */
static void user_loads(double *load, const hl_layout *l, const hl_plan *p, const int *user_micro_batch,
                       hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    double *of_rank = HL_TAKE_ZERO(scratch, double, l->ranks);
    for (int c = 0; c < p->user_micro_batches; c++)
        for (int r = 0; r < hl_layout_width(l, HL_USER); r++)
            of_rank[user_micro_batch[c] + r] += p->user_micro_batch_cost[c] / hl_layout_width(l, HL_USER);
    for (int i = 0; i < hl_layout_replicas(l, HL_ITEM); i++)
        for (int r = 0; r < hl_layout_width(l, HL_ITEM); r++)
            if (of_rank[hl_layout_first_rank(l, HL_ITEM, i) + r] > load[i])
                load[i] = of_rank[hl_layout_first_rank(l, HL_ITEM, i) + r];
    for (int i = 0; i < hl_layout_replicas(l, HL_ITEM); i++) load[i] *= hl_layout_width(l, HL_ITEM);
    hl_arena_back(scratch, mark);
}

/* A replica has the groups of a branch, whatever else it does. */
static void share_groups(hl_share *s, const hl_layout *l, const hl_plan *p)
{
    for (int c = 0; c < p->micro_batches; c++) {
        const int replica = hl_fold_owner(p->groups, hl_layout_replicas(l, HL_ITEM), p->group[c]);
        s->micro_batch[c] = hl_layout_first_rank(l, HL_ITEM, replica);
    }
    for (int c = 0; c < p->user_micro_batches; c++) {
        const int replica = hl_fold_owner(p->groups, hl_layout_replicas(l, HL_USER), p->user_group[c]);
        s->user_micro_batch[c] = hl_layout_first_rank(l, HL_USER, replica);
    }
}

static void share_by_cost(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch);
    int replicas = hl_layout_replicas(l, HL_ITEM);
    double *load = HL_TAKE_ZERO(scratch, double, replicas);
    hl_part_by_cost(s->user_micro_batch, p->user_micro_batch_cost, p->user_micro_batches,
                    hl_layout_replicas(l, HL_USER), scratch);
    for (int c = 0; c < p->user_micro_batches; c++)
        s->user_micro_batch[c] = hl_layout_first_rank(l, HL_USER, s->user_micro_batch[c]);
    hl_part_by_cost(s->micro_batch, p->micro_batch_cost, p->early_micro_batches, replicas, scratch);
    user_loads(load, l, p, s->user_micro_batch, scratch);
    hl_part_by_cost_after(s->micro_batch + p->early_micro_batches, load, p->micro_batch_cost + p->early_micro_batches,
                          p->micro_batches - p->early_micro_batches, replicas, scratch);
    for (int c = 0; c < p->micro_batches; c++) s->micro_batch[c] = hl_layout_first_rank(l, HL_ITEM, s->micro_batch[c]);
    hl_arena_back(scratch, mark);
}

void hl_share_make(hl_share *s, const hl_layout *l, const hl_plan *p, hl_arena *arena)
{
    s->micro_batch = HL_TAKE(arena, int, p->micro_batches);
    s->user_micro_batch = HL_TAKE(arena, int, p->user_micro_batches);
    s->save_history = s->save_negatives_only = p->items_frozen ? 0 : p->micro_batches;
    s->lockstep = false;
    if (p->groups) share_groups(s, l, p);
    else share_by_cost(s, l, p, arena);
}

bool hl_share_saves(const hl_share *s, const hl_plan *p, int mb)
{
    const bool read = mb < p->early_micro_batches;
    int place = 0;
    for (int i = read ? 0 : p->early_micro_batches; i < mb; i++) place += s->micro_batch[i] == s->micro_batch[mb];
    return place < (read ? s->save_history : s->save_negatives_only);
}
