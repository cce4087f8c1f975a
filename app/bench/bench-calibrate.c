/* bench-calibrate.c - hllm bench calibrate: the few figures of a machine that a forecast of a step's time is made
 * of. */
#include "app/bench/bench.h"
#include "app/bench/calibrate-disk.h"
#include "app/bench/calibrate-model.h"
#include "app/bench/learn.h"
#include "app/plan/calibration.h"
#include "io/files/json.h"
#include "base/alloc.h"
#include "math/linear.h"
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = HL_CALIBRATION_SCHEMA };

/* ---- coefficients as tables, a row each way */

static json_t *row_of(hl_way_of_pass way, const double *a, const char *const *names, int n)
{
    json_t *row = json_pack("{s:s}", "way", way == HL_FORWARD_WAY ? "forward" : "backward");
    for (int i = 0; i < n; i++) json_object_set_new(row, names[i], json_real(a[i]));
    return row;
}

static json_t *table_of(const double *forward, const double *backward, const char *const *names, int n)
{
    json_t *rows = json_array();
    json_array_append_new(rows, row_of(HL_FORWARD_WAY, forward, names, n));
    json_array_append_new(rows, row_of(HL_BACKWARD_WAY, backward, names, n));
    return rows;
}

static void tell_numbers(json_t *result, const hl_coefficients *f)
{
    json_t *rows = json_array();
    for (int i = 0; i < HL_NUMBERS; i++)
        json_array_append_new(rows,
                              json_pack("{s:s, s:f}", "numbers", hl_calibration_numbers[i], "each", f->numbers[i]));
    json_object_set_new(result, "numbers", rows);
}

static void tell_curve(json_t *rows, const hl_together_curve *c, hl_wire_level level, hl_together what)
{
    for (int k = 0; k < c->n; k++)
        json_array_append_new(rows,
                              json_pack("{s:s, s:s, s:f, s:f}", "level", hl_calibration_level[level], "together",
                                        hl_calibration_together[what], "sent", c->sent[k], "seconds", c->seconds[k]));
}

static void tell_together(json_t *result, const hl_coefficients *f)
{
    json_t *rows = json_array();
    for (hl_wire_level level = 0; level < HL_WIRE_LEVELS; level++)
        for (hl_together i = 0; i < HL_TOGETHERS; i++) tell_curve(rows, &f->together[level][i], level, i);
    json_object_set_new(result, "together", rows);
}

static void tell_noise(json_t *result, const hl_noise *c)
{
    json_t *rows = json_array();
    for (int i = 0; i < c->n; i++)
        json_array_append_new(
            rows, json_pack("{s:f, s:f, s:f}", "seconds", c->seconds[i], "share", c->share[i], "most", c->most[i]));
    json_object_set_new(result, "noise", rows);
}

static void tell_coefficients(json_t *result, const hl_coefficients *f)
{
    json_object_set_new(result, "product",
                        table_of(f->product[0], f->product[1], hl_calibration_product, HL_PRODUCT_TERMS));
    json_object_set_new(result, "attention",
                        table_of(f->attention[0], f->attention[1], hl_calibration_attention, HL_ATTENTION_TERMS));
    json_object_set_new(result, "pass", table_of(f->pass[0], f->pass[1], hl_calibration_pass, HL_PASS_TERMS));
    json_object_set_new(result, "panel", table_of(f->panel[0], f->panel[1], hl_calibration_product, HL_PRODUCT_TERMS));
    json_object_set_new(result, "loss", table_of(f->loss[0], f->loss[1], hl_calibration_loss, HL_LOSS_TERMS));
    tell_numbers(result, f);
}

static void tell_off(json_t *result, const hl_machine_off *off)
{
    json_object_set_new(result, "off",
                        json_pack("{s:f, s:f, s:f, s:f}", "layers", off->layers, "loss", off->loss, "together",
                                  off->together, "repeat", off->repeat));
}

/* ---- rates, for people and for what is no model's work */

/* [{"width": 64, "gflops": ...}, ...]: products of all linear layers of a block, forward and backward. */
static json_t *products(const hl_coefficients *fit, int tokens)
{
    const hl_machine m = {.fit = *fit};
    json_t *list = json_array();
    for (const hl_meter_shape *s = hl_meter_shapes; s->name; s++) {
        hl_work w = {0};
        const int d = s->D / s->H;
        hl_work_add_product(&w, tokens, s->D, (s->H + 2 * s->K) * d);
        hl_work_add_product(&w, tokens, s->D, s->D);
        hl_work_add_product(&w, tokens, s->D, 2 * s->F);
        hl_work_add_product(&w, tokens, s->F, s->D);
        const double seconds =
            hl_machine_product_seconds(&m, &w, HL_FORWARD_WAY) + hl_machine_product_seconds(&m, &w, HL_BACKWARD_WAY);
        json_array_append_new(list,
                              json_pack("{s:i, s:f}", "width", s->D, "gflops", 3 * hl_work_flop(&w) / seconds / 1e9));
    }
    return list;
}

