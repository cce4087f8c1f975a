/* params.h - the table of named parameters.
 *
 * Everything that treats all weights alike (initial values, sums over ranks, AdamW, digests, checkpoints,
 * import, export) is a loop over this table.  A table describes one side (the Item LLM or the User LLM);
 * its tensors lie one after the other in one array of `count` floats. */
#ifndef MODEL_PARAMS_H
#define MODEL_PARAMS_H
#include "base/arena.h"
#include "model/tensor-group.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HL_PARAM_DIMS = 3 };

typedef enum {
    HL_INIT_NORMAL,    /* normal with the tensor's std */
    HL_INIT_TRUNCATED, /* normal, the first of four draws that is within two deviations, else the first (HSTU) */
    HL_INIT_UNIFORM,   /* uniform in [-std, std) */
    HL_INIT_ONES,
    HL_INIT_VALUE /* param.value */
} hl_init;

/* What a rank has of the axis that is split: [begin, end); of that, [own_begin, own_end) is nobody else's to count, as
 * ranks may share key heads.  Of a tensor that is not split everyone has [0, 1), and rank 0 owns it. */
typedef struct {
    int64_t begin, end, own_begin, own_end;
} hl_cut;

typedef struct {
    char name[112];               /* the public code's name: item_llm.model.layers.0.self_attn.q_proj.weight */
    char stack[64];               /* the logical tensor it is a slice of: item_llm/layers/self_attn.q_proj */
    int layer;                    /* which slice; -1 where the logical tensor is this one alone */
    int layers;                   /* how many slices the logical tensor has; 1 where alone */
    int ndim;                     /* 0 (a scalar) to HL_PARAM_DIMS */
    int64_t shape[HL_PARAM_DIMS]; /* of the whole tensor; q, k, v: heads, head_dim, in */
    int split_axis;               /* the axis that tensor parallelism divides; -1: none */
    hl_cut mine;
    int cross_axis;  /* a later one that the rows of a grid of ranks divide too, so that a share is a tile; -1: none */
    hl_cut cross;    /* mine of it, nobody else's */
    bool shared;     /* some ranks have a piece in common, and each has a part of its gradient */
    bool outside;    /* its numbers are those of another file, which no training changes: checkpoints do not have it */
    bool row_sparse; /* a table of which a step reads some rows: the others' gradients are zero */
    size_t offset, count; /* the span of my share in the side's array */
    hl_init init;
    float value, std;
} hl_param;

typedef struct {
    hl_param *at;
    int n;
    size_t room;
    size_t count; /* floats of the whole array */
} hl_params;

/* The public code's name, and the slice of a logical tensor, as in hl_param. */
typedef struct {
    const char *name, *stack;
    int layer, layers;
} hl_param_name;

/* Add a tensor at the end; shape (ndim), of which this rank has `cut` of split_axis.  It starts from zero until told
 * otherwise; the pointer holds until the next one is added. */
hl_param *hl_params_add_cut(hl_params *t, const hl_param_name *name, int ndim, const int64_t *shape, int split_axis,
                            const hl_cut *cut);

/* The tensor added last is cut along a second axis, behind the first. */
void hl_params_cross(hl_params *t, int axis, const hl_cut *cut);

/* The same for a tensor that is a logical one alone and not split; `owned`: this rank counts it. */
hl_param *hl_params_add(hl_params *t, const char *name, int ndim, const int64_t *shape, bool owned);
void hl_params_free(hl_params *t);

/* By name; NULL where there is none. */
const hl_param *hl_params_find(const hl_params *t, const char *name);

/* My share of a tensor is a number of stretches: `n` neighbours in my array from `local` on that are neighbours in
 * the whole tensor too, from `global` on. */
typedef struct {
    size_t local, n;
    int64_t global;
} hl_stretch;

int64_t hl_param_stretches(const hl_param *p);
hl_stretch hl_param_stretch(const hl_param *p, int64_t i);
/* The same, only what this rank counts; none (n 0) where the stretch is somebody else's to count. */
hl_stretch hl_param_own_stretch(const hl_param *p, int64_t i);
/* Of these two, what is within numbers [begin, end) of the array, as those of a rank's block. */
hl_stretch hl_param_held_stretch(const hl_param *p, int64_t i, size_t begin, size_t end);
hl_stretch hl_param_counted_stretch(const hl_param *p, int64_t i, size_t begin, size_t end);

/* Numbers of the whole tensor, and of all tensors of a table. */
int64_t hl_param_whole(const hl_param *p);
int64_t hl_params_whole(const hl_params *t);

/* Fill w (count) with initial values; each number depends on (seed, name, index) alone.  The second: of one tensor. */
void hl_params_init(const hl_params *t, float *w, uint64_t seed);
void hl_param_init(const hl_param *p, float *w, uint64_t seed);

/* Cut numbers [lo, hi) of the array, which are tensors, into p nearly equal blocks between rows (of a tensor's first
 * axis): where block r begins.  Begin 0 is lo, begin p is hi; a block may be empty. */
size_t hl_params_cut(const hl_params *t, size_t lo, size_t hi, int p, int r);

/* The same of all of it: who share a piece of work divide it so. */
size_t hl_params_block_begin(const hl_params *t, int p, int r);

/* Where the layers begin, (t->n + 1) with the end of the last one; how many there are.  The tensors of a layer follow
 * one another, and so do the layers. */
int hl_params_layers(size_t *begin, const hl_params *t);

/* What lies in [begin, end) of my array of a tensor, into a copy of the whole tensor, and back out of it. */
void hl_param_put(float *whole, const float *g, const hl_param *p, size_t begin, size_t end);
void hl_param_take(float *g, const float *whole, const hl_param *p, size_t begin, size_t end);

/* Pieces that several peers have: each gets the sum of their gradients.  Collective over the peers. */
void hl_params_join(const hl_params *t, float *g, const hl_tensor_group *tp, hl_arena *scratch);

/* Digest of the values that this rank counts, of numbers [begin, end) of its array, by name and place in the whole
 * tensor: the sum (mod 2^64) over the ranks that share a model is its digest, whatever the shares. */
uint64_t hl_params_digest(const hl_params *t, const float *w, size_t begin, size_t end);

#endif
