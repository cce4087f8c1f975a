/* bench-measure.c - how fast this machine is. */
#include "app/bench/bench-measure.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/minmax.h"
#include "math/attention.h"
#include "math/linear.h"
#include "math/product.h"
#include "math/simd.h"
#include <math.h>
#include <omp.h>
#include <stdint.h>
#include <stdlib.h>

enum { SEGMENT = 64 };

/* ---- time */

enum { BATCHES_MOST = 40, LOOKS_MOST = 8, BEST_OF_MOST = 15 };

/* Seconds of so many calls, on the slowest rank. */
static double batch(const hl_meter *m, void (*act)(void *self), void *self, int calls)
{
    hl_group_barrier(m->ranks);
    double began = hl_seconds();
    for (int i = 0; i < calls; i++) act(self);
    return hl_group_max(m->ranks, hl_seconds() - began);
}

/* The mean over the ranks of a call's seconds at the reference.  The product and the calls take turns, the product half
 * as long as the calls, where these are not too long. */
static double normal_seconds(const hl_meter *m, void (*act)(void *self), void *self, int calls, int batches, int looks)
{
    double took[BATCHES_MOST];
    const int seen = m->speed->n;
    for (int i = 0; i < batches; i++) {
        hl_group_barrier(m->ranks);
        hl_speed_look(m->speed, looks);
        hl_group_barrier(m->ranks);
        const double began = hl_seconds();
        for (int k = 0; k < calls; k++) act(self);
        took[i] = (hl_seconds() - began) / calls;
    }
    hl_speed_look(m->speed, looks);
    hl_speed_note(m->speed, took, batches);
    double mean = hl_speed_mean(took, batches) * hl_speed_since(m->speed, seen) / m->ranks->size;
    hl_group_all_reduce_double(m->ranks, &mean, 1);
    return mean;
}

/* Batches of some milliseconds, since what disturbs one comes and goes so fast. */
static double seconds_beside_speed(const hl_meter *m, void (*act)(void *self), void *self, double once)
{
    const int times = hl_max(m->times, 1);
    const double shortest = m->quick ? 0.001 : 0.006, budget = (m->quick ? 0.005 : 0.2) / times;
    const int calls = once < shortest ? (int)fmin(10000, ceil(shortest / fmax(once, 1e-7))) : 1;
    const double batch_seconds = once * calls;
    const int batches = (int)fmax(6.0 / times, fmin(BATCHES_MOST, budget / batch_seconds)),
              looks = (int)fmax(1, fmin(LOOKS_MOST, batch_seconds / m->speed->seconds / 2));
    return normal_seconds(m, act, self, calls, batches, m->quick ? 1 : looks);
}

/* The first call brings in pages and wakes threads; the second says how many make a batch that a clock can measure. */
double hl_meter_seconds(const hl_meter *m, void (*act)(void *self), void *self)
{
    const double shortest = m->quick ? 0.001 : 0.02, budget = m->quick ? 0.005 : 0.5;
    act(self);
    double once = batch(m, act, self, 1);
    if (m->speed) return seconds_beside_speed(m, act, self, once);
    int calls = once < shortest ? (int)fmin(10000, ceil(shortest / fmax(once, 1e-7))) : 1;
    int batches = (int)fmax(3, fmin(BEST_OF_MOST, budget / (once * calls)));
    double best = INFINITY;
    for (int i = 0; i < batches; i++) best = fmin(best, batch(m, act, self, calls) / calls);
    return best;
}

/* ---- sizes */

int hl_meter_tokens(const hl_meter *m) { return m->quick ? 64 : 2048; }

/* Ranks of a machine share its caches. */
size_t hl_meter_numbers(const hl_meter *m)
{
    const size_t all = m->quick ? (size_t)1 << 22 : (size_t)1 << 25, least = (size_t)1 << 19,
                 mine = all / (size_t)m->ranks->size;
    return hl_max(mine, least);
}

void hl_meter_fill(float *x, size_t n)
{
#pragma omp parallel for
    for (size_t i = 0; i < n; i++) x[i] = 0.01f + 0.0001f * (float)(i % 97);
}

