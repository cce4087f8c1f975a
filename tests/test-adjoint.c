/* test-adjoint.c - what goes back is the adjoint of what went forward: <A x, y> = <x, A^T y> over all ranks; and a
 * share of a model's layers gives what the whole gives.
 *
 * Collectives move and add numbers, so small integers must agree exactly.  A stack of blocks is not linear: its
 * derivative along a direction, by differences, is held against the gradients. */
#include "base/arena.h"
#include "base/part.h"
#include "base/rng.h"
#include "model/user.h"
#include "mpi/train/mesh.h"
#include "mpi/comm/pipe.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { LENGTH = 37, TRIALS = 5 };

static const hl_group *world(void) { return check_world(); }

static double over_ranks(double x)
{
    hl_group_all_reduce_double(world(), &x, 1);
    return x;
}

static double dot(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
    return sum;
}

static void draw_integers(float *x, size_t n, hl_rng *r)
{
    for (size_t i = 0; i < n; i++) x[i] = (float)toy_between(r, -9, 9);
}

static hl_rng stream(int trial, bool mine)
{
    return hl_rng_at((uint64_t)trial, HL_FOR_TESTS, 20, mine ? 1 + (uint32_t)world()->rank : 0);
}

/* ---- collectives */

static void a_sum_is_its_own_adjoint(void)
{
    for (int trial = 0; trial < TRIALS; trial++) {
        float x[LENGTH], y[LENGTH], Ax[LENGTH], Aty[LENGTH];
        hl_rng r = stream(trial, true);
        draw_integers(x, LENGTH, &r);
        draw_integers(y, LENGTH, &r);
        memcpy(Ax, x, sizeof x);
        memcpy(Aty, y, sizeof y);
        hl_group_all_reduce(world(), Ax, LENGTH);
        hl_group_all_reduce(world(), Aty, LENGTH);
        CHECK(over_ranks(dot(Ax, y, LENGTH)) == over_ranks(dot(x, Aty, LENGTH)));
    }
}

/* Uneven blocks, some of them empty. */
static void draw_blocks(size_t *begin, hl_rng *r)
{
    const int p = world()->size;
    begin[0] = 0;
    begin[p] = LENGTH;
    for (int i = 1; i < p; i++) begin[i] = (size_t)toy_between(r, (int)begin[i - 1], LENGTH);
}

/* x: each its block.  Ax: all blocks on every rank. */
static void summing_blocks_is_the_adjoint_of_gathering_them(void)
{
    size_t *begin = hl_alloc((size_t)(world()->size + 1) * sizeof *begin);
    for (int trial = 0; trial < TRIALS; trial++) {
        float x[LENGTH] = {0}, y[LENGTH], Ax[LENGTH], Aty[LENGTH];
        hl_rng common = stream(trial, false), r = stream(trial, true);
        draw_blocks(begin, &common);
        const size_t at = begin[world()->rank], n = begin[world()->rank + 1] - at;
        draw_integers(x + at, n, &r);
        draw_integers(y, LENGTH, &r);
        memcpy(Ax, x, sizeof x);
        memcpy(Aty, y, sizeof y);
        hl_group_all_gather_blocks(world(), Ax, begin);
        hl_group_reduce_scatter(world(), Aty, begin);
        CHECK(over_ranks(dot(Ax, y, LENGTH)) == over_ranks(dot(x + at, Aty + at, n)));
    }
    free(begin);
}

/* What one rank gives all, and the sum of what all have for it. */
static void summing_is_the_adjoint_of_sharing(void)
{
    for (int from = 0; from < world()->size; from++) {
        float x[LENGTH] = {0}, y[LENGTH], Ax[LENGTH], Aty[LENGTH];
        const bool mine = world()->rank == from;
        hl_rng r = stream(from, true);
        draw_integers(x, mine ? LENGTH : 0, &r);
        draw_integers(y, LENGTH, &r);
        memcpy(Ax, x, sizeof x);
        memcpy(Aty, y, sizeof y);
        hl_group_broadcast(world(), Ax, sizeof Ax, from);
        hl_group_all_reduce(world(), Aty, LENGTH);
        CHECK(over_ranks(dot(Ax, y, LENGTH)) == over_ranks(mine ? dot(x, Aty, LENGTH) : 0));
    }
}

