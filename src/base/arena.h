/* arena.h - memory that is laid out, not collected.
 *
 * An arena gives out aligned pieces and takes them back all at once, or back to a mark.  It adds blocks as needed and
 * melts them into one when it is emptied, so that after the largest step it allocates nothing any more.  A struct has
 * one layout function; run over a measuring arena it says how many bytes the struct would take.  Running out of memory
 * ends the job with a sentence. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H
#include "base/alloc.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct hl_arena_block hl_arena_block;
typedef struct {
    const char *name;
    hl_arena_block *top; /* newest block first */
    size_t used, most;   /* bytes given out now, and at the most */
    bool measuring;
} hl_arena;

/* Counts bytes, gives out NULL. */
hl_arena hl_arena_measuring(void);

/* Grows by blocks; memory is not cleared.  The name appears in the out-of-memory sentence. */
hl_arena hl_arena_growing(const char *name);

/* n bytes, aligned to 64. */
void *hl_arena_take(hl_arena *a, size_t bytes);
/* The same, cleared. */
void *hl_arena_take_zero(hl_arena *a, size_t bytes);
#define HL_TAKE(arena, type, n) ((type *)hl_arena_take((arena), sizeof(type) * (size_t)(n)))
#define HL_TAKE_ZERO(arena, type, n) ((type *)hl_arena_take_zero((arena), sizeof(type) * (size_t)(n)))

/* n rows of D numbers, which nobody looks at but src/math, and who sends or copies them: where neither does, as in a
 * rehearsal (app/rehearse), there is no memory behind them. */
void *hl_arena_take_rows(hl_arena *a, size_t bytes);
void *hl_arena_take_zero_rows(hl_arena *a, size_t bytes);
#define HL_TAKE_ROWS(arena, type, n, D) ((type *)hl_arena_take_rows((arena), sizeof(type) * (size_t)(n) * (size_t)(D)))
#define HL_TAKE_ZERO_ROWS(arena, type, n, D) \
    ((type *)hl_arena_take_zero_rows((arena), sizeof(type) * (size_t)(n) * (size_t)(D)))

size_t hl_arena_mark(const hl_arena *a);
/* Give back everything taken since the mark; mark 0 empties the arena. */
void hl_arena_back(hl_arena *a, size_t mark);

size_t hl_arena_used(const hl_arena *a);
void hl_arena_free(hl_arena *a);

#endif
