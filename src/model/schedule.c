/* schedule.c - what each rank does in a step, as a list. */
#include "model/schedule.h"

const char *const hl_act_name[HL_ACTS] = {
    [HL_ITEM_FORWARD] = "item_forward",   [HL_ITEM_BACKWARD] = "item_backward", [HL_USER_FORWARD] = "user_forward",
    [HL_USER_BACKWARD] = "user_backward", [HL_USER_ROWS] = "user_rows",         [HL_USER_POSITIVES] = "user_positives",
    [HL_GIVE_INPUTS] = "give_inputs",     [HL_GIVE_TARGETS] = "give_targets",   [HL_GIVE_ROWS] = "give_rows",
    [HL_RETURN_ROWS] = "return_rows",     [HL_RETURN_TARGETS] = "return_targets", [HL_RETURN_INPUTS] = "return_inputs",
    [HL_TALLY] = "tally",                 [HL_LOSS] = "loss",                   [HL_SUM_ITEM] = "sum_item",
    [HL_SUM_USER] = "sum_user",           [HL_UPDATE] = "update",
};

static void add(hl_schedule *s, hl_act act, int chunk)
{
    s->task[s->n++] = (hl_task){act, chunk};
}

/* The chunks of the replica with this first rank; -1: of none. */
static void add_chunks(hl_schedule *s, hl_act act, const int *owner, int lead, int begin, int end)
{
    for (int c = begin; c < end; c++)
        if (owner[c] == lead) add(s, act, c);
}

static void add_chunks_backward(hl_schedule *s, hl_act act, const int *owner, int lead, int begin, int end)
{
    for (int c = end - 1; c >= begin; c--)
        if (owner[c] == lead) add(s, act, c);
}

void hl_schedule_make(hl_schedule *s, const hl_layout *l, const hl_plan *p, const hl_share *share, int rank, hl_arena *arena)
{
    bool item = hl_layout_has_item(l, rank), user = hl_layout_has_user(l, rank);
    int item_lead = item ? hl_layout_item_lead_of(l, rank) : -1, user_lead = user ? hl_layout_user_lead_of(l, rank) : -1;
    *s = (hl_schedule){0, HL_TAKE(arena, hl_task, 2 * (p->chunks + p->user_chunks) + HL_ACTS)};
    add_chunks(s, HL_ITEM_FORWARD, share->chunk, item_lead, 0, p->read_chunks);
    add(s, HL_GIVE_INPUTS, -1);
    add_chunks(s, HL_ITEM_FORWARD, share->chunk, item_lead, p->read_chunks, p->chunks);
    add_chunks(s, HL_USER_FORWARD, share->user_chunk, user_lead, 0, p->user_chunks);
    add(s, HL_GIVE_TARGETS, -1);
    if (user) add(s, HL_USER_ROWS, -1);
    add(s, HL_GIVE_ROWS, -1);
    if (item) add(s, HL_LOSS, -1);
    add(s, HL_RETURN_ROWS, -1);
    if (user) add(s, HL_USER_POSITIVES, -1);
    add(s, HL_RETURN_TARGETS, -1);
    add_chunks_backward(s, HL_ITEM_BACKWARD, share->chunk, item_lead, p->read_chunks, p->chunks);
    add_chunks_backward(s, HL_USER_BACKWARD, share->user_chunk, user_lead, 0, p->user_chunks);
    add(s, HL_RETURN_INPUTS, -1);
    add_chunks_backward(s, HL_ITEM_BACKWARD, share->chunk, item_lead, 0, p->read_chunks);
    if (item) add(s, HL_SUM_ITEM, -1);
    if (user) add(s, HL_SUM_USER, -1);
    add(s, HL_TALLY, -1);
    if (item || user) add(s, HL_UPDATE, -1);
}
