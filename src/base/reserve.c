/* reserve.c - a long array of which only some pages are there. */
#include "base/reserve.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/minmax.h"
#include "base/pages.h"
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of an empty array too there is an address. */
static size_t bytes_of(size_t n) { return n ? n * sizeof(float) : 1; }

static void *map(void *at, size_t bytes, int flags)
{
    return mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
}

float *hl_reserve_small(size_t n)
{
    void *x = map(NULL, bytes_of(n), 0);
    if (x == MAP_FAILED) hl_alloc_failed("an array of the model", bytes_of(n));
    return x;
}

float *hl_reserve(size_t n)
{
    float *x = hl_reserve_small(n);
    hl_pages_large(x, bytes_of(n));
    return x;
}

void hl_reserve_free(float *x, size_t n)
{
    if (x) munmap(x, bytes_of(n));
}

/* Whole pages of a part: addresses [first, last). */
typedef struct {
    uintptr_t first, last;
} pages_of;

static uintptr_t page_size(void) { return (uintptr_t)sysconf(_SC_PAGESIZE); }

static pages_of whole_pages(const float *x, size_t begin, size_t end)
{
    const uintptr_t page = page_size(), lo = (uintptr_t)(x + begin), hi = (uintptr_t)(x + end),
                    first = (lo + page - 1) / page * page, last = hi / page * page;
    return (pages_of){first, hl_max(first, last)};
}

/* What of a part lies on pages that hold something else too, becomes zero. */
static void clear_edges(pages_of p, const float *x, size_t begin, size_t end)
{
    const uintptr_t lo = (uintptr_t)(x + begin), hi = (uintptr_t)(x + end);
    if (p.first >= p.last) {
        if (lo < hi) memset((void *)lo, 0, hi - lo);
        return;
    }
    memset((void *)lo, 0, p.first - lo);
    memset((void *)p.last, 0, hi - p.last);
}

void hl_reserve_drop(float *x, size_t begin, size_t end)
{
    const pages_of p = whole_pages(x, begin, end);
    clear_edges(p, x, begin, end);
    if (p.first < p.last) HL_CHECK(madvise((void *)p.first, p.last - p.first, MADV_DONTNEED) == 0);
}

static size_t count_pages(pages_of p) { return (p.last - p.first) / page_size(); }

size_t hl_reserve_pages(hl_reserve_part part) { return count_pages(whole_pages(part.x, part.begin, part.end)); }

/* Where they were become addresses without pages again, all of one mapping, since mremap moves no more than one. */
size_t hl_reserve_move(hl_reserve_part to, hl_reserve_part from, size_t pages)
{
    const pages_of a = whole_pages(from.x, from.begin, from.end), b = whole_pages(to.x, to.begin, to.end);
    size_t n = hl_min(hl_min(pages, count_pages(a)), count_pages(b));
    void *const left = (void *)a.first;
    clear_edges(a, from.x, from.begin, from.end);
    if (n
        && mremap(left, n * page_size(), n * page_size(), MREMAP_MAYMOVE | MREMAP_FIXED, (void *)b.first) == MAP_FAILED)
        n = 0;
    if (a.first < a.last) HL_CHECK(map(left, a.last - a.first, MAP_FIXED) == left);
    return n;
}
