/* attention.h - attention over packed sequences, causal or both ways, with grouped queries (Ainslie et al., arXiv
 * 2305.13245).
 *
 * Tokens of one segment see only earlier tokens of that segment and themselves; with a sliding window the latest
 * `window` of these (Beltagy et al., Longformer, arXiv 2004.05150).  Both ways they see their whole segment.
 * Segment s has the tokens [begin[s], begin[s + 1]).  Queries, keys and values of a token lie in one row of qkv
 * (T, (H + 2K) d): H query heads, K key heads, K value heads; query head h reads key head (h + lead) / group.  The
 * scale is 1/sqrt(d).
 * No T x T matrix exists; the backward recomputes probabilities from `lse`. */
#ifndef MATH_ATTENTION_H
#define MATH_ATTENTION_H
#include <stdbool.h>

/* Heads of one process.  A whole model has group = H / K and lead 0; a share of its heads may begin inside a group:
 * `lead` heads of the first group are elsewhere. */
typedef struct {
    int H, K, d, group, lead;
    int window;     /* keys that a query sees, its own included; 0: all */
    bool both_ways; /* a query sees later keys of its segment too; then there is no window */
} hl_heads;

/* o (T, H d).  lse (T, H): log of the sum of exponentials of each row of scores. */
void hl_attention_forward(float *o, float *lse, const float *qkv, const int *begin, int segments,
                          const hl_heads *heads);

/* dqkv (T, (H + 2K) d) is overwritten, given do (T, H d). */
void hl_attention_backward(float *dqkv, const float *d_o, const float *o, const float *lse, const float *qkv,
                           const int *begin, int segments, const hl_heads *heads);

#endif
