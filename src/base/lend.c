/* lend.c - memory for the length of a function, from blocks that stay.
 *
 * The smallest block that is there and large enough is lent.  Where none is, a new one comes in the place of the
 * largest that was too small: so there are never more blocks than were lent at once, and their sizes only grow. */
#include "base/lend.h"
#include "base/arena.h"
#include <stdalign.h>
#include <stdlib.h>

typedef struct block {
    alignas(64) struct block *next;
    size_t bytes; /* that follow */
} block;

static _Thread_local block *here; /* came back, the smallest first */

static block *unlink_at(block **place)
{
    block *b = *place;
    *place = b->next;
    return b;
}

static block *new_block(size_t bytes)
{
    block *b = hl_alloc_aligned(sizeof *b + bytes);
    b->bytes = bytes;
    return b;
}

void *hl_lend(size_t bytes)
{
    block **place = &here, **last = NULL;
    for (; *place && (*place)->bytes < bytes; place = &(*place)->next) last = place;
    if (*place) return unlink_at(place) + 1;
    if (last) free(unlink_at(last));
    return new_block(bytes) + 1;
}

void hl_lend_back(void *p)
{
    if (!p) return;
    block *b = (block *)p - 1, **place = &here;
    while (*place && (*place)->bytes < b->bytes) place = &(*place)->next;
    b->next = *place;
    *place = b;
}
