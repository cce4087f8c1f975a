/* bench-measure.h - how fast this machine is: the figures that kernels, steps and plans are compared with.
 *
 * All ranks of a meter work at once, as in a job, and the slowest counts.  Rates are those of one rank with its
 * threads, so a node has ranks times as much.  A figure is the best of several batches of calls: what disturbs a
 * measurement only makes it slower.  Everything here is collective over the meter's ranks and the same on all of
 * them. */
#ifndef APP_BENCH_BENCH_MEASURE_H
#define APP_BENCH_BENCH_MEASURE_H
#include "app/bench/speed.h"
#include "base/minmax.h"
#include "model/transformer.h"
#include "mpi/comm/group.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const hl_group *ranks;
    bool quick;      /* small sizes, few calls: to see that it works, not how fast it is */
    hl_speed *speed; /* seconds are those at its reference; NULL: those of the clock */
    int times;       /* the same is measured so often, some time apart, each time shorter; 0: once */
} hl_meter;

/* Seconds of one call of act(self): the least of several batches on the slowest rank; where there is a speed, the
 * mean of batches and ranks at the reference. */
double hl_meter_seconds(const hl_meter *m, void (*act)(void *self), void *self);

/* Sizes that measurements share: tokens that pass through a layer together; numbers of an array that comes from
 * memory. */
int hl_meter_tokens(const hl_meter *m);
size_t hl_meter_numbers(const hl_meter *m);

/* n numbers of ordinary size, each page touched by the thread that will use it; free them. */
float *hl_meter_array(size_t n);
void hl_meter_fill(float *x, size_t n);

/* The shapes that figures are given for; the last has a NULL name. */
typedef struct {
    const char *name;
    int D, F, H, K; /* width, that of the MLP, query heads, key heads */
} hl_meter_shape;
extern const hl_meter_shape hl_meter_shapes[];

/* All linear layers of a block, forward and backward, in FLOP/s. */
double hl_meter_products(const hl_meter *m, const hl_meter_shape *s);

/* Attention over segments of 64 tokens, forward and backward, in FLOP/s; the backward counts twice the forward, as in
 * hl_stack_flop. */
double hl_meter_attention(const hl_meter *m, const hl_meter_shape *s);

/* Bytes a second to and from memory: y = a + s b (STREAM's triad, three numbers travel) and y += s b (likewise;
 * nothing is read only to be overwritten). */
typedef struct {
    double triad, update;
} hl_stream;
hl_stream hl_meter_stream(const hl_meter *m);

/* The better of both: what the ops that are bound by memory are compared with. */
static inline double hl_stream_best(const hl_stream *s) { return hl_max(s->triad, s->update); }

/* The best square product by BLAS, and by hl_product, in FLOP/s. */
typedef struct {
    double blas, own;
} hl_gemm;
hl_gemm hl_meter_gemm(const hl_meter *m);

/* Both. */
typedef struct {
    double gemm;
    hl_stream stream;
} hl_peaks;
hl_peaks hl_meter_peaks(const hl_meter *m);

/* A sum over the ranks (hl_group_all_reduce) takes latency + sent / bandwidth, where each rank sends 2 (p - 1) / p of
 * its bytes.  Zeros where there is one rank: nothing travels. */
typedef struct {
    double latency, bandwidth; /* seconds, bytes a second */
} hl_wire;
hl_wire hl_meter_wire(const hl_meter *m);

#endif
