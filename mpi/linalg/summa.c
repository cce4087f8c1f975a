/* summa.c - products over a grid of ranks, a panel at a time.
 *
 * A panel is a piece of what is read that one column of the grid has of x, and one row of w.  Forward, the panel of
 * x goes along the rows of the grid, that of w along the columns, and each rank adds their product to its tile of y,
 * which stays where it is:
 *
 *     y (r, c) += x (r, panel) w (c, panel)^T
 *
 * Backward the same panels meet dy, which stays, and what they make is added up where x and w came from:
 *
 *     dx (r, panel) = sum over c of dy (r, c) w (c, panel)      dw (c, panel) += sum over r of dy (r, c)^T x (r, panel)
 *
 * (van de Geijn and Watts, SUMMA: scalable universal matrix multiplication algorithm, Concurrency 9, 1997.)  Panels
 * of w are sent turned over, (panel, F), which is what all three products want to read.  Sums over ranks are those
 * of the tree of ranks. */
#include "mpi/linalg/summa.h"
#include "base/minmax.h"
#include "math/linear.h"
#include "math/rows.h"
#include <string.h>

/* My tiles: tokens, what comes out, what x and what w has of what is read. */
typedef struct {
    int T, F, D, K;
} sizes;

static sizes sizes_of(const hl_tiles *g, const hl_tile_cuts *c)
{
    return (sizes){c->T[g->row + 1] - c->T[g->row], c->F[g->column + 1] - c->F[g->column],
                   c->D[g->column + 1] - c->D[g->column], c->K[g->row + 1] - c->K[g->row]};
}

static const hl_tile_grid *grid_of(const hl_tiles *g) { return g->self; }

/* Where a panel lies in my tile of x, and of w. */
static int place_in_x(const hl_tile_panel *p, const hl_tile_cuts *c) { return p->begin - c->D[p->column]; }

static int place_in_w(const hl_tile_panel *p, const hl_tile_cuts *c) { return p->begin - c->K[p->row]; }

/* y (rows, n) = columns [first, first + n) of x (rows, step). */
static void take_columns(float *y, const float *x, int rows, int step, int first, int n)
{
    for (int i = 0; i < rows; i++)
        memcpy(y + (size_t)i * (size_t)n, x + (size_t)i * (size_t)step + first, (size_t)n * sizeof *y);
}

static void put_columns(float *x, const float *y, int rows, int step, int first, int n)
{
    for (int i = 0; i < rows; i++)
        memcpy(x + (size_t)i * (size_t)step + first, y + (size_t)i * (size_t)n, (size_t)n * sizeof *y);
}

/* So many rows are turned over together: their numbers of one column are a line of a cache. */
enum { STRIP = 16 };

/* y (n, rows) = the same turned over; and back, added. */
static void turn_columns(float *y, const float *x, int rows, int step, int first, int n)
{
    for (int begin = 0; begin < rows; begin += STRIP)
        for (int k = 0; k < n; k++)
            for (int i = begin; i < hl_min(begin + STRIP, rows); i++)
                y[(size_t)k * (size_t)rows + (size_t)i] = x[(size_t)i * (size_t)step + (size_t)(first + k)];
}

static void add_columns(float *x, const float *y, int rows, int step, int first, int n)
{
    for (int begin = 0; begin < rows; begin += STRIP)
        for (int k = 0; k < n; k++)
            for (int i = begin; i < hl_min(begin + STRIP, rows); i++)
                x[(size_t)i * (size_t)step + (size_t)(first + k)] += y[(size_t)k * (size_t)rows + (size_t)i];
}

/* (T, n) of the panel, on all ranks of my row of the grid. */
static float *panel_of_x(const hl_tiles *g, const float *x, const hl_tile_panel *p, const hl_tile_cuts *c,
                         hl_arena *scratch)
{
    const sizes s = sizes_of(g, c);
    const size_t n = (size_t)s.T * (size_t)p->n;
    float *panel = HL_TAKE(scratch, float, n);
    if (g->column == p->column) take_columns(panel, x, s.T, s.D, place_in_x(p, c), p->n);
    hl_group_broadcast(&grid_of(g)->row, panel, n * sizeof *panel, p->column);
    return panel;
}

