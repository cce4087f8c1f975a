/* bf16.c - products in bf16, by oneDNN.
 *
 * oneDNN makes code for the sizes of a product, which takes up to milliseconds, and keeps some hundred of them.  Each
 * micro-batch has another number of tokens, so that number is rounded up with zeros: in a sum over tokens they add
 * nothing, and of rows of tokens, what is left after the last whole block goes through a buffer of its own. */
#include "math/bf16.h"
#include "base/arena.h"
#include "base/error.h"
#include "math/expf.h"
#include "math/simd.h"
#include <stdio.h>
#include <string.h>
#ifdef HL_HAS_DNNL
#include <oneapi/dnnl/dnnl.h>
#endif

enum { WHOLE = 128, LEAST = 32, BLOCK = 4096 };

/* Adding just under half of what is cut off, and one more where what is kept is odd, rounds to even. */
HL_INLINE uint32_t rounded(float x)
{
    const uint32_t bits = hl_expf_bits(x), up = bits + 0x7fffu + (bits >> 16 & 1);
    return x != x ? bits | 0x400000u : up;
}

HL_FAST static void round_block(uint16_t *restrict y, const float *restrict x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) y[i] = (uint16_t)(rounded(x[i]) >> 16);
}

HL_FAST static void round_block_in_place(float *x, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) x[i] = hl_expf_of_bits(rounded(x[i]) & 0xffff0000u);
}

void hl_bf16_round(uint16_t *y, const float *x, size_t n)
{
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (size_t i = 0; i < n; i += BLOCK) round_block(y + i, x + i, n - i < BLOCK ? n - i : BLOCK);
}

void hl_bf16_round_in_place(float *x, size_t n)
{
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (size_t i = 0; i < n; i += BLOCK) round_block_in_place(x + i, n - i < BLOCK ? n - i : BLOCK);
}

#ifdef HL_HAS_DNNL

