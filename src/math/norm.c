/* norm.c - a sum of squares that does not depend on the order of its terms. */
#include "math/norm.h"
#include "base/minmax.h"
#include "math/simd.h"

static const double HALF = 1 << 30;

HL_FAST float hl_largest(float most, const float *x, size_t n)
{
    float nothing = 0;
    for (size_t i = 0; i < n; i++) {
        const float size = x[i] < 0 ? -x[i] : x[i];
        most = hl_max(most, size);
        nothing += x[i] * 0;
    }
    return most + nothing;
}

HL_FAST void hl_squares_add(hl_squares *s, const float *x, size_t n, float most)
{
    const double scale = HALF / ((double)most * most);
    int64_t upper = 0, lower = 0;
    for (size_t i = 0; i < n; i++) {
        const double share = (double)x[i] * x[i] * scale;
        const int32_t high = (int32_t)share; /* at most 2^30 */
        upper += high;
        lower += (int32_t)((share - high) * HALF);
    }
    s->upper += upper;
    s->lower += lower;
}

double hl_squares_sum(const hl_squares *s, float most)
{
    return ((double)s->upper + (double)s->lower / HALF) / HALF * ((double)most * most);
}
