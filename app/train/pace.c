/* pace.c - are steps many times slower than they should be?
 *
 * Texts differ, so steps do, by a factor of two or three.  What makes all of the last steps ten times as slow as the
 * median of the first ones is the machine: somebody else computes there, memory is swapped, a quota is used up, a
 * disk or a network is in trouble.  The first step of all brings in pages and does not count. */
#include "app/train/pace.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double TIMES = 10, LEAST = 0.05; /* slower; seconds that are worth a word */

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Of the first steps but the very first; 0 where there are too few. */
static double own_measure(const hl_pace *p)
{
    double sorted[HL_PACE_FIRST - 1];
    if (p->n < HL_PACE_FIRST + HL_PACE_WINDOW) return 0;
    for (int i = 1; i < HL_PACE_FIRST; i++) sorted[i - 1] = p->first[i];
    qsort(sorted, HL_PACE_FIRST - 1, sizeof *sorted, ascending);
    return sorted[(HL_PACE_FIRST - 1) / 2];
}

static double fastest_of_the_last(const hl_pace *p)
{
    double fastest = INFINITY;
    if (p->n <= HL_PACE_WINDOW) return 0;
    for (int i = 0; i < HL_PACE_WINDOW; i++) fastest = fmin(fastest, p->last[i]);
    return fastest;
}

static const char *words(double takes, double measure, const char *whose)
{
    static char sentence[400];
    snprintf(sentence, sizeof sentence,
             "the last %d steps took %.3g s and more each, %s %.3g s: see whether other jobs compute on the same "
             "processors, a quota is used up, memory is swapped, "
             "or ranks are bound to one core (hllm doctor)",
             HL_PACE_WINDOW, takes, whose, measure);
    return sentence;
}

const char *hl_pace_note(hl_pace *p, double seconds)
{
    if (p->n < HL_PACE_FIRST) p->first[p->n] = seconds;
    p->last[p->n++ % HL_PACE_WINDOW] = seconds;
    const double takes = fastest_of_the_last(p), own = own_measure(p);
    if (p->is_said || takes < LEAST) return NULL;
    const int is_slower_than_forecast = p->forecast > 0 && takes > TIMES * p->forecast,
              is_slower_than_before = own > 0 && takes > TIMES * own;
    p->is_said = is_slower_than_forecast || is_slower_than_before;
    if (is_slower_than_forecast) return words(takes, p->forecast, "and the calibration forecasts");
    return is_slower_than_before ? words(takes, own, "and the first ones of this job") : NULL;
}

double hl_pace_patience(double timeout, double forecast)
{
    const double steps = 20, least = 120, unknown = 1800;
    if (timeout >= 0) return timeout;
    return forecast > 0 ? fmax(least, steps * forecast) : unknown;
}
