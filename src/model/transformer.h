/* transformer.h - the shape of a transformer and the names of its parameters.
 *
 * The shape has what config.json says of any family in numbers; what else tells families apart is a row of a table
 * (model/family.h).  Names and conventions are Hugging Face's.  There is no language model head: nobody would read
 * it. */
#ifndef MODEL_TRANSFORMER_H
#define MODEL_TRANSFORMER_H
#include "base/error.h"
#include "math/rope-scaling.h"
#include "model/family.h"
#include "model/fusion.h"
#include "model/params.h"
#include "model/pooling.h"
#include <stdbool.h>

/* Fields are config.json's. */
typedef struct {
    int hidden_size, intermediate_size, num_hidden_layers;
    int num_attention_heads, num_key_value_heads, head_dim;
    int vocab_size;
    int max_position_embeddings; /* 0: not known */
    double rms_norm_eps, rope_theta, initializer_range;
    hl_rope_scaling rope;
    int sliding_window;  /* tokens that one sees, itself included; 0: all */
    int window_from;     /* the first layer that has it */
    int family;          /* its place in hl_families */
    int type_vocab_size; /* of a family whose positions are learned */
    int padding;         /* its token is this less 1, and the row of that is not trained; 0: none */
    double hidden_dropout, attention_dropout; /* in training: rates of what is added to a row, and of probabilities */
    bool rel_bias;                            /* of HSTU: scores have biases of times and places */
    /* Of a user model, what is added to item vectors (model/user-input.h): numbers of a row of a table of times; rows
     * of the table of items; 0: none. */
    int time_size, id_rows;
    hl_fusion fusion; /* how labels are predicted, */
    int head_size;    /* and the width of the head's hidden layer */
    bool truncated;   /* random rows of tokens, and an adapter: what is beyond two deviations is drawn again */
    bool gelu_tanh;   /* where the family has GELU: the approximate one */
    bool cached;      /* of a table of items: its rows are read from a file of vectors, and nothing trains them */
    /* Of an Item LLM, what becomes of its rows. */
    hl_pooling pooling; /* where no [ITEM] token follows a text */
    int vector_size;    /* what its adapter makes of a vector; 0: it has none */
    bool positions_end; /* learned positions count to those of the longest text, whose first is 0, rather than from 0 */
    bool attention_bias, mlp_bias; /* beside those that the family always has: of q, k, v and o; of all of the MLP */
} hl_transformer;

static inline const hl_family *hl_transformer_family(const hl_transformer *c) { return &hl_families[c->family]; }

/* The window of a layer where sequences have at most so many tokens; 0: none, or none that would cut anything. */
static inline int hl_transformer_window_of(const hl_transformer *c, int layer, int longest)
{
    return layer >= c->window_from && c->sliding_window < longest ? c->sliding_window : 0;
}

enum { HL_TRANSFORMER_WIDEST = 1 << 24 }; /* numbers of a token's queries, keys and values at most */

bool hl_transformer_has(const hl_transformer *c, hl_family_part part);

/* Does it make sense?  HL_EUSAGE with a sentence that begins with `whose`. */
hl_status hl_transformer_check(const hl_transformer *c, const char *whose);

/* What rank r of the `size` ranks that share a model has: query heads in equal parts, the key heads they read (ranks
 * may share one), and parts of the MLP's width and of the vocabulary.  A part may be empty. */
typedef struct {
    hl_cut query, key, width, vocab;
    int lead; /* query heads of my first key head that are not mine */
} hl_transformer_share;

hl_transformer_share hl_transformer_share_of(const hl_transformer *c, int r, int size);

/* The same of one axis; of heads' rows, those of the heads that it has. */
hl_cut hl_transformer_cut(const hl_transformer *c, hl_length axis, int r, int size);

/* The layers [begin, end) of a stage of `stages`, cut so that the costliest stage costs least; last_cost: that of
 * the last layer, where any other costs 1.  One stage has all; with more, each has one layer at least (stages <=
 * num_hidden_layers). */
typedef struct {
    int begin, end;
} hl_transformer_layers;

hl_transformer_layers hl_transformer_layers_of(const hl_transformer *c, int stage, int stages, double last_cost);

/* Cost of a layer of which only every n-th row is read out, as a share of a whole one: keys and values of all rows. */
double hl_transformer_last_cost(const hl_transformer *c, double n);

/* Numbers of an item's vector. */
static inline int hl_transformer_vector_size(const hl_transformer *c)
{
    return c->vector_size ? c->vector_size : c->hidden_size;
}

/* Is one row of each text read out? */
static inline bool hl_transformer_reads_one_row(const hl_transformer *c, int item_tokens)
{
    return item_tokens > 0 || c->pooling != HL_POOL_MEAN;
}

/* Where rows come from, and whether two products make the MLP's input or one does. */
static inline bool hl_transformer_learns_positions(const hl_transformer *c)
{
    return hl_transformer_family(c)->positions == HL_POSITIONS_LEARNED;
}
static inline bool hl_transformer_turns(const hl_transformer *c)
{
    return hl_transformer_family(c)->positions == HL_POSITIONS_ROTARY;
}
/* Slots of the windows that a user model reads, the last item in the last one; 0: positions count from 0. */
static inline int hl_transformer_slots(const hl_transformer *c)
{
    return hl_transformer_family(c)->positions == HL_POSITIONS_SLOTS ? c->max_position_embeddings : 0;
}
static inline bool hl_transformer_has_gates(const hl_transformer *c)
{
    return hl_transformer_family(c)->activation == HL_MLP_SWIGLU;
}

/* Operations of the products of a whole layer, a token. */
double hl_transformer_layer_flop(const hl_transformer *c);

/* The name of a tensor of a side ("item" or "user"), "<side>_llm.<root><layers><layer>.<tensor><part>", or without
 * what stands before the root where names of the family stand alone; layer -1: of no layer. */
enum { HL_TRANSFORMER_NAME = 112 };
void hl_transformer_name(char name[HL_TRANSFORMER_NAME], const hl_family_layer *f, const char *side, int layer,
                         const char *tensor, const char *part);

/* Add the parameters to t under "<side>_llm." ("item" or "user"), in the order in which they are used;
 * q, k and v of a layer follow one another, so do gate and up: each group is one matrix to the products.
 * layers: those of my stage; the token table comes before the first (with_tokens; the User LLM reads vectors and has
 * none), the last norm after the last.  peers: whose share; where they make a grid, every matrix is cut along what
 * it puts out by the columns of the grid, along what it reads by the rows, and each rank has a part of the norms'
 * gradients. */
void hl_transformer_params(hl_params *t, const hl_transformer *c, const char *side, bool with_tokens,
                           hl_transformer_layers layers, const hl_tensor_group *tp);

#endif
