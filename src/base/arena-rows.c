/* arena-rows.c - rows of numbers are memory of an arena like any other. */
#include "base/arena.h"

void *hl_arena_take_rows(hl_arena *a, size_t bytes) { return hl_arena_take(a, bytes); }

void *hl_arena_take_zero_rows(hl_arena *a, size_t bytes) { return hl_arena_take_zero(a, bytes); }
