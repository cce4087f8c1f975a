/* test-lend.c - blocks that came back are lent again. */
#include "base/arena.h"
#include "base/lend.h"
#include "base/rng.h"
#include "tests/check.h"
#include <stdint.h>
#include <string.h>

enum { LENT = 6, ROUNDS = 200 };

static void lent_blocks_lie_apart_and_are_aligned(void)
{
    unsigned char *p[LENT];
    for (int i = 0; i < LENT; i++) {
        p[i] = hl_lend((size_t)(100 * i));
        CHECK((uintptr_t)p[i] % 64 == 0);
        memset(p[i], i, (size_t)(100 * i));
    }
    for (int i = 0; i < LENT; i++)
        for (int k = 0; k < 100 * i; k++) CHECK(p[i][k] == i);
    for (int i = 0; i < LENT; i++) hl_lend_back(p[i]);
    hl_lend_back(NULL);
}

/* A few at once, of random sizes, which come back in another order. */
static void go_round(void)
{
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 3, 0);
    void *p[LENT] = {0};
    for (int i = 0; i < ROUNDS; i++) {
        int k = (int)hl_rng_below(&r, LENT);
        hl_lend_back(p[k]);
        p[k] = hl_lend((size_t)hl_rng_below(&r, 5000));
    }
    for (int k = 0; k < LENT; k++) hl_lend_back(p[k]);
}

static void what_happened_before_asks_for_nothing(void)
{
    for (int i = 0; i < LENT; i++) go_round();
    int64_t asked = hl_alloc_count();
    go_round();
    CHECK(hl_alloc_count() == asked);
}

static const test tests[] = {
    {"lent blocks lie apart and are aligned", lent_blocks_lie_apart_and_are_aligned},
    {"what happened before asks for nothing", what_happened_before_asks_for_nothing},
};
HL_TESTS("lend", tests)
