/* step-layouts.h - a training step of a golden batch at a layout, held against the golden file.
 *
 * Collective over the ranks of the test, all of it. */
#ifndef TESTS_STEP_LAYOUTS_H
#define TESTS_STEP_LAYOUTS_H
#include "mpi/train/step.h"
#include "tests/golden.h"

typedef struct {
    hl_layout_wish wish;
    int64_t budget; /* of activations, bytes; -1: all are kept */
    bool dedup;
    int zero;
    int rows[HL_SIDES]; /* layers in tiles, on grids of so many rows; 0: none */
    hl_tile_engine tiles;
    bool sequence_parallel; /* where there is no grid, peers have some rows each */
} variant;

/* An engine with the golden weights. */
typedef struct {
    hl_mesh mesh;
    hl_engine e;
} laid_out;

/* false, and the test has failed: there is no such layout, and nothing is open. */
bool laid_out_open(laid_out *x, const golden *g, const variant *v);
void laid_out_close(laid_out *x);

/* The gradient of one weight of this rank's share; 0 where another replica has it. */
double gradient_at(const hl_sharding *h, size_t at);

/* The golden steps: losses, and after the first what was counted, every gradient to 2e-5 of the largest entry of its
 * tensor, and weights that are frozen. */
void run_variant(const golden *g, const variant *v);

/* The same with layers in tiles, on grids of so many rows; 0: none. */
void run_on_grids(const golden *g, variant v, int item_rows, int user_rows, hl_tile_engine tiles);

#endif
