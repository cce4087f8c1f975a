/* saved.h - what a block saves for its backward. */
#ifndef MODEL_SAVED_H
#define MODEL_SAVED_H
#include "model/layer.h"

/* Rows of a block: those that go in and come out, and of both those that I keep (model/cut.h). */
typedef struct {
    int all, out, kept, out_kept;
    bool apart; /* only some rows ask: their queries are apart from keys and values */
} hl_saved_rows;

/* Lay it out in an arena (measuring or real); normed: the heads of queries and keys have norms. */
hl_block_saved hl_saved_lay(const hl_stack *m, const hl_saved_rows *r, bool normed, hl_arena *arena);

/* Of what a block saves of which each row asks, the rows from t on. */
hl_block_saved hl_saved_from(const hl_block_saved *b, const hl_stack *m, int t);

#endif
