/* test-algorithms.c - whichever algorithm adds, the sum comes out as the tree of the ranks has it. */
#include "mpi/comm/algorithms.h"
#include "base/arena.h"
#include "base/rng.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST = 1000 };
static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 64, MOST};
enum { LENGTHS = sizeof lengths / sizeof lengths[0] };

static const hl_group *world(void) { return check_world(); }

/* Number i of a rank, so made that the order of the additions shows in the last bits. */
static float number(int rank, size_t i)
{
    uint32_t h = ((uint32_t)i + 1) * 2654435761u ^ ((uint32_t)rank + 1) * 40503u;
    h = (h ^ h >> 15) * 2246822519u;
    return (float)((int)(h >> 8 & 2047) - 1000) * (h >> 31 ? 1.0f : 1e-5f);
}

static void fill(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] = number(world()->rank, i);
}

/* What the tree gives, added on this rank alone. */
static void whole(float *sum, size_t n)
{
    const size_t p = (size_t)world()->size;
    float *parts = hl_alloc(p * (n + 1) * sizeof *parts);
    for (size_t r = 0; r < p; r++)
        for (size_t i = 0; i < n; i++) parts[r * n + i] = number((int)r, i);
    hl_fold(parts, (int)p, n * sizeof *parts, n, hl_fold_floats);
    memcpy(sum, parts, n * sizeof *sum);
    free(parts);
}

static bool fits(const hl_algorithm *algorithm, hl_combine combine)
{
    return !algorithm->fits || algorithm->fits(world()->size, combine);
}

static void every_algorithm_gives_the_bits_of_the_tree(void)
{
    float x[MOST + 1], want[MOST];
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++)
        for (int k = 0; k < LENGTHS && fits(algorithm, hl_fold_floats); k++) {
            const size_t n = lengths[k];
            fill(x, n);
            x[n] = 77;
            whole(want, n);
            algorithm->all_reduce(world(), x, n, sizeof *x, hl_fold_floats);
            CHECK(memcmp(x, want, n * sizeof *x) == 0 && x[n] == 77);
        }
}

static void every_algorithm_sends_what_it_says(void)
{
    const hl_group *g = world();
    float x[MOST];
    if (g->size == 1) check_skip("what is sent: there is one rank");
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++)
        for (int k = 1; k < LENGTHS && g->size > 1 && fits(algorithm, hl_fold_floats); k++) {
            const uint64_t bytes = hl_group_sent(g), messages = hl_group_messages(g);
            hl_sent s = {0};
            fill(x, lengths[k]);
            algorithm->all_reduce(g, x, lengths[k], sizeof *x, hl_fold_floats);
            algorithm->sent(&s, g->size, g->rank, lengths[k], sizeof *x);
            CHECK((double)(hl_group_sent(g) - bytes) == s.bytes);
            CHECK((double)(hl_group_messages(g) - messages) == s.messages);
        }
}

/* Two by two matrices modulo a prime: left and right of a product differ. */
typedef struct {
    uint32_t a[4];
} matrix;

static matrix matrix_of(int rank, size_t i)
{
    matrix m;
    hl_philox(m.a, (const uint32_t[]){(uint32_t)i, (uint32_t)rank, 1, 0}, (const uint32_t[]){1, 1});
    for (int k = 0; k < 4; k++) m.a[k] %= 10007;
    return m;
}

static void multiply(void *into, const void *from, size_t n)
{
    matrix *y = into;
    const matrix *x = from;
    for (size_t i = 0; i < n; i++) {
        const uint32_t *b = x[i].a, a[4] = {y[i].a[0], y[i].a[1], y[i].a[2], y[i].a[3]};
        for (int k = 0; k < 4; k++) y[i].a[k] = (a[k / 2 * 2] * b[k % 2] + a[k / 2 * 2 + 1] * b[2 + k % 2]) % 10007;
    }
}

/* Halving and doubling keep left and right; blocks on the ring too. */
static void every_algorithm_keeps_the_order_of_the_ranks(void)
{
    matrix x[MOST];
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++)
        for (int k = 0; k < LENGTHS && fits(algorithm, multiply); k++) {
            const size_t n = lengths[k];
            size_t wrong = 0;
            for (size_t i = 0; i < n; i++) x[i] = matrix_of(world()->rank, i);
            algorithm->all_reduce(world(), x, n, sizeof *x, multiply);
            for (size_t i = 0; i < n; i++) {
                matrix want = matrix_of(0, i);
                for (int r = 1; r < world()->size; r++) {
                    const matrix next = matrix_of(r, i);
                    multiply(&want, &next, 1);
                }
                wrong += memcmp(&x[i], &want, sizeof want) != 0;
            }
            CHECK(wrong == 0);
        }
}

/* ---- blocks: of any length, in any order, with gaps between them */

typedef struct {
    hl_blocks b;
    size_t n, *at, *count; /* n: of the whole array */
} layout;

