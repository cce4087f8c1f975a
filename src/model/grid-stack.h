/* grid-stack.h - a stack of Llama blocks whose peers make a grid.
 *
 * Segments are divided over the rows of the grid, hidden units, heads and the MLP's width over its columns
 * (model/tiles.h).  Products are the grid's; a norm needs one sum over the row a token; everything else is local.
 * What goes in, comes out and goes back is whole on every rank, as it is where a layer is cut along one axis, so
 * those who use a stack see no difference: hl_stack calls these functions by itself. */
#ifndef MODEL_GRID_STACK_H
#define MODEL_GRID_STACK_H
#include "model/layer.h"

/* Where the shares of each axis begin: of those that columns divide (columns + 1), of those that rows divide (rows +
 * 1). */
typedef struct hl_grid_axes {
    const int *hidden, *qkv, *query, *key, *gate_up, *width; /* key: keys and values */
    const int *hidden_in, *query_in, *width_in;              /* as the weights that read them are cut */
    int *room;
} hl_grid_axes;

/* For a stack that is open in all else. */
hl_grid_axes *hl_grid_axes_new(const hl_stack *m);
void hl_grid_axes_free(hl_grid_axes *a);

/* The tokens and segments of a pack that are my row's.  `begin` is the pack's own, so this says sizes, not places. */
hl_pack hl_grid_stack_share(const hl_stack *m, const hl_pack *pack);

/* As hl_stack_forward and hl_stack_backward, with activations laid for my share. */
void hl_grid_stack_forward(float *y, hl_stack_saved *t, const hl_stack *m, const float *w, const float *x,
                           const hl_pack *pack, hl_arena *scratch);
void hl_grid_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_saved *t, const hl_stack *m,
                            const float *w, const hl_pack *pack, hl_arena *scratch);

#endif