/* Rank q sends rank r `count` rows: forward from q's, back the other way. */
static int rows_between(int q, int r, int trial) { return (3 * q + 5 * r + trial) % 4; }

static void trading_back_is_the_adjoint_of_trading(void)
{
    const int p = world()->size, me = world()->rank;
    int *ints = hl_alloc(4 * (size_t)p * sizeof *ints), *out = ints, *out_begin = ints + p, *in = ints + 2 * p,
        *in_begin = ints + 3 * p;
    for (int trial = 0; trial < TRIALS; trial++) {
        int sent = 0, received = 0;
        for (int q = 0; q < p; q++) {
            out_begin[q] = sent;
            in_begin[q] = received;
            sent += out[q] = rows_between(me, q, trial);
            received += in[q] = rows_between(q, me, trial);
        }
        const size_t n = 3 * (size_t)sent, m = 3 * (size_t)received;
        float *x = hl_alloc((n + 1) * sizeof *x), *y = hl_alloc((m + 1) * sizeof *y),
              *Ax = hl_alloc((m + 1) * sizeof *Ax), *Aty = hl_alloc((n + 1) * sizeof *Aty);
        hl_rng r = stream(trial, true);
        draw_integers(x, n, &r);
        draw_integers(y, m, &r);
        hl_group_all_to_all(world(), Ax, in, in_begin, x, out, out_begin, 3 * sizeof *x);
        hl_group_all_to_all(world(), Aty, out, out_begin, y, in, in_begin, 3 * sizeof *y);
        CHECK(over_ranks(dot(Ax, y, m)) == over_ranks(dot(x, Aty, n)));
        free(Aty);
        free(Ax);
        free(y);
        free(x);
    }
    free(ints);
}

/* ---- layers */

static const hl_transformer shape = {.hidden_size = 24,
                                     .intermediate_size = 40,
                                     .num_hidden_layers = 8,
                                     .num_attention_heads = 6,
                                     .num_key_value_heads = 3,
                                     .head_dim = 4,
                                     .vocab_size = 8,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.3};

enum { SEGMENTS = 4, MOST_ROWS = 9 };

typedef struct {
    hl_mesh mesh;
    hl_user_model model;
    hl_arena arena, scratch;
    hl_pipe pipe;
    hl_pack pack;
    hl_stack_saved saved;
    float *w, *dw;
    size_t size; /* (T, D) */
} layers;

static void open_layers(layers *a, const hl_tensor_group *tp, bool last_only)
{
    static const int length[SEGMENTS] = {5, 1, MOST_ROWS, 3};
    a->arena = hl_arena_growing("rows");
    a->scratch = hl_arena_growing("scratch");
    hl_user_open(&a->model, &shape, &(hl_stack_settings){.positions = MOST_ROWS}, tp);
    hl_user_pack(&a->pack, length, SEGMENTS, 0, last_only, &a->arena);
    a->size = (size_t)a->pack.T * (size_t)shape.hidden_size;
    a->w = hl_alloc((a->model.table.count + 1) * sizeof *a->w);
    a->dw = hl_alloc_zero(a->model.table.count + 1, sizeof *a->dw);
    hl_params_init(&a->model.table, a->w, 7);
    hl_stack_saved_lay(&a->saved, &a->model.stack, &a->pack, &a->arena);
}

static void close_layers(layers *a)
{
    free(a->dw);
    free(a->w);
    hl_user_close(&a->model);
    hl_arena_free(&a->scratch);
    hl_arena_free(&a->arena);
}

/* All ranks are one replica: pp stages of p / pp ranks each, sequence parallel or not, or a grid of so many rows. */
static void open_replica(layers *a, int pp, bool last_only, bool sequence_parallel, int rows)
{
    const int p = world()->size;
    hl_layout layout;
    CHECK_OK(hl_layout_make(&layout, p, &(hl_layout_wish){HL_COLOCATED, {{1, 1, 1}, {1, p / pp, pp}}}));
    layout.sequence_parallel = sequence_parallel;
    hl_layout_take_grids(&layout, (const int[]){0, rows}, HL_SUMMA);
    hl_mesh_open(&a->mesh, world(), &layout);
    hl_pipe_open(&a->pipe, &a->mesh.side[HL_USER].pp);
    open_layers(a, &a->mesh.side[HL_USER].tensor_group, last_only);
}

