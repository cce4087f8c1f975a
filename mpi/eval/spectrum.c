/* spectrum.c - along how many directions the vectors of the catalogue spread. */
#include "mpi/eval/spectrum.h"
#include "base/minmax.h"
#include "math/gram.h"
#include "mpi/linalg/matrix.h"
#include <math.h>

/* An item's unit vector counts once for each item that has the text. */
static double *second_moment(const hl_group *g, const hl_catalogue *c, int D, hl_arena *scratch)
{
    double *sum = HL_TAKE_ZERO_ROWS(scratch, double, D, D), items = 0;
    float *scale = HL_TAKE(scratch, float, c->mine);
    for (int t = 0; t < c->texts; t++) items += c->weight[t];
    for (int i = 0; i < c->mine; i++) scale[i] = c->scale[i] * (float)sqrt(c->weight[c->begin + i] / items);
    hl_gram_add(sum, c->vector, scale, c->mine, D, scratch);
    hl_group_all_reduce_double(g, sum, (size_t)D * (size_t)D);
    return sum;
}

static bool is_finite(const double *x, int D)
{
    for (int i = 0; i < D; i++)
        if (!isfinite(x[(size_t)i * (size_t)(D + 1)])) return false;
    return true;
}

/* A row-major lower triangle is a column-major upper one, which is the same of a symmetric matrix. */
static void deal(hl_matrix *m, const double *whole)
{
    for (int j = 0; j < m->columns; j++)
        for (int k = 0; k < m->rows; k++) {
            int a = hl_axis_global(&m->row, k), b = hl_axis_global(&m->column, j), low = hl_max(a, b),
                high = hl_min(a, b);
            m->x[(size_t)k + (size_t)j * (size_t)m->rows] = whole[(size_t)low * (size_t)m->row.n + (size_t)high];
        }
}

/* Rounding may take the smallest a little below zero. */
static void sum_up(hl_spectrum *s, const double *value, int D)
{
    double sum = 0, entropy = 0;
    for (int i = 0; i < D; i++) sum += fmax(value[i], 0);
    for (int i = 0; i < D; i++)
        if (value[i] > 0) entropy -= value[i] / sum * log(value[i] / sum);
    *s = (hl_spectrum){exp(entropy), value[D - 1] / sum};
}

static void decompose(hl_spectrum *s, const double *whole, int D, const hl_grid *grid, hl_arena *scratch)
{
    hl_matrix m;
    double *value = HL_TAKE(scratch, double, D);
    hl_matrix_open(&m, grid, D);
    deal(&m, whole);
    if (hl_matrix_eigenvalues(value, &m) == HL_OK) sum_up(s, value, D);
    hl_matrix_close(&m);
}

void hl_spectrum_find(hl_spectrum *s, const hl_group *g, const hl_catalogue *c, int D, hl_arena *scratch)
{
    hl_grid grid;
    size_t mark = hl_arena_mark(scratch);
    const double *whole = second_moment(g, c, D, scratch);
    *s = (hl_spectrum){NAN, NAN};
    if (is_finite(whole, D)) {
        hl_grid_open(&grid, g);
        if (hl_grid_has_me(&grid)) decompose(s, whole, D, &grid, scratch);
        hl_grid_close(&grid);
        hl_group_broadcast(g, s, sizeof *s, 0);
    }
    hl_arena_back(scratch, mark);
}
