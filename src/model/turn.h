/* turn.h - queries and keys: the norm of their heads, where the family has one, and their turn by the position. */
#ifndef MODEL_TURN_H
#define MODEL_TURN_H
#include "model/cut.h"

/* Rows of heads: queries, then keys, then what is left alone. */
typedef struct {
    float *x;
    const int *position;
    int n, stride;
    bool q, k; /* which of them are there */
} hl_turn;

/* All rows together; or those that ask, and keys and values of all. */
hl_turn hl_turn_all(const hl_pass *p, float *qkv);
hl_turn hl_turn_queries(const hl_pass *p, float *q);
hl_turn hl_turn_keys(const hl_pass *p, float *kv);

/* In place; b keeps what the norm's backward needs. */
void hl_turn_forward(const hl_pass *p, hl_turn h, const hl_block_saved *b, const hl_block *at);
/* Gradients, in place; those of the norms' weights are added.  Collective over the peers where there are norms. */
void hl_turn_backward(const hl_pass *p, hl_turn h, const hl_block_saved *b, const hl_block *at);

#endif
