/* block.h - one block over packed sequences, forward and backward.
 *
 *     h = x + o(attention(turn(q), turn(k), v)),  q, k, v = qkv(norm(x))
 *     y = h + down(swiglu(gate_up(norm(h))))
 *
 * or, where norms come after (post-norm),
 *
 *     h = x + o(attention(q, k, v)),  q, k, v = qkv(x)
 *     y = norm(n + down(gelu(up(n)))),  n = norm(h)
 *
 * What varies is data: which rows ask and which are alike (hl_pass), how weights are cut (hl_layer_cut), which tensors
 * the family has (hl_block).  All of these are collective over m->tp. */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H
#include "model/cut.h"

/* y (p->out kept, C) = the block of p->b.x. */
void hl_block_forward(float *y, const hl_pass *p);

/* d (p->out, C), of which I have the rows that I keep, holds dy and becomes dx, where each row asks.  Where only some
 * ask, dx (p->all, C) is overwritten and d is undefined on return. */
void hl_block_backward(float *dx, float *d, const hl_pass *p);

#endif
