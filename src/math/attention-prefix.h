/* attention-prefix.h - keys and values that come before every segment.
 *
 * Sequences that begin alike share these rows: their keys and values are made once, and every query of every segment
 * sees them all.  Softmax over two sets of keys is put together from the parts' sums (as in Rabe and Staats, arXiv
 * 2112.05682): first attention.h or attention-last.h over each segment's own keys, then this for the prefix.
 * Backward, the parts are independent given the whole's o and lse. */
#ifndef MATH_ATTENTION_PREFIX_H
#define MATH_ATTENTION_PREFIX_H
#include "base/arena.h"
#include "math/attention.h"

/* n queries (n, H d) and P keys and values (P, K d), rows q_step and kv_step numbers apart. */
typedef struct {
    const float *q, *k, *v;
    int q_step, kv_step, n, P;
    const int *position; /* (n) of each query, for windows: key p is at position p */
} hl_prefix;

/* o (n, H d) and lse (n, H) hold attention to other keys and become that to all. */
void hl_attention_prefix_forward(float *o, float *lse, const hl_prefix *x, const hl_heads *heads);

/* dq, dk, dv, with the steps of q, k, v, are added to, given do (n, H d) and o, lse of all keys. */
void hl_attention_prefix_backward(float *dq, float *dk, float *dv, const float *d_o, const float *o, const float *lse,
                                  const hl_prefix *x, const hl_heads *heads, hl_arena *scratch);

#endif