static void close_replica(layers *a)
{
    close_layers(a);
    hl_pipe_close(&a->pipe);
    hl_mesh_close(&a->mesh);
}

/* y of the last stage on all ranks, from x on the first.  A stage without a place in the pipeline has all. */
static void forward(layers *a, float *y, const float *x, size_t out)
{
    const hl_stack *m = &a->model.stack;
    const int T = a->pack.T, D = shape.hidden_size;
    if (!m->first) hl_pipe_recv(&a->pipe, HL_FORWARD, T, D);
    float *to = m->last ? y : hl_pipe_room(&a->pipe, HL_FORWARD, a->size);
    hl_stack_forward(to, &a->saved, m, a->w, m->first ? x : hl_pipe_received(&a->pipe, HL_FORWARD), &a->pack,
                     &a->scratch);
    if (!m->last) hl_pipe_send(&a->pipe, HL_FORWARD, T, D);
    hl_group_broadcast(world(), y, out * sizeof *y, world()->size - 1);
}

/* dx of the first stage on all ranks, from dy on the last; a->dw is added to. */
static void backward(layers *a, float *dx, const float *dy)
{
    const hl_stack *m = &a->model.stack;
    const int T = a->pack.T, D = shape.hidden_size;
    if (!m->last) hl_pipe_recv(&a->pipe, HL_BACKWARD, T, D);
    float *to = m->first ? dx : hl_pipe_room(&a->pipe, HL_BACKWARD, a->size);
    hl_stack_backward(to, a->dw, m->last ? dy : hl_pipe_received(&a->pipe, HL_BACKWARD), &a->saved, m, a->w, &a->pack,
                      &a->scratch);
    if (!m->first) hl_pipe_send(&a->pipe, HL_BACKWARD, T, D);
    hl_group_broadcast(world(), dx, a->size * sizeof *dx, 0);
}

static void draw_normal(float *x, size_t n, uint64_t seed)
{
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 21, 0);
    for (size_t i = 0; i < n; i++) x[i] = (float)(toy_between(&r, -1000, 1000) / 500.0);
}

static double furthest(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs((double)a[i] - b[i]));
    return most;
}

/* My share of the whole's gradients, where pieces that peers have in common are not yet added. */
static double furthest_gradient(const layers *share, const layers *whole)
{
    double most = 0;
    for (int k = 0; k < share->model.table.n; k++) {
        const hl_param *p = &share->model.table.at[k], *q = hl_params_find(&whole->model.table, p->name);
        for (int64_t i = 0; i < hl_param_stretches(p); i++) {
            const hl_stretch s = hl_param_stretch(p, i);
            most = fmax(most, furthest(share->dw + p->offset + s.local, whole->dw + q->offset + s.global, s.n));
        }
    }
    return most;
}

/* Forward, back, and the gradients of each share, beside a lone process with all. */
static void check_replica(int pp, bool last_only, bool sequence_parallel, int rows)
{
    layers whole, share;
    open_layers(&whole, &hl_alone, last_only);
    open_replica(&share, pp, last_only, sequence_parallel, rows);
    const size_t out = (size_t)hl_pack_rows(&whole.pack) * (size_t)shape.hidden_size, n = whole.size;
    float *x = hl_alloc(6 * n * sizeof *x), *dy = x + n, *y = x + 2 * n, *dx = x + 3 * n, *y_whole = x + 4 * n,
          *dx_whole = x + 5 * n;
    draw_normal(x, n, 1);
    draw_normal(dy, out, 2);
    hl_stack_forward(y_whole, &whole.saved, &whole.model.stack, whole.w, x, &whole.pack, &whole.scratch);
    hl_stack_backward(dx_whole, whole.dw, dy, &whole.saved, &whole.model.stack, whole.w, &whole.pack, &whole.scratch);
    forward(&share, y, x, out);
    backward(&share, dx, dy);
    hl_params_join(&share.model.table, share.dw, share.model.stack.tp, &share.scratch);
    CHECK_NEAR(furthest(y, y_whole, out), 0, 1e-4);
    CHECK_NEAR(furthest(dx, dx_whole, n), 0, 1e-3);
    CHECK_NEAR(furthest_gradient(&share, &whole), 0, 2e-3);
    free(x);
    close_replica(&share);
    close_layers(&whole);
}

