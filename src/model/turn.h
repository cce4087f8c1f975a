/* turn.h - queries and keys: the norm of their heads, where the family has one, and their turn by the position. */
#ifndef MODEL_TURN_H
#define MODEL_TURN_H
#include "model/cut.h"

/* Those of p->b, in place; what the norm's backward needs is kept there. */
void hl_turn_forward(const hl_pass *p);
/* Gradients, in place: dqkv (all rows), or where only some rows ask dq (those) and dqkv, of keys and values.  Those of
 * the norms' weights are added.  Collective over the peers where there are norms. */
void hl_turn_backward(const hl_pass *p, float *dq, float *dqkv);

#endif
