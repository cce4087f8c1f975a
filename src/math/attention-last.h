/* attention-last.h - attention of each segment's last token alone, where nothing else is read out.
 *
 * The last token sees its whole segment, or the window at its end, so no mask is left.  Queries lie in q (segments,
 * H d), keys and values of all
 * tokens in rows of kv (T, 2 K d): K key heads, K value heads.  Heads, segments and scale are those of attention.h. */
#ifndef MATH_ATTENTION_LAST_H
#define MATH_ATTENTION_LAST_H
#include "math/attention.h"

/* o (segments, H d).  lse (segments, H): log of the sum of exponentials of the scores. */
void hl_attention_last_forward(float *o, float *lse, const float *q, const float *kv, const int *begin, int segments,
                               const hl_heads *heads);

/* dq (segments, H d) and dkv (T, 2 K d) are overwritten, given do (segments, H d). */
void hl_attention_last_backward(float *dq, float *dkv, const float *d_o, const float *o, const float *lse,
                                const float *q, const float *kv, const int *begin, int segments, const hl_heads *heads);

#endif
