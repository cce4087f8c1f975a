/* sliced.c - products with a weight matrix in slices, each with the same bits wherever it is computed.
 *
 * Threads share the slices; where there are fewer, also tiles of rows, or of the columns of a gradient, all of a fixed size.
 * The bits of hl_product depend on neither, so where slices are narrow enough for it only sums over slices are taken apart. */
#include "math/sliced.h"
#include "base/fold.h"
#include "math/linear.h"
#include "math/product.h"
#include <string.h>

enum { TILE = 512, GRADIENT_TILE = 256 }; /* rows of a product; columns of a gradient, whose other sizes may be one slice alone */

static int tiles_of(int n, int tile)
{
    return (n + tile - 1) / tile;
}

static int tile_size(int n, int i, int tile)
{
    return n - i * tile < tile ? n - i * tile : tile;
}

int hl_pieces_width(const hl_pieces *p)
{
    int width = 0;
    for (int i = 0; i < p->parts; i++) width += p->width[i];
    return width;
}

/* Slice s of part i: its first column and how many it has. */
static int piece_begin(const hl_pieces *p, int i, int s)
{
    int begin = p->width[i] / p->slices * s;
    while (i > 0) begin += p->width[--i];
    return begin;
}

static int piece_width(const hl_pieces *p, int i)
{
    return p->width[i] / p->slices;
}

/* Are products with slices of a matrix, n by k, made by hl_product?  Says the same whoever has how many of them.  All of them together
 * should still be small. */
static bool is_narrow(int T, int n, int k)
{
    enum { ENOUGH_ROWS = 48, NUMBERS = 1 << 14 };
    return T > 0 && n * k <= NUMBERS && hl_product_is_small(T > ENOUGH_ROWS ? T : ENOUGH_ROWS, n, k);
}

static bool pieces_are_narrow(const hl_pieces *p, int T, int D)
{
    for (int i = 0; i < p->parts; i++)
        if (!is_narrow(T, piece_width(p, i), D)) return false;
    return true;
}

static hl_numbers rows(const float *x, int row)
{
    return (hl_numbers){x, (size_t)row, 1};
}

static hl_numbers turned(const float *x, int row)
{
    return (hl_numbers){x, 1, (size_t)row};
}

void hl_sliced_columns_forward(float *y, const float *x, const float *w, int T, int D, const hl_pieces *p)
{
    const int N = hl_pieces_width(p), tiles = tiles_of(T, TILE);
    if (pieces_are_narrow(p, T, D)) {
        hl_product(y, (size_t)N, rows(x, D), turned(w, D), T, N, D, false);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(3)
    for (int i = 0; i < p->parts; i++)
        for (int s = 0; s < p->slices; s++)
            for (int t = 0; t < tiles; t++) {
                const int from = piece_begin(p, i, s);
                const hl_factor a = {x + (size_t)t * TILE * (size_t)D, D, false}, b = {w + (size_t)from * (size_t)D, D, true};
                hl_multiply(y + (size_t)t * TILE * (size_t)N + from, N, a, b, tile_size(T, t, TILE), piece_width(p, i), D, false);
            }
}

/* y (n) = the slices (slices, n) added by the tree; they are ruined. */
static void add_slices(float *y, float *part, int slices, size_t n)
{
    enum { BLOCK = 2048 };
#pragma omp parallel for
    for (size_t at = 0; at < n; at += BLOCK) {
        const size_t some = n - at < BLOCK ? n - at : BLOCK;
        hl_fold(part + at, slices, n * sizeof *part, some, hl_fold_floats);
        memcpy(y + at, part + at, some * sizeof *y);
    }
}

/* One slice's share of dx, in rows of a tile: its piece of every part in turn. */
static void slice_backward(float *dx, const float *dy, const float *w, int T, int D, const hl_pieces *p, int s)
{
    const int N = hl_pieces_width(p);
    for (int i = 0; i < p->parts; i++) {
        const int from = piece_begin(p, i, s);
        hl_multiply(dx, D, (hl_factor){dy + from, N, false}, (hl_factor){w + (size_t)from * (size_t)D, D, false}, T, D, piece_width(p, i), i > 0);
    }
}

static void columns_dw(float *dw, const float *dy, const float *x, int T, int D, const hl_pieces *p)
{
    const int N = hl_pieces_width(p), columns = tiles_of(D, GRADIENT_TILE);
    if (pieces_are_narrow(p, T, D)) {
        hl_product(dw, (size_t)D, turned(dy, N), rows(x, D), N, D, T, true);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(3)
    for (int i = 0; i < p->parts; i++)
        for (int s = 0; s < p->slices; s++)
            for (int d = 0; d < columns; d++) {
                const int from = piece_begin(p, i, s);
                hl_multiply(dw + (size_t)from * (size_t)D + d * GRADIENT_TILE, D, (hl_factor){dy + from, N, true}, (hl_factor){x + d * GRADIENT_TILE, D, false}, piece_width(p, i),
                            tile_size(D, d, GRADIENT_TILE), T, true);
            }
}

void hl_sliced_columns_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T, int D, const hl_pieces *p, hl_arena *scratch)
{
    const int N = hl_pieces_width(p), tiles = tiles_of(T, TILE);
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)D;
    float *part = p->slices > 1 ? HL_TAKE(scratch, float, n * (size_t)p->slices) : dx;
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < p->slices; s++)
        for (int t = 0; t < tiles; t++) {
            const size_t row = (size_t)t * TILE;
            slice_backward(part + (size_t)s * n + row * (size_t)D, dy + row * (size_t)N, w, tile_size(T, t, TILE), D, p, s);
        }
    columns_dw(dw, dy, x, T, D, p);
    if (p->slices > 1) add_slices(dx, part, p->slices, n);
    hl_arena_back(scratch, mark);
}

