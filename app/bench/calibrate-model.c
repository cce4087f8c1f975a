/* calibrate-model.c - what products take this machine, and those of panels: coefficients of step/machine.h. */
#include "app/bench/calibrate-model.h"
#include "app/bench/samples.h"
#include "base/arena.h"
#include "math/linear.h"
#include "mpi/linalg/tiles.h"
#include <stdlib.h>

/* ---- products */

typedef struct {
    int rows, in, out;
    float *y, *x, *w, *dx, *dw;
    const hl_tiles *grid;
    hl_arena *scratch;
} product;

static void multiply(void *self)
{
    const product *p = self;
    hl_linear_forward(p->y, p->x, p->w, p->rows, p->in, p->out);
}

static void multiply_back(void *self)
{
    const product *p = self;
    hl_linear_backward(p->dx, p->dw, p->y, p->x, p->w, p->rows, p->in, p->out);
}

/* The same as the only panel of a grid of one rank, which nobody else has to get. */
static void multiply_panel(void *self)
{
    const product *p = self;
    const hl_tile_cuts c = {(int[]){0, p->rows}, (int[]){0, p->out}, (int[]){0, p->in}, (int[]){0, p->in}, false};
    p->grid->forward(p->grid, p->y, p->x, p->w, &c, p->scratch);
}

static void multiply_panel_back(void *self)
{
    const product *p = self;
    const hl_tile_cuts c = {(int[]){0, p->rows}, (int[]){0, p->out}, (int[]){0, p->in}, (int[]){0, p->in}, false};
    p->grid->backward(p->grid, p->dx, p->dw, p->y, p->x, p->w, &c, p->scratch);
}

static void sample_product(hl_samples *s, hl_samples *panels, const hl_meter *m, int rows, int in, int out)
{
    hl_tile_grid grid;
    hl_group alone;
    hl_arena scratch = hl_arena_growing("scratch of a panel");
    hl_group_alone(&alone);
    hl_tile_grid_open(&grid, &alone, 1, HL_SUMMA);
    const size_t R = (size_t)rows, I = (size_t)in, O = (size_t)out;
    product p = {rows,
                 in,
                 out,
                 hl_meter_array(R * O),
                 hl_meter_array(R * I),
                 hl_meter_array(O * I),
                 hl_meter_array(R * I),
                 hl_meter_array(O * I),
                 &grid.tiles,
                 &scratch};
    double terms[HL_PRODUCT_TERMS], seconds[HL_WAYS];
    hl_samples_measure(seconds, m, multiply, multiply_back, &p);
    hl_machine_product_terms(terms, rows, in, out);
    hl_samples_add(s, terms, seconds, seconds);
    if (panels) hl_samples_measure(seconds, m, multiply_panel, multiply_panel_back, &p);
    if (panels) hl_samples_add(panels, terms, seconds, seconds);
    hl_tile_grid_close(&grid);
    hl_arena_free(&scratch);
    free(p.dw);
    free(p.dx);
    free(p.w);
    free(p.x);
    free(p.y);
}

/* Widths as layers have them: square, and to and from an MLP; larger products add nothing but time. */
static const struct {
    int in, out;
} widths[] = {{32, 48},    {48, 128},  {64, 128},  {64, 344},   {172, 64},   {128, 192},   {256, 384},
              {256, 1408}, {704, 256}, {512, 512}, {512, 2816}, {1408, 512}, {1024, 1024}, {2048, 2048}};
static const int heights[] = {6, 40, 200, 800, 2048};
static const double most_multiplied = 2.5e9, most_multiplied_quick = 1e7;

void hl_calibrate_products(hl_coefficients *fit, const hl_meter *m)
{
    hl_samples s = {.terms = HL_PRODUCT_TERMS}, panels = {.terms = HL_PRODUCT_TERMS};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        for (size_t k = i % 2; k < sizeof heights / sizeof heights[0]; k += i == 6 ? 1 : 2) {
            const double multiplied = (double)heights[k] * widths[i].in * widths[i].out;
            if (multiplied <= (m->quick ? most_multiplied_quick : most_multiplied))
                sample_product(&s, i % 3 ? NULL : &panels, m, heights[k], widths[i].in, widths[i].out);
        }
    hl_samples_fit(fit->product[HL_FORWARD_WAY], fit->product[HL_BACKWARD_WAY], &s);
    hl_samples_fit(fit->panel[HL_FORWARD_WAY], fit->panel[HL_BACKWARD_WAY], &panels);
}
