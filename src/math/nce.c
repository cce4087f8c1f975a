/* nce.c - one rank's part of the contrastive loss.  Logits are single precision and are computed by the same expression
 * in both directions; sums over them are doubles. */
#include "math/nce.h"
#include "base/minmax.h"
#include "math/contest.h"
#include "math/expf.h"
#include "math/simd.h"
#include <math.h>

/* A number in two floats: their sum is as good as a double where the result is of order one. */
typedef struct {
    float high, low;
} split;

static split split_of(double x)
{
    const float high = (float)x;
    return (split){high, isfinite(high) ? (float)(x - high) : 0.0f};
}

HL_FAST static void summarise(void *part, const hl_contest_row *t)
{
    const float *score = t->score, *alike = t->alike, *log_m = t->log_m, *m = t->m, s = t->s, thres = t->thres,
                l0 = t->l0;
    float most = -INFINITY;
    float kept = 0.0f, masked = 0.0f, above = 0.0f; /* exact: whole numbers far below 2^24 */
    double sum = 0.0;
#pragma omp simd reduction(max : most)
    for (int k = 0; k < t->n; k++) {
        const float l = alike[k] > thres ? -INFINITY : s * score[k] + log_m[k];
        most = hl_max(l, most);
    }
#pragma omp simd reduction(+ : sum, kept, masked, above)
    for (int k = 0; k < t->n; k++) {
        const bool left_out = alike[k] > thres;
        const float e = hl_expf(s * score[k] + log_m[k] - most);
        sum += (double)(left_out ? 0.0f : e);
        kept += left_out ? 0.0f : m[k];
        masked += left_out ? m[k] : 0.0f;
        above += !left_out && s * score[k] > l0 ? m[k] : 0.0f;
    }
    /* Clang begins a reduction by max with the least finite number. */
    *(hl_nce_part *)part = (hl_nce_part){.max = kept > 0.0f ? (double)most : -INFINITY,
                                         .sum = sum,
                                         .kept = (double)kept,
                                         .masked = (double)masked,
                                         .above = (double)above};
}

/* score becomes weight s dLoss/dlogit; gives dLoss/ds through this row. */
HL_FAST static double slopes(const hl_contest_row *t, double whole, float weight)
{
    const float *alike = t->alike, *log_m = t->log_m, s = t->s, thres = t->thres;
    const split lse = split_of(whole);
    float *score = t->score;
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < t->n; k++) {
        const float p = weight * hl_expf((s * score[k] + log_m[k] - lse.high) - lse.low);
        const float slope = alike[k] > thres ? 0.0f : p;
        sum += (double)slope * (double)score[k];
        score[k] = s * slope;
    }
    return sum;
}

/* exp(x - max), 1 where both are -INFINITY. */
static double shift(double x, double max) { return x == max ? 1.0 : exp(x - max); }

void hl_nce_combine(hl_nce_part *into, const hl_nce_part *from)
{
    const double max = hl_max(from->max, into->max);
    into->sum = into->sum * shift(into->max, max) + from->sum * shift(from->max, max);
    into->max = max;
    into->kept += from->kept;
    into->masked += from->masked;
    into->above += from->above;
}

double hl_nce_lse(const hl_nce_part *whole, double l0)
{
    const double max = hl_max(whole->max, l0);
    return max + log(shift(l0, max) + whole->sum * shift(whole->max, max));
}

static void combine_one(void *into, const void *from) { hl_nce_combine(into, from); }

static const hl_nce_part nothing = {.max = -INFINITY};
static const hl_contest_rule rule = {
    .size = sizeof(hl_nce_part), .nothing = &nothing, .summarise = summarise, .combine = combine_one, .slopes = slopes};

void hl_nce_forward(hl_nce_part *part, const hl_contest *x, hl_arena *scratch)
{
    hl_contest_forward(part, &rule, x, scratch);
}

double hl_nce_backward(float *du, float *dn, const double *lse, const float *weight, const hl_contest *x,
                       hl_arena *scratch)
{
    return hl_contest_backward(&rule, du, dn, lse, weight, x, scratch);
}

/* ---- as a row of the table */

static void forward(void *part, const hl_contest *x, hl_arena *scratch) { hl_nce_forward(part, x, scratch); }

static void combine(void *into, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) hl_nce_combine((hl_nce_part *)into + i, (const hl_nce_part *)from + i);
}

static hl_row_loss finish(const void *part, double l0)
{
    const double lse = hl_nce_lse(part, l0);
    return (hl_row_loss){lse - l0, lse};
}

static double slope(double l0, double lse) { return expm1(l0 - lse); }

static hl_rivals count(const void *part)
{
    const hl_nce_part *p = part;
    return (hl_rivals){p->kept, p->masked, p->above};
}

const hl_criterion hl_criterion_nce = {
    .name = "nce",
    .size = sizeof(hl_nce_part),
    .forward = forward,
    .combine = combine,
    .finish = finish,
    .backward = hl_nce_backward,
    .slope = slope,
    .count = count,
};
