/* machine.c - what a rank with its threads can do in a second, and what a model's work takes it. */
#include "step/machine.h"

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
    x[0] = w->attention;
    x[1] = w->scores;
    x[2] = w->turned;
}

void hl_machine_pass_terms(double x[HL_PASS_TERMS], const hl_work *w)
{
    x[0] = w->layers;
    x[1] = w->hidden;
    x[2] = w->wide;
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
        seconds += p->times * times(m->fit.product[way], x, HL_PRODUCT_TERMS);
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
    }
}

double hl_machine_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way)
{
    if (!m->is_fitted) return seconds_by_rates(m, w, way);
    return hl_machine_product_seconds(m, w, way) + hl_machine_attention_seconds(m, w, way) + pass_seconds(m, w, way)
           + (way == HL_BACKWARD_WAY ? 2 : 1) * w->other / m->flops;
}