float *hl_meter_array(size_t n)
{
    float *x = hl_alloc(n * sizeof *x);
    hl_meter_fill(x, n);
    return x;
}

const hl_meter_shape hl_meter_shapes[] = {
    {"small", 64, 172, 8, 4},
    {"mid", 512, 1408, 8, 4},
    {"wide", 2048, 5632, 32, 4},
    {0},
};

/* ---- products */

typedef struct {
    int T, D, F;
    float *y, *x, *w, *dw, *dx;
} product;

static product product_of(int T, int D, int F)
{
    const size_t t = (size_t)T, d = (size_t)D, f = (size_t)F;
    return (product){T,
                     D,
                     F,
                     hl_meter_array(t * f),
                     hl_meter_array(t * d),
                     hl_meter_array(f * d),
                     hl_meter_array(f * d),
                     hl_meter_array(t * d)};
}

static void product_free(product *p)
{
    free(p->y);
    free(p->x);
    free(p->w);
    free(p->dw);
    free(p->dx);
}

static void both_ways(void *self)
{
    product *p = self;
    hl_linear_forward(p->y, p->x, p->w, p->T, p->D, p->F);
    hl_linear_backward(p->dx, p->dw, p->y, p->x, p->w, p->T, p->D, p->F);
}

static void forward_by_our_own(void *self)
{
    const product *p = self;
    const size_t D = (size_t)p->D;
    hl_product(p->y, (size_t)p->F, (hl_numbers){p->x, D, 1}, (hl_numbers){p->w, 1, D}, p->T, p->F, p->D, false);
}

static void forward_by_blas(void *self)
{
    const product *p = self;
    hl_linear_multiply_by_blas(p->y, p->F, (hl_matrix_view){p->x, p->D, false}, (hl_matrix_view){p->w, p->D, true},
                               p->T, p->F, p->D);
}

/* With one thread a product of 1024 is about as fast as one of 4096; more threads need more of it. */
static int quick_size(void)
{
    int n = 1024;
    while (n < 4096 && n * n < 1024 * 1024 * omp_get_max_threads()) n += 1024;
    return n;
}

hl_gemm hl_meter_gemm(const hl_meter *m)
{
    const int n = m->quick ? quick_size() : 4096;
    product p = product_of(n, n, n);
    const hl_meter patient = {.ranks = m->ranks}; /* three short calls may all be disturbed */
    const double flop = 2.0 * n * n * n, blas = hl_meter_seconds(&patient, forward_by_blas, &p),
                 own = hl_meter_seconds(&patient, forward_by_our_own, &p);
    product_free(&p);
    return (hl_gemm){flop / blas, flop / own};
}

/* Square sgemm with n = 4096, in FLOP/s, by hl_linear_forward or by hl_product, whichever is faster: what products
 * are compared with. */
static double gemm_peak(const hl_meter *m)
{
    const hl_gemm g = hl_meter_gemm(m);
    return fmax(g.blas, g.own);
}

double hl_meter_products(const hl_meter *m, const hl_meter_shape *s)
{
    const int T = hl_meter_tokens(m), D = s->D, d = D / s->H;
    const struct {
        int in, out;
    } layers[] = {{D, (s->H + 2 * s->K) * d}, {D, D}, {D, 2 * s->F}, {s->F, D}};
    double flop = 0, seconds = 0;
    for (size_t i = 0; i < sizeof layers / sizeof layers[0]; i++) {
        product p = product_of(T, layers[i].in, layers[i].out);
        seconds += hl_meter_seconds(m, both_ways, &p);
        flop += 6.0 * T * layers[i].in * layers[i].out;
        product_free(&p);
    }
    return flop / seconds;
}

/* ---- attention */

typedef struct {
    hl_heads heads;
    int segments, *begin;
    float *o, *lse, *qkv, *dqkv;
} attention;

