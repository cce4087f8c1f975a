/* test-tiles.c - products over a grid of ranks are those of one rank, whoever multiplies and however tiles are cut. */
#include "base/rng.h"
#include "mpi/linalg/tiles.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, TRIALS = 4 };

/* A product of this size in tiles of a grid of all ranks: whole matrices, which everyone has, and my tiles. */
typedef struct {
    hl_tile_grid grid;
    hl_tile_cuts cuts;
    int T, F, D;
    int cut[4][MOST];
    float *x, *w, *dy, *dw; /* whole; dw before anything is added */
    float *my_x, *my_w, *my_dy, *my_y, *my_dx, *my_dw;
    hl_arena scratch;
} job;

/* Shares of n over p that need not be alike; some are empty. */
static void draw_cut(int *begin, int n, int p, hl_rng *r)
{
    begin[0] = 0;
    for (int k = 1; k < p; k++) {
        int to = (int)hl_rng_below(r, (uint64_t)(n + 1));
        begin[k] = to;
        for (int i = k; i > 1 && begin[i - 1] > begin[i]; i--) {
            int t = begin[i];
            begin[i] = begin[i - 1];
            begin[i - 1] = t;
        }
    }
    begin[p] = n;
}

/* Small integers, of which any sum is exact; or numbers of some size. */
static float *draw(int rows, int columns, bool integers, hl_rng *r)
{
    const size_t n = (size_t)rows * (size_t)columns;
    float *x = hl_alloc((n + 1) * sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = integers ? (float)hl_rng_below(r, 7) - 3 : (float)hl_rng_normal(r);
    return x;
}

/* Rows [r0, r1), columns [c0, c1) of x (any, D). */
static float *tile(const float *x, int D, const int *rows, const int *columns)
{
    const int high = rows[1] - rows[0], wide = columns[1] - columns[0];
    float *y = hl_alloc(((size_t)high * (size_t)wide + 1) * sizeof *y);
    for (int i = 0; i < high; i++)
        for (int k = 0; k < wide; k++) y[i * wide + k] = x[(rows[0] + i) * D + columns[0] + k];
    return y;
}

/* My tile is that of the whole matrix. */
static void check_tile(const float *mine, const double *whole, int D, const int *rows, const int *columns)
{
    const int wide = columns[1] - columns[0];
    for (int i = rows[0]; i < rows[1]; i++)
        for (int k = columns[0]; k < columns[1]; k++)
            CHECK_NEAR(mine[(i - rows[0]) * wide + k - columns[0]], whole[i * D + k], 0);
}

static const int *of_row(const job *j, const int *cut) { return cut + j->grid.tiles.row; }
static const int *of_column(const job *j, const int *cut) { return cut + j->grid.tiles.column; }

static void draw_job(job *j, int rows, int columns, bool integers, hl_rng *r)
{
    j->T = 1 + (int)hl_rng_below(r, 30);
    j->F = 1 + (int)hl_rng_below(r, 40);
    j->D = 1 + (int)hl_rng_below(r, 40);
    draw_cut(j->cut[0], j->T, rows, r);
    draw_cut(j->cut[1], j->F, columns, r);
    draw_cut(j->cut[2], j->D, columns, r);
    draw_cut(j->cut[3], j->D, rows, r);
    j->cuts = (hl_tile_cuts){.T = j->cut[0], .F = j->cut[1], .D = j->cut[2], .K = j->cut[3]};
    j->x = draw(j->T, j->D, integers, r);
    j->w = draw(j->F, j->D, integers, r);
    j->dy = draw(j->T, j->F, integers, r);
    j->dw = draw(j->F, j->D, integers, r);
}

static void open_job(job *j, int rows, hl_tile_engine engine, bool integers, hl_rng *r)
{
    *j = (job){.scratch = hl_arena_growing("products in tiles")};
    hl_tile_grid_open(&j->grid, check_world(), rows, engine);
    draw_job(j, rows, j->grid.tiles.columns, integers, r);
    j->my_x = tile(j->x, j->D, of_row(j, j->cut[0]), of_column(j, j->cut[2]));
    j->my_w = tile(j->w, j->D, of_column(j, j->cut[1]), of_row(j, j->cut[3]));
    j->my_dy = tile(j->dy, j->F, of_row(j, j->cut[0]), of_column(j, j->cut[1]));
    j->my_dw = tile(j->dw, j->D, of_column(j, j->cut[1]), of_row(j, j->cut[3]));
    j->my_y = tile(j->dy, j->F, of_row(j, j->cut[0]), of_column(j, j->cut[1]));
    j->my_dx = tile(j->x, j->D, of_row(j, j->cut[0]), of_column(j, j->cut[2]));
}

static void close_job(job *j)
{
    float *all[] = {j->x, j->w, j->dy, j->dw, j->my_x, j->my_w, j->my_dy, j->my_y, j->my_dx, j->my_dw};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
    hl_tile_grid_close(&j->grid);
    hl_arena_free(&j->scratch);
}

static void run(job *j)
{
    const hl_tiles *g = &j->grid.tiles;
    g->forward(g, j->my_y, j->my_x, j->my_w, &j->cuts, &j->scratch);
    g->backward(g, j->my_dx, j->my_dw, j->my_dy, j->my_x, j->my_w, &j->cuts, &j->scratch);
}

/* On every grid that all ranks can make, some products of random sizes and cuts. */
static void on_all_grids(hl_tile_engine engine, bool integers, bool careful, void (*check)(job *j))
{
    const int p = check_world()->size;
    for (int rows = 1; rows <= p; rows++)
        for (int trial = 0; p % rows == 0 && trial < TRIALS; trial++) {
            hl_rng r = hl_rng_at(17, HL_FOR_TESTS, (uint64_t)(rows * TRIALS + trial), 0);
            job j;
            open_job(&j, rows, engine, integers, &r);
            j.cuts.careful = careful;
            run(&j);
            check(&j);
            close_job(&j);
        }
}

static double *doubles(const float *x, int n)
{
    double *y = hl_alloc((size_t)(n + 1) * sizeof *y);
    for (int i = 0; i < n; i++) y[i] = x[i];
    return y;
}

static void compare_with_one(job *j)
{
    const int T = j->T, F = j->F, D = j->D;
    double *x = doubles(j->x, T * D), *w = doubles(j->w, F * D), *dy = doubles(j->dy, T * F),
           *dw = doubles(j->w, F * D);
    double *y = hl_alloc_zero((size_t)(T * F), sizeof *y), *dx = hl_alloc_zero((size_t)(T * D), sizeof *dx);
    ref_linear_forward(y, x, w, T, D, F);
    ref_linear_backward(dx, dw, dy, x, w, T, D, F);
    for (int i = 0; i < F * D; i++) dw[i] += (double)j->dw[i];
    check_tile(j->my_y, y, F, of_row(j, j->cut[0]), of_column(j, j->cut[1]));
    check_tile(j->my_dx, dx, D, of_row(j, j->cut[0]), of_column(j, j->cut[2]));
    check_tile(j->my_dw, dw, D, of_column(j, j->cut[1]), of_row(j, j->cut[3]));
    double *all[] = {x, w, dy, dw, y, dx};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
}

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)a[i] * b[i];
    return sum;
}

