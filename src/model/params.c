/* params.c - the table of named parameters. */
#include "model/params.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/minmax.h"
#include "base/part.h"
#include "base/rng.h"
#include "math/simd.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t product(const int64_t *x, int begin, int end)
{
    int64_t n = 1;
    for (int i = begin; i < end; i++) n *= x[i];
    return n;
}

hl_param *hl_params_add_cut(hl_params *t, const hl_param_name *name, int ndim, const int64_t *shape, int split_axis,
                            const hl_cut *cut)
{
    HL_CHECK(ndim <= HL_PARAM_DIMS);
    HL_CHECK(strlen(name->name) < sizeof t->at->name && strlen(name->stack) < sizeof t->at->stack);
    HL_RESERVE(t->at, t->room, t->n + 1);
    hl_param *p = &t->at[t->n++];
    *p = (hl_param){.layer = name->layer,
                    .layers = name->layers,
                    .ndim = ndim,
                    .split_axis = split_axis,
                    .mine = *cut,
                    .cross_axis = -1,
                    .offset = t->count,
                    .init = HL_INIT_VALUE};
    snprintf(p->name, sizeof p->name, "%s", name->name);
    snprintf(p->stack, sizeof p->stack, "%s", name->stack);
    for (int i = 0; i < ndim; i++) p->shape[i] = shape[i];
    p->count = (size_t)(hl_param_stretches(p) * (int64_t)hl_param_stretch(p, 0).n);
    t->count += p->count;
    return p;
}

void hl_params_cross(hl_params *t, int axis, const hl_cut *cut)
{
    hl_param *p = &t->at[t->n - 1];
    HL_CHECK(p->split_axis >= 0 && axis > p->split_axis && axis < p->ndim);
    p->cross_axis = axis;
    p->cross = *cut;
    p->count = (size_t)(hl_param_stretches(p) * (int64_t)hl_param_stretch(p, 0).n);
    t->count = p->offset + p->count;
}

hl_param *hl_params_add(hl_params *t, const char *name, int ndim, const int64_t *shape, bool owned)
{
    return hl_params_add_cut(t, &(hl_param_name){name, name, -1, 1}, ndim, shape, -1, &(hl_cut){0, 1, 0, owned});
}

void hl_params_free(hl_params *t)
{
    free(t->at);
    *t = (hl_params){0};
}

const hl_param *hl_params_find(const hl_params *t, const char *name)
{
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->at[i].name, name) == 0) return &t->at[i];
    return NULL;
}

/* A tile's rows: how many lie between two steps along the split axis. */
static int64_t rows_between(const hl_param *p) { return product(p->shape, p->split_axis + 1, p->cross_axis); }

/* Numbers before and after the split axis; an unsplit tensor is one long inner run, and of a tile each row is a
 * stretch. */
int64_t hl_param_stretches(const hl_param *p)
{
    const int64_t before = p->split_axis < 0 ? 1 : product(p->shape, 0, p->split_axis);
    return p->cross_axis < 0 ? before : before * (p->mine.end - p->mine.begin) * rows_between(p);
}

/* Row i of a tile, where step [begin, end) of the split axis is asked for. */
static hl_stretch row_of_tile(const hl_param *p, int64_t i, int64_t begin, int64_t end)
{
    const int64_t between = rows_between(p), mine = p->mine.end - p->mine.begin,
                  inner = product(p->shape, p->cross_axis + 1, p->ndim);
    const int64_t outer = mine ? i / (mine * between) : 0, step = mine ? p->mine.begin + i / between % mine : 0;
    const int64_t row = (outer * p->shape[p->split_axis] + step) * between + i % between,
                  n = (p->cross.end - p->cross.begin) * inner;
    const bool wanted = step >= begin && step < end;
    return (hl_stretch){(size_t)(i * n), wanted || mine == 0 ? (size_t)n : 0,
                        (row * p->shape[p->cross_axis] + p->cross.begin) * inner};
}