void hl_sliced_terms_forward(float *y, const float *x, const float *w, int T, int K, int F, int slices, hl_arena *scratch)
{
    const int tiles = tiles_of(T, TILE), width = K / slices;
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)F;
    float *part = slices > 1 ? HL_TAKE(scratch, float, n * (size_t)slices) : y;
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < slices; s++)
        for (int t = 0; t < tiles; t++) {
            const size_t row = (size_t)t * TILE;
            hl_multiply(part + (size_t)s * n + row * (size_t)F, F, (hl_factor){x + row * (size_t)K + s * width, K, false}, (hl_factor){w + s * width, K, true},
                        tile_size(T, t, TILE), F, width, false);
        }
    if (slices > 1) add_slices(y, part, slices, n);
    hl_arena_back(scratch, mark);
}

static void terms_dx(float *dx, const float *dy, const float *w, int T, int K, int F, int slices)
{
    const int tiles = tiles_of(T, TILE), width = K / slices;
    if (is_narrow(T, width, F)) {
        hl_product(dx, (size_t)K, rows(dy, F), rows(w, K), T, K, F, false);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < slices; s++)
        for (int t = 0; t < tiles; t++) {
            const size_t row = (size_t)t * TILE;
            hl_multiply(dx + row * (size_t)K + s * width, K, (hl_factor){dy + row * (size_t)F, F, false}, (hl_factor){w + s * width, K, false}, tile_size(T, t, TILE), width, F, false);
        }
}

static void terms_dw(float *dw, const float *dy, const float *x, int T, int K, int F, int slices)
{
    const int tiles = tiles_of(F, GRADIENT_TILE), width = K / slices;
    if (is_narrow(T, width, F)) {
        hl_product(dw, (size_t)K, turned(dy, F), rows(x, K), F, K, T, true);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < slices; s++)
        for (int f = 0; f < tiles; f++)
            hl_multiply(dw + (size_t)f * GRADIENT_TILE * (size_t)K + s * width, K, (hl_factor){dy + f * GRADIENT_TILE, F, true}, (hl_factor){x + s * width, K, false}, tile_size(F, f, GRADIENT_TILE), width, T, true);
}

void hl_sliced_terms_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T, int K, int F, int slices)
{
    if (dx) terms_dx(dx, dy, w, T, K, F, slices);
    if (dw) terms_dw(dw, dy, x, T, K, F, slices);
}
