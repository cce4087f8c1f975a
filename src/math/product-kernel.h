/* product-kernel.h - what a product does with the vectors of a processor: tiles of it in registers. */
#ifndef MATH_PRODUCT_KERNEL_H
#define MATH_PRODUCT_KERNEL_H
#include <stdbool.h>
#include <stddef.h>

/* Rows of a tile; the least lanes; the most columns that are multiplied at once. */
enum { HL_PRODUCT_ROWS = 6, HL_PRODUCT_LEAST = 8, HL_PRODUCT_ACROSS = 1024 };

/* Some rows by one panel: c (rows, columns of the panel) = or += a (rows, K) b (K, vectors x lanes), of the last
 * vector `tail` numbers wanted.  b is packed, its rows one after the other; strip i of a, HL_PRODUCT_ROWS rows,
 * begins at a + i * a_strip. */
typedef struct {
    float *c;
    const float *a, *b;
    size_t c_row, a_strip, a_row, a_column;
    int rows, K, tail;
    bool add;
} hl_product_strips;

typedef struct {
    int lanes, most; /* numbers of a vector; vectors of a panel, at most */
    int depth;       /* K of a panel, so that it fits a cache */
    int strips;      /* that meet a panel one after the other, all together in the next cache */
    int across;      /* columns that are packed at once, at most, so that they fit the last cache */
    int many, far;   /* with so many panels, rows of a that are so far apart are copied */
    int rows, sides; /* BLAS is not faster from so many rows on, where the two shorter sides, multiplied, are no more */
    void (*multiply)(const hl_product_strips *s, int vectors);
    /* to, rows `row` apart, = the transpose of a square (lanes, lanes) whose rows are `column` apart. */
    void (*turn)(float *to, size_t row, const float *from, size_t column);
} hl_product_kernel;

extern const hl_product_kernel hl_product_8, hl_product_16; /* the latter for AVX-512 alone */

#endif
