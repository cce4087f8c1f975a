/* mask.h - which items of a user's history are left out of the ranking at evaluation.
 *
 * The public code leaves out all of them, so an item that was met before is never recommended, and a target that is met
 * again is a miss.  Where people come back to the same things, and in tables of others, a part of the history or
 * nothing is left out. */
#ifndef DATA_MASK_H
#define DATA_MASK_H

typedef enum {
    HL_MASK_ALL,    /* the whole history */
    HL_MASK_WINDOW, /* what the User LLM reads of it */
    HL_MASK_NONE    /* nothing */
} hl_mask;

/* Of a history of n items, oldest first, of which the last `window` are read: those from here on are left out. */
static inline int hl_mask_begin(hl_mask mask, int window, int n)
{
    if (mask == HL_MASK_NONE) return n;
    return mask == HL_MASK_ALL || n < window ? 0 : n - window;
}

#endif
