/* transpose.h - an 8 by 8 block of floats in vectors becomes its transpose. */
#ifndef MATH_TRANSPOSE_H
#define MATH_TRANSPOSE_H
#include "math/simd.h"

enum { HL_BLOCK = 8 };
typedef float hl_eight __attribute__((vector_size(HL_BLOCK * sizeof(float)), aligned(sizeof(float)), may_alias));

/* Pairs, then fours, then halves change places. */
HL_INLINE void hl_transpose(hl_eight x[HL_BLOCK])
{
    hl_eight two[HL_BLOCK], four[HL_BLOCK];
    _Pragma("GCC unroll 4") for (int i = 0; i < HL_BLOCK; i += 2)
    {
        two[i] = __builtin_shufflevector(x[i], x[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        two[i + 1] = __builtin_shufflevector(x[i], x[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
    _Pragma("GCC unroll 4") for (int i = 0; i < HL_BLOCK; i += 2)
    {
        const int first = i / 4 * 4 + i % 4 / 2;
        four[i] = __builtin_shufflevector(two[first], two[first + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        four[i + 1] = __builtin_shufflevector(two[first], two[first + 2], 2, 3, 10, 11, 6, 7, 14, 15);
    }
    _Pragma("GCC unroll 4") for (int i = 0; i < HL_BLOCK / 2; i++)
    {
        x[i] = __builtin_shufflevector(four[i], four[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        x[i + 4] = __builtin_shufflevector(four[i], four[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}

#endif
