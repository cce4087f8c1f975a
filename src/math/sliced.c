/* sliced.c - products with a weight matrix in slices, each with the same bits wherever it is computed.
 *
 * hl_product promises the same bits whatever stands beside a row or a column, so slices of an output need not be
 * made one by one; only sums over slices are taken apart. */
#include "math/sliced.h"
#include "base/fold.h"
#include "math/product.h"
#include <string.h>

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

static int piece_width(const hl_pieces *p, int i) { return p->width[i] / p->slices; }

static hl_numbers rows(const float *x, int row) { return (hl_numbers){x, (size_t)row, 1}; }

static hl_numbers turned(const float *x, int row) { return (hl_numbers){x, 1, (size_t)row}; }

void hl_sliced_column_parallel_forward(float *y, const float *x, const float *w, int T, int D, const hl_pieces *p)
{
    const int N = hl_pieces_width(p);
    hl_product(y, (size_t)N, rows(x, D), turned(w, D), T, N, D, false);
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

/* part (slices, T, D) = each slice's share of dx: its piece of every part in turn. */
static void columns_dx(float *part, const float *dy, const float *w, int T, int D, const hl_pieces *p)
{
    const int N = hl_pieces_width(p);
    for (int s = 0; s < p->slices; s++, part += (size_t)T * (size_t)D)
        for (int i = 0; i < p->parts; i++) {
            const int from = piece_begin(p, i, s);
            hl_product(part, (size_t)D, rows(dy + from, N), rows(w + (size_t)from * (size_t)D, D), T, D,
                       piece_width(p, i), i > 0);
        }
}

void hl_sliced_column_parallel_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T,
                                        int D, const hl_pieces *p, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)D;
    const int N = hl_pieces_width(p);
    if (dw) hl_product(dw, (size_t)D, turned(dy, N), rows(x, D), N, D, T, true);
    if (!dx) return;
    float *part = p->slices > 1 ? HL_TAKE_ROWS(scratch, float, n, p->slices) : dx;
    columns_dx(part, dy, w, T, D, p);
    if (p->slices > 1) add_slices(dx, part, p->slices, n);
    hl_arena_back(scratch, mark);
}

void hl_sliced_row_parallel_forward(float *y, const float *x, const float *w, int T, int K, int F, int slices,
                                    hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), n = (size_t)T * (size_t)F;
    const int width = K / slices;
    float *part = slices > 1 ? HL_TAKE_ROWS(scratch, float, n, slices) : y;
    for (int s = 0; s < slices; s++)
        hl_product(part + (size_t)s * n, (size_t)F, rows(x + s * width, K), turned(w + s * width, K), T, F, width,
                   false);
    if (slices > 1) add_slices(y, part, slices, n);
    hl_arena_back(scratch, mark);
}

void hl_sliced_row_parallel_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T,
                                     int K, int F)
{
    if (dx) hl_product(dx, (size_t)K, rows(dy, F), rows(w, K), T, K, F, false);
    if (dw) hl_product(dw, (size_t)K, turned(dy, F), rows(x, K), F, K, T, true);
}