static layout draw_layout(uint64_t seed, float *x)
{
    const size_t p = (size_t)world()->size;
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 3, 0);
    layout l = {.at = hl_alloc(2 * p * sizeof *l.at), .n = 2};
    l.count = l.at + p;
    for (size_t i = 0, q; i < p; i++) {
        q = seed % 2 ? p - 1 - i : i;
        l.at[q] = l.n;
        l.count[q] = seed == 0 || toy_between(&r, 0, 2) == 0 ? 0 : (size_t)toy_between(&r, 1, 40);
        l.n += l.count[q] + (size_t)toy_between(&r, 0, 2);
    }
    l.b = (hl_blocks){(char *)x, sizeof *x, l.at, l.count, hl_fold_floats};
    return l;
}

static void owners_get_their_blocks_and_everyone_gets_them_all(void)
{
    enum { TRIALS = 20, ROOM = 2 + 42 * 64 };
    static float x[ROOM], want[ROOM];
    const int me = world()->rank;
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++)
        for (uint64_t trial = 0; trial < TRIALS && algorithm->reduce_scatter && world()->size <= 64; trial++) {
            layout l = draw_layout(trial, x);
            fill(x, l.n);
            whole(want, l.n);
            algorithm->reduce_scatter(world(), &l.b);
            CHECK(memcmp(x + l.at[me], want + l.at[me], l.count[me] * sizeof *x) == 0);
            algorithm->all_gather(world(), &l.b);
            for (int r = 0; r < world()->size; r++)
                CHECK(memcmp(x + l.at[r], want + l.at[r], l.count[r] * sizeof *x) == 0);
            CHECK(x[0] == number(me, 0) && x[1] == number(me, 1)); /* nobody's */
            free(l.at);
        }
}

static double dot(const float *x, const float *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)y[i];
    return sum;
}

/* Summing blocks at their owners and gathering them from there are each other's transpose: sum of <S x, y> over ranks =
 * sum of <x, G y>. */
static void sums_and_gatherings_are_adjoint(void)
{
    enum { N = 97 };
    const int p = world()->size, me = world()->rank;
    size_t *at = hl_alloc(2 * (size_t)p * sizeof *at), *count = at + p;
    for (int r = 0; r < p; r++) {
        at[r] = (size_t)(r * N / p);
        count[r] = (size_t)((r + 1) * N / p) - at[r];
    }
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++) {
        float x[N], sx[N], y[N], gy[N];
        if (!algorithm->reduce_scatter) continue;
        for (int i = 0; i < N; i++) {
            sx[i] = x[i] = (float)((i * 7 + me * 3) % 11 - 5);
            gy[i] = y[i] = (float)((i * 5 + me) % 7 - 3); /* all but my block is overwritten */
        }
        algorithm->reduce_scatter(world(), &(hl_blocks){(char *)sx, sizeof *sx, at, count, hl_fold_floats});
        algorithm->all_gather(world(), &(hl_blocks){(char *)gy, sizeof *gy, at, count, hl_fold_floats});
        double both[2] = {dot(sx + at[me], y + at[me], count[me]), dot(x, gy, N)};
        hl_group_all_reduce_double(world(), both, 2);
        CHECK_NEAR(both[0], both[1], 0);
    }
    free(at);
}

/* An all-reduce is its own transpose, and n parts make p (p + 1) / 2 of it. */
static void shares_make_the_whole(void)
{
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++) {
        float x[MOST];
        const int p = world()->size;
        if (!fits(algorithm, hl_fold_floats)) continue;
        for (int i = 0; i < MOST; i++) x[i] = (float)((world()->rank + 1) * (i % 100));
        algorithm->all_reduce(world(), x, MOST, sizeof *x, hl_fold_floats);
        for (int i = 0; i < MOST; i++) CHECK_NEAR(x[i], (float)(p * (p + 1) / 2 * (i % 100)), 0);
    }
}

/* Each rank comes late in turn. */
static void nobody_waits_for_the_order_of_arrival(void)
{
    float x[MOST], want[MOST];
    whole(want, MOST);
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++)
        for (int late = 0; late < world()->size && fits(algorithm, hl_fold_floats); late++) {
            fill(x, MOST);
            if (late == world()->rank) nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
            algorithm->all_reduce(world(), x, MOST, sizeof *x, hl_fold_floats);
            CHECK(memcmp(x, want, sizeof x) == 0);
        }
}

/* ---- sums that are under way together */

static void sums_under_way_together_keep_apart(void)
{
    enum { SUMS = 5 };
    static float x[SUMS][MOST];
    float want[MOST];
    hl_parcels going[SUMS];
    const int p = world()->size;
    size_t *at = hl_alloc(2 * (size_t)p * sizeof *at), *count = at + p;
    for (int r = 0; r < p; r++) {
        at[r] = (size_t)(r * MOST / p);
        count[r] = (size_t)((r + 1) * MOST / p) - at[r];
    }
    for (int k = 0; k < SUMS; k++) {
        int which = world()->rank % 2 ? k : SUMS - 1 - k; /* everyone in another order */
        fill(x[which], MOST);
        for (int i = 0; i < MOST; i++) x[which][i] *= (float)(1 << which);
        const hl_blocks mine = {(char *)x[which], sizeof(float), at, count, hl_fold_floats};
        hl_parcels_reduce_scatter(&going[which], world(), &mine, HL_TAG_PARCEL + 2 * which);
    }
    for (int k = 0; k < SUMS; k++) {
        while (!hl_parcels_are_here(&going[k])) continue;
        hl_parcels_end(&going[k]);
        const hl_blocks mine = {(char *)x[k], sizeof(float), at, count, NULL};
        hl_parcels_all_gather(&going[k], world(), &mine, HL_TAG_PARCEL + 2 * k + 1);
    }
    whole(want, MOST);
    for (int k = SUMS - 1; k >= 0; k--) {
        size_t wrong = 0;
        hl_parcels_end(&going[k]);
        for (int i = 0; i < MOST; i++) wrong += x[k][i] != want[i] * (float)(1 << k);
        CHECK(wrong == 0);
    }
    free(at);
}

