/* attention.h - attention over packed sequences, causal or both ways, with grouped queries (Ainslie et al., arXiv
 * 2305.13245).
 *
 * Tokens of one segment see only earlier tokens of that segment and themselves; with a sliding window the latest
 * `window` of these (Beltagy et al., Longformer, arXiv 2004.05150).  Both ways they see their whole segment.
 * Segment s has the tokens [begin[s], begin[s + 1]).  Queries, keys and values of a token lie in one row of qkv
 * (T, (H + 2K) d): H query heads, K key heads, K value heads; query head h reads key head (h + lead) / group.  The
 * scale is 1/sqrt(d).
 * In training probabilities may be dropped by chance (math/dropout.h), those of query and key by their places in the
 * segment and the head's number among all.
 * No T x T matrix exists; the backward recomputes probabilities from `lse`. */
#ifndef MATH_ATTENTION_H
#define MATH_ATTENTION_H
#include "math/dropout.h"
#include <stdbool.h>

/* Probabilities that are dropped. */
typedef struct {
    hl_dropout draws;
    const int *sample; /* (T) of each row; the same in a segment */
    int first_head;    /* of mine among all query heads */
    int places;        /* rows of the longest segment there can be, the same wherever this is computed */
} hl_attention_drop;

/* Heads of one process.  A whole model has group = H / K and lead 0; a share of its heads may begin inside a group:
 * `lead` heads of the first group are elsewhere. */
typedef struct {
    int H, K, d, group, lead;
    int window;                    /* keys that a query sees, its own included; 0: all */
    bool both_ways;                /* a query sees later keys of its segment too; then there is no window */
    const hl_attention_drop *drop; /* NULL: nothing is dropped */
} hl_heads;

/* o (T, H d).  lse (T, H): log of the sum of exponentials of each row of scores. */
void hl_attention_forward(float *o, float *lse, const float *qkv, const int *begin, int segments,
                          const hl_heads *heads);

/* dqkv (T, (H + 2K) d) is overwritten, given do (T, H d). */
void hl_attention_backward(float *dqkv, const float *d_o, const float *o, const float *lse, const float *qkv,
                           const int *begin, int segments, const hl_heads *heads);

#endif