const char *hl_bf16_library(void)
{
    static char name[40];
#ifdef HL_HAS_DNNL
    const dnnl_version_t *v = dnnl_version();
    snprintf(name, sizeof name, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
#endif
    return name;
}

bool hl_bf16_is_built(void) { return true; }

bool hl_bf16_is_here(void)
{
    return (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core_bf16)
           == dnnl_cpu_isa_avx512_core_bf16; /* a set of features */
}

static void must(dnnl_status_t status, const char *what)
{
    if (status == dnnl_success) return;
    (void)HL_FAIL(HL_EFAIL, "oneDNN: %s failed with status %d; set precision: fp32", what, (int)status);
    hl_error_end_job(HL_EFAIL, hl_error_text());
}

/* The processor, and a queue of work for it; made once. */
typedef struct {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
} machine;

static const machine *the_machine(void)
{
    static machine m;
    if (m.engine) return &m;
    must(dnnl_engine_create(&m.engine, dnnl_cpu, 0), "dnnl_engine_create");
    must(dnnl_stream_create(&m.stream, m.engine, dnnl_stream_default_flags), "dnnl_stream_create");
    return &m;
}

static dnnl_memory_desc_t matrix(int rows, int columns, dnnl_data_type_t type, size_t row, size_t column)
{
    dnnl_memory_desc_t d;
    const dnnl_dims_t sizes = {rows, columns}, steps = {(dnnl_dim_t)row, (dnnl_dim_t)column};
    must(dnnl_memory_desc_init_by_strides(&d, 2, sizes, type, steps), "dnnl_memory_desc_init_by_strides");
    return d;
}

/* c += means that the sum begins with what is there. */
static dnnl_primitive_attr_t attributes(bool add)
{
    dnnl_primitive_attr_t attr;
    dnnl_post_ops_t ops;
    must(dnnl_primitive_attr_create(&attr), "dnnl_primitive_attr_create");
    must(dnnl_post_ops_create(&ops), "dnnl_post_ops_create");
    if (add) must(dnnl_post_ops_append_sum(ops, 1.0f), "dnnl_post_ops_append_sum");
    must(dnnl_primitive_attr_set_post_ops(attr, ops), "dnnl_primitive_attr_set_post_ops");
    must(dnnl_post_ops_destroy(ops), "dnnl_post_ops_destroy");
    return attr;
}

/* Cheap where oneDNN has it from before. */
static dnnl_primitive_t product_of(const dnnl_memory_desc_t part[3], bool add)
{
    dnnl_matmul_desc_t d;
    dnnl_primitive_desc_t how;
    dnnl_primitive_t p;
    dnnl_primitive_attr_t attr = attributes(add);
    must(dnnl_matmul_desc_init(&d, &part[0], &part[1], NULL, &part[2]), "dnnl_matmul_desc_init");
    must(dnnl_primitive_desc_create(&how, &d, attr, the_machine()->engine, NULL), "dnnl_primitive_desc_create");
    must(dnnl_primitive_create(&p, how), "dnnl_primitive_create");
    must(dnnl_primitive_desc_destroy(how), "dnnl_primitive_desc_destroy");
    must(dnnl_primitive_attr_destroy(attr), "dnnl_primitive_attr_destroy");
    return p;
}

static void multiply(float *c, uint16_t *a, uint16_t *b, const dnnl_memory_desc_t part[3], bool add)
{
    static const int which[3] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
    void *data[3] = {a, b, c};
    dnnl_exec_arg_t argument[3];
    dnnl_primitive_t p = product_of(part, add);
    for (int i = 0; i < 3; i++) {
        argument[i].arg = which[i];
        must(dnnl_memory_create(&argument[i].memory, &part[i], the_machine()->engine, data[i]), "dnnl_memory_create");
    }
    must(dnnl_primitive_execute(p, the_machine()->stream, 3, argument), "dnnl_primitive_execute");
    must(dnnl_stream_wait(the_machine()->stream), "dnnl_stream_wait");
    for (int i = 0; i < 3; i++) must(dnnl_memory_destroy(argument[i].memory), "dnnl_memory_destroy");
    must(dnnl_primitive_destroy(p), "dnnl_primitive_destroy");
}

/* n numbers, rounded, and zeros up to `filled`. */
static uint16_t *copy_of(const float *x, size_t n, size_t filled, hl_arena *room)
{
    uint16_t *y = HL_TAKE(room, uint16_t, filled);
    hl_bf16_round(y, x, n);
    memset(y + n, 0, (filled - n) * sizeof *y);
    return y;
}

static int up_to(int n, int step) { return (n + step - 1) / step * step; }

/* Rows of a as they are, times b. */
static void multiply_rows(float *c, uint16_t *a, uint16_t *b, hl_numbers from, int M, int N, int K)
{
    const dnnl_memory_desc_t part[3] = {matrix(M, K, dnnl_bf16, (size_t)K, 1),
                                        matrix(K, N, dnnl_bf16, from.row, from.column),
                                        matrix(M, N, dnnl_f32, (size_t)N, 1)};
    if (M > 0) multiply(c, a, b, part, false);
}

/* c = a b: each row of c is of one token. */
static void tokens_times(float *c, hl_numbers a, hl_numbers b, int M, int N, int K, hl_arena *room)
{
    const int whole = M / WHOLE * WHOLE, rest = up_to(M - whole, LEAST);
    const size_t n = (size_t)N, k = (size_t)K, done = (size_t)whole * n;
    uint16_t *left = copy_of(a.at, (size_t)M * k, (size_t)(whole + rest) * k, room),
             *right = copy_of(b.at, k * n, k * n, room);
    float *last = HL_TAKE(room, float, (size_t)rest *n);
    multiply_rows(c, left, right, b, whole, N, K);
    multiply_rows(last, left + (size_t)whole * k, right, b, rest, N, K);
    memcpy(c + done, last, ((size_t)M * n - done) * sizeof *c);
}

/* c += a^T b: each number of c is a sum over tokens. */
static void sum_over_tokens(float *c, hl_numbers a, hl_numbers b, int M, int N, int K, hl_arena *room)
{
    const int filled = up_to(K, K > WHOLE ? WHOLE : LEAST);
    const size_t m = (size_t)M, n = (size_t)N, k = (size_t)K, more = (size_t)filled;
    const dnnl_memory_desc_t part[3] = {matrix(M, filled, dnnl_bf16, 1, m), matrix(filled, N, dnnl_bf16, n, 1),
                                        matrix(M, N, dnnl_f32, n, 1)};
    multiply(c, copy_of(a.at, m * k, m * more, room), copy_of(b.at, k * n, more * n, room), part, true);
}

void hl_bf16_product(float *c, hl_numbers a, hl_numbers b, int M, int N, int K, bool add)
{
    static _Thread_local hl_arena
        room; /* stays until the thread ends: after the largest product nothing is allocated */
    if (!room.name) room = hl_arena_growing("bf16");
    (add ? sum_over_tokens : tokens_times)(c, a, b, M, N, K, &room);
    hl_arena_back(&room, 0);
}

#else

bool hl_bf16_is_built(void) { return false; }

bool hl_bf16_is_here(void) { return false; }

void hl_bf16_product(float *c, hl_numbers a, hl_numbers b, int M, int N, int K, bool add)
{
    (void)c, (void)a, (void)b, (void)M, (void)N, (void)K, (void)add;
    HL_CHECK(hl_bf16_is_here());
}

#endif
