/* family.h - what tells one family of transformers from another: a table.
 *
 * A family is the value of model_type in config.json.  Its shape's numbers are in hl_transformer; its row says which
 * tensors a layer has and what is computed with them.  To add one: a line in family.c, and its defaults in
 * io/weights/hf-config.c. */
#ifndef MODEL_FAMILY_H
#define MODEL_FAMILY_H
#include <stdbool.h>

/* Tensors that only some families have. */
typedef enum {
    HL_PART_ALWAYS = 0,
    HL_PART_QKV_BIAS = 1,  /* biases of queries, keys and values */
    HL_PART_HEAD_NORM = 2, /* norms of the heads of queries and of keys */
} hl_family_part;

/* A length that shapes are made of. */
typedef enum { HL_NO_LENGTH, HL_HIDDEN, HL_WIDTH, HL_QUERIES, HL_KEYS, HL_HEAD, HL_QUERY_ROWS, HL_KEY_ROWS } hl_length;

/* How peers cut a tensor: each has all, or the part of what comes out (columns), or of what is read (rows). */
typedef enum { HL_CUT_NONE, HL_CUT_COLUMNS, HL_CUT_ROWS } hl_way;

/* A tensor of a layer, in the order in which they are used: q, k and v follow one another, their biases too, and so do
 * gate and up: each group is one to the products. */
typedef struct {
    const char *name;
    hl_length shape[3]; /* the second of three is folded into the one that is cut */
    hl_way way;
    int part; /* hl_family_part */
} hl_family_tensor;

typedef enum { HL_POSITIONS_ROTARY, HL_POSITIONS_LEARNED } hl_positions;
typedef enum { HL_SEES_EARLIER, HL_SEES_BOTH_WAYS } hl_sight;

/* The block is pre-norm, its norm RMSNorm and its MLP SwiGLU in all families that are here. */
typedef struct {
    const char *name, *class;       /* model_type; how the names of its classes begin in Hugging Face's library */
    const hl_family_tensor *tensor; /* of a layer; ends with one without a name */
    int parts;                      /* of hl_family_part */
    hl_positions positions;
    hl_sight sight;
} hl_family;

extern const hl_family hl_families[];
extern const int hl_families_count;

/* The place of a model_type; -1 where it is not known. */
int hl_family_find(const char *name);

/* Can what all texts begin with be encoded once?  Where no token sees a later one. */
bool hl_family_shares_prefix(const hl_family *f);
/* Are the queries, keys and values of equal tokens equal, before their positions turn them? */
bool hl_family_shares_tokens(const hl_family *f);

#endif
