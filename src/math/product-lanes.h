/* product-lanes.h - the tiles of product-kernel.h for LANES lanes, MOST vectors across at most, compiled for TARGET;
 * product-8.c and product-16.c are made of it.
 *
 * A tile of c stays in registers, 6 rows by up to MOST vectors; a number of a times a row of the panel is added to
 * it at a time. */
#ifndef MATH_PRODUCT_LANES_H
#define MATH_PRODUCT_LANES_H
#include "math/product-kernel.h"
#include "math/simd.h"

enum { ROWS = HL_PRODUCT_ROWS };
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

#define LOAD(x) (*(const lanes *)(x))
#define STORE(x, v) (*(lanes *)(x) = (v))
#define EACH_ROW(r, R) _Pragma("GCC unroll 6") for (int r = 0; r < R; r++)
#define EACH_VECTOR(v, V) _Pragma("GCC unroll 4") for (int v = 0; v < V; v++)

HL_INLINE void give(float *c, const lanes *sum, bool add, int n)
{
    if (n < LANES)
        for (int x = 0; x < n; x++) c[x] = add ? c[x] + (*sum)[x] : (*sum)[x];
    else if (add) STORE(c, LOAD(c) + *sum);
    else STORE(c, *sum);
}

/* R rows from `first` by V vectors, both constant where this is inlined. */
HL_INLINE void tile(const hl_product_strips *s, int first, const int R, const int V)
{
    const float *a = s->a + (size_t)(first / ROWS) * s->a_strip, *b = s->b;
    float *c = s->c + (size_t)first * s->c_row;
    const size_t a_row = s->a_row, a_column = s->a_column;
    lanes sum[ROWS][MOST];
    EACH_ROW(r, R) __builtin_prefetch(c + (size_t)r * s->c_row, 1);
    EACH_ROW(r, R) EACH_VECTOR(v, V) sum[r][v] = (lanes){0};
    for (int k = 0; k < s->K; k++, a += a_column, b += V * LANES) {
        lanes right[MOST];
        EACH_VECTOR(v, V) right[v] = LOAD(b + v * LANES);
        EACH_ROW(r, R) EACH_VECTOR(v, V) sum[r][v] += a[(size_t)r * a_row] * right[v];
    }
    EACH_ROW(r, R)
    EACH_VECTOR(v, V) give(c + (size_t)r * s->c_row + v * LANES, &sum[r][v], s->add, v < V - 1 ? LANES : s->tail);
}

HL_INLINE void tiles(const hl_product_strips *s, const int V)
{
    int first = 0;
    for (; first + ROWS <= s->rows; first += ROWS) tile(s, first, ROWS, V);
    switch (s->rows - first) {
    case 5: tile(s, first, 5, V); break;
    case 4: tile(s, first, 4, V); break;
    case 3: tile(s, first, 3, V); break;
    case 2: tile(s, first, 2, V); break;
    case 1: tile(s, first, 1, V); break;
    }
}

TARGET static void multiply(const hl_product_strips *s, int vectors)
{
#if MOST == 4
    if (vectors == 4) tiles(s, 4);
    else if (vectors == 3) tiles(s, 3);
    else
#endif
        if (vectors == 2)
        tiles(s, 2);
    else tiles(s, 1);
}

#endif
