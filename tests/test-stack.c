/* test-stack.c - a stack of blocks gives the same on any number of threads.
 *
 * Not the same bits: BLAS sums in another order where rows are left over. */
#include "base/rng.h"
#include "math/linear.h"
#include "model/user.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <stdlib.h>
#include <string.h>

/* So wide that threads take shares of the rows (with vectors of 8 numbers; of 16, all these products are shared). */
static const hl_llama wide = {.hidden_size = 384, .intermediate_size = 448, .num_hidden_layers = 2, .num_attention_heads = 6, .num_key_value_heads = 3,
                              .head_dim = 64, .vocab_size = 8, .rms_norm_eps = 1e-5, .rope_theta = 1e4, .initializer_range = 0.05};
/* So narrow that they share products, and some rows go through the MLP at a time. */
static const hl_llama narrow = {.hidden_size = 40, .intermediate_size = 80, .num_hidden_layers = 2, .num_attention_heads = 5, .num_key_value_heads = 5,
                                .head_dim = 8, .vocab_size = 8, .rms_norm_eps = 1e-5, .rope_theta = 1e4, .initializer_range = 0.05};

enum { SEGMENTS = 7, MOST_THREADS = 3 };

/* What comes out, what goes back, and the gradients, one after the other; where each begins, and the end. */
static void through(size_t part[4], float *to, const hl_llama *shape, bool last_only, int threads)
{
    static const int length[SEGMENTS] = {301, 1, 130, 257, 64, 180, 199};
    const size_t D = (size_t)shape->hidden_size;
    hl_arena arena = hl_arena_growing("rows"), scratch = hl_arena_growing("scratch");
    hl_user_model m;
    hl_pack pack;
    hl_stack_trace trace;
    hl_user_open(&m, shape, 301, &hl_alone);
    hl_user_pack(&pack, length, SEGMENTS, last_only, &arena);
    hl_stack_trace_lay(&trace, &m.stack, &pack, &arena);
    const size_t in = (size_t)pack.T * D, out = (size_t)hl_pack_rows(&pack) * D;
    float *w = hl_alloc(m.table.count * sizeof *w);
    hl_params_init(&m.table, w, 7);
    hl_math_threads(threads);
    hl_stack_forward(to, &trace, &m.stack, w, ref_random(in, 1, 1.0), &pack, &scratch);
    hl_stack_backward(to + out, to + out + in, ref_random(out, 2, 1.0), &trace, &m.stack, w, &pack, &scratch);
    hl_math_threads(1);
    memcpy(part, (size_t[4]){0, out, out + in, out + in + m.table.count}, 4 * sizeof *part);
    free(w);
    hl_user_close(&m);
    hl_arena_free(&scratch);
    hl_arena_free(&arena);
}

static void check_threads(const hl_llama *shape, bool last_only)
{
    enum { ROOM = 4000000 };
    float *one = ref_zeros(ROOM), *more = ref_zeros(ROOM);
    size_t part[4];
    through(part, one, shape, last_only, 1);
    CHECK(part[3] <= ROOM);
    const double *want = ref_double(one, part[3]);
    for (int threads = 2; threads <= MOST_THREADS; threads++) {
        memset(more, 0, ROOM * sizeof *more);
        through(part, more, shape, last_only, threads);
        for (int k = 0; k < 3; k++) CHECK_NEAR(ref_distance(more + part[k], want + part[k], part[k + 1] - part[k]), 0.0, 1e-5);
    }
    ref_done();
}

static void shares_of_rows_do_not_show(void)
{
    check_threads(&wide, false);
    check_threads(&wide, true);
}

static void threads_of_a_narrow_stack_do_not_show(void)
{
    check_threads(&narrow, false);
    check_threads(&narrow, true);
}

static const test tests[] = {
    {"shares of rows do not show", shares_of_rows_do_not_show},
    {"threads of a narrow stack do not show", threads_of_a_narrow_stack_do_not_show},
};

HL_TESTS("stack", tests)
