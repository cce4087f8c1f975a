/* machine.c - what a rank with its threads can do in a second, and what a model's work takes it. */
#include "step/machine.h"
#include "base/minmax.h"
#include <math.h>

void hl_machine_product_terms(double x[HL_PRODUCT_TERMS], double rows, double in, double out)
{
    x[0] = 1;
    x[1] = rows * out;
    x[2] = rows * in;
    x[3] = in * out;
    x[4] = rows * in * out;
}

void hl_machine_attention_terms(double x[HL_ATTENTION_TERMS], const hl_work *w)
{
    x[0] = w->attended;
    x[1] = w->scores;
    x[2] = w->turned;
}

void hl_machine_pass_terms(double x[HL_PASS_TERMS], const hl_work *w)
{
    x[0] = w->layers;
    x[1] = w->hidden;
    x[2] = w->wide;
    x[3] = 0;
    x[4] = w->embedded;
    x[5] = w->spread;
    for (int i = 0; i < w->products; i++) x[3] += w->product[i].times * w->product[i].in * w->product[i].out;
}

static double times(const double *a, const double *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += a[i] * x[i];
    return sum;
}

double hl_machine_product_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way)
{
    double seconds = 0, x[HL_PRODUCT_TERMS];
    for (int i = 0; i < w->products; i++) {
        const hl_work_product *p = &w->product[i];
        hl_machine_product_terms(x, p->rows, p->in, p->out);
        const double *a = w->are_panels ? m->fit.panel[way] : m->fit.product[way];
        seconds += p->times * times(a, x, HL_PRODUCT_TERMS);
    }
    return seconds;
}

double hl_machine_attention_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way)
{
    double x[HL_ATTENTION_TERMS];
    hl_machine_attention_terms(x, w);
    return times(m->fit.attention[way], x, HL_ATTENTION_TERMS);
}

static double pass_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way)
{
    double x[HL_PASS_TERMS];
    hl_machine_pass_terms(x, w);
    return times(m->fit.pass[way], x, HL_PASS_TERMS);
}

/* Norms, residuals, rotation and gating read and write each number of a row so often, between the products. */
enum { HIDDEN_PASSES = 24, WIDE_PASSES = 8 };

static double seconds_by_rates(const hl_machine *m, const hl_work *w, hl_way_of_pass way)
{
    const double bytes = sizeof(float) * (HIDDEN_PASSES * w->hidden + WIDE_PASSES * w->wide);
    return (way == HL_BACKWARD_WAY ? 2 : 1) * (hl_work_flop(w) / m->flops + bytes / m->memory);
}

/* ---- all else */

double hl_machine_numbers(const hl_machine *m, hl_number_pass what, double n)
{
    static const double bytes[] = {[HL_NUMBERS_UPDATE] = 28,
                                   [HL_NUMBERS_SQUARES] = 4,
                                   [HL_NUMBERS_CLEAR] = 4,
                                   [HL_NUMBERS_READ] = 8,
                                   [HL_NUMBERS_ADD] = 12};
    return m->is_fitted ? m->fit.numbers[what] * n : bytes[what] * n / m->memory;
}

double hl_machine_loss(const hl_machine *m, double pairs, int D, hl_way_of_pass way)
{
    const double x[HL_LOSS_TERMS] = {pairs, pairs * D};
    if (m->is_fitted) return times(m->fit.loss[way], x, HL_LOSS_TERMS);
    return (way == HL_BACKWARD_WAY ? 4 : 2) * pairs * D / m->flops;
}

/* Each of its bytes travels twice. */
static bool is_sum(hl_together what) { return what == HL_TOGETHER_SUM || what == HL_TOGETHER_WEIGHTS_SUM; }

double hl_machine_sent(hl_together what, double bytes, int p)
{
    if (what == HL_TOGETHER_BROADCAST || what == HL_TOGETHER_MESSAGE) return bytes;
    return (is_sum(what) ? 2.0 : 1.0) * bytes * (p - 1) / p;
}

/* What so many bytes take beside a call of next to none. */
static double seconds_of_bytes(const hl_together_curve *c, double sent)
{
    if (sent <= c->sent[0]) return 0;
    int k = 1;
    while (k < c->n - 1 && c->sent[k] < sent) k++;
    const double slope = (c->seconds[k] - c->seconds[k - 1]) / (c->sent[k] - c->sent[k - 1]);
    return hl_max(c->seconds[k - 1] + slope * (sent - c->sent[k - 1]) - c->seconds[0], 0);
}

hl_wire_level hl_machine_level(const hl_machine *m, int first, int last)
{
    const int n = m->ranks_per_node;
    return n > 0 && first / n != last / n ? HL_WIRE_NETWORK : HL_WIRE_NODE;
}

bool hl_machine_knows(const hl_machine *m, hl_wire_level level)
{
    return m->has_ranks && m->fit.together[level][0].n > 0;
}

double hl_machine_together(const hl_machine *m, hl_together what, hl_wire_level level, double bytes, int p,
                           double calls)
{
    const hl_wire_level like = hl_machine_knows(m, level) ? level : HL_WIRE_LEVELS - 1 - level;
    const hl_together_curve *c = &m->fit.together[like][what];
    const double rounds = calls * ceil(log2(p)), sent = hl_machine_sent(what, bytes, p), times = hl_max(calls, 1);
    if (p == 1) return 0;
    if (m->has_ranks) return c->seconds[0] * rounds / c->rounds + times * seconds_of_bytes(c, sent / times);
    return sent / m->wire + (is_sum(what) ? 2 : 1) * m->latency * rounds;
}

/* ---- one factor for all */

static void scale(double *a, int n, double by)
{
    for (int i = 0; i < n; i++) a[i] *= by;
}

void hl_machine_scale(hl_machine *m, double by)
{
    m->flops /= by;
    m->memory /= by;
    m->wire /= by;
    m->latency *= by;
    for (int way = 0; way < HL_WAYS; way++) {
        scale(m->fit.product[way], HL_PRODUCT_TERMS, by);
        scale(m->fit.attention[way], HL_ATTENTION_TERMS, by);
        scale(m->fit.pass[way], HL_PASS_TERMS, by);
        scale(m->fit.panel[way], HL_PRODUCT_TERMS, by);
        scale(m->fit.loss[way], HL_LOSS_TERMS, by);
    }
    scale(m->fit.numbers, HL_NUMBERS, by);
    for (int level = 0; level < HL_WIRE_LEVELS; level++)
        for (int i = 0; i < HL_TOGETHERS; i++) scale(m->fit.together[level][i].seconds, HL_TOGETHER_SIZES, by);
}

double hl_machine_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way)
{
    if (!m->is_fitted) return seconds_by_rates(m, w, way);
    return hl_machine_product_seconds(m, w, way) + hl_machine_attention_seconds(m, w, way) + pass_seconds(m, w, way)
           + (way == HL_BACKWARD_WAY ? 2 : 1) * w->other / m->flops;
}
