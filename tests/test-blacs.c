/* test-blacs.c - ranks as a grid, and matrices dealt over it. */
#include "base/arena.h"
#include "base/rng.h"
#include "mpi/linalg/matrix.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/ref-ease.h"
#include <stdlib.h>
#include <string.h>

static void a_grid_is_nearly_square(void)
{
    for (int p = 1; p <= 2000; p++) {
        int rows, columns;
        hl_grid_shape(&rows, &columns, p);
        int over = p - rows * columns;
        CHECK(columns >= 1 && rows >= columns && rows <= columns + 2);
        CHECK(over >= 0 && over * over < p);
    }
}

static void every_place_of_the_grid_has_one_rank(void)
{
    hl_grid grid;
    hl_grid_open(&grid, check_world());
    int places = grid.rows * grid.columns;
    int64_t *who = calloc((size_t)places + 1, sizeof *who);
    who[hl_grid_has_me(&grid) ? grid.row * grid.columns + grid.column : places] = 1;
    hl_group_all_reduce_int(check_world(), who, (size_t)places + 1);
    for (int i = 0; i < places; i++) CHECK(who[i] == 1);
    CHECK(who[places] == check_world()->size - places);
    if (hl_grid_has_me(&grid)) CHECK(grid.line.size == grid.columns && grid.line.rank == grid.column);
    free(who);
    hl_grid_close(&grid);
}

static void every_thing_has_one_owner_and_one_place(void)
{
    for (int n = 1; n <= 40; n += 3)
        for (int block = 1; block <= 5; block++)
            for (int parts = 1; parts <= 4; parts++) {
                int all = 0;
                for (int part = 0; part < parts; part++) {
                    hl_axis a = {n, block, parts, part};
                    all += hl_axis_count(&a);
                    for (int k = 0; k < hl_axis_count(&a); k++)
                        CHECK(hl_axis_global(&a, k) < n && hl_axis_local(&a, hl_axis_global(&a, k)) == k);
                }
                CHECK(all == n);
            }
}

/* ---- matrices that all ranks know */

static double *random_symmetric(int n, uint64_t seed)
{
    double *f = hl_alloc((size_t)(n * n) * sizeof *f), *a = hl_alloc_zero((size_t)(n * n), sizeof *a);
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, (uint64_t)n, 0);
    for (int i = 0; i < n * n; i++) f[i] = hl_rng_normal(&r);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            for (int k = 0; k < n; k++) a[i * n + j] += f[i * n + k] * f[j * n + k] / n;
            a[i * n + j] += i == j;
        }
    free(f);
    return a;
}

typedef void visit(double *mine, double *whole);
static void give(double *mine, double *whole) { *mine = *whole; }
static void keep(double *mine, double *whole) { *whole = *mine; }

/* act(number of my part, the same of the whole), for all of my part. */
static void each(hl_matrix *m, double *whole, visit *act)
{
    for (int j = 0; j < m->columns; j++)
        for (int k = 0; k < m->rows; k++)
            act(&m->x[(size_t)k + (size_t)j * (size_t)m->rows],
                &whole[hl_axis_global(&m->row, k) * m->row.n + hl_axis_global(&m->column, j)]);
}

/* The whole from its parts, on every rank of the grid. */
static void gather(double *whole, hl_matrix *m)
{
    size_t numbers = (size_t)m->row.n * (size_t)m->row.n;
    memset(whole, 0, numbers * sizeof *whole);
    each(m, whole, keep);
    hl_group_all_reduce_double(&m->grid->all, whole, numbers);
}

/* NaN where there is one. */
static double furthest(const double *a, const double *b, int n)
{
    double most = 0;
    for (int i = 0; i < n && !isnan(most); i++)
        if (!(fabs(a[i] - b[i]) <= most)) most = fabs(a[i] - b[i]);
    return most;
}

static void invert_and_compare(const hl_grid *grid, int n, uint64_t seed)
{
    hl_matrix m;
    double *a = random_symmetric(n, seed), *want = hl_alloc((size_t)(n * n) * sizeof *want),
           *got = hl_alloc((size_t)(n * n) * sizeof *got);
    ref_inverse(want, a, n);
    hl_matrix_open(&m, grid, n);
    for (int i = 0; i < n; i++) /* only the lower triangle is read */
        for (int j = i + 1; j < n; j++) a[i * n + j] = NAN;
    each(&m, a, give);
    CHECK_OK(hl_matrix_invert(&m));
    gather(got, &m);
    CHECK_NEAR(furthest(got, want, n * n), 0, 1e-12);
    double *diagonal = hl_alloc((size_t)m.rows * sizeof *diagonal);
    hl_matrix_diagonal(diagonal, &m);
    for (int k = 0; k < m.rows; k++) CHECK(diagonal[k] == got[hl_axis_global(&m.row, k) * (n + 1)]);
    free(diagonal);
    hl_matrix_close(&m);
    free(a), free(want), free(got);
}

