/* gram.c - the sum of the outer products of rows, in double. */
#include "math/gram.h"
#include <cblas.h>

enum { TILE = 512 };

void hl_gram_add(double *c, const float *x, const float *scale, int n, int D, hl_arena *scratch)
{
    size_t mark = hl_arena_mark(scratch), row = (size_t)D;
    double *y = HL_TAKE(scratch, double, TILE *row);
    for (int begin = 0, tile; begin < n; begin += tile) {
        tile = n - begin < TILE ? n - begin : TILE;
        for (int i = 0; i < tile; i++)
            for (int k = 0; k < D; k++)
                y[(size_t)i * row + (size_t)k] =
                    (double)scale[begin + i] * (double)x[(size_t)(begin + i) * row + (size_t)k];
        cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, D, tile, 1.0, y, D, 1.0, c, D);
    }
    hl_arena_back(scratch, mark);
}