/* ---- what is counted, and what is taken */

static int64_t all_sent(const hl_algorithm *algorithm, size_t n)
{
    float x[MOST];
    int64_t sent = -(int64_t)hl_group_sent(world());
    fill(x, n);
    algorithm->all_reduce(world(), x, n, sizeof *x, hl_fold_floats);
    sent += (int64_t)hl_group_sent(world());
    hl_group_all_reduce_int(world(), &sent, 1);
    return sent;
}

/* 2 (p - 1) arrays at the least, over all ranks; whole arrays at each level; branches on the ring, three at most of
 * 8. */
static void bytes_are_counted(void)
{
    const int p = world()->size;
    const int64_t least = 2 * (p - 1) * (int64_t)MOST * (int64_t)sizeof(float);
    CHECK(all_sent(&hl_algorithms[0], MOST) == least);
    for (const hl_algorithm *algorithm = hl_algorithms; algorithm->name; algorithm++) {
        if (!fits(algorithm, hl_fold_floats)) continue;
        const int64_t sent = all_sent(algorithm, MOST);
        CHECK(sent >= least && sent <= 2 * least + (int64_t)sizeof(float) * MOST * p);
        CHECK(all_sent(algorithm, 0) == 0);
    }
}

static void the_table_names_an_algorithm_that_fits(void)
{
    for (int ranks = 1; ranks < 100; ranks++)
        for (size_t bytes = 0; bytes < (size_t)1 << 40; bytes = 3 * bytes + 1) {
            const hl_algorithm *sum = hl_algorithm_for(ranks, bytes, hl_fold_floats);
            const hl_algorithm *other = hl_algorithm_for(ranks, bytes, multiply);
            const hl_algorithm *blocks = hl_algorithm_for_blocks(ranks, bytes);
            CHECK(!sum->fits || sum->fits(ranks, hl_fold_floats));
            CHECK(!other->fits || other->fits(ranks, multiply));
            CHECK(blocks->reduce_scatter && blocks->all_gather);
        }
    CHECK(strcmp(hl_algorithm_for(1024, (size_t)1 << 24, hl_fold_floats)->name, "halving") == 0);
    CHECK(strcmp(hl_algorithm_for(1000, (size_t)1 << 24, hl_fold_floats)->name, "direct") == 0);
}

/* Whatever the table says, in rounds of any length. */
static void the_one_that_is_taken_gives_the_same_bits(void)
{
    enum { LONG = 20000, PIECE = 40000 };
    float *x = hl_alloc(2 * LONG * sizeof *x), *sum = x + LONG;
    whole(sum, LONG);
    CHECK(!hl_algorithm_take("none"));
    for (const hl_algorithm *a = hl_algorithms; a->name; a++) {
        if (!fits(a, hl_fold_floats)) continue;
        CHECK(hl_algorithm_take(a->name));
        CHECK(hl_algorithm_for(world()->size, LONG * sizeof *x, hl_fold_floats) == a);
        hl_group_pieces(PIECE);
        fill(x, LONG);
        hl_group_all_reduce(world(), x, LONG);
        CHECK(memcmp(x, sum, LONG * sizeof *x) == 0);
    }
    hl_group_pieces(0);
    CHECK(hl_algorithm_take(NULL));
    free(x);
}

static const test tests[] = {
    {"the one that is taken gives the same bits", the_one_that_is_taken_gives_the_same_bits},
    {"every algorithm sends what it says", every_algorithm_sends_what_it_says},
    {"every algorithm gives the bits of the tree", every_algorithm_gives_the_bits_of_the_tree},
    {"every algorithm keeps the order of the ranks", every_algorithm_keeps_the_order_of_the_ranks},
    {"owners get their blocks, and everyone gets them all", owners_get_their_blocks_and_everyone_gets_them_all},
    {"sums and gatherings are adjoint", sums_and_gatherings_are_adjoint},
    {"shares make the whole", shares_make_the_whole},
    {"nobody waits for the order of arrival", nobody_waits_for_the_order_of_arrival},
    {"sums that are under way together keep apart", sums_under_way_together_keep_apart},
    {"bytes are counted", bytes_are_counted},
    {"the table names an algorithm that fits", the_table_names_an_algorithm_that_fits},
};
HL_TESTS("algorithms", tests)