static void measure_model(json_t *result, const hl_meter *m, int threads)
{
    hl_coefficients fit = {0}, one = {0};
    hl_machine_off off;
    hl_noise noise;
    hl_math_threads(threads);
    hl_calibrate_products(&fit, m);
    off.layers = hl_calibrate_layers(&fit, m);
    hl_calibrate_numbers(&fit, m);
    off.loss = hl_calibrate_loss(&fit, m);
    json_object_set_new(result, "gemm", products(&fit, hl_meter_tokens(m)));
    json_object_set_new(result, "attention_gflops", json_real(hl_meter_attention(m, &hl_meter_shapes[1]) / 1e9));
    tell_coefficients(result, &fit);
    off.together = hl_calibrate_together(&fit, m);
    off.repeat = hl_speed_repeat(m->speed);
    tell_off(result, &off);
    if (m->ranks->size > 1) {
        hl_calibrate_noise(&noise, m);
        tell_together(result, &fit);
        tell_noise(result, &noise);
    }
    hl_math_threads(1);
    if (threads > 1) hl_calibrate_products(&one, m);
    json_object_set_new(result, "gemm_one_thread", products(threads > 1 ? &one : &fit, hl_meter_tokens(m)));
    hl_math_threads(threads);
}

/* Of ranks on nodes; HL_EUSAGE where nodes have different numbers of them. */
static hl_status count_ranks_per_node(int *ranks_per_node, const hl_group *world)
{
    hl_group node;
    hl_group_split_node(&node, world);
    const int mine = node.size, most = (int)hl_group_max(world, mine), least = -(int)hl_group_max(world, -mine);
    hl_group_close(&node);
    *ranks_per_node = mine;
    if (least == most) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "a node has %d ranks and another %d: start as many on each to calibrate", least, most);
}

static void measure(json_t *result, const hl_meter *m, int threads, int ranks_per_node)
{
    json_object_set_new(result, "schema", json_integer(SCHEMA));
    json_object_set_new(result, "ranks", json_integer(m->ranks->size));
    json_object_set_new(result, "nodes", json_integer(m->ranks->size / ranks_per_node));
    json_object_set_new(result, "ranks_per_node", json_integer(ranks_per_node));
    json_object_set_new(result, "threads", json_integer(threads));
    json_object_set_new(result, "speed_reference_gflops", json_real(m->speed->reference / 1e9));
    measure_model(result, m, threads);
    const hl_stream stream = hl_meter_stream(m);
    json_object_set_new(result, "stream_gbs", json_real(hl_stream_best(&stream) / 1e9));
    const hl_wire wire = hl_meter_wire(m);
    json_object_set_new(result, "latency_s", json_real(wire.latency));
    json_object_set_new(result, "bandwidth_gbs", json_real(wire.bandwidth / 1e9));
    json_object_set_new(result, "speed_low", json_real(hl_speed_quantile(m->speed, 0.05)));
    json_object_set_new(result, "speed_high", json_real(hl_speed_quantile(m->speed, 0.95)));
}

/* Of the folder where the file is to be, or the one where this is started. */
static void measure_disk(json_t *result, const hl_meter *m, const char *file)
{
    double write, read;
    const char *slash = file ? strrchr(file, '/') : NULL;
    char *folder = hl_alloc_text(slash ? file : ".");
    if (slash) folder[slash == file ? 1 : slash - file] = '\0';
    if (hl_calibrate_disk(&write, &read, m->ranks, folder, m->quick)) {
        json_object_set_new(result, "disk_write_gbs", json_real(write / 1e9));
        json_object_set_new(result, "disk_read_gbs", json_real(read / 1e9));
    }
    free(folder);
}

static hl_status write_file(const json_t *result, const char *path)
{
    return hl_json_write(path, result, JSON_COMPACT | JSON_REAL_PRECISION(7));
}

static hl_status run(json_t *result, const hl_bench_orders *orders, int argc, char **argv)
{
    const hl_group *world = orders->meter.ranks;
    if (orders->learn && argc == 0)
        return HL_FAIL(HL_EUSAGE,
                       "--learn: name the calibration that is to learn: hllm bench calibrate FILE --learn %s",
                       orders->learn);
    if (orders->learn) return hl_group_agree(world, world->rank == 0 ? hl_learn(argv[0], orders->learn) : HL_OK);
    hl_meter m = orders->meter;
    hl_speed speed;
    int ranks_per_node;
    HL_TRY(count_ranks_per_node(&ranks_per_node, world));
    hl_math_threads(orders->threads);
    hl_speed_open(&speed, world, 0, m.quick);
    m.speed = &speed;
    measure(result, &m, orders->threads, ranks_per_node);
    measure_disk(result, &m, argc > 0 ? argv[0] : NULL);
    hl_speed_close(&speed);
    return hl_group_agree(world, argc > 0 && world->rank == 0 ? write_file(result, argv[0]) : HL_OK);
}

const hl_bench hl_bench_calibrate = {
    .name = "calibrate",
    .arguments_most = 1,
    .learns = true,
    .run = run,
};
