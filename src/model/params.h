/* params.h - the table of named parameters.
 *
 * Everything that treats all weights alike (initial values, sums over ranks, AdamW, digests, checkpoints,
 * import, export) is a loop over this table.  A table describes one side (the Item LLM or the User LLM);
 * its tensors lie one after the other in one array of `count` floats. */
#ifndef MODEL_PARAMS_H
#define MODEL_PARAMS_H
#include <stddef.h>
#include <stdint.h>

enum { HL_PARAM_DIMS = 3 };

typedef enum {
    HL_INIT_NORMAL, /* normal with the table's std */
    HL_INIT_ONES,
    HL_INIT_VALUE   /* param.value */
} hl_init;

typedef struct {
    char name[112];  /* the public code's name: item_llm.model.layers.0.self_attn.q_proj.weight */
    char stack[64];  /* the logical tensor it is a slice of: item_llm/layers/self_attn.q_proj */
    int layer;       /* which slice; -1 where the logical tensor is this one alone */
    int layers;      /* how many slices the logical tensor has; 1 where alone */
    int ndim;        /* 0 (a scalar) to HL_PARAM_DIMS */
    int64_t shape[HL_PARAM_DIMS]; /* q, k, v: heads, head_dim, in */
    int split_axis;  /* the axis that tensor parallelism divides; -1: none */
    size_t offset, count; /* its span in the side's array */
    hl_init init;
    float value, std;
} hl_param;

typedef struct {
    hl_param *at;
    int n;
    size_t count; /* floats of the whole array */
} hl_params;

/* Add a tensor at the end; shape (ndim).  It splits nowhere and starts from zero until told otherwise;
 * the pointer holds until the next one is added. */
hl_param *hl_params_add(hl_params *t, const char *name, const char *stack, int layer, int layers, int ndim, const int64_t *shape);
void hl_params_free(hl_params *t);

/* By name; NULL where there is none. */
const hl_param *hl_params_find(const hl_params *t, const char *name);

/* Fill w (count) with initial values; each number depends on (seed, name, index) alone. */
void hl_params_init(const hl_params *t, float *w, uint64_t seed);

/* Digest of the values by name and order of the table. */
uint64_t hl_params_digest(const hl_params *t, const float *w);

#endif
