/* silu-attention.h - pointwise attention over packed sequences (Zhai et al., HSTU, arXiv 2402.17152).
 *
 * Nothing is normalised over the keys: o_i = sum over j <= i of silu(q_i . k_j) v_j / length, within a segment.
 * Segment s has the tokens [begin[s], begin[s + 1]).  Queries, keys and values of a token are parts of one row of
 * numbers, `row` apart from those of the next token; a head's are d neighbours, and heads follow one another.
 * No T x T matrix exists; the backward makes scores again. */
#ifndef MATH_SILU_ATTENTION_H
#define MATH_SILU_ATTENTION_H
#include <stddef.h>

typedef struct {
    int H, d;
    size_t row;
    float share; /* 1 / length */
} hl_silu_heads;

/* o (T, H d).  q, k and v point into the first token's row. */
void hl_silu_attention_forward(float *o, const float *q, const float *k, const float *v, const int *begin, int segments,
                               const hl_silu_heads *heads);

/* dq, dk and dv, which lie as q, k and v do, are overwritten, given do (T, H d). */
void hl_silu_attention_backward(float *dq, float *dk, float *dv, const float *d_o, const float *q, const float *k,
                                const float *v, const int *begin, int segments, const hl_silu_heads *heads);

#endif
