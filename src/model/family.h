/* family.h - what tells one family of transformers from another: a table.
 *
 * A family is the value of model_type in config.json.  Its shape's numbers are in hl_transformer; its row says which
 * tensors a layer has and what is computed with them.  To add one: a line in family.c, and its defaults in
 * io/weights/hf-config.c.  Models of item ids are families without such files: a table of item vectors, and the
 * transformers that were made to read one. */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H
#include <stdbool.h>

/* A length that shapes are made of. */
typedef enum {
    HL_NO_LENGTH,
    HL_HIDDEN,
    HL_WIDTH,
    HL_QUERIES,
    HL_KEYS,
    HL_HEAD,
    HL_QUERY_ROWS,
    HL_KEY_ROWS,
    HL_PLACES, /* positions that are learned */
    HL_TYPES   /* kinds of tokens, of which all are the first */
} hl_length;

/* How peers cut a tensor: each has all, or the part of what comes out (columns), or of what is read (rows). */
typedef enum { HL_CUT_NONE, HL_CUT_COLUMNS, HL_CUT_ROWS } hl_way;

/* Which models have a tensor (hl_transformer_has). */
typedef enum { HL_PART_ALWAYS, HL_PART_QKV_BIAS, HL_PART_O_BIAS, HL_PART_MLP_BIAS, HL_PART_HEAD_NORM } hl_family_part;

/* A tensor of a layer, in the order in which they are used: q, k and v follow one another, their biases too, and so do
 * gate and up: each group is one to the products. */
typedef struct {
    const char *name;
    hl_length shape[3]; /* the second of three is folded into the one that is cut */
    hl_way way;
    hl_family_part part;
} hl_family_tensor;

/* The products of a layer: of queries, keys and values together, of queries, of keys and values, of what attention
 * says, and the two of the MLP. */
typedef enum { HL_QKV, HL_Q, HL_KV, HL_O, HL_GATE_UP, HL_DOWN, HL_LINEARS } hl_family_role;

typedef struct {
    const char *first; /* of the tensors that lie side by side: its name without ".weight" */
    hl_way way;
    hl_length in[2], out[4]; /* each ends with HL_NO_LENGTH */
    bool narrow;             /* sums in double where it sums few terms: hl_pack.careful */
} hl_family_linear;

/* Names.  A layer: its tensors, the last without a name; its products; its norms, of what comes in, of what the MLP
 * reads, of what goes out, and of heads.  A stack: what its tensors and those of layers begin with; the token table;
 * further tensors of what goes in, where positions are learned; the norm of what goes in, and that behind the last
 * layer; the adapter of an item model, item_adapter.weight where nothing is said.  NULL: none. */
typedef struct {
    const hl_family_tensor *tensor;
    const hl_family_linear *linear; /* (HL_LINEARS) */
    const char *norm, *mlp_norm, *out_norm, *q_norm, *k_norm;
    const char *root, *layers, *tokens;
    const hl_family_tensor *input;
    const char *places, *types, *input_norm, *last_norm, *adapter;
    bool alone; /* names stand by themselves, without "item_llm." or "user_llm." before them */
} hl_family_layer;

/* What is computed. */
typedef enum { HL_NORM_RMS, HL_NORM_LAYER } hl_family_norm;
typedef enum { HL_NORM_BEFORE, HL_NORM_AFTER } hl_family_order;                 /* pre-norm, post-norm */
typedef enum { HL_BIASES_NONE, HL_BIASES_QKV, HL_BIASES_ALL } hl_family_biases; /* at least */
/* No MLP, but a gate of what attention says, as wide as intermediate_size (model/hstu.h). */
typedef enum { HL_MLP_SWIGLU, HL_MLP_GELU, HL_MLP_GATE } hl_family_activation;
/* Rotary; learned, by the place in a sequence; learned, by the slot of a window, of which the last item is always in
 * the last slot; none. */
typedef enum { HL_POSITIONS_ROTARY, HL_POSITIONS_LEARNED, HL_POSITIONS_SLOTS, HL_POSITIONS_NONE } hl_family_positions;
typedef enum { HL_CAUSAL, HL_BIDIRECTIONAL } hl_family_mask; /* sees earlier tokens, or both ways */

typedef struct {
    const char *name, *class; /* model_type; how the names of its classes begin in Hugging Face's library, which has no
                               * class of a family with NULL */
    const hl_family_layer *layer;
    hl_family_norm norm;
    hl_family_order order;
    hl_family_biases biases;
    bool head_norm; /* of queries and of keys */
    hl_family_activation activation;
    hl_family_positions positions;
    hl_family_mask mask;
} hl_family;

extern const hl_family hl_families[];
extern const int hl_families_count;

/* The place of a model_type; -1 where it is not known. */
int hl_family_find(const char *name);

/* Can what all texts begin with be encoded once?  Where no token sees a later one. */
bool hl_family_shares_prefix(const hl_family *f);
/* Are the queries, keys and values of equal tokens equal, before their positions turn them? */
bool hl_family_shares_tokens(const hl_family *f);
/* Is it a stack of blocks (model/block.h), which can be cut into tiles and slices? */
bool hl_family_has_blocks(const hl_family *f);
/* Can it be a user model, which reads vectors and must not see later ones? */
bool hl_family_reads_vectors(const hl_family *f);

#endif
