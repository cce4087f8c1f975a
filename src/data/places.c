/* places.c - sums over places of a list.
 *
 * The first places are added one by one.  Beyond them a sum is an integral and its ends (Euler and Maclaurin):
 *
 *     f(a) + ... + f(b) = int_a^b f + (f(a) + f(b)) / 2 + (f'(b) - f'(a)) / 12 - (f'''(b) - f'''(a)) / 720 + ...
 *
 * whose next term is below 1e-13 of f from place 64 on.  The integral of 1 / ln x has no closed form: it is cut at
 * doubled x, where eight points of Gauss and Legendre a piece give all digits. */
#include "data/places.h"
#include <math.h>

enum { ONE_BY_ONE = 64, POINTS = 4 };

static double inverse(double p) { return 1 / p; }
static double inverse_slope(double p) { return -1 / (p * p); }
static double inverse_third(double p) { return -6 / (p * p * p * p); }
static double inverse_integral(double a, double b) { return log(b / a); }

/* f = ln 2 / l, l = ln x, x = p + 1. */
static double gain(double p) { return 1 / log2(p + 1); }

static double gain_slope(double p)
{
    double x = p + 1, l = log(x);
    return -M_LN2 / (x * l * l);
}

static double gain_third(double p)
{
    double x = p + 1, l = log(x);
    return -M_LN2 * (2 / (l * l) + 6 / (l * l * l) + 6 / (l * l * l * l)) / (x * x * x);
}

static double gauss(double a, double b)
{
    static const double at[POINTS] = {0.1834346424956498, 0.5255324099163290, 0.7966664774136267, 0.9602898564975363};
    static const double weight[POINTS] = {0.3626837833783620, 0.3137066458778873, 0.2223810344533745,
                                          0.1012285362903763};
    double middle = (a + b) / 2, half = (b - a) / 2, sum = 0;
    for (int i = 0; i < POINTS; i++) sum += weight[i] * (gain(middle - half * at[i]) + gain(middle + half * at[i]));
    return half * sum;
}

static double gain_integral(double a, double b)
{
    double sum = 0;
    for (; b > 2 * a; a *= 2) sum += gauss(a, 2 * a);
    return sum + gauss(a, b);
}

typedef struct {
    double (*at)(double), (*slope)(double), (*third)(double), (*integral)(double a, double b);
} function;

static const function the_inverse = {inverse, inverse_slope, inverse_third, inverse_integral};
static const function the_gain = {gain, gain_slope, gain_third, gain_integral};

/* Over a, a + 1, ... b. */
static double far_sum(const function *f, double a, double b)
{
    return f->integral(a, b) + (f->at(a) + f->at(b)) / 2 + (f->slope(b) - f->slope(a)) / 12
           - (f->third(b) - f->third(a)) / 720;
}

static double near_sum(const function *f, int64_t begin, int64_t end)
{
    double sum = 0;
    for (int64_t p = begin; p < end; p++) sum += f->at((double)p);
    return sum;
}

static double sum_over(const function *f, int64_t begin, int64_t end)
{
    if (end <= ONE_BY_ONE || end - begin <= ONE_BY_ONE) return near_sum(f, begin, end);
    if (begin < ONE_BY_ONE) return near_sum(f, begin, ONE_BY_ONE) + sum_over(f, ONE_BY_ONE, end);
    return far_sum(f, (double)begin, (double)(end - 1));
}

double hl_places_inverse(int64_t begin, int64_t end) { return sum_over(&the_inverse, begin, end); }

double hl_places_gain(int64_t begin, int64_t end) { return sum_over(&the_gain, begin, end); }
