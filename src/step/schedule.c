/* schedule.c - what each rank does in a step, as a list. */
#include "step/schedule.h"

static void add(hl_schedule *s, hl_act act, int mb) { s->task[s->n++] = (hl_task){act, mb}; }

/* Micro-batches of a replica in the order in which they are done, and where in its pipeline I am. */
typedef struct {
    const hl_side_acts *acts;
    int *micro_batch, n; /* -1: an empty one */
    int stage, stages;
    int saved;      /* so many save their activations: the first, or in a line that goes back the last */
    int recomputed; /* micro-batches before this place have been recomputed, where they must */
} line;

/* The micro-batches [begin, end) that each rank leads, and the most. */
static int most_micro_batches(const int *owner, int begin, int end, int ranks, hl_arena *arena)
{
    int *count = HL_TAKE_ZERO(arena, int, ranks), most = 0;
    for (int c = begin; c < end; c++)
        if (++count[owner[c]] > most) most = count[owner[c]];
    return most;
}

/* Micro-batches [begin, end) of a side that this rank's replica has; none outside of the side. */
static line line_of(const hl_layout *l, const hl_share *share, hl_side side, int rank, int begin, int end,
                    hl_arena *arena)
{
    const int *owner = side == HL_USER ? share->user_micro_batch : share->micro_batch;
    line x = {.acts = &hl_side_act[side], .micro_batch = HL_TAKE(arena, int, end - begin), .stages = l->side[side].pp};
    if (!hl_layout_has(l, side, rank)) return x;
    const int first_rank = hl_layout_first_rank_of(l, side, rank);
    x.stage = hl_layout_stage(l, side, rank);
    for (int c = begin; c < end; c++)
        if (owner[c] == first_rank) x.micro_batch[x.n++] = c;
    for (int most = share->lockstep ? most_micro_batches(owner, begin, end, l->ranks, arena) : 0; x.n < most;)
        x.micro_batch[x.n++] = -1;
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
    return ahead < l->n ? ahead : l->n;
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

void hl_schedule_make(hl_schedule *s, const hl_layout *l, const hl_plan *p, const hl_share *share, int rank,
                      hl_arena *arena)
{
    bool user_last_stage = hl_layout_is_last_stage(l, HL_USER, rank);
    *s = (hl_schedule){0, HL_TAKE(arena, hl_task, 9 * p->micro_batches + 6 * p->user_micro_batches + HL_ACTS)};
    const line read = line_of(l, share, HL_ITEM, rank, 0, p->early_micro_batches, arena),
               rest = line_of(l, share, HL_ITEM, rank, p->early_micro_batches, p->micro_batches, arena),
               users = line_of(l, share, HL_USER, rank, 0, p->user_micro_batches, arena);
    line read_back = reversed(read, share->save_read, arena), rest_back = reversed(rest, share->save_rest, arena);
    line users_back = reversed(users, users.n, arena);
    go_forward(s, &read, 0, read.n);
    go_forward(s, &rest, 0, ahead_of(&rest));
    add(s, HL_GIVE_INPUTS, -1);
    go_forward(s, &rest, ahead_of(&rest), rest.n);
    go_forward(s, &users, 0, users.n);
    add(s, HL_GIVE_TARGETS, -1);
    if (user_last_stage) add(s, HL_USER_ROWS, -1);
    add(s, HL_GIVE_ROWS, -1);
    if (hl_layout_is_last_stage(l, HL_ITEM, rank)) add(s, HL_LOSS, -1);
    add(s, HL_RETURN_ROWS, -1);
    if (user_last_stage) add(s, HL_USER_POSITIVES, -1);
    add(s, HL_RETURN_TARGETS, -1);
    go_back(s, &rest_back, 0, rest.n - ahead_of(&rest));
    recompute(s, &rest_back, rest.n); /* the later stages wait for them */
    go_back(s, &users_back, 0, users.n);
    add(s, HL_RETURN_INPUTS, -1);
    go_back(s, &rest_back, rest.n - ahead_of(&rest), rest.n);
    go_back(s, &read_back, 0, read.n);
    for (hl_side i = 0; i < HL_SIDES; i++)
        if (hl_layout_has(l, i, rank)) add(s, hl_side_act[i].sum, -1);
    add(s, HL_TALLY, -1);
    if (hl_layout_has(l, HL_ITEM, rank) || hl_layout_has(l, HL_USER, rank)) add(s, HL_UPDATE, -1);
}
