/* see.h - what each token of a pack sees: its own segment before it, and the prefix that all segments begin with.
 *
 * Numbers lie as in hl_block_saved, b's or those of the same shape. */
#ifndef MODEL_SEE_H
#define MODEL_SEE_H
#include "model/layer.h"

/* b->o and b->lse, given b->qkv. */
void hl_see_forward(hl_block_saved *b, const hl_heads *heads, const hl_pack *pack);
/* dqkv is overwritten. */
void hl_see_backward(float *dqkv, const float *d_o, const hl_block_saved *b, const hl_heads *heads, const hl_pack *pack,
                     hl_arena *scratch);

/* The same where only the last row of each segment asks, at `position` (segments): b->q and b->qkv, which has keys and
 * values. */
void hl_see_last_forward(hl_block_saved *b, const hl_heads *heads, const hl_pack *pack, const int *position);
void hl_see_last_backward(float *dq, float *dkv, const float *d_o, const hl_block_saved *b, const hl_heads *heads,
                          const hl_pack *pack, const int *position, hl_arena *scratch);

#endif
