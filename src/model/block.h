/* block.h - one Llama block over packed sequences, forward and backward.
 *
 * Its parameters lie at `at` in the side's array w, their gradients at the same places in dw, to which they are
 * added.  All of these are collective over m->tp. */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H
#include "model/layer.h"

/* y (T, D) = the block of b->x.  kinds: rows of a kind (hl_pack) are alike.  sequence_parallel: y has room for my
 * rows. */
void hl_block_forward(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                      const hl_pack *pack, bool kinds, bool sequence_parallel, hl_arena *scratch);

/* y (segments, D), where only the last row of each segment is read out. */
void hl_block_last_forward(float *y, hl_block_saved *b, const hl_stack *m, const hl_block *at, const float *w,
                           const hl_pack *pack, hl_arena *scratch);

/* d (T, D) holds dy and becomes dx; sequence parallel: my rows of them. */
void hl_block_backward(float *d, float *dw, const hl_block_saved *b, const hl_stack *m, const hl_block *at,
                       const float *w, const hl_pack *pack, bool kinds, hl_arena *scratch);

/* dx (T, D) is overwritten, given d (segments, D), which holds dy and is ruined. */
void hl_block_last_backward(float *dx, float *d, float *dw, const hl_block_saved *b, const hl_stack *m,
                            const hl_block *at, const float *w, const hl_pack *pack, hl_arena *scratch);

#endif
