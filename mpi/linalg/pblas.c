/* pblas.c - products over a grid of ranks by ScaLAPACK's PBLAS: what the others are checked against.
 *
 * ScaLAPACK wants equal blocks, and tiles are not equal.  So every tile is laid into a block of the largest tile's
 * size, the rest zero: then each rank has one block of a block-cyclic matrix, and padding adds nothing to a product.
 * What a product reads is cut in two ways, for x and for w, so it is done a panel at a time, each a piece of the one
 * and of the other.
 *
 * Fortran's matrices are column-major: a tile of x (T, D) is the block of x^T (D, T) as it stands.  So column c and
 * row r of our grid are row c and column r of BLACS's, and
 *
 *     y^T (F, T) = w x^T       dx^T (D, T) = w^T dy^T       dw (F, D) += dy^T x */
#include "mpi/linalg/pblas.h"
#include "mpi/linalg/scalapack.h"
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const int ONE = 1, FIRST = 0;

int hl_pblas_open(const hl_group *g, const hl_tiles *t)
{
    int *ranks = hl_alloc((size_t)g->size * sizeof *ranks), rows, columns, row, column;
    for (int r = 0; r < g->size; r++) ranks[r] = r; /* down BLACS's columns, which are our rows */
    int handle = Csys2blacs_handle(g->comm), context = handle;
    Cblacs_gridmap(&context, ranks, t->columns, t->columns, t->rows);
    Cblacs_gridinfo(context, &rows, &columns, &row, &column);
    HL_CHECK(rows == t->columns && columns == t->rows && row == t->column && column == t->row);
    Cfree_blacs_system_handle(handle);
    free(ranks);
    return context;
}

void hl_pblas_close(int context) { Cblacs_gridexit(context); }

/* A matrix in equal blocks, one a rank: `high` x `wide` over the rows and columns of BLACS, column-major. */
typedef struct {
    float *x;
    int high, wide, desc[9];
} blocks;

/* The largest share. */
static int largest(const int *begin, int parts)
{
    int most = 0;
    for (int k = 0; k < parts; k++)
        if (begin[k + 1] - begin[k] > most) most = begin[k + 1] - begin[k];
    return most;
}

/* down: cut over the columns of our grid; along: over its rows.  All zero.  ScaLAPACK counts to INT_MAX and says
 * nothing beyond. */
static blocks blocks_of(const hl_tiles *g, const int *down, const int *along, hl_arena *scratch)
{
    const hl_tile_grid *t = g->self;
    blocks b = {.high = largest(down, g->columns), .wide = largest(along, g->rows)};
    const int64_t M = (int64_t)b.high * g->columns, N = (int64_t)b.wide * g->rows;
    HL_CHECK(M > 0 && N > 0 && M <= INT_MAX && N <= INT_MAX && (int64_t)b.high * b.wide <= INT_MAX);
    const int m = (int)M, n = (int)N;
    int info;
    b.x = HL_TAKE_ZERO_ROWS(scratch, float, b.high, b.wide);
    descinit_(b.desc, &m, &n, &b.high, &b.wide, &FIRST, &FIRST, &t->context, &b.high, &info);
    HL_CHECK(info == 0);
    return b;
}

/* My tile x (n, D) into a block, of which token i is column i; and back. */
static void put_rows(blocks *b, const float *x, int n, int D)
{
    for (int i = 0; i < n; i++)
        memcpy(b->x + (size_t)i * (size_t)b->high, x + (size_t)i * (size_t)D, (size_t)D * sizeof *x);
}

static void take_rows(float *x, const blocks *b, int n, int D)
{
    for (int i = 0; i < n; i++)
        memcpy(x + (size_t)i * (size_t)D, b->x + (size_t)i * (size_t)b->high, (size_t)D * sizeof *x);
}

/* My tile w (F, K) into a block, of which output f is row f; and back, added. */
static void put_weights(blocks *b, const float *w, int F, int K)
{
    for (int k = 0; k < K; k++)
        for (int f = 0; f < F; f++)
            b->x[(size_t)k * (size_t)b->high + (size_t)f] = w[(size_t)f * (size_t)K + (size_t)k];
}

