/* nowhere.c - numbers that nobody looks at have an address, and no memory. */
#include "app/rehearse/nowhere.h"
#include "base/arena.h"
#include "base/lend.h"
#include "base/pages.h"
#include "base/reserve.h"
#include <smpi/smpi.h>
#include <stdlib.h>

static char *begin, *end;
static size_t turn;

void *hl_nowhere_open(size_t bytes) { return SMPI_SHARED_MALLOC(bytes); }

void hl_nowhere_use(void *at, size_t bytes)
{
    begin = at;
    end = begin + bytes;
}

bool hl_nowhere_has(const void *p) { return (const char *)p >= begin && (const char *)p < end; }

/* Arrays that are used together begin elsewhere: MPI forbids to receive where one sends from. */
static void *take(size_t bytes)
{
    enum { PLACES = 64, STEP = 1 << 16 };
    char *const at = begin + (turn++ % PLACES) * STEP;
    if (bytes > (size_t)(end - at)) hl_alloc_failed("an array of a rehearsal", bytes);
    return at;
}

/* ---- base/reserve.h */

float *hl_reserve(size_t n) { return take(n * sizeof(float)); }

float *hl_reserve_small(size_t n) { return hl_reserve(n); }

size_t hl_reserve_pages(hl_reserve_part part) { return (void)part, 0; }

size_t hl_reserve_move(hl_reserve_part to, hl_reserve_part from, size_t pages)
{
    return (void)to, (void)from, (void)pages, 0;
}

void hl_reserve_free(float *x, size_t n) { (void)x, (void)n; }

void hl_reserve_drop(float *x, size_t from, size_t to) { (void)x, (void)from, (void)to; }

/* ---- base/lend.h: small pieces hold what is looked at */

enum { LARGE = 1 << 18 };

void *hl_lend(size_t bytes) { return bytes < LARGE ? hl_alloc(bytes) : take(bytes); }

void hl_lend_back(void *p)
{
    if (!hl_nowhere_has(p)) free(p);
}

/* ---- base/arena.h */

void *hl_arena_take_rows(hl_arena *a, size_t bytes) { return a->measuring ? hl_arena_take(a, bytes) : take(bytes); }

void *hl_arena_take_zero_rows(hl_arena *a, size_t bytes) { return hl_arena_take_rows(a, bytes); }

/* ---- base/pages.h: the pages that are touched are few */

void hl_pages_large(void *at, size_t bytes) { (void)at, (void)bytes; }
void hl_pages_give_back(void) {}

/* ---- what the linker puts in the place of the C library's (-Wl,--wrap) */

void *__real_memcpy(void *to, const void *from, size_t n);
void *__real_memmove(void *to, const void *from, size_t n);
void *__real_memset(void *to, int value, size_t n);
void *__wrap_memcpy(void *to, const void *from, size_t n);
void *__wrap_memmove(void *to, const void *from, size_t n);
void *__wrap_memset(void *to, int value, size_t n);

void *__wrap_memcpy(void *to, const void *from, size_t n)
{
    return hl_nowhere_has(to) || hl_nowhere_has(from) ? to : __real_memcpy(to, from, n);
}

void *__wrap_memmove(void *to, const void *from, size_t n)
{
    return hl_nowhere_has(to) || hl_nowhere_has(from) ? to : __real_memmove(to, from, n);
}

void *__wrap_memset(void *to, int value, size_t n) { return hl_nowhere_has(to) ? to : __real_memset(to, value, n); }
