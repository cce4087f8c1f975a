/* bce.c - binary cross entropy.  Logits and losses of negatives are single precision, sums over them are doubles. */
#include "math/bce.h"
#include "base/minmax.h"
#include "math/contest.h"
#include "math/expf.h"
#include "math/simd.h"
#include <math.h>

/* log(1 + exp x).  What is lost where 1 + e is rounded is put back, so that small losses keep their digits. */
static inline float softplus(float x)
{
    const float e = hl_expf(-fabsf(x)), one = 1.0f + e;
    return hl_max(x, 0.0f) + hl_logf(one) + (e - (one - 1.0f)) / one;
}

/* 1 / (1 + exp(-x)). */
static inline float sigmoid(float x)
{
    const float e = hl_expf(-fabsf(x));
    return (x > 0.0f ? 1.0f : e) / (1.0f + e);
}

HL_FAST static void summarise(void *part, const hl_contest_row *t)
{
    const float *score = t->score, *alike = t->alike, *m = t->m, s = t->s, thres = t->thres, l0 = t->l0;
    float kept = 0.0f, masked = 0.0f, above = 0.0f; /* exact: whole numbers far below 2^24 */
    double sum = 0.0;
#pragma omp simd reduction(+ : sum, kept, masked, above)
    for (int k = 0; k < t->n; k++) {
        const bool left_out = alike[k] > thres;
        const float loss = m[k] * softplus(s * score[k]);
        sum += (double)(left_out ? 0.0f : loss);
        kept += left_out ? 0.0f : m[k];
        masked += left_out ? m[k] : 0.0f;
        above += !left_out && s * score[k] > l0 ? m[k] : 0.0f;
    }
    *(hl_bce_part *)part = (hl_bce_part){sum, (double)kept, (double)masked, (double)above};
}

HL_FAST static double slopes(const hl_contest_row *t, double state, float weight)
{
    const float *alike = t->alike, *m = t->m, s = t->s, thres = t->thres;
    float *score = t->score;
    double sum = 0.0;
    (void)state;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < t->n; k++) {
        const float p = weight * m[k] * sigmoid(s * score[k]);
        const float slope = alike[k] > thres ? 0.0f : p;
        sum += (double)slope * (double)score[k];
        score[k] = s * slope;
    }
    return sum;
}

static void combine_one(void *into, const void *from)
{
    hl_bce_part *a = into;
    const hl_bce_part *b = from;
    *a = (hl_bce_part){a->sum + b->sum, a->kept + b->kept, a->masked + b->masked, a->above + b->above};
}

static const hl_bce_part nothing = {0};
static const hl_contest_rule rule = {
    .size = sizeof(hl_bce_part), .nothing = &nothing, .summarise = summarise, .combine = combine_one, .slopes = slopes};

/* ---- as a row of the table */

static void forward(void *part, const hl_contest *x, hl_arena *scratch) { hl_contest_forward(part, &rule, x, scratch); }

static void combine(void *into, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) combine_one((hl_bce_part *)into + i, (const hl_bce_part *)from + i);
}

static double softplus_of(double x) { return fmax(x, 0.0) + log1p(exp(-fabs(x))); }

static hl_row_loss finish(const void *part, double l0)
{
    return (hl_row_loss){softplus_of(-l0) + ((const hl_bce_part *)part)->sum, 0.0};
}

static double backward(float *du, float *dn, const double *state, const float *weight, const hl_contest *x,
                       hl_arena *scratch)
{
    return hl_contest_backward(&rule, du, dn, state, weight, x, scratch);
}

static double slope(double l0, double state)
{
    (void)state;
    return l0 > 0.0 ? -exp(-l0) / (1.0 + exp(-l0)) : -1.0 / (1.0 + exp(l0));
}

static hl_rivals count(const void *part)
{
    const hl_bce_part *p = part;
    return (hl_rivals){p->kept, p->masked, p->above};
}

const hl_criterion hl_criterion_bce = {
    .name = "bce",
    .size = sizeof(hl_bce_part),
    .forward = forward,
    .combine = combine,
    .finish = finish,
    .backward = backward,
    .slope = slope,
    .count = count,
};
