/* strip.c - strips of scores, for vectors of 8 numbers and of 16. */
#include "math/strip.h"
#include "math/expf.h"
#include "math/simd.h"
#include <stdint.h>
#include <string.h>

/* Scores are kept in powers of two. */
static const float ln_2 = 0.693147181f;

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)

enum { BLOCK = 8 };
typedef float eight __attribute__((vector_size(BLOCK * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t places __attribute__((vector_size(BLOCK * sizeof(int32_t))));

/* An 8 by 8 block becomes its transpose: pairs, then fours, then halves change places. */
HL_INLINE void transpose(eight x[BLOCK])
{
    eight two[BLOCK], four[BLOCK];
    _Pragma("GCC unroll 4") for (int i = 0; i < BLOCK; i += 2) {
        two[i] = __builtin_shuffle(x[i], x[i + 1], (places){0, 8, 1, 9, 4, 12, 5, 13});
        two[i + 1] = __builtin_shuffle(x[i], x[i + 1], (places){2, 10, 3, 11, 6, 14, 7, 15});
    }
    _Pragma("GCC unroll 4") for (int i = 0; i < BLOCK; i += 2) {
        const int first = i / 4 * 4 + i % 4 / 2;
        four[i] = __builtin_shuffle(two[first], two[first + 2], (places){0, 1, 8, 9, 4, 5, 12, 13});
        four[i + 1] = __builtin_shuffle(two[first], two[first + 2], (places){2, 3, 10, 11, 6, 7, 14, 15});
    }
    _Pragma("GCC unroll 4") for (int i = 0; i < BLOCK / 2; i++) {
        x[i] = __builtin_shuffle(four[i], four[i + 4], (places){0, 1, 2, 3, 8, 9, 10, 11});
        x[i + 4] = __builtin_shuffle(four[i], four[i + 4], (places){4, 5, 6, 7, 12, 13, 14, 15});
    }
}

#define LANES 8
#define TARGET HL_FAST
#include "math/strip-lanes.h"
#undef LANES
#undef TARGET
#define LANES 16
#define TARGET HL_WIDE
#include "math/strip-lanes.h"

const hl_strips *hl_strips_here(void)
{
    return hl_has_wide_vectors() ? &strips16 : &strips8;
}
