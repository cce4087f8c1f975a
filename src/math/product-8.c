/* product-8.c - tiles of a product for vectors of 8 numbers, on any processor. */
#define LANES 8
#define MOST 2
#define TARGET HL_FAST
#include "math/product-lanes.h"
#include "math/transpose.h"

TARGET static void turn(float *to, size_t row, const float *from, size_t column)
{
    hl_eight x[HL_BLOCK];
    _Pragma("GCC unroll 8") for (int i = 0; i < HL_BLOCK; i++) x[i] = *(const hl_eight *)(from + (size_t)i * column);
    hl_transpose(x);
    _Pragma("GCC unroll 8") for (int i = 0; i < HL_BLOCK; i++) * (hl_eight *)(to + (size_t)i * row) = x[i];
}

const hl_product_kernel hl_product_8 = {
    LANES,       MOST,       .depth = 256, .strips = 64,     .across = HL_PRODUCT_ACROSS,
    .many = 2,   .far = 256, .rows = 48,   .sides = 1 << 17, .multiply = multiply,
    .turn = turn};
