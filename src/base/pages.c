/* pages.c - large pages for large arrays. */
#include "base/pages.h"
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <stdint.h>
#include <sys/mman.h>

void hl_pages_large(void *at, size_t bytes)
{
    const uintptr_t page = HL_LARGE_PAGE, begin = ((uintptr_t)at + page - 1) / page * page,
                    end = ((uintptr_t)at + bytes) / page * page;
    if (begin < end)
        madvise((void *)begin, end - begin, MADV_HUGEPAGE); /* a kernel that cannot says so, and nothing is lost */
}

void hl_pages_give_back(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
