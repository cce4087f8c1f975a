/* see.h - what each token of a pack sees: its own segment before it, and the prefix that all segments begin with. */
#ifndef MODEL_SEE_H
#define MODEL_SEE_H
#include "model/cut.h"

/* p->b.o and p->b.lse of the rows that ask, given queries, keys and values. */
void hl_see_forward(const hl_pass *p);
/* dqkv (all rows), or where only some rows ask dq (those) and dqkv, of keys and values; overwritten. */
void hl_see_backward(const hl_pass *p, float *dq, float *dqkv, const float *d_o);

#endif
