/* item.h - the Item LLM: a micro-batch of texts in, a vector a text out.
 *
 * With an [ITEM] token (item_emb_tokens) after every text the vector is the last hidden state, after the last
 * norm, at that token, as it is (paper 3.1; the public code's item_emb_token_n).  Without one the shape's pooling says
 * what it is made of (model/pooling.h).  An adapter, a matrix behind it, makes it as wide as the User LLM. */
#ifndef MODEL_ITEM_H
#define MODEL_ITEM_H
#include "model/model.h"
#include "model/stack.h"

typedef struct {
    hl_params table; /* item_llm.*; in the first stage item_emb_tokens where there is one, logit_scale;
                        in the last one item_adapter where there is one */
    hl_stack stack;
    int item_tokens;   /* 1 or 0 */
    int longest;       /* tokens of a text, without [ITEM] */
    size_t adapter;    /* where its weight lies, in the last stage */
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

/* The Item LLM as a row. */
extern const hl_model_kind hl_item_llm;

#endif