static hl_stretch stretch(const hl_param *p, int64_t i, int64_t begin, int64_t end)
{
    if (p->cross_axis >= 0) return row_of_tile(p, i, begin, end);
    int64_t axis = p->split_axis < 0 ? 1 : p->shape[p->split_axis],
            inner = product(p->shape, p->split_axis + 1, p->ndim);
    int64_t mine = p->mine.end - p->mine.begin;
    return (hl_stretch){(size_t)((i * mine + begin - p->mine.begin) * inner), (size_t)((end - begin) * inner),
                        (i * axis + begin) * inner};
}

hl_stretch hl_param_stretch(const hl_param *p, int64_t i) { return stretch(p, i, p->mine.begin, p->mine.end); }

hl_stretch hl_param_own_stretch(const hl_param *p, int64_t i)
{
    return stretch(p, i, p->mine.own_begin, p->mine.own_end);
}

int64_t hl_param_whole(const hl_param *p) { return product(p->shape, 0, p->ndim); }

int64_t hl_params_whole(const hl_params *t)
{
    int64_t n = 0;
    for (int k = 0; k < t->n; k++) n += hl_param_whole(&t->at[k]);
    return n;
}

/* Numbers of a row of my share. */
static size_t row_size(const hl_param *p)
{
    int64_t rows = p->split_axis == 0 ? p->mine.end - p->mine.begin : p->ndim ? p->shape[0] : 1;
    return p->count / (size_t)rows;
}

size_t hl_params_cut(const hl_params *t, size_t lo, size_t hi, int p, int r)
{
    const size_t at = lo + (size_t)hl_part_begin((int64_t)(hi - lo), p, r);
    if (at >= hi) return hi;
    for (int k = 0; k < t->n; k++) {
        const hl_param *x = &t->at[k];
        if (at < x->offset + x->count) return at - (at - x->offset) % row_size(x);
    }
    return hi;
}

size_t hl_params_block_begin(const hl_params *t, int p, int r) { return hl_params_cut(t, 0, t->count, p, r); }

int hl_params_layers(size_t *begin, const hl_params *t)
{
    int layers = 0;
    begin[0] = 0;
    for (int k = 0; k < t->n; k++) {
        const hl_param *p = &t->at[k];
        if (p->layer < 0) continue;
        if (k == 0 || t->at[k - 1].layer != p->layer) begin[layers++] = p->offset;
        begin[layers] = p->offset + p->count;
    }
    return layers;
}

/* Of a stretch of the tensor that lies at `offset`, what is within [begin, end) of the array. */
static hl_stretch within(hl_stretch s, size_t offset, size_t begin, size_t end)
{
    size_t lo = offset + s.local, hi = lo + s.n, from = hl_max(lo, begin), to = hl_min(hi, end);
    return from < to ? (hl_stretch){from - offset, to - from, s.global + (int64_t)(from - lo)} : (hl_stretch){0};
}

hl_stretch hl_param_held_stretch(const hl_param *p, int64_t i, size_t begin, size_t end)
{
    return within(hl_param_stretch(p, i), p->offset, begin, end);
}

hl_stretch hl_param_counted_stretch(const hl_param *p, int64_t i, size_t begin, size_t end)
{
    return within(hl_param_own_stretch(p, i), p->offset, begin, end);
}

void hl_param_put(float *whole, const float *g, const hl_param *p, size_t begin, size_t end)
{
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        const hl_stretch s = hl_param_held_stretch(p, i, begin, end);
        if (s.n) memcpy(whole + s.global, g + p->offset + s.local, s.n * sizeof *g);
    }
}

void hl_param_take(float *g, const float *whole, const hl_param *p, size_t begin, size_t end)
{
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        const hl_stretch s = hl_param_held_stretch(p, i, begin, end);
        if (s.n) memcpy(g + p->offset + s.local, whole + s.global, s.n * sizeof *g);
    }
}

static void join(const hl_param *p, float *g, const hl_tensor_group *tp, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch), whole = (size_t)hl_param_whole(p);
    float *all = HL_TAKE_ZERO(scratch, float, whole);
    hl_param_put(all, g, p, p->offset, p->offset + p->count);
    tp->all_reduce(tp, all, whole);
    hl_param_take(g, all, p, p->offset, p->offset + p->count);
    hl_arena_back(scratch, mark);
}

