/* test-exchange.c - rows come to whoever reads them, and gradients go back in the order of the readings. */
#include "mpi/comm/exchange.h"
#include "base/rng.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { D = 3, MOST_ROWS = 7, TRIALS = 40 };

typedef struct {
    hl_arena arena;
    hl_readings r;
    int *holder, *held, *reader, *read;
    int held_rows[64], read_rows[64]; /* of each rank */
    hl_exchange x;
} fixture;

/* A range of ranks, as a layout has: some hold, some read, some do both or nothing. */
static void draw_range(int *begin, int *end, hl_rng *r, int ranks)
{
    *begin = toy_between(r, 0, ranks - 1);
    *end = toy_between(r, *begin + 1, ranks);
}

/* Swap the places where a rank reads, so that they come in no order. */
static void shuffle_reads(fixture *f, hl_rng *r)
{
    for (int i = 0; i < f->r.n; i++) {
        int j = toy_between(r, 0, f->r.n - 1);
        if (f->reader[i] != f->reader[j]) continue;
        int was = f->read[i];
        f->read[i] = f->read[j];
        f->read[j] = was;
    }
}

static void open_fixture(fixture *f, int trial)
{
    hl_rng r = hl_rng_at((uint64_t)trial, HL_FOR_TESTS, 11, 0);
    int ranks = check_world()->size, begin, end, users, last_user;
    size_t n = trial ? (size_t)toy_between(&r, 1, 60) : 0; /* once nobody reads anything */
    *f = (fixture){.arena = hl_arena_growing("exchange")};
    f->holder = HL_TAKE(&f->arena, int, n), f->held = HL_TAKE(&f->arena, int, n);
    f->reader = HL_TAKE(&f->arena, int, n), f->read = HL_TAKE(&f->arena, int, n);
    f->r = (hl_readings){(int)n, f->holder, f->held, f->reader, f->read};
    draw_range(&begin, &end, &r, ranks);
    draw_range(&users, &last_user, &r, ranks);
    for (int q = begin; q < end; q++) f->held_rows[q] = toy_between(&r, 1, MOST_ROWS);
    for (size_t i = 0; i < n; i++) {
        f->holder[i] = toy_between(&r, begin, end - 1);
        f->held[i] = toy_between(&r, 0, f->held_rows[f->holder[i]] - 1);
        f->reader[i] = toy_between(&r, users, last_user - 1);
        f->read[i] = f->read_rows[f->reader[i]]++;
    }
    shuffle_reads(f, &r);
    hl_exchange_set_up(&f->x, check_world(), &f->r, &f->arena);
}

static float *rows(fixture *f, int n) { return HL_TAKE_ZERO(&f->arena, float, n *D); }

static int me(void) { return check_world()->rank; }

static float value(int rank, int row, int k) { return (float)(1000 * rank + 10 * row + k + 1); }

static void rows_come_to_their_readers(void)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        fixture f;
        open_fixture(&f, trial);
        float *mine = rows(&f, f.held_rows[me()]), *theirs = rows(&f, f.read_rows[me()]);
        for (int i = 0; i < f.held_rows[me()] * D; i++) mine[i] = value(me(), i / D, i % D);
        hl_exchange_forward(&f.x, theirs, mine, D, &f.arena);
        for (int i = 0; i < f.r.n; i++)
            for (int k = 0; k < D && f.reader[i] == me(); k++)
                CHECK(theirs[f.read[i] * D + k] == value(f.holder[i], f.held[i], k));
        hl_arena_free(&f.arena);
    }
}

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n * D; i++) sum += (double)a[i] * b[i];
    return sum;
}

static void draw_small(float *x, int n, hl_rng *r)
{
    for (int i = 0; i < n * D; i++) x[i] = (float)toy_between(r, -9, 9);
}