static void the_inverse_is_that_of_the_twin(void)
{
    static const int sizes[] = {1, 2, 3, 7, 64, 65, 129, 200};
    hl_grid grid;
    hl_grid_open(&grid, check_world());
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && hl_grid_has_me(&grid); i++)
        invert_and_compare(&grid, sizes[i], 1);
    hl_grid_close(&grid);
}

static void eigenvalues_are_those_of_the_twin(void)
{
    static const int sizes[] = {1, 2, 3, 8, 65, 100};
    hl_grid grid;
    hl_grid_open(&grid, check_world());
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0] && hl_grid_has_me(&grid); i++) {
        int n = sizes[i];
        hl_matrix m;
        double *a = random_symmetric(n, 5), *want = hl_alloc((size_t)n * sizeof *want),
               *got = hl_alloc((size_t)n * sizeof *got);
        ref_eigenvalues(want, a, n);
        hl_matrix_open(&m, &grid, n);
        each(&m, a, give);
        CHECK_OK(hl_matrix_eigenvalues(got, &m));
        CHECK_NEAR(furthest(got, want, n), 0, 1e-12);
        hl_matrix_close(&m);
        free(a), free(want), free(got);
    }
    hl_grid_close(&grid);
}

static void grids_of_two_groups_work_side_by_side(void)
{
    hl_group groups[2];
    hl_grid grid;
    int p = check_world()->size, mine = check_world()->rank >= (p + 1) / 2;
    for (int i = 0; i < 2; i++) hl_group_subset(&groups[i], check_world(), mine == i);
    hl_grid_open(&grid, &groups[mine]);
    if (hl_grid_has_me(&grid)) invert_and_compare(&grid, 50 + 20 * mine, 2 + (uint64_t)mine);
    hl_group_close(&groups[mine]);
    if (hl_grid_has_me(&grid)) invert_and_compare(&grid, 30 + 20 * mine, 2 + (uint64_t)mine);
    hl_grid_close(&grid);
}

static void what_has_no_inverse_is_refused(void)
{
    enum { N = 150 };
    static const int wrong[] = {0, 70, N - 1};
    hl_grid grid;
    hl_grid_open(&grid, check_world());
    for (int i = 0; i < 3 && hl_grid_has_me(&grid); i++) {
        char words[40];
        hl_matrix m;
        double *a = random_symmetric(N, 4);
        a[wrong[i] * (N + 1)] = -1;
        hl_matrix_open(&m, &grid, N);
        each(&m, a, give);
        snprintf(words, sizeof words, "as its first %d rows show", wrong[i] + 1);
        CHECK_FAILS(hl_matrix_invert(&m), HL_ENUMERIC, words);
        hl_matrix_close(&m);
        free(a);
    }
    hl_grid_close(&grid);
}

static void what_does_not_fit_is_refused(void)
{
    const hl_group *g = check_world();
    CHECK_OK(hl_matrix_fits(g, 1000, 1));
    CHECK_FAILS(hl_matrix_fits(g, 3000000000, 1), HL_EUSAGE, "33554432 are possible");
    CHECK_FAILS(hl_matrix_fits(g, 200000, 1), HL_EUSAGE, "use 20 ranks or more");
    CHECK_FAILS(hl_matrix_fits(g, 40000, 1 << 20), HL_EUSAGE, "use more machines");
}

static const test tests[] = {
    {"a grid is nearly square and leaves few ranks over", a_grid_is_nearly_square},
    {"every place of the grid has one rank", every_place_of_the_grid_has_one_rank},
    {"every thing has one owner and one place there", every_thing_has_one_owner_and_one_place},
    {"the inverse is that of the twin, both triangles", the_inverse_is_that_of_the_twin},
    {"eigenvalues are those of the twin", eigenvalues_are_those_of_the_twin},
    {"grids of two groups work side by side, also when the groups are closed", grids_of_two_groups_work_side_by_side},
    {"a matrix that is not positive definite is refused by all", what_has_no_inverse_is_refused},
    {"a matrix that does not fit is refused with what it takes", what_does_not_fit_is_refused},
};
HL_TESTS("blacs", tests)