static void add_weights(float *w, const blocks *b, int F, int K)
{
    for (int k = 0; k < K; k++)
        for (int f = 0; f < F; f++)
            w[(size_t)f * (size_t)K + (size_t)k] += b->x[(size_t)k * (size_t)b->high + (size_t)f];
}

/* The matrices of a product: x^T and w as given, y^T. */
typedef struct {
    blocks x, w, y;
    int T, F, D, K; /* of my tiles */
    int M, N;       /* of y^T, padding included */
} product;

static product product_of(const hl_tiles *g, const float *x, const float *w, const hl_tile_cuts *c, hl_arena *scratch)
{
    product p = {.x = blocks_of(g, c->D, c->T, scratch),
                 .w = blocks_of(g, c->F, c->K, scratch),
                 .y = blocks_of(g, c->F, c->T, scratch)};
    p.T = c->T[g->row + 1] - c->T[g->row];
    p.F = c->F[g->column + 1] - c->F[g->column];
    p.D = c->D[g->column + 1] - c->D[g->column];
    p.K = c->K[g->row + 1] - c->K[g->row];
    p.M = p.y.high * g->columns;
    p.N = p.y.wide * g->rows;
    if (x) put_rows(&p.x, x, p.T, p.D);
    if (w) put_weights(&p.w, w, p.F, p.K);
    return p;
}

/* Where a panel begins: the row of x^T, the column of w. */
static int row_of(const product *p, const hl_tile_panel *at, const hl_tile_cuts *c)
{
    return at->column * p->x.high + at->begin - c->D[at->column] + 1;
}

static int column_of(const product *p, const hl_tile_panel *at, const hl_tile_cuts *c)
{
    return at->row * p->w.wide + at->begin - c->K[at->row] + 1;
}

void hl_pblas_forward(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                      hl_arena *scratch)
{
    const float one = 1;
    const size_t mark = hl_arena_mark(scratch);
    product p = product_of(g, x, w, c, scratch);
    for (hl_tile_panel at = {0}; hl_tile_panel_next(&at, g, c);) {
        const int row = row_of(&p, &at, c), column = column_of(&p, &at, c);
        psgemm_("N", "N", &p.M, &p.N, &at.n, &one, p.w.x, &ONE, &column, p.w.desc, p.x.x, &row, &ONE, p.x.desc, &one,
                p.y.x, &ONE, &ONE, p.y.desc);
    }
    take_rows(y, &p.y, p.T, p.F);
    hl_arena_back(scratch, mark);
}

void hl_pblas_backward(const hl_tiles *g, float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const hl_tile_cuts *c, hl_arena *scratch)
{
    const float one = 1;
    const size_t mark = hl_arena_mark(scratch);
    product p = product_of(g, x, w, c, scratch);
    blocks into_x = blocks_of(g, c->D, c->T, scratch), into_w = blocks_of(g, c->F, c->K, scratch);
    put_rows(&p.y, dy, p.T, p.F);
    for (hl_tile_panel at = {0}; hl_tile_panel_next(&at, g, c);) {
        const int row = row_of(&p, &at, c), column = column_of(&p, &at, c);
        if (dx)
            psgemm_("T", "N", &at.n, &p.N, &p.M, &one, p.w.x, &ONE, &column, p.w.desc, p.y.x, &ONE, &ONE, p.y.desc,
                    &one, into_x.x, &row, &ONE, into_x.desc);
        if (dw)
            psgemm_("N", "T", &p.M, &at.n, &p.N, &one, p.y.x, &ONE, &ONE, p.y.desc, p.x.x, &row, &ONE, p.x.desc, &one,
                    into_w.x, &ONE, &column, into_w.desc);
    }
    if (dx) take_rows(dx, &into_x, p.T, p.D);
    if (dw) add_weights(dw, &into_w, p.F, p.K);
    hl_arena_back(scratch, mark);
}