/* (n, F) of the panel, on all ranks of my column. */
static float *panel_of_w(const hl_tiles *g, const float *w, const hl_tile_panel *p, const hl_tile_cuts *c,
                         hl_arena *scratch)
{
    const sizes s = sizes_of(g, c);
    const size_t n = (size_t)s.F * (size_t)p->n;
    float *panel = HL_TAKE(scratch, float, n);
    if (g->row == p->row) turn_columns(panel, w, s.F, s.K, place_in_w(p, c), p->n);
    hl_group_broadcast(&grid_of(g)->column, panel, n * sizeof *panel, p->row);
    return panel;
}

/* Narrow ones whose every bit counts: all panels are put side by side, and each number is summed at once. */
static void forward_at_once(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                            hl_arena *scratch)
{
    const sizes s = sizes_of(g, c);
    const int D = c->D[g->columns];
    float *all_x = HL_TAKE_ROWS(scratch, float, s.T, D), *all_w = HL_TAKE_ZERO_ROWS(scratch, float, s.F, D);
    for (hl_tile_panel p = {0}; hl_tile_panel_next(&p, g, c);) {
        put_columns(all_x, panel_of_x(g, x, &p, c, scratch), s.T, D, p.begin, p.n);
        add_columns(all_w, panel_of_w(g, w, &p, c, scratch), s.F, D, p.begin, p.n);
    }
    hl_linear_forward_double(y, all_x, all_w, s.T, D, s.F, scratch);
}

static void forward_by_panels(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                              hl_arena *scratch)
{
    const sizes s = sizes_of(g, c);
    memset(y, 0, (size_t)s.T * (size_t)s.F * sizeof *y);
    for (hl_tile_panel p = {0}; hl_tile_panel_next(&p, g, c);) {
        const size_t mark = hl_arena_mark(scratch);
        const float *px = panel_of_x(g, x, &p, c, scratch), *pw = panel_of_w(g, w, &p, c, scratch);
        hl_rows_times(y, px, pw, s.T, p.n, s.F);
        hl_arena_back(scratch, mark);
    }
}

void hl_summa_forward(const hl_tiles *g, float *y, const float *x, const float *w, const hl_tile_cuts *c,
                      hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    (c->careful ? forward_at_once : forward_by_panels)(g, y, x, w, c, scratch);
    hl_arena_back(scratch, mark);
}

/* y (n) added over a line of the grid, for `owner` of it alone. */
static void sum_for(const hl_group *line, int owner, float *y, size_t n, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    size_t *begin = HL_TAKE(scratch, size_t, line->size + 1);
    for (int r = 0; r <= line->size; r++) begin[r] = r > owner ? n : 0;
    hl_group_reduce_scatter(line, y, begin);
    hl_arena_back(scratch, mark);
}

static void panel_to_x(const hl_tiles *g, float *dx, const float *dy, const float *w, const hl_tile_panel *p,
                       const hl_tile_cuts *c, hl_arena *scratch)
{
    const sizes s = sizes_of(g, c);
    const size_t n = (size_t)s.T * (size_t)p->n;
    float *panel = HL_TAKE(scratch, float, n);
    hl_rows_by_rows(panel, dy, panel_of_w(g, w, p, c, scratch), s.T, p->n, s.F);
    sum_for(&grid_of(g)->row, p->column, panel, n, scratch);
    if (g->column == p->column) put_columns(dx, panel, s.T, s.D, place_in_x(p, c), p->n);
}

static void panel_to_w(const hl_tiles *g, float *dw, const float *dy, const float *x, const hl_tile_panel *p,
                       const hl_tile_cuts *c, hl_arena *scratch)
{
    const sizes s = sizes_of(g, c);
    const size_t n = (size_t)s.F * (size_t)p->n;
    float *panel = HL_TAKE_ZERO(scratch, float, n);
    hl_columns_times(panel, panel_of_x(g, x, p, c, scratch), dy, s.T, p->n, s.F);
    sum_for(&grid_of(g)->column, p->row, panel, n, scratch);
    if (g->row == p->row) add_columns(dw, panel, s.F, s.K, place_in_w(p, c), p->n);
}

void hl_summa_backward(const hl_tiles *g, float *dx, float *dw, const float *dy, const float *x, const float *w,
                       const hl_tile_cuts *c, hl_arena *scratch)
{
    for (hl_tile_panel p = {0}; hl_tile_panel_next(&p, g, c);) {
        const size_t mark = hl_arena_mark(scratch);
        if (dx) panel_to_x(g, dx, dy, w, &p, c, scratch);
        if (dw) panel_to_w(g, dw, dy, x, &p, c, scratch);
        hl_arena_back(scratch, mark);
    }
}
