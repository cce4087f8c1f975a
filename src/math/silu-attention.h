/* silu-attention.h - pointwise attention over packed sequences (Zhai et al., HSTU, arXiv 2402.17152).
 *
 * Nothing is normalised over the keys: o_i = sum over j <= i of silu(q_i . k_j + b_ij) v_j / length, within a segment,
 * where b_ij is nothing, or a number for how long before the item behind i that of j was met, and one for i - j.
 * Segment s has the tokens [begin[s], begin[s + 1]).  Queries, keys and values of a token are parts of one row of
 * numbers, `row` apart from those of the next token; a head's are d neighbours, and heads follow one another.
 * No T x T matrix exists; the backward makes scores again. */
#ifndef MATH_SILU_ATTENTION_H
#define MATH_SILU_ATTENTION_H
#include <stddef.h>
#include <stdint.h>

/* Seconds fall into so many buckets, and one more, by their logarithm to the base e^0.301. */
enum { HL_SILU_BUCKETS = 128 };

/* What is added to scores. */
typedef struct {
    const float *time;  /* (HL_SILU_BUCKETS + 1) */
    const float *place; /* place[-d]: of a key d before its query */
    const unsigned char
        *bucket;           /* of a segment of L tokens (L, L), query by query; what is above the diagonal is unread */
    const size_t *begin;   /* (segments) where a segment's lie in bucket */
    float *dtime, *dplace; /* backward: added to, as time and place */
    float *sums;           /* backward: room for hl_silu_bias_room numbers */
} hl_silu_bias;

size_t hl_silu_bias_room(const int *begin, int segments, int H);

/* bucket (L, L) of items met at time (L); behind the last one time stands still. */
void hl_silu_bias_buckets(unsigned char *bucket, const int64_t *time, int L);

typedef struct {
    int H, d;
    size_t row;
    float share;              /* 1 / length */
    const hl_silu_bias *bias; /* NULL: none */
} hl_silu_heads;

/* o (T, H d).  q, k and v point into the first token's row. */
void hl_silu_attention_forward(float *o, const float *q, const float *k, const float *v, const int *begin, int segments,
                               const hl_silu_heads *heads);

/* dq, dk and dv, which lie as q, k and v do, are overwritten, given do (T, H d). */
void hl_silu_attention_backward(float *dq, float *dk, float *dv, const float *d_o, const float *q, const float *k,
                                const float *v, const int *begin, int segments, const hl_silu_heads *heads);

#endif
