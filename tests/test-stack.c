/* test-stack.c - a stack of blocks gives the same on any number of threads, and where rows that are alike share what
 * they have in common.
 *
 * Not the same bits: BLAS sums in another order where rows are left over. */
#include "base/rng.h"
#include "math/linear.h"
#include "math/rows.h"
#include "model/user.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* So wide that threads take shares of the rows with vectors of 8 numbers; of 16, these products are shared. */
static const hl_transformer wide = {.hidden_size = 384,
                                    .intermediate_size = 448,
                                    .num_hidden_layers = 2,
                                    .num_attention_heads = 6,
                                    .num_key_value_heads = 3,
                                    .head_dim = 64,
                                    .vocab_size = 8,
                                    .rms_norm_eps = 1e-5,
                                    .rope_theta = 1e4,
                                    .initializer_range = 0.05};
/* So narrow that they take shares with any vectors, and some rows go through the MLP at a time. */
static const hl_transformer narrow = {.hidden_size = 40,
                                      .intermediate_size = 80,
                                      .num_hidden_layers = 2,
                                      .num_attention_heads = 5,
                                      .num_key_value_heads = 5,
                                      .head_dim = 8,
                                      .vocab_size = 8,
                                      .rms_norm_eps = 1e-5,
                                      .rope_theta = 1e4,
                                      .initializer_range = 0.05};

enum { SEGMENTS = 7, ROWS = 1132, MOST_THREADS = 3 };

/* What comes out, what goes back, and the gradients, one after the other; where each begins, and the end.  how:
 * whether only last rows are read out, and kinds of rows. */
static void through(size_t part[4], float *to, const hl_transformer *shape, const float *x, const hl_pack *how,
                    int threads)
{
    static const int length[SEGMENTS] = {301, 1, 130, 257, 64, 180, 199};
    const size_t D = (size_t)shape->hidden_size;
    hl_arena arena = hl_arena_growing("rows"), scratch = hl_arena_growing("scratch");
    hl_user_model m;
    hl_pack pack;
    hl_stack_saved saved;
    hl_user_open(&m, shape, &(hl_stack_settings){.positions = 301}, &hl_alone);
    hl_user_pack(&pack, length, SEGMENTS, 0, how->last_only, &arena);
    pack.kinds = how->kinds;
    pack.kind = how->kind;
    pack.first = how->first;
    hl_stack_saved_lay(&saved, &m.stack, &pack, &arena);
    const size_t in = (size_t)pack.T * D, out = (size_t)hl_pack_rows(&pack) * D;
    float *w = hl_alloc(m.table.count * sizeof *w);
    hl_params_init(&m.table, w, 7);
    hl_math_threads(threads);
    hl_stack_forward(to, &saved, &m.stack, w, x, &pack, &scratch);
    hl_stack_backward(to + out, to + out + in, ref_random(out, 2, 1.0), &saved, &m.stack, w, &pack, &scratch);
    hl_math_threads(1);
    memcpy(part, (size_t[4]){0, out, out + in, out + in + m.table.count}, 4 * sizeof *part);
    free(w);
    hl_user_close(&m);
    hl_arena_free(&scratch);
    hl_arena_free(&arena);
}

static void check_threads(const hl_transformer *shape, bool last_only)
{
    enum { ROOM = 4000000 };
    float *one = ref_zeros(ROOM), *more = ref_zeros(ROOM);
    const float *x = ref_random(ROWS * (size_t)shape->hidden_size, 1, 1.0);
    const hl_pack how = {.last_only = last_only};
    size_t part[4];
    through(part, one, shape, x, &how, 1);
    CHECK(part[3] <= ROOM);
    const double *want = ref_double(one, part[3]);
    for (int threads = 2; threads <= MOST_THREADS; threads++) {
        memset(more, 0, ROOM * sizeof *more);
        through(part, more, shape, x, &how, threads);
        for (int k = 0; k < 3; k++)
            CHECK_NEAR(ref_distance(more + part[k], want + part[k], part[k + 1] - part[k]), 0.0, 1e-5);
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

static atomic_int threads_made;

/* All threads of this program are made here, those of OpenMP too. */
int pthread_create(pthread_t *restrict made, const pthread_attr_t *restrict how, void *(*run)(void *),
                   void *restrict with)
{
    static int (*create)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (!create) *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    threads_made++;
    return create(made, how, run, with);
}

static void check_no_threads_are_made(const hl_transformer *shape)
{
    enum { THREADS = 2, ROOM = 4000000 };
    float *y = ref_zeros(ROOM);
    const float *x = ref_random(ROWS * (size_t)shape->hidden_size, 1, 1.0);
    size_t part[4];
    through(part, y, shape, x, &(hl_pack){0}, THREADS);
    threads_made = 0;
    through(part, y, shape, x, &(hl_pack){0}, THREADS);
    CHECK(threads_made == 0);
    ref_done();
}

static void threads_that_are_there_do_all(void)
{
    hl_math_threads(2);
#pragma omp parallel
    atomic_fetch_add(&threads_made, 0);
    CHECK(threads_made > 0); /* they are counted */
    check_no_threads_are_made(&narrow);
    check_no_threads_are_made(&wide);
}

/* Rows of x are those of KINDS tokens, so often that each has many. */
static void rows_of_a_kind_give_what_each_gives(void)
{
    enum { KINDS = 50, ROOM = 4000000 };
    for (int v = 0; v < 4; v++) {
        const hl_transformer *shape = v % 2 ? &narrow : &wide;
        const bool last_only = v / 2;
        const size_t D = (size_t)shape->hidden_size;
        const float *token = ref_random(KINDS * D, 3, 1.0);
        float *x = ref_zeros(ROWS * D), *one = ref_zeros(ROOM), *each = ref_zeros(ROOM);
        int kind[ROWS], first[KINDS];
        for (int i = ROWS - 1; i >= 0; i--) {
            kind[i] = i < KINDS ? i : i * 7 % KINDS;
            first[kind[i]] = i;
            memcpy(x + (size_t)i * D, token + (size_t)kind[i] * D, D * sizeof *x);
        }
        size_t part[4];
        through(part, each, shape, x, &(hl_pack){.last_only = last_only}, 2);
        through(part, one, shape, x, &(hl_pack){.last_only = last_only, .kinds = KINDS, .kind = kind, .first = first},
                2);
        float *both[2] = {one + part[1], each + part[1]}, *token_gradient[2];
        for (int k = 0; k < 2; k++) {
            token_gradient[k] = ref_zeros(KINDS * D);
            hl_rows_scatter_add(token_gradient[k], both[k], kind, ROWS, (int)D);
        }
        CHECK(memcmp(both[0], both[1], ROWS * D * sizeof *x) != 0); /* they did go another way */
        CHECK_NEAR(ref_distance(one, ref_double(each, part[1]), part[1]), 0.0, 1e-5);
        CHECK_NEAR(ref_distance(token_gradient[0], ref_double(token_gradient[1], KINDS * D), KINDS * D), 0.0, 1e-5);
        CHECK_NEAR(ref_distance(one + part[2], ref_double(each + part[2], part[3] - part[2]), part[3] - part[2]), 0.0,
                   1e-5);
        ref_done();
    }
}

static const test tests[] = {
    {"threads that are there do all", threads_that_are_there_do_all},
    {"shares of rows do not show", shares_of_rows_do_not_show},
    {"rows of a kind give what each gives", rows_of_a_kind_give_what_each_gives},
    {"threads of a narrow stack do not show", threads_of_a_narrow_stack_do_not_show},
};

HL_TESTS("stack", tests)
