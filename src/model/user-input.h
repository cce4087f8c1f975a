/* user-input.h - what is added to an item's vector before a user model reads it: when it was met, and which it is.
 *
 *     x += W2 silu(W1 [year, month, day, hour, minute, second] + b1) + b2      hl_transformer.time_size
 *     x += the item's row of a table                                          hl_transformer.id_rows
 *
 * Where labels are predicted with late fusion, the last row of each user is a learned [USER] token
 * (hl_pack.user_token), to which nothing is added: it is drawn as the [ITEM] token is, and stands for no item.
 *
 * Targets and negatives stay the vectors of the item model.
 *
 * The six tables of 2100, 13, 32, 24, 60 and 60 rows, side by side, the MLP behind them and the sum are those of
 * HLLM's appendix (arXiv 2409.12740, Algorithm 1, Table 12).  A row has the time of its own item, not that of the
 * item to be predicted: so do the data sets of the public code bring times (trainset.py, evalset.py), though none
 * of its models reads them.  What the MLP is made of is ours: one hidden layer of the user model's width, SiLU,
 * biases, and PyTorch's usual initial values.  The table of items is zero at first, so that an item that nobody has
 * met in training adds nothing.
 *
 * Every peer has the tables of times and the MLP whole, as it has the rows that enter a stack; of the table of items
 * each has some rows, as of a vocabulary.  The tensors are of the first stage, and of no layer. */
#ifndef MODEL_USER_INPUT_H
#define MODEL_USER_INPUT_H
#include "model/layer.h"
#include "model/talk.h"
#include "model/work.h"

/* y (T, D) = x (T, in) w^T + b. */
typedef struct {
    size_t at, bias; /* where w and b lie */
    int in;
} hl_user_input_linear;

typedef struct {
    const hl_tensor_group *tp;
    int D, size;   /* the user model's width; of a row of a table of times, 0: none is added */
    size_t tables; /* where they lie, one after the other */
    hl_user_input_linear first, second;
    int64_t ids; /* my rows of the table of items; HL_NOWHERE: none is added */
    int first_id, id_rows;
    int64_t token; /* the [USER] token; HL_NOWHERE: none */
    bool sliced;   /* products have bits that no layout changes (math/sliced.h) */
} hl_user_input;

typedef struct {
    float *hidden; /* (T, D) what SiLU reads */
} hl_user_input_saved;

/* Add the parameters of these peers to t. */
void hl_user_input_params(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp);

/* Find them in the table of a side; in a stage that is not the first nothing is added. */
void hl_user_input_open(hl_user_input *u, const hl_transformer *shape, const hl_params *table, bool sliced,
                        const hl_tensor_group *tp);

void hl_user_input_lay(hl_user_input_saved *t, const hl_user_input *u, const hl_pack *p, hl_arena *arena);

/* x (T, D) and what is added to it, laid in scratch; x itself where nothing is.  p has times and items where they are
 * read.  Collective over the peers. */
const float *hl_user_input_forward(hl_user_input_saved *t, const hl_user_input *u, const float *w, const float *x,
                                   const hl_pack *p, hl_arena *scratch);

/* Gradients of what was added, given dx (T, D), which all peers have. */
void hl_user_input_backward(float *dw, const float *dx, const hl_user_input_saved *t, const hl_user_input *u,
                            const float *w, const hl_pack *p, hl_arena *scratch);

/* Add what a forward takes, and tell what peers do together in it. */
void hl_user_input_work(hl_work *work, const hl_user_input *u, const hl_pack *p);
void hl_user_input_talk(const hl_user_input *u, const hl_pack *p, bool backward, void (*hear)(void *self, hl_talk t),
                        void *self);

#endif
