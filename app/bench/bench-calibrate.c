/* bench-calibrate.c - hllm bench calibrate: the few figures of a machine that a forecast of a step's time is made
 * of. */
#include "app/bench/bench.h"
#include "io/files/atomic.h"
#include "math/linear.h"
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1 };

/* [{"width": 64, "gflops": ...}, ...] with so many threads. */
static json_t *products(const hl_meter *m, int threads)
{
    json_t *list = json_array();
    hl_math_threads(threads);
    for (const hl_meter_shape *s = hl_meter_shapes; s->name; s++)
        json_array_append_new(list, json_pack("{s:i, s:f}", "width", s->D, "gflops", hl_meter_products(m, s) / 1e9));
    return list;
}

static void measure(json_t *result, const hl_meter *m, int threads)
{
    json_object_set_new(result, "schema", json_integer(SCHEMA));
    json_object_set_new(result, "ranks", json_integer(m->ranks->size));
    json_object_set_new(result, "threads", json_integer(threads));
    json_object_set_new(result, "gemm", products(m, threads));
    json_object_set_new(result, "attention_gflops", json_real(hl_meter_attention(m, &hl_meter_shapes[1]) / 1e9));
    const hl_stream stream = hl_meter_stream(m);
    json_object_set_new(result, "stream_gbs", json_real(hl_stream_best(&stream) / 1e9));
    const hl_wire wire = hl_meter_wire(m);
    json_object_set_new(result, "latency_s", json_real(wire.latency));
    json_object_set_new(result, "bandwidth_gbs", json_real(wire.bandwidth / 1e9));
    json_object_set_new(result, "gemm_one_thread",
                        threads == 1 ? json_deep_copy(json_object_get(result, "gemm")) : products(m, 1));
    hl_math_threads(threads);
}

static hl_status write_file(const json_t *result, const char *path)
{
    char *text = json_dumps(result, JSON_COMPACT | JSON_REAL_PRECISION(7));
    hl_status s = hl_atomic_write(path, text, strlen(text));
    free(text);
    return s;
}

static hl_status run(json_t *result, const hl_bench_orders *orders, int argc, char **argv)
{
    const hl_group *world = orders->meter.ranks;
    measure(result, &orders->meter, orders->threads);
    return hl_group_agree(world, argc > 0 && world->rank == 0 ? write_file(result, argv[0]) : HL_OK);
}

const hl_bench hl_bench_calibrate = {
    .name = "calibrate",
    .arguments_most = 1,
    .run = run,
};
