/* tiles.c - the pieces of what a product reads that lie on one column, and on one row, of a grid. */
#include "model/tiles.h"
#include "base/minmax.h"

/* The share that has thing i; shares may be empty. */
static int share_of(const int *begin, int from, int i)
{
    while (begin[from + 1] <= i) from++;
    return from;
}

bool hl_tile_panel_next(hl_tile_panel *p, const hl_tiles *g, const hl_tile_cuts *c)
{
    p->begin += p->n;
    if (p->begin == c->D[g->columns]) return false;
    p->column = share_of(c->D, p->column, p->begin);
    p->row = share_of(c->K, p->row, p->begin);
    const int x_end = c->D[p->column + 1], w_end = c->K[p->row + 1];
    p->n = hl_min(x_end, w_end) - p->begin;
    return true;
}
