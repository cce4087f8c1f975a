/* test-bitmap.c - ranks and runs of a set of numbers are those that are found one by one. */
#include "base/bitmap.h"
#include "base/rng.h"
#include "tests/check.h"

enum { N = 700 };

/* Numbers of [0, n), each of four neighbours in a row or none, with a chance of `share` of 16. */
static void draw(hl_bitmap *b, size_t n, unsigned share, uint64_t seed)
{
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, share, 0);
    hl_bitmap_clear(b);
    for (size_t i = 0; i < n; i += 4)
        if (hl_rng_below(&r, 16) < share)
            for (size_t k = i; k < i + 4 && k < n; k++) hl_bitmap_add(b, k);
    hl_bitmap_count(b);
}

static void check_ranks(const hl_bitmap *b)
{
    size_t rank = 0;
    for (size_t i = 0; i <= b->n; i++) {
        CHECK(hl_bitmap_rank(b, i) == rank);
        rank += i < b->n && hl_bitmap_has(b, i);
    }
}

static void check_runs(const hl_bitmap *b, size_t end)
{
    for (size_t i = 0; i < end; i++) {
        size_t run = 1;
        while (i + run < end && hl_bitmap_has(b, i + run) == hl_bitmap_has(b, i)) run++;
        CHECK(hl_bitmap_run(b, i, end) == run);
    }
}

static void ranks_and_runs_are_those_found_one_by_one(void)
{
    static const size_t lengths[] = {0, 1, 63, 64, 65, 128, N};
    for (size_t k = 0; k < sizeof lengths / sizeof lengths[0]; k++) {
        hl_bitmap b;
        hl_bitmap_open(&b, lengths[k]);
        for (unsigned share = 0; share <= 16; share += 4) {
            draw(&b, b.n, share, k);
            check_ranks(&b);
            check_runs(&b, b.n);
            check_runs(&b, b.n / 2);
        }
        hl_bitmap_close(&b);
    }
}

static const test tests[] = {
    {"ranks and runs are those found one by one", ranks_and_runs_are_those_found_one_by_one},
};
HL_TESTS("bitmap", tests)
