/* label-head.h - the label of a target item, given what a user has read: a click, a like (HLLM, arXiv 2409.12740,
 * section 3.4).
 *
 * After the items of a user stands one row more, of which the last hidden state is h.  In early fusion that row is the
 * target's item vector.  In late fusion it is a learned [USER] token (model/user-input.h): h does not depend on the
 * target then, whose item vector t the head reads beside h.
 *
 *     x = h, or [h t]        logit = w2 . silu(W1 x + b1) + b2
 *
 * The paper names the head and not what it is made of: one hidden layer, SiLU, biases, and PyTorch's usual initial
 * values are ours.  The head is of the last stage, where h comes out; every peer has it whole, as it has h. */
#ifndef MODEL_LABEL_HEAD_H
#define MODEL_LABEL_HEAD_H
#include "base/arena.h"
#include "model/transformer.h"

typedef struct {
    int in, D, size; /* numbers of x and of h; of the hidden layer, 0: there is no head here */
    size_t first, first_bias, second, second_bias;
    bool sliced; /* products have bits that no layout changes (math/sliced.h) */
} hl_label_head;

/* Some targets, each of one user. */
typedef struct {
    int n;
    const float *user, *target; /* (n, D) h and t; early fusion reads no t, which may be NULL */
    float *hidden;              /* (n, size) what SiLU reads: forward writes it, backward reads it */
} hl_label_rows;

/* Add the parameters of the last stage to t. */
void hl_label_head_params(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp);

/* Find them in the table of a side. */
void hl_label_head_open(hl_label_head *h, const hl_transformer *shape, const hl_params *table, bool sliced);

/* logit (n). */
void hl_label_head_forward(float *logit, const hl_label_head *h, const float *w, const hl_label_rows *x,
                           hl_arena *scratch);

/* duser, dtarget (n, D) are overwritten, given dlogit (n); dtarget in late fusion alone, NULL: not wanted. */
void hl_label_head_backward(float *duser, float *dtarget, const float *dlogit, const hl_label_head *h, const float *w,
                            const hl_label_rows *x, hl_arena *scratch);

/* dw += the gradient of the head. */
void hl_label_head_weights(float *dw, const float *dlogit, const hl_label_head *h, const float *w,
                           const hl_label_rows *x, hl_arena *scratch);

/* The loss of a label (0 or 1) that is predicted by a logit, -log of its probability, and its slope. */
double hl_label_loss(double logit, int label);
double hl_label_slope(double logit, int label);

#endif
