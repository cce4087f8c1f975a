/* matrix.c - square matrices dealt over a grid of ranks in blocks, and what ScaLAPACK does with them. */
#include "mpi/linalg/matrix.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/minmax.h"
#include "mpi/linalg/scalapack.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 64, ROWS_MOST = 1 << 25 };

static const int ONE = 1, FIRST = 0;

/* ---- one axis */

int hl_axis_count(const hl_axis *a) { return a->part < 0 ? 0 : numroc_(&a->n, &a->block, &a->part, &FIRST, &a->parts); }

int hl_axis_local(const hl_axis *a, int i)
{
    int block = i / a->block;
    return block % a->parts == a->part ? block / a->parts * a->block + i % a->block : -1;
}

int hl_axis_global(const hl_axis *a, int k) { return (k / a->block * a->parts + a->part) * a->block + k % a->block; }

/* Blocks of a small matrix are small, so that everyone has some. */
static hl_axis axis_of(int n, int rows, int parts, int part)
{
    int each = (n + rows - 1) / rows;
    return (hl_axis){n, each < 1 ? 1 : each < BLOCK ? each : BLOCK, parts, part};
}

/* ---- room */

/* Numbers of the largest part: that of process (0, 0). */
static double largest_part(int64_t n, int ranks)
{
    int rows, columns;
    hl_grid_shape(&rows, &columns, ranks);
    double blocks = (double)((n + BLOCK - 1) / BLOCK), high = (blocks + rows - 1) / rows * BLOCK,
           wide = (blocks + columns - 1) / columns * BLOCK;
    return high * wide;
}

static int ranks_that_count(int64_t n)
{
    int ranks = (int)(n * n / INT32_MAX) + 1;
    while (largest_part(n, ranks) > INT32_MAX) ranks++;
    return ranks;
}

static hl_status can_count(int64_t n, int ranks)
{
    if (n > ROWS_MOST)
        return HL_FAIL(HL_EUSAGE, "a matrix of %lld rows is too large; %d are possible", (long long)n, ROWS_MOST);
    if (largest_part(n, ranks) <= INT32_MAX) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "a matrix of %lld x %lld numbers is too large for %d ranks: ScaLAPACK counts to %d on each; use %d "
                   "ranks or more",
                   (long long)n, (long long)n, ranks, INT32_MAX, ranks_that_count(n));
}

static hl_status has_memory(int64_t n, int ranks, int matrices, int here)
{
    double gib = 1 << 30, has = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGE_SIZE) / gib;
    double needs = largest_part(n, ranks) * sizeof(double) * matrices * here / gib;
    if (needs <= has) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "%d matrices of %lld x %lld numbers take %.1f GiB of a machine with %d of %d ranks, which has %.1f "
                   "GiB; use more machines",
                   matrices, (long long)n, (long long)n, needs, here, ranks, has);
}

hl_status hl_matrix_fits(const hl_group *g, int64_t n, int matrices)
{
    hl_group node;
    hl_group_split_node(&node, g);
    int here = node.size;
    hl_group_close(&node);
    HL_TRY(can_count(n, g->size));
    return hl_group_agree(g, has_memory(n, g->size, matrices, here));
}

/* ---- the matrix */

static void describe(hl_matrix *m)
{
    int info, leading = m->rows > 0 ? m->rows : 1;
    descinit_(m->desc, &m->row.n, &m->row.n, &m->row.block, &m->row.block, &FIRST, &FIRST, &m->grid->context, &leading,
              &info);
    HL_CHECK(info == 0);
}

void hl_matrix_open(hl_matrix *m, const hl_grid *grid, int n)
{
    HL_CHECK(n > 0);
    *m = (hl_matrix){.grid = grid,
                     .row = axis_of(n, grid->rows, grid->rows, grid->row),
                     .column = axis_of(n, grid->rows, grid->columns, grid->column)};
    m->rows = hl_axis_count(&m->row);
    m->columns = hl_axis_count(&m->column);
    m->x = hl_alloc_zero((size_t)m->rows * (size_t)m->columns + 1, sizeof *m->x);
    if (hl_grid_has_me(grid)) describe(m);
}

void hl_matrix_close(hl_matrix *m)
{
    free(m->x);
    *m = (hl_matrix){0};
}

/* ---- the inverse, the eigenvalues */

/* Of a block on the diagonal, which is one rank's: element (k, j) of it is at at[k + j * leading]. */
static void mirror_here(double *at, size_t leading, int size)
{
    for (int j = 0; j < size; j++)
        for (int k = j + 1; k < size; k++) at[(size_t)j + (size_t)k * leading] = at[(size_t)k + (size_t)j * leading];
}

/* A panel of one block's width at a time: what is below the diagonal block goes to the right of it. */
static void mirror(hl_matrix *m)
{
    const double one = 1, zero = 0;
    for (int i = 0; i < m->row.n; i += m->row.block) {
        int rest = m->row.n - i, size = hl_min(rest, m->row.block), beyond = rest - size;
        int here = i + 1, next = here + size, row = hl_axis_local(&m->row, i), column = hl_axis_local(&m->column, i);
        if (row >= 0 && column >= 0)
            mirror_here(m->x + (size_t)row + (size_t)column * (size_t)m->rows, (size_t)m->rows, size);
        if (beyond > 0) pdtran_(&size, &beyond, &one, m->x, &next, &here, m->desc, &zero, m->x, &here, &next, m->desc);
    }
}

hl_status hl_matrix_invert(hl_matrix *m)
{
    int info;
    hl_act_long();
    pdpotrf_("L", &m->row.n, m->x, &ONE, &ONE, m->desc, &info, 1);
    HL_CHECK(info >= 0);
    if (info > 0) hl_act_long_is_over();
    if (info > 0)
        return HL_FAIL(HL_ENUMERIC, "a matrix of %d rows is not positive definite, as its first %d rows show", m->row.n,
                       info);
    pdpotri_("L", &m->row.n, m->x, &ONE, &ONE, m->desc, &info, 1);
    HL_CHECK(info == 0);
    mirror(m);
    hl_act_long_is_over();
    return HL_OK;
}

static int eigenvalues(double *value, hl_matrix *m, double *work, int room)
{
    int info;
    double none;
    hl_act_long();
    pdsyev_("N", "L", &m->row.n, m->x, &ONE, &ONE, m->desc, value, &none, &ONE, &ONE, m->desc, work, &room, &info, 1,
            1);
    hl_act_long_is_over();
    HL_CHECK(info >= 0);
    return info;
}

hl_status hl_matrix_eigenvalues(double *value, hl_matrix *m)
{
    double wanted;
    eigenvalues(value, m, &wanted, -1);
    double *work = hl_alloc((size_t)wanted * sizeof *work);
    int info = eigenvalues(value, m, work, (int)wanted);
    free(work);
    return info == 0 ? HL_OK : HL_FAIL(HL_ENUMERIC, "the eigenvalues of a matrix of %d rows do not converge", m->row.n);
}

void hl_matrix_diagonal(double *y, const hl_matrix *m)
{
    memset(y, 0, (size_t)m->rows * sizeof *y);
    for (int k = 0; k < m->rows; k++) {
        int j = hl_axis_local(&m->column, hl_axis_global(&m->row, k));
        if (j >= 0) y[k] = m->x[(size_t)k + (size_t)j * (size_t)m->rows];
    }
    hl_group_all_reduce_double(&m->grid->line, y, (size_t)m->rows);
}