static void attend_both_ways(void *self)
{
    attention *a = self;
    hl_attention_forward(a->o, a->lse, a->qkv, a->begin, a->segments, &a->heads);
    hl_attention_backward(a->dqkv, a->o, a->o, a->lse, a->qkv, a->begin, a->segments, &a->heads);
}

double hl_meter_attention(const hl_meter *m, const hl_meter_shape *s)
{
    const int d = s->D / s->H;
    const size_t T = (size_t)hl_meter_tokens(m), row = (size_t)((s->H + 2 * s->K) * d);
    attention a = {.heads = {.H = s->H, .K = s->K, .d = d, .group = s->H / s->K},
                   .segments = (int)T / SEGMENT,
                   .o = hl_meter_array(T * (size_t)s->D),
                   .lse = hl_meter_array(T * (size_t)s->H),
                   .qkv = hl_meter_array(T * row),
                   .dqkv = hl_meter_array(T * row)};
    a.begin = hl_alloc((size_t)(a.segments + 1) * sizeof *a.begin);
    for (int i = 0; i <= a.segments; i++) a.begin[i] = i * SEGMENT;
    double seconds = hl_meter_seconds(m, attend_both_ways, &a);
    free(a.begin);
    free(a.dqkv);
    free(a.qkv);
    free(a.lse);
    free(a.o);
    return 3 * 2.0 * SEGMENT * (SEGMENT + 1) * a.segments * s->D / seconds;
}

/* ---- memory */

typedef struct {
    float *y, *a, *b;
    size_t n;
} stream;

enum { STRETCH = 1 << 14 };

HL_FAST static void triad_stretch(float *restrict y, const float *restrict a, const float *restrict b, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) y[i] = a[i] + 3.0f * b[i];
}

HL_FAST static void update_stretch(float *restrict y, const float *restrict b, size_t n)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) y[i] += 1e-9f * b[i];
}

static void triad(void *self)
{
    stream *s = self;
#pragma omp parallel for
    for (size_t i = 0; i < s->n; i += STRETCH)
        triad_stretch(s->y + i, s->a + i, s->b + i, s->n - i < STRETCH ? s->n - i : STRETCH);
}

static void update(void *self)
{
    stream *s = self;
#pragma omp parallel for
    for (size_t i = 0; i < s->n; i += STRETCH)
        update_stretch(s->y + i, s->b + i, s->n - i < STRETCH ? s->n - i : STRETCH);
}

hl_stream hl_meter_stream(const hl_meter *m)
{
    const size_t n = hl_meter_numbers(m);
    stream s = {hl_meter_array(n), hl_meter_array(n), hl_meter_array(n), n};
    const double bytes = 3.0 * (double)n * sizeof(float);
    hl_stream rates = {.triad = bytes / hl_meter_seconds(m, triad, &s),
                       .update = bytes / hl_meter_seconds(m, update, &s)};
    free(s.y);
    free(s.a);
    free(s.b);
    return rates;
}

hl_peaks hl_meter_peaks(const hl_meter *m) { return (hl_peaks){.gemm = gemm_peak(m), .stream = hl_meter_stream(m)}; }

/* ---- other ranks */

typedef struct {
    const hl_group *g;
    float *x;
    size_t n;
} sum;

static void add_up(void *self)
{
    sum *s = self;
    hl_group_all_reduce(s->g, s->x, s->n);
}

hl_wire hl_meter_wire(const hl_meter *m)
{
    const int p = m->ranks->size;
    const size_t n = m->quick ? (size_t)1 << 16 : (size_t)1 << 22;
    if (p == 1) return (hl_wire){0};
    sum s = {m->ranks, hl_alloc_zero(n, sizeof *s.x), 1};
    double latency = hl_meter_seconds(m, add_up, &s);
    s.n = n;
    double seconds = hl_meter_seconds(m, add_up, &s), sent = 2.0 * (p - 1) / p * (double)n * sizeof *s.x;
    free(s.x);
    const double moving =
        seconds > latency ? seconds - latency : seconds; /* on a busy machine a short message may take longer */
    return (hl_wire){latency, sent / moving};
}
