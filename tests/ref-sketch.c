/* ref-sketch.c - the slow twin of math/sketch.c. */
#include "tests/ref-sketch.h"
#include "base/digest.h"
#include <math.h>

/* Where a number goes is asked of the fast code with a lone 1; what is tested is the adding. */
static void place_of(int *j, int *sign, uint64_t name, int64_t at)
{
    const float one = 1;
    hl_sketch_sums s = {0};
    hl_sketch_add(&s, &one, 1, name, at);
    hl_sketch k = hl_sketch_of(&s);
    for (*j = 0; *j < HL_PROJECTIONS - 1 && k.projection[*j] == 0; ++*j) continue;
    *sign = (int)k.projection[*j];
}

hl_sketch ref_sketch(const float *x, size_t n, uint64_t name)
{
    long double sum[HL_PROJECTIONS] = {0}, squares = 0;
    hl_sketch k = {.digest = hl_digest_numbers(x, n, name, 0)};
    for (size_t i = 0; i < n; i++) {
        int j, sign;
        place_of(&j, &sign, name, (int64_t)i);
        sum[j] += sign * (long double)x[i];
        squares += x[i] * x[i];
    }
    for (int j = 0; j < HL_PROJECTIONS; j++) k.projection[j] = (double)sum[j];
    k.norm = (double)sqrtl(squares);
    return k;
}
