/* acts.c - what this process is doing, for others to see. */
#include "base/acts.h"
#include <string.h>

const char *const hl_wait_name[HL_WAITS] = {
    [HL_WAITS_NOT] = "not",
    [HL_WAITS_AGREE] = "in an agreement",
    [HL_WAITS_BROADCAST] = "in a broadcast",
    [HL_WAITS_REDUCE] = "in a sum",
    [HL_WAITS_ALL_GATHER] = "in a gathering",
    [HL_WAITS_ALL_TO_ALL] = "in an exchange",
    [HL_WAITS_SPLIT] = "in the making of a group",
    [HL_WAITS_SEND] = "to send rows",
    [HL_WAITS_RECEIVE] = "for rows",
};

static hl_acts own;
static hl_acts *mine = &own;
static const char *group_there; /* its letters stand in the record */

/* One thread writes, so that a load and a store are an addition. */
#define PUT(field, value) atomic_store_explicit(&mine->field, (value), memory_order_relaxed)
#define GET(record, field) atomic_load_explicit(&(record)->field, memory_order_relaxed)

static void move(void) { PUT(moves, GET(mine, moves) + 1); }

static void put_letters(_Atomic uint64_t *words, int n, const char *text)
{
    char letters[HL_ACT_TEXT] = "";
    uint64_t word;
    memcpy(letters, text, strnlen(text, 8 * (size_t)n));
    for (int i = 0; i < n; i++) {
        memcpy(&word, letters + 8 * i, sizeof word);
        atomic_store_explicit(&words[i], word, memory_order_relaxed);
    }
}

static void get_letters(char *text, _Atomic uint64_t *words, int n)
{
    for (int i = 0; i < n; i++) {
        const uint64_t word = atomic_load_explicit(&words[i], memory_order_relaxed);
        memcpy(text + 8 * i, &word, sizeof word);
    }
    text[8 * n] = 0;
}

void hl_acts_read(hl_acts_seen *seen, hl_acts *record)
{
    *seen = (hl_acts_seen){.moves = GET(record, moves),
                           .call = GET(record, call),
                           .beats = GET(record, beats),
                           .pid = GET(record, pid),
                           .micro_batch = GET(record, micro_batch),
                           .waits = GET(record, waits),
                           .rank = GET(record, rank),
                           .is_long = GET(record, longs) > 0};
    get_letters(seen->act, record->act, HL_ACT_WORDS);
    get_letters(seen->group, record->group, HL_ACT_GROUP_WORDS);
}

void hl_acts_into(hl_acts *record)
{
    mine = record ? record : &own;
    group_there = NULL;
}

hl_acts *hl_acts_mine(void) { return mine; }

void hl_act_begin(const char *act, int mb)
{
    put_letters(mine->act, HL_ACT_WORDS, act);
    PUT(micro_batch, mb);
    PUT(waits, HL_WAITS_NOT);
    move();
}

void hl_act_wait(hl_wait what, const char *group, uint64_t call)
{
    if (group != group_there) put_letters(mine->group, HL_ACT_GROUP_WORDS, group ? group : "");
    group_there = group;
    PUT(call, call);
    PUT(waits, what);
    move();
}

void hl_act_go_on(void)
{
    PUT(waits, HL_WAITS_NOT);
    move();
}

void hl_act_tick(void) { move(); }

void hl_act_long(void)
{
    PUT(longs, GET(mine, longs) + 1);
    move();
}

void hl_act_long_is_over(void)
{
    PUT(longs, GET(mine, longs) - 1);
    move();
}