void hl_params_join(const hl_params *t, float *g, const hl_tensor_group *tp, hl_arena *scratch)
{
    for (int k = 0; k < t->n; k++)
        if (t->at[k].shared) join(&t->at[k], g, tp, scratch);
}

/* A block of 4096 numbers has a stream of its own, so a share of a tensor can be filled without the rest. */
enum { INIT_BLOCK = 4096 };

static double normal(hl_rng *r) { return hl_rng_normal(r); }

/* One number a block of the stream, as normal ones are. */
static double uniform(hl_rng *r)
{
    const double x = 2 * hl_rng_uniform(r) - 1;
    (void)hl_rng_uniform(r);
    return x;
}

/* Four blocks. */
static double truncated(hl_rng *r)
{
    double first = 0, taken = 0;
    for (int i = 3, is_taken = 0; i >= 0; i--) {
        const double x = hl_rng_normal(r);
        if (i == 3) first = x;
        if (!is_taken && fabs(x) < 2) taken = x, is_taken = 1;
        if (i == 0 && !is_taken) taken = first;
    }
    return taken;
}

/* How a number is drawn, and how many blocks of the stream it takes. */
typedef struct {
    double (*draw)(hl_rng *);
    uint32_t blocks;
} drawing;

static const drawing drawings[] = {
    [HL_INIT_NORMAL] = {normal, 1}, [HL_INIT_TRUNCATED] = {truncated, 4}, [HL_INIT_UNIFORM] = {uniform, 1}};

/* Numbers [begin, begin + n) of the whole tensor. */
static void fill_random(float *x, const hl_param *p, uint64_t seed, int64_t begin, size_t n)
{
    const drawing *how = &drawings[p->init];
    const uint64_t name = hl_digest(p->name, strlen(p->name));
    const int64_t end = begin + (int64_t)n, blocks = (end + INIT_BLOCK - 1) / INIT_BLOCK;
#pragma omp parallel for if (hl_is_worth_threads(n))
    for (int64_t b = begin / INIT_BLOCK; b < blocks; b++) {
        const int64_t from = hl_max(begin, b * INIT_BLOCK), to = hl_min(end, (b + 1) * INIT_BLOCK);
        hl_rng r = hl_rng_from(hl_rng_at(seed, HL_FOR_WEIGHTS, name, (uint32_t)b),
                               (uint32_t)(from % INIT_BLOCK) * how->blocks);
        for (int64_t i = from; i < to; i++) x[i - begin] = p->std * (float)how->draw(&r);
    }
}

static void fill(float *x, const hl_param *p, uint64_t seed, hl_stretch s)
{
    if (p->init <= HL_INIT_UNIFORM) fill_random(x, p, seed, s.global, s.n);
    else
        for (size_t i = 0; i < s.n; i++) x[i] = p->init == HL_INIT_ONES ? 1 : p->value;
}

void hl_param_init(const hl_param *p, float *w, uint64_t seed)
{
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        hl_stretch s = hl_param_stretch(p, i);
        fill(w + p->offset + s.local, p, seed, s);
    }
}

void hl_params_init(const hl_params *t, float *w, uint64_t seed)
{
    for (int k = 0; k < t->n; k++) hl_param_init(&t->at[k], w, seed);
}

uint64_t hl_params_digest(const hl_params *t, const float *w, size_t begin, size_t end)
{
    uint64_t sum = 0;
    for (int k = 0; k < t->n; k++) {
        const hl_param *p = &t->at[k];
        const uint64_t name = hl_digest(p->name, strlen(p->name));
        for (int64_t i = 0; i < hl_param_stretches(p); i++) {
            const hl_stretch s = hl_param_counted_stretch(p, i, begin, end);
            sum += hl_digest_numbers(w + p->offset + s.local, s.n, name, s.global);
        }
    }
    return sum;
}
