/* item.h - the Item LLM: a micro-batch of texts in, a vector a text out.
 *
 * With an [ITEM] token (item_emb_tokens) after every text the vector is the last hidden state, after the last
 * norm, at that token; without (mean pooling) it is the mean over all tokens of the text.  No projection, no
 * normalisation (paper 3.1; the public code's item_emb_token_n). */
#ifndef MODEL_ITEM_H
#define MODEL_ITEM_H
#include "model/model.h"
#include "model/stack.h"

typedef struct {
    hl_params table; /* item_llm.*; in the first stage item_emb_tokens where there is one, logit_scale */
    hl_stack stack;
    int item_tokens;   /* 1 or 0 */
    bool share_prefix; /* encode what all texts of a pack begin with once */
    bool share_tokens; /* make queries, keys and values of the first block once for each different token */
} hl_item_model;

/* Add the parameters of the share and the stage of these peers to t. */
void hl_item_params(hl_params *t, const hl_transformer *shape, int item_tokens, const hl_tensor_group *tp);

typedef struct {
    int item_tokens, longest;        /* most tokens of a text, without [ITEM] */
    bool share_prefix, share_tokens; /* where the family allows it (model/family.h) */
    int slices;                      /* hl_stack_settings */
    const hl_sharder *sharder;
} hl_item_settings;

void hl_item_open(hl_item_model *m, const hl_transformer *shape, const hl_item_settings *settings,
                  const hl_tensor_group *tp);
void hl_item_close(hl_item_model *m);

/* What a pack of the texts of items (n) is before it has tokens and positions: enough to say what it takes. */
hl_pack hl_item_pack_sizes(const hl_item_model *m, const hl_corpus *corpus, const int32_t *item, int n,
                           hl_arena *arena);

/* Pack the texts of items (n), laid in the arena; a text's row k is at position k, wherever it lies. */
void hl_item_pack_make(hl_pack *p, const hl_item_model *m, const hl_corpus *corpus, const int32_t *item, int n,
                       hl_arena *arena);

/* y (segments, D): vectors, where the last layer is mine, else (T, D) for the next stage.  x (T, D): what the stage
 * before wrote; NULL in the first.  saved is laid for T tokens (hl_stack_saved_lay). */
void hl_item_forward(float *y, hl_stack_saved *saved, const hl_item_model *m, const float *w, const float *x,
                     const hl_pack *p, hl_arena *scratch);

/* dw (the side's array) is added to, given dy (as y); dx (T, D) is overwritten, NULL in the first stage. */
void hl_item_backward(float *dx, float *dw, const float *dy, const hl_stack_saved *saved, const hl_item_model *m,
                      const float *w, const hl_pack *p, hl_arena *scratch);

/* The Item LLM as a row. */
extern const hl_model_kind hl_item_llm;

#endif