/* <A x, y> = <x, A^T y>, in small integers exactly. */
static void backward_is_the_adjoint_of_forward(void)
{
    int not_zero = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        fixture f;
        open_fixture(&f, trial);
        hl_rng r = hl_rng_at((uint64_t)trial, HL_FOR_TESTS, 12, (uint32_t)me());
        int held = f.held_rows[me()], read = f.read_rows[me()];
        float *x = rows(&f, held), *y = rows(&f, read), *Ax = rows(&f, read), *Aty = rows(&f, held);
        draw_small(x, held, &r);
        draw_small(y, read, &r);
        hl_exchange_forward(&f.x, Ax, x, D, &f.arena);
        hl_exchange_backward(&f.x, Aty, y, D, &f.arena);
        double both[2] = {dot(Ax, y, read), dot(x, Aty, held)};
        hl_group_all_reduce_double(check_world(), both, 2);
        CHECK(both[0] == both[1]);
        not_zero += both[0] != 0;
        hl_arena_free(&f.arena);
    }
    CHECK(not_zero > TRIALS / 2);
}

/* What a reading sends back: of very different sizes, so that the order of the additions shows. */
static float gradient(int rank, int row, int k)
{
    uint32_t out[4];
    hl_philox(out, (const uint32_t[]){(uint32_t)row, (uint32_t)rank, (uint32_t)k, 0}, (const uint32_t[]){2, 2});
    return (float)((int)(out[0] % 2001) - 1000) * (out[1] % 2 ? 1.0f : 1e-5f);
}

/* dmine begins with what it has, and one reading after the other is added, first to last or last to first. */
static void add_in_order(float *dmine, const fixture *f, bool backwards)
{
    for (int j = 0; j < f->r.n; j++) {
        int i = backwards ? f->r.n - 1 - j : j;
        for (int k = 0; k < D && f->holder[i] == me(); k++)
            dmine[f->held[i] * D + k] += gradient(f->reader[i], f->read[i], k);
    }
}

static void gradients_are_added_in_the_order_of_the_readings(void)
{
    int64_t differ = 0;
    for (int trial = 0; trial < TRIALS; trial++) {
        fixture f;
        open_fixture(&f, trial);
        int held = f.held_rows[me()], read = f.read_rows[me()];
        float *dtheirs = rows(&f, read), *dmine = rows(&f, held), *want = rows(&f, held), *other = rows(&f, held);
        for (int i = 0; i < read * D; i++) dtheirs[i] = gradient(me(), i / D, i % D);
        for (int i = 0; i < held * D; i++) dmine[i] = want[i] = other[i] = 0.1f * (float)i;
        hl_exchange_backward(&f.x, dmine, dtheirs, D, &f.arena);
        add_in_order(want, &f, false);
        add_in_order(other, &f, true);
        for (int i = 0; i < held * D; i++) {
            CHECK(dmine[i] == want[i]);
            differ += want[i] != other[i];
        }
        hl_arena_free(&f.arena);
    }
    hl_group_all_reduce_int(check_world(), &differ, 1);
    CHECK(differ > 20); /* another order would have been seen */
}

static void bytes_are_those_that_leave_the_rank(void)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        fixture f;
        open_fixture(&f, trial);
        int64_t leave = 0;
        for (int i = 0; i < f.r.n; i++) leave += f.holder[i] == me() && f.reader[i] != me();
        CHECK(hl_exchange_bytes(&f.x, D) == leave * D * 4);
        CHECK(f.x.received == f.read_rows[me()]);
        hl_arena_free(&f.arena);
    }
}

static const test tests[] = {
    {"rows come to whoever reads them", rows_come_to_their_readers},
    {"backward is the adjoint of forward", backward_is_the_adjoint_of_forward},
    {"gradients are added in the order of the readings, bit for bit", gradients_are_added_in_the_order_of_the_readings},
    {"bytes are those that leave the rank", bytes_are_those_that_leave_the_rank},
};
HL_TESTS("exchange", tests)
