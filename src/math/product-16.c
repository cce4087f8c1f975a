/* product-16.c - tiles of a product for vectors of 16 numbers, where there are such. */
#define LANES 16
#define MOST 4
#define TARGET HL_WIDE
#include "math/product-lanes.h"
#include <limits.h>

/* Rows i and i + S exchange the numbers whose places differ from their own in the bit S, for all rows without it. */
#define EXCHANGE(x, S)                                                              \
    _Pragma("GCC unroll 16") for (int i_ = 0; i_ < LANES; i_++)                     \
    {                                                                               \
        if (i_ & (S)) continue;                                                     \
        const lanes upper = (x)[i_], lower = (x)[i_ + (S)];                         \
        (x)[i_] = __builtin_shufflevector(upper, lower, PLACES(S, LANES - (S), 0)); \
        (x)[i_ + (S)] = __builtin_shufflevector(upper, lower, PLACES(S, LANES, S)); \
    }
#define PLACE(j, S, with, without) ((j) & (S) ? (j) + (with) : (j) + (without))
#define FOUR(j, S, u, v) PLACE(j, S, u, v), PLACE((j) + 1, S, u, v), PLACE((j) + 2, S, u, v), PLACE((j) + 3, S, u, v)
#define PLACES(S, u, v) FOUR(0, S, u, v), FOUR(4, S, u, v), FOUR(8, S, u, v), FOUR(12, S, u, v)

TARGET static void turn(float *to, size_t row, const float *from, size_t column)
{
    lanes x[LANES];
    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) x[i] = LOAD(from + (size_t)i * column);
    EXCHANGE(x, 1)
    EXCHANGE(x, 2)
    EXCHANGE(x, 4)
    EXCHANGE(x, 8)
    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) STORE(to + (size_t)i * row, x[i]);
}

const hl_product_kernel hl_product_16 = {
    LANES,       MOST,        .depth = 512, .strips = 16,     .across = HL_PRODUCT_ACROSS,
    .many = 3,   .far = 4096, .rows = 4,    .sides = INT_MAX, .multiply = multiply,
    .turn = turn};
