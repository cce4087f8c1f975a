/* talk.h - what the peers of a stack do together in a pass, without computing it: for forecasts.
 *
 * stack.c, block.c and the cuts do it; who changes what travels there changes it here, and tests/test-traffic.c
 * compares both. */
#ifndef MODEL_TALK_H
#define MODEL_TALK_H
#include "model/stack.h"

typedef enum {
    HL_TALK_SUM,              /* of n numbers over the peers */
    HL_TALK_SCATTER,          /* blocks: n rows of the width of the stack, divided among the peers (base/part.h) */
    HL_TALK_GATHER,           /* likewise */
    HL_TALK_ROW_SUM,          /* of n doubles over my row of the grid */
    HL_TALK_ROW_BROADCAST,    /* of n numbers of the place `at` in my row of the grid */
    HL_TALK_COLUMN_BROADCAST, /* ... in my column */
    HL_TALK_ROW_SCATTER,      /* n numbers summed for the place `at` in my row */
    HL_TALK_COLUMN_SCATTER    /* ... in my column */
} hl_talk_kind;

typedef struct {
    hl_talk_kind kind;
    size_t n;
    int at;
} hl_talk;

/* hear(self, ...) for each, in no particular order.  backward: the other way.  Nothing where a rank is alone. */
void hl_talk_of_stack(const hl_stack *m, const hl_pack *pack, bool backward, void (*hear)(void *self, hl_talk t),
                      void *self);

#endif
