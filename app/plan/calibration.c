/* calibration.c - what a rank can do in a second: figures of an ordinary core, or those that were measured. */
#include "app/plan/calibration.h"
#include "io/files/regular.h"
#include <jansson.h>
#include <math.h>
#include <string.h>

hl_machine hl_calibration_usual(int threads)
{
    return (hl_machine){.flops = 4e10 * (threads > 0 ? threads : 1), .memory = 1e10, .wire = 3e9, .latency = 1e-5};
}

/* What is not a number is none. */
static double number(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static bool is_between(double x, double least, double most) { return x >= least && x <= most; }

/* Figures that a machine can have; without other ranks nothing travels. */
static bool makes_sense(const hl_machine *m)
{
    const bool is_alone = m->wire == 0 && m->latency == 0;
    return is_between(m->flops, 1e6, 1e17) && is_between(m->memory, 1e6, 1e15)
           && (is_alone || (is_between(m->wire, 1e2, 1e14) && is_between(m->latency, 1e-9, 10)));
}

/* Products of the nearest width. */
static double gemm_of(const json_t *o, int width)
{
    double best = 0, nearest = INFINITY;
    size_t i;
    const json_t *x;
    json_array_foreach(json_object_get(o, "gemm"), i, x)
    {
        double away = fabs(log(number(x, "width") / width));
        if (away < nearest) nearest = away, best = number(x, "gflops");
    }
    return 1e9 * best;
}

/* 0 where it is not there. */
static double disk_of(const json_t *o, const char *key)
{
    const double gbs = number(o, key);
    return is_between(gbs, 1e-6, 1e6) ? 1e9 * gbs : 0;
}

static double speed_of(const json_t *o)
{
    const double gflops = number(o, "speed_reference_gflops");
    return is_between(gflops, 1e-3, 1e8) ? 1e9 * gflops : 0;
}

/* ---- coefficients */

const char *const hl_calibration_product[HL_PRODUCT_TERMS] = {"call", "out", "in", "weights", "multiplied"};
const char *const hl_calibration_attention[HL_ATTENTION_TERMS] = {"attended", "scores", "turned"};
const char *const hl_calibration_pass[HL_PASS_TERMS] = {"layers", "hidden", "wide", "weights", "embedded", "spread"};
const char *const hl_calibration_loss[HL_LOSS_TERMS] = {"pairs", "multiplied"};
const char *const hl_calibration_numbers[HL_NUMBERS] = {[HL_NUMBERS_UPDATE] = "update",
                                                        [HL_NUMBERS_SQUARES] = "squares",
                                                        [HL_NUMBERS_CLEAR] = "clear",
                                                        [HL_NUMBERS_READ] = "read",
                                                        [HL_NUMBERS_ADD] = "add"};
const char *const hl_calibration_together[HL_TOGETHERS] = {[HL_TOGETHER_SUM] = "sum",
                                                           [HL_TOGETHER_SCATTER] = "scatter",
                                                           [HL_TOGETHER_GATHER] = "gather",
                                                           [HL_TOGETHER_WEIGHTS_SUM] = "weights_sum",
                                                           [HL_TOGETHER_WEIGHTS_SCATTER] = "weights_scatter",
                                                           [HL_TOGETHER_WEIGHTS_GATHER] = "weights_gather",
                                                           [HL_TOGETHER_EXCHANGE] = "exchange",
                                                           [HL_TOGETHER_BROADCAST] = "broadcast",
                                                           [HL_TOGETHER_MESSAGE] = "message"};
const char *const hl_calibration_level[HL_WIRE_LEVELS] = {[HL_WIRE_NODE] = "node", [HL_WIRE_NETWORK] = "network"};

/* Forward and backward of one kind; is it there, and can it be? */
static bool read_table(double *forward, double *backward, const json_t *o, const char *key, const char *const *names,
                       int n)
{
    double *to[HL_WAYS] = {forward, backward};
    bool is_right = true;
    for (int way = 0; way < HL_WAYS; way++)
        for (int i = 0; i < n; i++) {
            to[way][i] = number(json_array_get(json_object_get(o, key), (size_t)way), names[i]);
            is_right &= is_between(to[way][i], 0, 1e3);
        }
    return is_right;
}

/* Rows in the order of their names, each with a number `key`. */
static bool read_rows(double *to, int step, const json_t *o, const char *table, const char *key, int n)
{
    bool is_right = true;
    for (int i = 0; i < n; i++) {
        to[i * step] = number(json_array_get(json_object_get(o, table), (size_t)i), key);
        is_right &= is_between(to[i * step], 0, 1e3);
    }
    return is_right;
}

static bool read_parts(hl_machine *m, const json_t *o)
{
    hl_coefficients *f = &m->fit;
    return read_table(f->panel[0], f->panel[1], o, "panel", hl_calibration_product, HL_PRODUCT_TERMS)
           && read_table(f->loss[0], f->loss[1], o, "loss", hl_calibration_loss, HL_LOSS_TERMS)
           && read_rows(f->numbers, 1, o, "numbers", "each", HL_NUMBERS);
}

/* A row: bytes sent, seconds.  They ascend. */
static bool read_size(hl_together_curve *c, const json_t *row)
{
    if (c->n == HL_TOGETHER_SIZES) return false;
    const double sent = number(row, "sent"), seconds = number(row, "seconds");
    c->sent[c->n] = sent;
    c->seconds[c->n++] = seconds;
    return is_between(sent, c->n > 1 ? c->sent[c->n - 2] + 1 : 0, 1e15) && is_between(seconds, 0, 1e3);
}

static bool is_of(const json_t *row, const char *key, const char *value)
{
    const char *has = json_string_value(json_object_get(row, key));
    return has && strcmp(has, value) == 0;
}

/* Rows of one kind and level follow each other; from row `at` on, which becomes the next. */
static bool read_curve(hl_together_curve *c, size_t *at, const json_t *rows, hl_wire_level level, hl_together what)
{
    bool is_right = true;
    for (; is_right && *at < json_array_size(rows); ++*at) {
        const json_t *row = json_array_get(rows, *at);
        if (!is_of(row, "level", hl_calibration_level[level]) || !is_of(row, "together", hl_calibration_together[what]))
            break;
        is_right = read_size(c, row);
    }
    return is_right && c->n >= 2;
}

/* All kinds of a level that several ranks have measured. */
static bool read_together(hl_machine *m, const json_t *o)
{
    const json_t *rows = json_object_get(o, "together");
    const double on_a_node = number(o, "ranks_per_node"), nodes = number(o, "nodes"),
                 ranks[HL_WIRE_LEVELS] = {[HL_WIRE_NODE] = on_a_node, [HL_WIRE_NETWORK] = nodes};
    bool is_right = is_between(on_a_node, 1, 1e6) && is_between(nodes, 1, 1e6) && on_a_node * nodes > 1;
    size_t at = 0;
    for (hl_wire_level level = 0; level < HL_WIRE_LEVELS && is_right; level++)
        for (int i = 0; i < HL_TOGETHERS && is_right && ranks[level] > 1; i++) {
            hl_together_curve *c = &m->fit.together[level][i];
            *c = (hl_together_curve){.rounds = i == HL_TOGETHER_MESSAGE ? 1 : ceil(log2(ranks[level]))};
            is_right = read_curve(c, &at, rows, level, (hl_together)i);
        }
    if (is_right && nodes > 1) m->ranks_per_node = (int)on_a_node;
    return is_right && at == json_array_size(rows);
}

/* Rows ascend.  One rank waits for nobody. */
static bool read_noise(hl_noise *c, const json_t *o)
{
    size_t i;
    const json_t *row, *rows = json_object_get(o, "noise");
    const double ranks = number(o, "ranks");
    if (!is_between(ranks, 2, 1e6) || json_array_size(rows) > HL_NOISE_SIZES) return false;
    *c = (hl_noise){.ranks = (int)ranks};
    json_array_foreach(rows, i, row)
    {
        c->seconds[i] = number(row, "seconds");
        c->share[i] = number(row, "share");
        c->most[i] = number(row, "most");
        const double least = i > 0 ? c->seconds[i - 1] * (1 + 1e-6) : 1e-9;
        if (!is_between(c->seconds[i], least, 1e3) || !is_between(c->share[i], 1e-9, 1e3)
            || !is_between(c->most[i], 1e-9, 1e3))
            return false;
        c->n++;
    }
    return c->n > 0;
}

static bool read_off(hl_machine_off *off, const json_t *o)
{
    const json_t *x = json_object_get(o, "off");
    *off = (hl_machine_off){number(x, "layers"), number(x, "loss"), number(x, "together"), number(x, "repeat")};
    return is_between(off->layers, 0, 10) && is_between(off->loss, 0, 10) && is_between(off->together, 0, 10)
           && is_between(off->repeat, 0, 10);
}

static bool read_coefficients(hl_machine *m, const json_t *o)
{
    hl_coefficients *f = &m->fit;
    m->has_ranks = json_object_get(o, "together") != NULL;
    return read_table(f->product[0], f->product[1], o, "product", hl_calibration_product, HL_PRODUCT_TERMS)
           && read_table(f->attention[0], f->attention[1], o, "attention", hl_calibration_attention, HL_ATTENTION_TERMS)
           && read_table(f->pass[0], f->pass[1], o, "pass", hl_calibration_pass, HL_PASS_TERMS) && read_parts(m, o)
           && (!m->has_ranks || (read_together(m, o) && read_noise(&m->noise, o))) && read_off(&m->off, o);
}

/* What runs have taught; nothing where that makes no sense. */
static void read_learned(hl_machine *m, const json_t *o)
{
    const json_t *x = json_object_get(o, "learned");
    const hl_machine has = {.learned = number(x, "factor"), .low = number(x, "low"), .high = number(x, "high")};
    if (!is_between(has.learned, 1 / HL_CALIBRATION_MOST_LEARNED, HL_CALIBRATION_MOST_LEARNED)
        || !is_between(has.low, 0, 1) || !is_between(has.high, 1, 1e3))
        return;
    m->learned = has.learned;
    m->low = has.low;
    m->high = has.high;
}

hl_status hl_calibration_read(hl_machine *m, const char *path, int width)
{
    json_error_t e;
    FILE *in;
    HL_TRY(hl_regular_stream(&in, path, HL_EFORMAT, "name a file that hllm bench calibrate has made"));
    json_t *o = json_loadf(in, 0, &e);
    fclose(in);
    if (!o) return HL_FAIL(HL_EFORMAT, "%s:%d: %s; make it with hllm bench calibrate %s", path, e.line, e.text, path);
    hl_machine has = {.flops = gemm_of(o, width),
                      .memory = 1e9 * number(o, "stream_gbs"),
                      .wire = 1e9 * number(o, "bandwidth_gbs"),
                      .latency = number(o, "latency_s"),
                      .disk_write = disk_of(o, "disk_write_gbs"),
                      .disk_read = disk_of(o, "disk_read_gbs"),
                      .speed = speed_of(o),
                      .is_fitted = json_object_get(o, "product") != NULL};
    const int schema = has.is_fitted ? (int)json_integer_value(json_object_get(o, "schema")) : HL_CALIBRATION_SCHEMA;
    const bool is_right = makes_sense(&has) && (!has.is_fitted || read_coefficients(&has, o));
    read_learned(&has, o);
    json_decref(o);
    if (schema != HL_CALIBRATION_SCHEMA)
        return HL_FAIL(HL_EFORMAT,
                       "%s: its coefficients are of schema %d, this version has those of %d; measure again: "
                       "hllm bench calibrate %s",
                       path, schema, HL_CALIBRATION_SCHEMA, path);
    if (!is_right)
        return HL_FAIL(HL_EFORMAT, "%s: is no calibration; make it with hllm bench calibrate %s", path, path);
    m->flops = has.flops;
    m->is_fitted = has.is_fitted;
    m->fit = has.fit;
    m->has_ranks = has.has_ranks;
    m->ranks_per_node = has.ranks_per_node;
    m->noise = has.noise;
    m->off = has.off;
    m->memory = has.memory;
    m->speed = has.speed;
    m->disk_write = has.disk_write, m->disk_read = has.disk_read;
    if (has.wire > 0) m->wire = has.wire, m->latency = has.latency;
    m->learned = has.learned, m->low = has.low, m->high = has.high;
    if (m->learned > 0) hl_machine_scale(m, m->learned);
    return HL_OK;
}

const char *hl_calibration_guess(const hl_machine *m, int ranks)
{
    const int n = m->ranks_per_node;
    if (!m->has_ranks || ranks == 1) return NULL;
    if (n == 0)
        return "all ranks are taken to be on one node, as the calibration's were; calibrate with ranks on two nodes, "
               "or say how many are on each";
    if (ranks > n && !hl_machine_knows(m, HL_WIRE_NETWORK))
        return "messages between nodes are taken to be as fast as within one; calibrate with ranks on two nodes";
    if (n > 1 && !hl_machine_knows(m, HL_WIRE_NODE))
        return "messages within a node are taken to be as slow as between nodes; calibrate with several ranks on each "
               "of two nodes";
    return NULL;
}
