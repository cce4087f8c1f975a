/* layer.h - what the functions of a layer are given: a pack of sequences, where a block's parameters lie, what its
 * forward saves. */
#ifndef MODEL_LAYER_H
#define MODEL_LAYER_H
#include "base/arena.h"
#include "math/attention.h"
#include "model/sharder.h"
#include "model/llama.h"
#include "model/params.h"
#include "model/tensor-group.h"

/* Sequences one after the other, without padding: segment s has the tokens [begin[s], begin[s + 1]).  What all of
 * them begin with may come before them, once: the rows [0, prefix). */
typedef struct {
    int T, segments;
    const int *begin;    /* (segments + 1), from `prefix` on; where there is a prefix, begin[-1] is 0 */
    const int *position; /* (T), from 0; below the stack's `positions` */
    bool last_only;      /* only the last row of each segment is read out: the last block computes nothing else */
    int prefix;          /* rows that come before every segment; 0: none */
    int kinds;           /* different rows among those that the first block reads, where that is known; 0: it is not */
    const int *kind;     /* (T) of each row, from 0 */
    const int *first;    /* (kinds) a row of each */
} hl_pack;

/* Rows that are read out of the whole stack: segments or T. */
static inline int hl_pack_rows(const hl_pack *p) { return p->last_only ? p->segments : p->T; }

/* The last row of each segment. */
static inline const int *hl_pack_last_rows(const hl_pack *p, hl_arena *arena)
{
    int *row = HL_TAKE(arena, int, p->segments);
    for (int i = 0; i < p->segments; i++) row[i] = p->begin[i + 1] - 1;
    return row;
}

/* Where the parameters of a block begin in the side's array. */
typedef struct {
    size_t norm, qkv, o, mlp_norm, gate_up, down;
} hl_block;

typedef struct {
    hl_llama shape;
    const hl_tensor_group *tp;
    const hl_sharder *sharder; /* hl_unsharded until somebody says otherwise */
    hl_heads heads;            /* mine among the peers */
    int width;                 /* mine of intermediate_size */
    int hidden;                /* mine of hidden_size in the activations: all, where peers make no grid */
    struct hl_grid_axes *grid; /* of a grid (model/grid-stack.h); NULL without one */
    int layers;                /* how many blocks are mine */
    bool first, last;          /* are the first ones mine, and the last? */
    hl_block *block;           /* (layers) */
    size_t last_norm;
    int positions; /* rows of the rotary table */
    float *rope;   /* (positions, head_dim) */
    int slices;    /* mine of products in slices (math/sliced.h), a divisor of heads.K and width; 0: no slices */
    bool careful;  /* sum attention's projections in double where they are narrow; for vectors that are kept */
} hl_stack;

/* Is a projection of attention that sums D terms to be summed in double?  Scores of narrow heads can be in the
 * hundreds, and softmax turns their rounding errors into relative ones: for some texts the order in which a product
 * of 64 terms is summed moves the vector by 3e-4, against 1e-4 when each number is rounded once. */
enum { HL_STACK_NARROW = 256 };
static inline bool hl_stack_is_careful(const hl_stack *m, int D) { return m->careful && D <= HL_STACK_NARROW; }

/* Rows that leave my blocks: those that are read out after the last one, else all. */
static inline int hl_stack_rows(const hl_stack *m, const hl_pack *p) { return m->last ? hl_pack_rows(p) : p->T; }

/* The widths that every function of a layer needs, mine of them. */
typedef struct {
    int D, F, H, K, d, qkv, od; /* qkv = (H + 2K) d, od = H d */
    float eps;
} hl_widths;

static inline hl_widths hl_widths_of(const hl_stack *m)
{
    int H = m->heads.H, K = m->heads.K, d = m->heads.d;
    return (hl_widths){.D = m->shape.hidden_size,
                       .F = m->width,
                       .H = H,
                       .K = K,
                       .d = d,
                       .qkv = (H + 2 * K) * d,
                       .od = H * d,
                       .eps = (float)m->shape.rms_norm_eps};
}

/* Saved activations: what the backward needs of a block's forward.  n = T, in the last block the rows that come out. */
typedef struct {
    float *x, *rstd;     /* input (T, D) and its norm's scale (T), of each kind of row where these go once */
    float *qkv;          /* after rotation (T, (H + 2K) d); keys and values (T, 2 K d) where q is apart */
    float *q;            /* queries of the last rows (n, H d), where only those are read out */
    float *o, *lse;      /* attention's output (n, H d) and its log-sum-exp (n, H) */
    float *h, *mlp_rstd; /* after the first residual (n, D); norm's scale (n) */
    float *gu;           /* gate and up (n, 2F) */
} hl_block_saved;

typedef struct {
    int T;
    hl_block_saved *block; /* (layers) */
    float *x, *rstd;       /* input of the last norm (n, D) and its scale (n), where the last block is mine */
} hl_stack_saved;

#endif
