/* test-fold.c - the order of a sum belongs to its leaves, whoever has them. */
#include "base/fold.h"
#include "tests/check.h"
#include <stdint.h>

enum { LEAVES = 16 };

static float leaf(int i, int seed)
{
    uint32_t h = (uint32_t)(i + 1) * 2654435761u ^ (uint32_t)seed * 40503u;
    h = (h ^ h >> 15) * 2246822519u;
    return (float)((int)(h >> 8 & 2047) - 1000) * (h >> 31 ? 1.0f : 1e-4f);
}

static void every_owner_has_a_branch(void)
{
    for (int p = 1; p <= LEAVES; p++) {
        CHECK(hl_fold_begin(LEAVES, p, 0) == 0 && hl_fold_begin(LEAVES, p, p) == LEAVES);
        for (int r = 0; r < p; r++) {
            const int begin = hl_fold_begin(LEAVES, p, r), size = hl_fold_begin(LEAVES, p, r + 1) - begin;
            CHECK(hl_fold_fits(size) && begin % size == 0);
            CHECK(hl_fold_owner(LEAVES, p, begin) == r && hl_fold_owner(LEAVES, p, begin + size - 1) == r);
        }
    }
}

/* Leaves of an owner first, then the owners. */
static float sum_by(int p, int seed)
{
    float of_owner[LEAVES], mine[LEAVES];
    for (int r = 0; r < p; r++) {
        const int begin = hl_fold_begin(LEAVES, p, r), n = hl_fold_begin(LEAVES, p, r + 1) - begin;
        for (int i = 0; i < n; i++) mine[i] = leaf(begin + i, seed);
        hl_fold(mine, n, sizeof *mine, 1, hl_fold_floats);
        of_owner[r] = mine[0];
    }
    hl_fold(of_owner, p, sizeof *of_owner, 1, hl_fold_floats);
    return of_owner[0];
}

static void owners_do_not_change_a_bit(void)
{
    int other_order = 0;
    for (int seed = 0; seed < 200; seed++) {
        float forward = 0;
        for (int i = 0; i < LEAVES; i++) forward += leaf(i, seed);
        for (int p = 1; p <= LEAVES; p++) CHECK(sum_by(p, seed) == sum_by(LEAVES, seed));
        other_order += forward != sum_by(1, seed);
    }
    CHECK(other_order > 20); /* else the sentence above would say nothing */
}

static int height(int a, int b)
{
    int h = 0;
    for (; a != b; a /= 2, b /= 2) h++;
    return h;
}

static void leaves_meet_where_the_tree_says(void)
{
    for (int a = 0; a < LEAVES; a++)
        for (int b = 0; b < LEAVES; b++)
            for (int c = 0; c < LEAVES; c++)
                if (a != b) CHECK(hl_fold_meets_first(a, b, c) == (height(a, b) < height(b, c)));
}

/* Where a branch to the right of `leaf` has some that is done, and the one that it meets next is not. */
static int sums_waiting_at(int leaf, unsigned done)
{
    int n = 0;
    for (int size = 1; size < LEAVES; size *= 2) {
        const unsigned right = ((1u << size) - 1) << (leaf / size + 1) * size;
        n += leaf / size % 2 == 0 && (done & right) != 0;
    }
    return n;
}

/* Any leaves of a branch of 16, the last one first, each some times. */
static void sums_wait_for_their_neighbours(void)
{
    for (unsigned some = 1; some < 1u << LEAVES; some += 7) {
        int list[2 * LEAVES], n = 0, most = 0;
        unsigned done = 0;
        for (int i = LEAVES - 1; i >= 0; i--) {
            if (!(some >> i & 1)) continue;
            list[n++] = i;
            if (i % 3 == 0) list[n++] = i;
            const int waiting = sums_waiting_at(i, done);
            most = waiting > most ? waiting : most;
            done |= 1u << i;
        }
        CHECK(hl_fold_waiting(list, n) == most);
    }
}

static const test tests[] = {
    {"every owner has a branch", every_owner_has_a_branch},
    {"owners do not change a bit", owners_do_not_change_a_bit},
    {"leaves meet where the tree says", leaves_meet_where_the_tree_says},
    {"sums wait for their neighbours", sums_wait_for_their_neighbours},
};
HL_TESTS("fold", tests)
