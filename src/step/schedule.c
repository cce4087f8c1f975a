/* schedule.c - what each rank does in a step, as a list. */
#include "step/schedule.h"
#include "base/minmax.h"

static void add(hl_schedule *s, hl_act act, int mb) { s->task[s->n++] = (hl_task){act, mb}; }

/* Micro-batches of a replica in the order in which they are done, and where in its pipeline I am. */
typedef struct {
    const hl_side_acts *acts;
    int *micro_batch, n; /* -1: an empty one */
    int stage, stages;
    int saved;      /* so many save their activations: the first, or in a line that goes back the last */
    int recomputed; /* micro-batches before this place have been recomputed, where they must */
} line;

/* The micro-batches of a side, replica by replica, each's in the order of the plan. */
typedef struct {
    const hl_layout *l;
    hl_side side;
    int *micro_batch, *begin; /* (micro-batches); (replicas + 1) */
    int *negatives_only;      /* (replicas) where these begin, after the history items; of users all are here */
    int most_history, most_negatives_only; /* micro-batches of a replica */
} deal;

/* Micro-batches before `early` are of history items. */
static deal deal_of(const hl_layout *l, hl_side side, const int *owner, int early, int n, hl_arena *arena)
{
    const int replicas = hl_layout_replicas(l, side);
    deal d = {.l = l,
              .side = side,
              .micro_batch = HL_TAKE(arena, int, n),
              .begin = HL_TAKE_ZERO(arena, int, replicas + 1),
              .negatives_only = HL_TAKE(arena, int, replicas)};
    for (int c = 0; c < n; c++) d.begin[hl_layout_replica(l, side, owner[c]) + 1]++;
    for (int r = 0; r < replicas; r++) d.begin[r + 1] += d.begin[r];
    for (int r = 0; r < replicas; r++) d.negatives_only[r] = d.begin[r];
    for (int c = 0; c < early; c++) d.micro_batch[d.negatives_only[hl_layout_replica(l, side, owner[c])]++] = c;
    int *at = HL_TAKE(arena, int, replicas);
    for (int r = 0; r < replicas; r++) at[r] = d.negatives_only[r];
    for (int c = early; c < n; c++) d.micro_batch[at[hl_layout_replica(l, side, owner[c])]++] = c;
    for (int r = 0; r < replicas; r++) {
        if (d.negatives_only[r] - d.begin[r] > d.most_history) d.most_history = d.negatives_only[r] - d.begin[r];
        if (d.begin[r + 1] - d.negatives_only[r] > d.most_negatives_only)
            d.most_negatives_only = d.begin[r + 1] - d.negatives_only[r];
    }
    return d;
}

/* The micro-batches of history items, or the others, of this rank's replica, and empty ones so that there are `most` at
 * least; none outside of the side. */
static line line_of(const deal *d, int rank, bool history, int most, hl_arena *arena)
{
    line x = {.acts = &hl_side_act[d->side], .stages = d->l->side[d->side].pp};
    if (!hl_layout_has(d->l, d->side, rank)) return x;
    const int replica = hl_layout_replica(d->l, d->side, rank);
    const int begin = history ? d->begin[replica] : d->negatives_only[replica],
              n = (history ? d->negatives_only[replica] : d->begin[replica + 1]) - begin;
    x.stage = hl_layout_stage(d->l, d->side, rank);
    x.n = hl_max(n, most);
    x.micro_batch = HL_TAKE(arena, int, x.n);
    for (int i = 0; i < x.n; i++) x.micro_batch[i] = i < n ? d->micro_batch[begin + i] : -1;
    return x;
}

static line reversed(line l, int saved, hl_arena *arena)
{
    line r = l;
    r.micro_batch = HL_TAKE(arena, int, l.n);
    r.saved = saved;
    for (int i = 0; i < l.n; i++) r.micro_batch[i] = l.micro_batch[l.n - 1 - i];
    return r;
}

/* How many micro-batches this stage may be ahead of the last one. */
static int ahead_of(const line *l)
{
    int ahead = l->stages - 1 - l->stage;
    return hl_min(ahead, l->n);
}

static void go(hl_schedule *s, const line *l, hl_act act, int mb)
{
    if (l->stage > 0 && mb >= 0) add(s, l->acts->receive, mb);
    add(s, act, mb);
    if (l->stage < l->stages - 1 && mb >= 0) add(s, l->acts->send, mb);
}

static void go_forward(hl_schedule *s, const line *l, int begin, int end)
{
    for (int i = begin; i < end; i++) go(s, l, l->acts->forward, l->micro_batch[i]);
}

/* Recompute what of the list is before place `end`, where it was not saved. */
static void recompute(hl_schedule *s, line *l, int end)
{
    for (; l->recomputed < l->n - l->saved && l->recomputed < end; l->recomputed++)
        go(s, l, HL_ITEM_RECOMPUTE, l->micro_batch[l->recomputed]);
}

static void go_back(hl_schedule *s, line *l, int begin, int end)
{
    for (int i = begin; i < end; i++) {
        recompute(s, l, i + ahead_of(l) + 1);
        bool empty = l->micro_batch[i] < 0;
        if (l->stage < l->stages - 1 && !empty) add(s, l->acts->receive_back, l->micro_batch[i]);
        add(s, l->acts->backward, l->micro_batch[i]);
        if (l->stage > 0 && !empty) add(s, l->acts->send_back, l->micro_batch[i]);
    }
}