/* <dy, x w^T> = <dx, x> = <dw, w>, where dw was zero; the products of all ranks' tiles, added. */
static void compare_adjoint(job *j)
{
    const int *T = of_row(j, j->cut[0]), *F = of_column(j, j->cut[1]), *D = of_column(j, j->cut[2]),
              *K = of_row(j, j->cut[3]);
    const int t = T[1] - T[0], f = F[1] - F[0], d = D[1] - D[0], k = K[1] - K[0];
    const hl_tiles *g = &j->grid.tiles;
    memset(j->my_dw, 0, (size_t)(f * k) * sizeof *j->my_dw);
    g->backward(g, j->my_dx, j->my_dw, j->my_dy, j->my_x, j->my_w, &j->cuts, &j->scratch);
    double sum[3] = {dot(j->my_dy, j->my_y, t * f), dot(j->my_dx, j->my_x, t * d), dot(j->my_dw, j->my_w, f * k)};
    hl_group_all_reduce_double(check_world(), sum, 3);
    const double size = sqrt((double)j->T * j->F * j->D);
    CHECK_NEAR(sum[1], sum[0], 1e-5 * size);
    CHECK_NEAR(sum[2], sum[0], 1e-5 * size);
}

static void tiles_make_the_whole_product(void)
{
    for (hl_tile_engine e = HL_SUMMA; e <= HL_SCALAPACK; e++) on_all_grids(e, true, false, compare_with_one);
    on_all_grids(HL_SUMMA, true, true, compare_with_one);
}

