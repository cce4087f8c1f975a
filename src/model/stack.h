/* stack.h - a stack of blocks over packed sequences, forward and backward, and a last norm after the last block.
 *
 * Both LLMs are this; they differ in what goes in and what is read out.  A stage of a pipeline has some of the blocks:
 * what goes in is what the stage before wrote, and the last norm is the last stage's. */
#ifndef MODEL_STACK_H
#define MODEL_STACK_H
#include "model/layer.h"
#include "model/work.h"

/* What a stack is told when it is opened. */
typedef struct {
    int positions;             /* longest sequence */
    int slices;                /* hl_stack.slices */
    const hl_sharder *sharder; /* NULL: hl_unsharded; is asked in passes alone */
} hl_stack_settings;

/* A stack whose parameters are those of "<side>_llm." in table, the layers of my stage and the share of tp->rank. */
void hl_stack_open(hl_stack *m, const hl_transformer *shape, const hl_params *table, const char *side,
                   hl_transformer_layers layers, const hl_stack_settings *settings, const hl_tensor_group *tp);
void hl_stack_close(hl_stack *m);

/* Lay out the saved activations of a pack in an arena (measuring or real). */
void hl_stack_saved_lay(hl_stack_saved *t, const hl_stack *m, const hl_pack *pack, hl_arena *arena);

/* y (hl_stack_rows, D) = my blocks of x (T, D), or in the first stage of the rows of pack->token, where it has tokens.
 * w: the side's array.  Collective over m->tp, and layer by layer over those that m->sharder asks. */
void hl_stack_forward(float *y, hl_stack_saved *t, const hl_stack *m, const float *w, const float *x,
                      const hl_pack *pack, hl_arena *scratch);

/* An empty micro-batch: through all layers of mine with nothing. */
void hl_stack_pass_forward(const hl_stack *m);
void hl_stack_pass_backward(const hl_stack *m);

/* dx (T, D) is overwritten, unless tokens went in; dw (the side's array) is added to, given dy (hl_stack_rows, D). */
void hl_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_saved *t, const hl_stack *m,
                       const float *w, const hl_pack *pack, hl_arena *scratch);

/* My share of a forward over the pack: products, attention, what is passed over between them. */
hl_work hl_stack_work(const hl_stack *m, const hl_pack *pack);

#endif
