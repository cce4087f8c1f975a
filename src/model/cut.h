/* cut.h - how the weights of a block are cut among the ranks that share it: a table of linear layers, norms and
 * the embedding.
 *
 *     alone      one rank has all of them
 *     tp         each rank has some heads and part of the MLP's width (Shoeybi et al., Megatron-LM, arXiv 1909.08053)
 *     sequence   the same, and between the products each rank has some of the rows (sequence parallel)
 *     exact      as tp, in slices whose sums have the same bits wherever the slices are (math/sliced.h)
 *     grid       ranks make a grid, and every weight is cut into tiles (model/tiles.h)
 *
 * The block (model/block.h) is written once, for any of these.  A new one is a file with a table and a line in
 * cut_of (stack-open.c). */
#ifndef MODEL_CUT_H
#define MODEL_CUT_H
#include "model/layer.h"

/* How some rows of a pack lie among the ranks. */
typedef struct {
    int n;              /* that go through my products */
    int first, kept;    /* of these, mine between the products: [first, first + kept) */
    const size_t *part; /* (peers + 1) where each peer's begin, in numbers; NULL: everyone keeps all */
    const int *line;    /* (rows of a grid + 1) where those of each row of the grid begin; NULL without a grid */
} hl_row_share;

/* What the functions of a block are given in one pass over a pack. */
typedef struct {
    const hl_stack *m;
    const hl_layer_cut *cut;
    const float *w;               /* the side's array */
    float *dw;                    /* backward */
    const hl_pack *whole;         /* what the stack is given */
    hl_pack pack;                 /* what I compute of it: all but on a grid */
    const hl_heads *heads;        /* of this block */
    int layer;                    /* its number among all; those of all stages for the last norm */
    const hl_block *at;           /* where its parameters are */
    hl_block_saved b;             /* what it saves */
    hl_row_share all, out;        /* rows that keys and values are made of; rows that ask, and come out */
    const int *query;             /* (out) of each row that asks, which of all it is; NULL: each asks */
    const int *query_position;    /* (out) */
    int kinds;                    /* rows that are alike go through norm and projection once (hl_pack); 0: not */
    const int *tokens, *segments; /* on a grid: `line` of the pack's rows, and of its segments */
    const int *row;               /* on a grid: (pack.T) of each row of mine, which of the whole pack it is */
    bool leads;                   /* on a grid: do I give what leaves the prefix? */
    hl_arena *scratch;
} hl_pass;

/* What is done to rows between the products.  All functions are collective over m->tp.  C: numbers of a row that I have
 * there, m->hidden; n and kept: of r. */
typedef struct {
    bool are_tiles; /* of a grid */

    /* y (n, C) = norm of the rows that I keep, x (kept, C), with the weight at `at`.  rstd (kept) is written, or where
     * the norm is made again read. */
    void (*norm)(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r, bool again);
    /* The same where others do not want it: y (kept, C). */
    void (*norm_kept)(const hl_pass *p, float *y, float *rstd, const float *x, size_t at, const hl_row_share *r);
    /* dx (n, C) += ..., of the rows that I keep. */
    void (*norm_backward)(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd, size_t at,
                          const hl_row_share *r);
    /* y (kept, C) += the bias at `at`, whole after a sum; and its gradient, given dy (n, C). */
    void (*bias)(const hl_pass *p, float *y, size_t at, const hl_row_share *r);
    void (*bias_backward)(const hl_pass *p, const float *dy, size_t at, const hl_row_share *r);
    /* d (n, C), of which I have the rows that I keep, becomes whole. */
    void (*gather)(const hl_pass *p, float *d, const hl_row_share *r);

    /* The rows of the pack's tokens (model/embedding.h), of which each peer has some: those that I keep. */
    void (*embed)(const hl_pass *p, float *kept, const hl_row_share *r);
    /* Rows of a stack that are whole on every rank, from and to those that I keep.  out: rows that leave the stack. */
    void (*enter)(const hl_pass *p, float *kept, const float *x, const hl_row_share *r, bool out);
    void (*leave)(const hl_pass *p, float *x, const float *kept, const hl_row_share *r, bool out);
} hl_cut_rows;

/* Column-parallel and row-parallel layers, as l->way says. */
typedef struct {
    /* Column-parallel: y (n, out) = x (n, C) w^T.  Row-parallel: y (kept, C) = x (n, in) w^T, summed. */
    void (*forward)(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r);
    /* dx (n, in) = dy (n, out) w, and dw += dy^T x; dx or x may be NULL: dx or dw is not wanted. */
    void (*backward)(const hl_pass *p, float *dx, const float *dy, const float *x, const hl_linear *l,
                     const hl_row_share *r);
    /* dx (n, C) of one or more column-parallel layers becomes the sum, in the rows that I keep. */
    void (*sum_dx)(const hl_pass *p, float *dx, const hl_row_share *r);
} hl_cut_linear;

struct hl_layer_cut {
    const char *name;
    bool has_threads; /* may each thread take some rows through several of the functions? */
    /* How the rows of a pack lie; segments: one row of each. */
    hl_row_share (*share)(const hl_pass *p, bool segments);
    const hl_cut_rows *rows;
    const hl_cut_linear *linear;
};

extern const hl_layer_cut hl_cut_alone, hl_cut_tp, hl_cut_sequence, hl_cut_exact, hl_cut_grid;

#endif
