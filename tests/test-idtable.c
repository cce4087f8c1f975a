/* test-idtable.c - ids get dense numbers in the order of first appearance, texts their twins, rows their ranks. */
#include "tests/check.h"
#include "base/rng.h"
#include "io/deal.h"
#include "io/idtable.h"
#include "io/twins.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 50000 };

/* A distinct id of 0 to 11 bytes, NUL and 0xFF among them, from its number. */
static size_t make_id(char out[12], int64_t i)
{
    uint64_t mixed = hl_permute(3, HL_FOR_TESTS, 0, (uint64_t)1 << 40, (uint64_t)i);
    memcpy(out, &mixed, 5);
    memset(out + 5, 0, 7);
    return i == 7 ? 0 : 5 + (size_t)(i % 7);
}

static void numbers_follow_the_first_appearance(void)
{
    hl_idtable *t = hl_idtable_new();
    CHECK(hl_idtable_put(t, "b", 1) == 0);
    CHECK(hl_idtable_put(t, "a", 1) == 1);
    CHECK(hl_idtable_put(t, "b", 1) == 0);
    CHECK(hl_idtable_put(t, "a\0", 2) == 2);
    CHECK(hl_idtable_put(t, "", 0) == 3);
    CHECK(hl_idtable_put(t, "", 0) == 3);
    CHECK(hl_idtable_find(t, "a\0", 2) == 2);
    CHECK(hl_idtable_find(t, "c", 1) == -1);
    CHECK(hl_idtable_count(t) == 4);
    hl_idtable_free(t);
    hl_idtable_free(NULL);
}

static void many_ids_come_back(void)
{
    hl_idtable *t = hl_idtable_new();
    char id[12];
    int wrong = 0;
    for (int64_t i = 0; i < MANY; i++) {
        size_t n = make_id(id, i);
        wrong += hl_idtable_find(t, id, n) != -1;
        wrong += hl_idtable_put(t, id, n) != i;
    }
    for (int64_t i = MANY - 1; i >= 0; i--) {
        size_t n = make_id(id, i), m;
        wrong += hl_idtable_put(t, id, n) != i || hl_idtable_find(t, id, n) != i;
        const char *at = hl_idtable_at(t, i, &m);
        wrong += m != n || memcmp(at, id, n) != 0;
    }
    CHECK(wrong == 0);
    CHECK(hl_idtable_count(t) == MANY);
    hl_idtable_free(t);
}

static void a_twin_is_the_first_with_the_same_digest(void)
{
    enum { N = 3000 };
    uint64_t digest[N];
    int32_t twin[N];
    int wrong = 0;
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 1, 0);
    for (int i = 0; i < N; i++) digest[i] = hl_rng_below(&r, 1000) << 44; /* low bits alike: all start in one slot */
    hl_twins_find(twin, digest, N);
    for (int i = 0; i < N; i++) {
        int first = 0;
        while (digest[first] != digest[i]) first++;
        wrong += twin[i] != first;
    }
    CHECK(wrong == 0);
}

static void every_row_has_one_slot(void)
{
    int wrong = 0;
    for (int ranks = 1; ranks <= 5; ranks++)
        for (int64_t rows = 0; rows <= 40; rows++) {
            int64_t slots = 0;
            for (int rank = 0; rank < ranks; rank++) {
                hl_deal d = {rows, 3, rank, ranks};
                int64_t next = 0;
                for (int64_t row = 0; row < rows; row++) {
                    int64_t slot = hl_deal_slot(&d, row);
                    if (slot < 0) continue;
                    wrong += slot != next++ || hl_deal_row(&d, slot) != row;
                }
                wrong += hl_deal_slots(&d) != next;
                slots += next;
            }
            wrong += slots != rows;
        }
    CHECK(wrong == 0);
}

static const test tests[] = {
    {"numbers follow the first appearance", numbers_follow_the_first_appearance},
    {"many ids come back", many_ids_come_back},
    {"every row has one slot", every_row_has_one_slot},
    {"a twin is the first with the same digest", a_twin_is_the_first_with_the_same_digest},
};
HL_TESTS("idtable", tests)
