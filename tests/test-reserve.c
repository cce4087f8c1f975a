/* test-reserve.c - dropped numbers are zero, their neighbours stay, and the pages are given back. */
#include "base/arena.h"
#include "base/reserve.h"
#include "tests/check.h"
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

enum { N = 40000 };

static void fill(float *x)
{
    for (int i = 0; i < N; i++) x[i] = (float)(i + 1);
}

static void what_is_dropped_is_zero_and_nothing_else(void)
{
    static const int ranges[][2] = {{0, N},       {0, 0},       {5, 6},     {1000, 1030}, {1000, 1100},
                                    {1023, 2049}, {1024, 2048}, {7, N - 7}, {N - 1, N}};
    float *x = hl_reserve(N);
    for (int i = 0; i < N; i++) CHECK(x[i] == 0);
    for (size_t k = 0; k < sizeof ranges / sizeof ranges[0]; k++) {
        fill(x);
        hl_reserve_drop(x, (size_t)ranges[k][0], (size_t)ranges[k][1]);
        for (int i = 0; i < N; i++) CHECK(x[i] == (i >= ranges[k][0] && i < ranges[k][1] ? 0 : (float)(i + 1)));
    }
    hl_reserve_free(x, N);
}

/* Pages that are there. */
static int pages_of(float *x)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE), n = (N * sizeof *x + page - 1) / page;
    unsigned char *there = hl_alloc(n);
    int sum = 0;
    CHECK(mincore(x, N * sizeof *x, there) == 0);
    for (size_t i = 0; i < n; i++) sum += there[i] & 1;
    free(there);
    return sum;
}

static void pages_come_and_go(void)
{
    float *x = hl_reserve(N);
    int whole = (int)((N * sizeof *x + (size_t)sysconf(_SC_PAGESIZE) - 1) / (size_t)sysconf(_SC_PAGESIZE));
    CHECK(pages_of(x) == 0);
    fill(x);
    CHECK(pages_of(x) == whole);
    hl_reserve_drop(x, 100, N);
    CHECK(pages_of(x) <= 2); /* the first, and the one where the array ends */
    hl_reserve_free(x, N);
}

/* In a part that is as long, longer, shorter, or begins elsewhere in a page. */
static void pages_serve_elsewhere(void)
{
    static const int parts[][4] = {{0, 10240, 20480, 30720}, {5, 10000, 20003, 33000}, {100, 15000, 20000, 26000},
                                   {0, 700, 1024, 4096},     {3, 9000, 9000, 18000},   {20000, 39999, 7, 19999}};
    for (size_t k = 0; k < sizeof parts / sizeof parts[0]; k++) {
        const int *of = parts[k];
        float *x = hl_reserve_small(N);
        const hl_reserve_part from = {x, (size_t)of[0], (size_t)of[1]}, to = {x, (size_t)of[2], (size_t)of[3]};
        const int most =
            (int)(hl_reserve_pages(from) < hl_reserve_pages(to) ? hl_reserve_pages(from) : hl_reserve_pages(to));
        fill(x);
        hl_reserve_drop(x, to.begin, to.end);
        const int before = pages_of(x);
        const size_t moved = hl_reserve_move(to, from, 1000);
        CHECK((int)moved == most);
        CHECK(pages_of(x) == before - (int)hl_reserve_pages(from) + (int)moved); /* none came from the system */
        for (int i = 0; i < N; i++) {
            const bool is_from = i >= of[0] && i < of[1], is_to = i >= of[2] && i < of[3];
            CHECK(is_to || x[i] == (is_from ? 0 : (float)(i + 1)));
        }
        for (size_t i = to.begin; i < to.end; i++) x[i] = 1;
        CHECK(hl_reserve_move(from, to, moved / 2) == moved / 2);
        for (size_t i = to.begin; i < to.end; i++) CHECK(x[i] == 0);
        hl_reserve_free(x, N);
    }
}

static void nothing_can_be_reserved(void)
{
    float *x = hl_reserve(0);
    CHECK(x != NULL);
    hl_reserve_drop(x, 0, 0);
    hl_reserve_free(x, 0);
    hl_reserve_free(NULL, 5);
}

static const test tests[] = {
    {"what is dropped is zero, and nothing else", what_is_dropped_is_zero_and_nothing_else},
    {"pages come and go", pages_come_and_go},
    {"pages serve elsewhere", pages_serve_elsewhere},
    {"nothing can be reserved", nothing_can_be_reserved},
};
HL_TESTS("reserve", tests)
