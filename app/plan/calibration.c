/* calibration.c - what a rank can do in a second: figures of an ordinary core, or those that were measured. */
#include "app/plan/calibration.h"
#include "io/files/regular.h"
#include <jansson.h>
#include <math.h>

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

/* ---- coefficients */

const char *const hl_calibration_product[HL_PRODUCT_TERMS] = {"call", "out", "in", "weights", "multiplied"};
const char *const hl_calibration_attention[HL_ATTENTION_TERMS] = {"flop", "scores", "turned"};
const char *const hl_calibration_pass[HL_PASS_TERMS] = {"layers", "hidden", "wide"};

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

static bool read_coefficients(hl_coefficients *f, const json_t *o)
{
    return read_table(f->product[0], f->product[1], o, "product", hl_calibration_product, HL_PRODUCT_TERMS)
           && read_table(f->attention[0], f->attention[1], o, "attention", hl_calibration_attention, HL_ATTENTION_TERMS)
           && read_table(f->pass[0], f->pass[1], o, "pass", hl_calibration_pass, HL_PASS_TERMS);
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
                      .is_fitted = json_object_get(o, "product") != NULL};
    const bool is_right = makes_sense(&has) && (!has.is_fitted || read_coefficients(&has.fit, o));
    read_learned(&has, o);
    json_decref(o);
    if (!is_right)
        return HL_FAIL(HL_EFORMAT, "%s: is no calibration; make it with hllm bench calibrate %s", path, path);
    m->flops = has.flops;
    m->is_fitted = has.is_fitted;
    m->fit = has.fit;
    m->memory = has.memory;
    if (has.wire > 0) m->wire = has.wire, m->latency = has.latency;
    m->learned = has.learned, m->low = has.low, m->high = has.high;
    if (m->learned > 0) hl_machine_scale(m, m->learned);
    return HL_OK;
}