static void backward_is_the_adjoint_of_forward(void)
{
    for (hl_tile_engine e = HL_SUMMA; e <= HL_SCALAPACK; e++) on_all_grids(e, false, false, compare_adjoint);
}

static void engines_agree(void)
{
    const int p = check_world()->size;
    for (int rows = 1; rows <= p; rows++) {
        if (p % rows) continue;
        hl_rng r = hl_rng_at(18, HL_FOR_TESTS, (uint64_t)rows, 0), again = r;
        job one, other;
        open_job(&one, rows, HL_SUMMA, false, &r);
        open_job(&other, rows, HL_SCALAPACK, false, &again);
        run(&one);
        run(&other);
        const int *T = of_row(&one, one.cut[0]), *F = of_column(&one, one.cut[1]), *D = of_column(&one, one.cut[2]),
                  *K = of_row(&one, one.cut[3]);
        for (int i = 0; i < (T[1] - T[0]) * (F[1] - F[0]); i++) CHECK_NEAR(one.my_y[i], other.my_y[i], 1e-4);
        for (int i = 0; i < (T[1] - T[0]) * (D[1] - D[0]); i++) CHECK_NEAR(one.my_dx[i], other.my_dx[i], 1e-4);
        for (int i = 0; i < (F[1] - F[0]) * (K[1] - K[0]); i++) CHECK_NEAR(one.my_dw[i], other.my_dw[i], 1e-4);
        close_job(&other);
        close_job(&one);
    }
}

/* Each piece is one column's and one row's, and together they are all of D. */
static void panels_cover_what_is_read(void)
{
    hl_rng r = hl_rng_at(19, HL_FOR_TESTS, 0, 0);
    for (int trial = 0; trial < 200; trial++) {
        int D[MOST], K[MOST], n = 1 + (int)hl_rng_below(&r, 20), end = 0, panels = 0;
        const hl_tiles g = {.rows = 1 + (int)hl_rng_below(&r, 6), .columns = 1 + (int)hl_rng_below(&r, 6)};
        draw_cut(D, n, g.columns, &r);
        draw_cut(K, n, g.rows, &r);
        for (hl_tile_panel p = {0}; hl_tile_panel_next(&p, &g, &(hl_tile_cuts){.D = D, .K = K}); panels++) {
            CHECK(p.begin == end && p.n > 0);
            CHECK(D[p.column] <= p.begin && p.begin + p.n <= D[p.column + 1] && K[p.row] <= p.begin
                  && p.begin + p.n <= K[p.row + 1]);
            end = p.begin + p.n;
        }
        CHECK(end == n && panels < g.rows + g.columns);
    }
}

static const test tests[] = {
    {"panels cover what is read", panels_cover_what_is_read},
    {"tiles make the whole product, whoever multiplies", tiles_make_the_whole_product},
    {"backward is the adjoint of forward", backward_is_the_adjoint_of_forward},
    {"engines agree", engines_agree},
};
HL_TESTS("tiles", tests)
