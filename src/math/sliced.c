/* sliced.c - products with a weight matrix in slices, each with the same bits wherever it is computed.
 *
 * The bits of hl_product do not depend on threads or slices; where the processor has it, only sums over slices are taken apart.
 * Otherwise BLAS multiplies slices and tiles of them, which threads share. */
#include "math/sliced.h"
#include "base/fold.h"
#include "base/part.h"
#include "math/linear.h"
#include "math/product.h"
#include <string.h>

/* Rows or columns of a job of one thread, at most. */
enum { TILE = 256 };

static int tiles_of(int n)
{
    return (n + TILE - 1) / TILE;
}

/* Where tile t of n begins, with equal tiles. */
static int tile_begin(int n, int t)
{
    return (int)hl_part_begin(n, tiles_of(n), t);
}

static int tile_size(int n, int t)
{
    return (int)hl_part_count(n, tiles_of(n), t);
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

/* hl_product promises the same bits whatever stands beside a row or a column, so that slices need not be made one by one. */
static bool is_one_product(void)
{
    return hl_product_is_here();
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
    const int N = hl_pieces_width(p), tiles = tiles_of(T);
    if (is_one_product()) {
        hl_product(y, (size_t)N, rows(x, D), turned(w, D), T, N, D, false);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(3)
    for (int i = 0; i < p->parts; i++)
        for (int s = 0; s < p->slices; s++)
            for (int t = 0; t < tiles; t++) {
                const size_t row = (size_t)tile_begin(T, t), from = (size_t)piece_begin(p, i, s);
                const hl_factor a = {x + row * (size_t)D, D, false}, b = {w + from * (size_t)D, D, true};
                hl_multiply(y + row * (size_t)N + from, N, a, b, tile_size(T, t), piece_width(p, i), D, false);
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

/* One slice's share of dx, T rows of it: its piece of every part in turn. */
static void slice_backward(float *dx, const float *dy, const float *w, int T, int D, const hl_pieces *p, int s)
{
    const int N = hl_pieces_width(p);
    for (int i = 0; i < p->parts; i++) {
        const size_t from = (size_t)piece_begin(p, i, s);
        if (is_one_product()) hl_product(dx, (size_t)D, rows(dy + from, N), rows(w + from * (size_t)D, D), T, D, piece_width(p, i), i > 0);
        else hl_multiply(dx, D, (hl_factor){dy + from, N, false}, (hl_factor){w + from * (size_t)D, D, false}, T, D, piece_width(p, i), i > 0);
    }
}

/* part (slices, T, D) = the shares of dx. */
static void columns_dx(float *part, const float *dy, const float *w, int T, int D, const hl_pieces *p)
{
    const int N = hl_pieces_width(p), tiles = tiles_of(T);
    const size_t n = (size_t)T * (size_t)D;
    if (is_one_product()) {
        for (int s = 0; s < p->slices; s++) slice_backward(part + (size_t)s * n, dy, w, T, D, p, s);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < p->slices; s++)
        for (int t = 0; t < tiles; t++) {
            const size_t row = (size_t)tile_begin(T, t);
            slice_backward(part + (size_t)s * n + row * (size_t)D, dy + row * (size_t)N, w, tile_size(T, t), D, p, s);
        }
}

static void columns_dw(float *dw, const float *dy, const float *x, int T, int D, const hl_pieces *p)
{
    const int N = hl_pieces_width(p), tiles = tiles_of(D);
    if (is_one_product()) {
        hl_product(dw, (size_t)D, turned(dy, N), rows(x, D), N, D, T, true);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(3)
    for (int i = 0; i < p->parts; i++)
        for (int s = 0; s < p->slices; s++)
            for (int t = 0; t < tiles; t++) {
                const size_t from = (size_t)piece_begin(p, i, s), column = (size_t)tile_begin(D, t);
                hl_multiply(dw + from * (size_t)D + column, D, (hl_factor){dy + from, N, true}, (hl_factor){x + column, D, false}, piece_width(p, i), tile_size(D, t), T, true);
            }
}

void hl_sliced_columns_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T, int D, const hl_pieces *p, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)D;
    float *part = p->slices > 1 ? HL_TAKE(scratch, float, n * (size_t)p->slices) : dx;
    columns_dx(part, dy, w, T, D, p);
    columns_dw(dw, dy, x, T, D, p);
    if (p->slices > 1) add_slices(dx, part, p->slices, n);
    hl_arena_back(scratch, mark);
}

/* part (slices, T, F) = the shares of y. */
static void terms_y(float *part, const float *x, const float *w, int T, int K, int F, int slices)
{
    const int tiles = tiles_of(T), width = K / slices;
    const size_t n = (size_t)T * (size_t)F;
    if (is_one_product()) {
        for (int s = 0; s < slices; s++) hl_product(part + (size_t)s * n, (size_t)F, rows(x + s * width, K), turned(w + s * width, K), T, F, width, false);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < slices; s++)
        for (int t = 0; t < tiles; t++) {
            const size_t row = (size_t)tile_begin(T, t);
            hl_multiply(part + (size_t)s * n + row * (size_t)F, F, (hl_factor){x + row * (size_t)K + s * width, K, false}, (hl_factor){w + s * width, K, true}, tile_size(T, t), F,
                        width, false);
        }
}

void hl_sliced_terms_forward(float *y, const float *x, const float *w, int T, int K, int F, int slices, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)F;
    float *part = slices > 1 ? HL_TAKE(scratch, float, n * (size_t)slices) : y;
    terms_y(part, x, w, T, K, F, slices);
    if (slices > 1) add_slices(y, part, slices, n);
    hl_arena_back(scratch, mark);
}

static void terms_dx(float *dx, const float *dy, const float *w, int T, int K, int F, int slices)
{
    const int tiles = tiles_of(T), width = K / slices;
    if (is_one_product()) {
        hl_product(dx, (size_t)K, rows(dy, F), rows(w, K), T, K, F, false);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < slices; s++)
        for (int t = 0; t < tiles; t++) {
            const size_t row = (size_t)tile_begin(T, t);
            hl_multiply(dx + row * (size_t)K + s * width, K, (hl_factor){dy + row * (size_t)F, F, false}, (hl_factor){w + s * width, K, false}, tile_size(T, t), width, F, false);
        }
}

static void terms_dw(float *dw, const float *dy, const float *x, int T, int K, int F, int slices)
{
    const int tiles = tiles_of(F), width = K / slices;
    if (is_one_product()) {
        hl_product(dw, (size_t)K, turned(dy, F), rows(x, K), F, K, T, true);
        return;
    }
#pragma omp parallel for schedule(dynamic) collapse(2)
    for (int s = 0; s < slices; s++)
        for (int t = 0; t < tiles; t++) {
            const size_t row = (size_t)tile_begin(F, t);
            hl_multiply(dw + row * (size_t)K + s * width, K, (hl_factor){dy + row, F, true}, (hl_factor){x + s * width, K, false}, tile_size(F, t), width, T, true);
        }
}

void hl_sliced_terms_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T, int K, int F, int slices)
{
    if (dx) terms_dx(dx, dy, w, T, K, F, slices);
    if (dw) terms_dw(dw, dy, x, T, K, F, slices);
}
