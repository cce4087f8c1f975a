/* user.h - the User LLM: item vectors of some samples in, the vector of each next item out.
 *
 * The same blocks as the Item LLM without a token table; samples are packed without padding, each causal on its
 * own; the output after the last norm at row i predicts item i + 1 (paper 3.2). */
#ifndef MODEL_USER_H
#define MODEL_USER_H
#include "model/model.h"
#include "model/stack.h"
#include "model/user-input.h"

typedef struct {
    hl_params table; /* what is added to the input, in the first stage; user_llm.* */
    hl_user_input input;
    hl_stack stack;
} hl_user_model;

/* Add the parameters of the share and the stage of these peers to t. */
void hl_user_params(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp);

/* settings->positions: most rows of a sample. */
void hl_user_open(hl_user_model *m, const hl_transformer *shape, const hl_stack_settings *settings,
                  const hl_tensor_group *tp);
void hl_user_close(hl_user_model *m);

/* For all user models: samples of the given lengths (n) in a pack laid in the arena; slots: hl_model.slots; last_only:
 * as in hl_pack. */
void hl_user_pack(hl_pack *pack, const int *length, int n, int slots, bool last_only, hl_arena *arena);

/* The User LLM as a row. */
extern const hl_model_kind hl_user_llm;

#endif