static void tensor_shares_give_what_the_whole_gives(void)
{
    check_replica(1, false, false, 0);
    check_replica(1, true, false, 0);
}

static void sequence_parallel_ranks_give_what_the_whole_gives(void)
{
    check_replica(1, false, true, 0);
    check_replica(1, true, true, 0);
    if (world()->size % 2 == 0) check_replica(2, true, true, 0);
    if (world()->size % 2 == 0) check_replica(2, false, true, 0);
}

static void stages_give_what_the_whole_gives(void)
{
    const int p = world()->size;
    check_replica(p, false, false, 0);
    check_replica(p, true, false, 0);
    if (p % 2 == 0) check_replica(2, false, false, 0); /* stages of several ranks */
}

/* <J v, u> by differences along v, and <v, J^T u> by the backward. */
static void check_slope(int pp, bool last_only, bool sequence_parallel, int rows)
{
    const float step = 1e-3f;
    layers a;
    open_replica(&a, pp, last_only, sequence_parallel, rows);
    const size_t out = (size_t)hl_pack_rows(&a.pack) * (size_t)shape.hidden_size, n = a.size;
    float *x = hl_alloc(6 * n * sizeof *x), *u = x + n, *v = x + 2 * n, *y = x + 3 * n, *moved = x + 4 * n,
          *dx = x + 5 * n;
    double slope = 0;
    draw_normal(x, n, 3);
    draw_normal(u, out, 4);
    draw_normal(v, n, 5);
    for (int side = -1; side <= 1; side += 2) {
        for (size_t i = 0; i < n; i++) moved[i] = x[i] + (float)side * step * v[i];
        forward(&a, y, moved, out);
        slope += side * dot(y, u, out) / (2 * (double)step);
    }
    forward(&a, y, x, out);
    backward(&a, dx, u);
    CHECK_NEAR(dot(dx, v, n), slope, 2e-3 * fabs(slope) + 2e-2);
    CHECK(fabs(slope) > 0.1);
    free(x);
    close_replica(&a);
}

static void going_back_is_the_adjoint_of_the_slope(void)
{
    check_slope(1, false, false, 0);
    check_slope(1, true, true, 0);
    check_slope(1, false, true, 0);
    check_slope(world()->size, false, false, 0);
}

/* Every grid of all ranks, and of the ranks of two stages. */
static void grids_give_what_the_whole_gives(void)
{
    const int p = world()->size;
    for (int rows = 1; rows <= p; rows++) {
        if (p % rows) continue;
        check_replica(1, false, false, rows);
        check_replica(1, true, false, rows);
        check_slope(1, rows % 2, false, rows);
        if (p / rows % 2 == 0) check_replica(2, rows % 2, false, rows);
    }
}

static const test tests[] = {
    {"a sum is its own adjoint", a_sum_is_its_own_adjoint},
    {"summing blocks is the adjoint of gathering them", summing_blocks_is_the_adjoint_of_gathering_them},
    {"summing is the adjoint of sharing", summing_is_the_adjoint_of_sharing},
    {"trading back is the adjoint of trading", trading_back_is_the_adjoint_of_trading},
    {"tensor shares give what the whole gives", tensor_shares_give_what_the_whole_gives},
    {"sequence parallel ranks give what the whole gives", sequence_parallel_ranks_give_what_the_whole_gives},
    {"grids give what the whole gives", grids_give_what_the_whole_gives},
    {"stages give what the whole gives", stages_give_what_the_whole_gives},
    {"going back is the adjoint of the slope, through shares and stages", going_back_is_the_adjoint_of_the_slope},
};
HL_TESTS("adjoint", tests)
