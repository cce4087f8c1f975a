/* layer.h - what the functions of a layer are given: a pack of sequences, where a block's parameters lie, what its
 * forward saves. */
#ifndef MODEL_LAYER_H
#define MODEL_LAYER_H
#include "base/arena.h"
#include "math/attention.h"
#include "math/sliced.h"
#include "model/sharder.h"
#include "model/transformer.h"
#include "model/params.h"
#include "model/tensor-group.h"

/* Sequences one after the other, without padding: segment s has the tokens [begin[s], begin[s + 1]).  What all of
 * them begin with may come before them, once: the rows [0, prefix). */
typedef struct {
    int T, segments;
    const int *begin;    /* (segments + 1), from `prefix` on; where there is a prefix, begin[-1] is 0 */
    const int *position; /* (T), from 0; below the stack's `positions` */
    bool careful;        /* sum attention's projections in double where they are narrow; for vectors that are kept */
    bool last_only;      /* only one row of each segment is read out: the last block computes nothing else */
    bool first_is_read;  /* that row is the first, not the last */
    int prefix;          /* rows that come before every segment; 0: none */
    int kinds;           /* different rows among those that the first block reads, where that is known; 0: it is not */
    const int *kind;     /* (T) of each row, from 0 */
    const int *first;    /* (kinds) a row of each */
    const int *token;    /* (T) rows of the token table, -1: the [ITEM] vector; NULL: what is read are vectors */
    /* (T) which of the rows of the table that have a gradient is the row's (mpi/train/sparse-rows.h), -1: none of mine;
     * NULL: the table's gradient has all of its rows */
    const int *slot;
    const int *sample;   /* (T) of each row, its sample in the batch, for what is dropped; NULL: nothing is */
    uint64_t seed, step; /* where there are samples */
    const int64_t *time; /* (T) when the item of each row was met, for models that read it (hl_model.reads_times) */
    const int32_t *item; /* (T) the item of each row, likewise (hl_model.reads_items) */
    bool user_token; /* of a user model: the last row of each segment is the [USER] token, whatever was read there */
} hl_pack;

/* Rows that are read out of the whole stack: segments or T. */
static inline int hl_pack_rows(const hl_pack *p) { return p->last_only ? p->segments : p->T; }

/* The row of each segment that is read out where one is. */
static inline const int *hl_pack_rows_read(const hl_pack *p, hl_arena *arena)
{
    int *row = HL_TAKE(arena, int, p->segments);
    for (int i = 0; i < p->segments; i++) row[i] = p->first_is_read ? p->begin[i] : p->begin[i + 1] - 1;
    return row;
}

enum { HL_NOWHERE = -1 }; /* a tensor that a family does not have */

/* A linear layer of a block, y (n, out) = x (n, in) w^T + b: mine of it. */
typedef struct {
    size_t at;    /* its weight in the side's array */
    int64_t bias; /* HL_NOWHERE: none */
    hl_way way;   /* column-parallel or row-parallel */
    int in, out;
    bool narrow;          /* sums few terms for attention: see hl_pack.careful */
    hl_pieces pieces;     /* the matrices side by side that a column-parallel one is */
    const int *F, *D, *K; /* on a grid: how what comes out, what x and what w has of what is read are cut */
} hl_linear;

/* Where the parameters of a block are. */
typedef struct {
    int64_t norm, mlp_norm, out_norm; /* of what comes in, of what the MLP reads, of what goes out; HL_NOWHERE: none */
    hl_linear qkv, o, gate_up, down;
    hl_linear q, kv;        /* parts of qkv */
    int64_t q_norm, k_norm; /* of each head; HL_NOWHERE: none */
    int window;             /* keys that a query sees; 0: all */
} hl_block;

/* Where the token table and the [ITEM] vector lie in the side's array, and which rows of the table are mine; what is
 * added to them where positions are learned, and the norm of that. */
typedef struct {
    size_t at, item_at;
    int first, tokens;
    int64_t places, types, norm; /* HL_NOWHERE: none */
} hl_embedding;

typedef struct hl_layer_cut hl_layer_cut;

typedef struct {
    hl_transformer shape;
    const hl_tensor_group *tp;
    const hl_sharder *sharder;          /* hl_unsharded until somebody says otherwise */
    const hl_layer_cut *cut, *last_cut; /* how blocks are cut (model/cut.h); the one of which only last rows come out */
    hl_heads heads;                     /* mine among the peers */
    int width;                          /* mine of intermediate_size */
    int hidden;                         /* mine of hidden_size in the activations: all, where peers make no grid */
    hl_arena axes;                      /* of a grid: how its linear layers are cut */
    int begins, layers;                 /* the first of my blocks among all, and how many are mine */
    int first_head;                     /* the first of my query heads among all */
    bool first, last;                   /* are the first ones mine, and the last? */
    hl_block *block;                    /* (layers) */
    int64_t last_norm;                  /* HL_NOWHERE: none */
    const struct hl_norm_kind *norm;    /* model/norm-kind.h */
    const struct hl_activation *activation; /* model/activation.h */
    hl_embedding embedding;                 /* of the first stage, where tokens go in */
    int positions;                          /* rows of the rotary table */
    float *rope;                            /* (positions, head_dim) */
    int slices; /* mine of products in slices (math/sliced.h), a divisor of heads.K and width; 0: no slices */
} hl_stack;

/* Projections of attention that sum at most so many terms are summed in double where hl_pack.careful.  Scores of narrow
 * heads can be in the hundreds, and softmax turns their rounding errors into relative ones: for some texts the order in
 * which a product of 64 terms is summed moves the vector by 3e-4, against 1e-4 when each number is rounded once. */
enum { HL_STACK_NARROW = 256 };

/* Rows that leave my blocks: those that are read out after the last one, else all. */
static inline int hl_stack_rows(const hl_stack *m, const hl_pack *p) { return m->last ? hl_pack_rows(p) : p->T; }

/* The widths that every function of a layer needs, mine of them. */
typedef struct {
    int D, F, H, K, d, qkv, od, gu; /* qkv = (H + 2K) d, od = H d, gu = 2 F with gates, else F */
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
                       .gu = hl_transformer_has_gates(&m->shape) ? 2 * m->width : m->width,
                       .eps = (float)m->shape.rms_norm_eps};
}

/* Saved activations: what the backward needs of a block's forward.  n = T, in the last block the rows that come out. */
typedef struct {
    float *x, *rstd;        /* input (T, D) and what its norm keeps (T), of each kind of row where these go once */
    float *qkv;             /* after rotation (T, (H + 2K) d); keys and values (T, 2 K d) where q is apart */
    float *q;               /* queries of the last rows (n, H d), where only those are read out */
    float *o, *lse;         /* attention's output (n, H d) and its log-sum-exp (n, H) */
    float *h, *mlp_rstd;    /* after the first residual (n, D); what its norm keeps (n) */
    float *gu;              /* gate and up (n, 2F), or what GELU reads (n, F) */
    float *s, *out_rstd;    /* after the second residual (n, D); what its norm keeps (n); empty without one */
    float *head_q, *q_rstd; /* queries before the norm of heads (n, H d), and its scale (n, H); empty without one */
    float *head_k, *k_rstd; /* keys (T, K d), (T, K) */
} hl_block_saved;

typedef struct {
    int T;
    hl_block_saved *block;     /* (layers) */
    float *x, *rstd;           /* input of the last norm (n, D) and what it keeps (n), where the last block is mine */
    float *input, *input_rstd; /* the same of the norm of what goes in, where there is one */
} hl_stack_saved;

#endif