/* What all ranks know. */
typedef struct {
    const hl_layout *l;
    bool lockstep, items_frozen, has_labels;
    deal item, user;
} dealt;

static dealt deal_out(const hl_layout *l, const hl_plan *p, const hl_share *share, hl_arena *arena)
{
    return (dealt){l,
                   share->lockstep,
                   p->items_frozen,
                   p->fusion != HL_FUSION_NONE,
                   deal_of(l, HL_ITEM, share->micro_batch, p->early_micro_batches, p->micro_batches, arena),
                   deal_of(l, HL_USER, share->user_micro_batch, 0, p->user_micro_batches, arena)};
}

static void list_acts(hl_schedule *s, const dealt *d, const hl_activations_saved *saved, int rank, hl_arena *arena)
{
    const hl_layout *l = d->l;
    const bool user_last_stage = hl_layout_is_last_stage(l, HL_USER, rank);
    const line history = line_of(&d->item, rank, true, d->lockstep ? d->item.most_history : 0, arena),
               negatives = line_of(&d->item, rank, false, d->lockstep ? d->item.most_negatives_only : 0, arena),
               users = line_of(&d->user, rank, false, d->lockstep ? d->user.most_negatives_only : 0, arena);
    *s = (hl_schedule){0, HL_TAKE(arena, hl_task, 9 * (history.n + negatives.n) + 6 * users.n + HL_ACTS)};
    line history_back = reversed(history, saved->history, arena),
         negatives_back = reversed(negatives, saved->negatives_only, arena);
    line users_back = reversed(users, users.n, arena);
    if (d->items_frozen) history_back.n = negatives_back.n = 0;
    go_forward(s, &history, 0, history.n);
    go_forward(s, &negatives, 0, ahead_of(&negatives));
    add(s, HL_GIVE_INPUTS, -1);
    go_forward(s, &negatives, ahead_of(&negatives), negatives.n);
    go_forward(s, &users, 0, users.n);
    add(s, HL_GIVE_TARGETS, -1);
    if (user_last_stage) add(s, HL_USER_ROWS, -1);
    add(s, HL_GIVE_ROWS, -1);
    if (hl_layout_is_last_stage(l, HL_ITEM, rank)) add(s, HL_LOSS, -1);
    add(s, HL_RETURN_ROWS, -1);
    if (user_last_stage) add(s, HL_USER_POSITIVES, -1);
    if (user_last_stage && d->has_labels) add(s, HL_PREDICT_LABELS, -1);
    if (!d->items_frozen) add(s, HL_RETURN_TARGETS, -1);
    go_back(s, &negatives_back, 0, negatives_back.n - ahead_of(&negatives_back));
    recompute(s, &negatives_back, negatives_back.n); /* the later stages wait for them */
    go_back(s, &users_back, 0, users.n);
    if (!d->items_frozen) add(s, HL_RETURN_INPUTS, -1);
    go_back(s, &negatives_back, negatives_back.n - ahead_of(&negatives_back), negatives_back.n);
    go_back(s, &history_back, 0, history_back.n);
    for (hl_side i = 0; i < HL_SIDES; i++)
        if (hl_layout_has(l, i, rank) && !(i == HL_ITEM && d->items_frozen)) add(s, hl_side_act[i].sum, -1);
    add(s, HL_TALLY, -1);
    if (hl_layout_has(l, HL_ITEM, rank) || hl_layout_has(l, HL_USER, rank)) add(s, HL_UPDATE, -1);
}

void hl_schedule_make(hl_schedule *s, const hl_layout *l, const hl_plan *p, const hl_share *share, int rank,
                      hl_arena *arena)
{
    const dealt d = deal_out(l, p, share, arena);
    list_acts(s, &d, &(hl_activations_saved){share->save_history, share->save_negatives_only}, rank, arena);
}

/* Do both ranks have the same stage of the same replica of the side, or neither has one? */
static bool are_peers(const hl_layout *l, hl_side side, int a, int b)
{
    const bool has = hl_layout_has(l, side, a);
    if (has != hl_layout_has(l, side, b)) return false;
    return !has || (a - l->side[side].begin) / l->side[side].tp == (b - l->side[side].begin) / l->side[side].tp;
}

void hl_schedule_make_all(hl_schedule *s, const hl_layout *l, const hl_plan *p, const hl_share *share,
                          const hl_activations_saved *saved, hl_arena *arena)
{
    const dealt d = deal_out(l, p, share, arena);
    const hl_activations_saved none = {0};
    for (int r = 0; r < l->ranks; r++) {
        const bool has = hl_layout_has(l, HL_ITEM, r);
        if (r > 0 && are_peers(l, HL_ITEM, r - 1, r) && are_peers(l, HL_USER, r - 1, r)) s[r] = s[r - 1];
        else list_acts(&s[r], &d, has ? &saved[hl_layout_replica(l, HL_ITEM, r)] : &none, r, arena);
    }
}
