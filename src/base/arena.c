/* arena.c - memory that is laid out, not collected. */
#include "base/arena.h"
#include "base/error.h"
#include "base/minmax.h"
#include "base/pages.h"
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64, LEAST_BLOCK = 1 << 16 };

struct hl_arena_block {
    hl_arena_block *below;
    size_t begin, size; /* the arena's bytes [begin, begin + size) live here */
    char *bytes;
};

static size_t rounded(size_t bytes) { return (bytes + ALIGN - 1) / ALIGN * ALIGN; }

static void add_block(hl_arena *a, size_t begin, size_t size)
{
    hl_arena_block *b = hl_alloc(sizeof *b);
    const size_t align = size < 2 * HL_LARGE_PAGE ? ALIGN : HL_LARGE_PAGE;
    void *bytes;
    if (posix_memalign(&bytes, align, size)) hl_alloc_failed(a->name, size);
    b->bytes = bytes;
    hl_pages_large(b->bytes, size);
    b->below = a->top;
    b->begin = begin;
    b->size = size;
    a->top = b;
}

static void drop_block(hl_arena *a)
{
    hl_arena_block *b = a->top;
    a->top = b->below;
    free(b->bytes);
    free(b);
}

hl_arena hl_arena_measuring(void) { return (hl_arena){.name = "measure", .measuring = true}; }

hl_arena hl_arena_growing(const char *name) { return (hl_arena){.name = name}; }

void *hl_arena_take(hl_arena *a, size_t bytes)
{
    size_t want = rounded(bytes), begin = a->used;
    if (!a->measuring) {
        bool fits = a->top && begin + want <= a->top->begin + a->top->size;
        if (!fits) {
            size_t size = hl_max(want, begin);
            add_block(a, begin, rounded(hl_max(size, LEAST_BLOCK)));
        }
    }
    a->used = begin + want;
    if (a->used > a->most) a->most = a->used;
    return a->measuring ? NULL : a->top->bytes + (begin - a->top->begin);
}

void *hl_arena_take_zero(hl_arena *a, size_t bytes)
{
    void *p = hl_arena_take(a, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

size_t hl_arena_mark(const hl_arena *a) { return a->used; }

void hl_arena_back(hl_arena *a, size_t mark)
{
    HL_CHECK(mark <= a->used);
    a->used = mark;
    if (a->measuring) return;
    while (a->top && a->top->below && a->top->begin >= mark) drop_block(a);
    if (mark == 0 && a->top
        && a->top->size < a->most) { /* melt: next time one block is enough, also for a little more */
        drop_block(a);
        add_block(a, 0, rounded(a->most + a->most / 8));
        if (a->most >= HL_LARGE_PAGE) hl_pages_give_back();
    }
}

size_t hl_arena_used(const hl_arena *a) { return a->used; }

void hl_arena_free(hl_arena *a)
{
    while (a->top) drop_block(a);
    a->used = a->most = 0;
}
