/* bench-collectives.c - hllm bench collectives: what ranks tell each other, by size, over all ranks.
 *
 * The all-reduce is measured by each algorithm (mpi/comm/algorithms.h) too, and for each size the fastest is named.
 * Bytes are those that a rank sends, or in a broadcast receives, when nothing is sent in vain: an all-reduce of n bytes
 * among p ranks sends 2 (p - 1) / p n from each; a reduce-scatter, an all-gather and an all-to-all half of it; a
 * broadcast n. */
#include "base/arena.h"
#include "base/part.h"
#include "app/bench/bench.h"
#include "mpi/comm/algorithms.h"
#include <stdlib.h>

typedef struct {
    const hl_group *g;
    float *x, *y;
    size_t n;           /* numbers of the array */
    size_t *block;      /* (ranks + 1) where the blocks begin */
    int *count, *begin; /* (ranks) rows of an all-to-all */
    const hl_algorithm *algorithm;
} site;

static void all_reduce(void *self)
{
    site *s = self;
    hl_group_all_reduce(s->g, s->x, s->n);
}

static void reduce_scatter(void *self)
{
    site *s = self;
    hl_group_reduce_scatter(s->g, s->x, s->block);
}

static void all_gather(void *self)
{
    site *s = self;
    hl_group_all_gather_blocks(s->g, s->x, s->block);
}

static void broadcast(void *self)
{
    site *s = self;
    hl_group_broadcast(s->g, s->x, s->n * sizeof *s->x, 0);
}

/* Everyone sends everyone an equal part of the array. */
static void all_to_all(void *self)
{
    site *s = self;
    hl_group_all_to_all(s->g, s->y, s->count, s->begin, s->x, s->count, s->begin, sizeof *s->x);
}

static const struct {
    const char *name;
    double halves; /* of the array's bytes, times (p - 1) / p: what a rank sends */
    void (*act)(void *s);
} kinds[] = {
    {"all_reduce", 2, all_reduce}, {"reduce_scatter", 1, reduce_scatter}, {"all_gather", 1, all_gather},
    {"broadcast", 0, broadcast},   {"all_to_all", 1, all_to_all},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static double bytes_sent(int kind, const site *s)
{
    const double bytes = (double)s->n * sizeof(float), p = s->g->size;
    return kinds[kind].halves > 0 ? kinds[kind].halves * (p - 1) / p * bytes : p > 1 ? bytes : 0;
}

/* As long as a collective's pieces, and the same pieces for all. */
static void all_reduce_by(void *self)
{
    site *s = self;
    const size_t piece = (size_t)1 << 22;
    for (size_t at = 0; at < s->n; at += piece) {
        const size_t n = s->n - at < piece ? s->n - at : piece;
        s->algorithm->all_reduce(s->g, s->x + at, n, sizeof *s->x, hl_fold_floats);
    }
}

static void cut(site *s)
{
    const int p = s->g->size;
    for (int r = 0; r <= p; r++) s->block[r] = (size_t)(r < p ? hl_part_begin((int64_t)s->n, p, r) : (int64_t)s->n);
    for (int r = 0; r < p; r++) {
        s->count[r] = (int)((s->n + (size_t)p - 1) / (size_t)p);
        s->begin[r] = r * s->count[r];
    }
}

/* One row a size: seconds of each algorithm, and which was the fastest. */
static json_t *compare_algorithms(const hl_meter *m, site *s)
{
    json_t *row = json_pack("{s:I}", "bytes", (json_int_t)(s->n * sizeof(float)));
    const char *best = "";
    double least = 0;
    for (s->algorithm = hl_algorithms; s->algorithm->name; s->algorithm++) {
        if (s->algorithm->fits && !s->algorithm->fits(s->g->size, hl_fold_floats)) continue;
        const double seconds = hl_meter_seconds(m, all_reduce_by, s);
        json_object_set_new(row, s->algorithm->name, json_real(seconds));
        if (*best && seconds >= least) continue;
        best = s->algorithm->name;
        least = seconds;
    }
    json_object_set_new(row, "fastest", json_string(best));
    const hl_algorithm *taken = hl_algorithm_for(s->g->size, s->n * sizeof(float), hl_fold_floats);
    json_object_set_new(row, "taken", json_string(taken->name));
    return row;
}

static void measure(json_t *rows, int kind, const hl_meter *m, site *s)
{
    const double seconds = hl_meter_seconds(m, kinds[kind].act, s), sent = bytes_sent(kind, s);
    json_array_append_new(rows, json_pack("{s:s, s:I, s:f, s:f}", "collective", kinds[kind].name, "bytes",
                                          (json_int_t)(s->n * sizeof(float)), "seconds", seconds, "gbs",
                                          sent / seconds / 1e9));
}

static hl_status run(json_t *result, const hl_bench_orders *orders, int argc, char **argv)
{
    (void)argc, (void)argv;
    const hl_meter *m = &orders->meter;
    const hl_group *g = m->ranks;
    const size_t p = (size_t)g->size, most = m->quick ? (size_t)1 << 14 : (size_t)1 << 24;
    site s = {g,
              hl_alloc_zero(most + p, sizeof *s.x),
              hl_alloc_zero(most + p, sizeof *s.y),
              0,
              hl_alloc((p + 1) * sizeof *s.block),
              hl_alloc(p * sizeof *s.count),
              hl_alloc(p * sizeof *s.begin),
              NULL};
    json_t *rows = json_array(), *algorithms = json_array();
    for (int k = 0; k < KINDS; k++)
        for (s.n = 1; s.n <= most; s.n *= 16) {
            cut(&s);
            measure(rows, k, m, &s);
        }
    for (s.n = 1; s.n <= most && p > 1; s.n *= 4) json_array_append_new(algorithms, compare_algorithms(m, &s));
    json_object_set_new(result, "ranks", json_integer(g->size));
    json_object_set_new(result, "collectives", rows);
    json_object_set_new(result, "seconds_of_a_sum", algorithms);
    free(s.begin);
    free(s.count);
    free(s.block);
    free(s.y);
    free(s.x);
    return HL_OK;
}

const hl_bench hl_bench_collectives = {.name = "collectives", .run = run};
