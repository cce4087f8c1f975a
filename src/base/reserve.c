/* reserve.c - a long array of which only some pages are there. */
#include "base/reserve.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/pages.h"
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of an empty array too there is an address. */
static size_t bytes_of(size_t n) { return n ? n * sizeof(float) : 1; }

float *hl_reserve(size_t n)
{
    void *x = mmap(NULL, bytes_of(n), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (x == MAP_FAILED) hl_alloc_failed("an array of the model", bytes_of(n));
    hl_pages_large(x, bytes_of(n));
    return x;
}

void hl_reserve_free(float *x, size_t n)
{
    if (x) munmap(x, bytes_of(n));
}

void hl_reserve_drop(float *x, size_t begin, size_t end)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), lo = (uintptr_t)(x + begin), hi = (uintptr_t)(x + end);
    uintptr_t first = (lo + page - 1) / page * page, last = hi / page * page;
    if (begin >= end) return;
    if (first >= last) {
        memset((void *)lo, 0, hi - lo);
        return;
    }
    memset((void *)lo, 0, first - lo);
    memset((void *)last, 0, hi - last);
    HL_CHECK(madvise((void *)first, last - first, MADV_DONTNEED) == 0);
}
