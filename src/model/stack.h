/* stack.h - a stack of Llama blocks over packed sequences, forward and backward.
 *
 *     h = x + o_proj(attention(rope(q), rope(k), v)),  q, k, v = proj(norm(x))
 *     y = h + down(silu(gate(norm(h))) * up(norm(h)))          and a last norm after the last block
 *
 * (Touvron et al., arXiv 2302.13971.)  Both LLMs are this; they differ in what goes in and what is read out. */
#ifndef MODEL_STACK_H
#define MODEL_STACK_H
#include "base/arena.h"
#include "math/attention.h"
#include "model/llama.h"
#include "model/params.h"
#include "model/peers.h"

/* Sequences one after the other, without padding: segment s has the tokens [begin[s], begin[s + 1]). */
typedef struct {
    int T, segments;
    const int *begin;    /* (segments + 1) */
    const int *position; /* (T), from 0; below the stack's `positions` */
} hl_pack;

/* Where the parameters of a block begin in the side's array. */
typedef struct {
    size_t norm, qkv, o, mlp_norm, gate_up, down;
} hl_block;

typedef struct {
    hl_llama shape;
    const hl_peers *peers;
    hl_heads heads;  /* mine among the peers */
    int width;       /* mine of intermediate_size */
    hl_block *block; /* (layers) */
    size_t last_norm;
    int positions;   /* rows of the rotary table */
    float *rope;     /* (positions, head_dim) */
    bool careful;    /* sum attention's projections in double where they are narrow; for vectors that are kept */
} hl_stack;

/* A stack whose parameters are those of "<side>_llm." in table, the share of peers->rank.  positions: longest sequence. */
void hl_stack_open(hl_stack *m, const hl_llama *shape, const hl_params *table, const char *side, int positions, const hl_peers *peers);
void hl_stack_close(hl_stack *m);

/* What the backward needs of a block's forward. */
typedef struct {
    float *x, *rstd;             /* input (T, D) and its norm's scale (T) */
    float *qkv;                  /* after rotation (T, (H + 2K) d) */
    float *o, *lse;              /* attention's output (T, H d) and its log-sum-exp (T, H) */
    float *h, *mlp_rstd;         /* after the first residual (T, D); norm's scale (T) */
    float *gu;                   /* gate and up (T, 2F) */
} hl_block_trace;

typedef struct {
    int T;
    hl_block_trace *block; /* (layers) */
    float *x, *rstd;       /* input of the last norm (T, D) and its scale (T) */
} hl_stack_trace;

/* Lay out a trace of T tokens in an arena (measuring or real). */
void hl_stack_trace_lay(hl_stack_trace *t, const hl_stack *m, int T, hl_arena *arena);

/* y (T, D) = the stack of x (T, D); w: the side's array.  Peers: collective over m->peers. */
void hl_stack_forward(float *y, hl_stack_trace *t, const hl_stack *m, const float *w, const float *x, const hl_pack *pack, hl_arena *scratch);

/* dx (T, D) is overwritten, dw (the side's array) is added to, given dy (T, D). */
void hl_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_trace *t, const hl_stack *m, const float *w,
                       const hl_pack *pack, hl_arena *scratch);

/* Floating point operations of my share of a forward over the pack (products and attention); the backward takes twice as
 * many. */
double hl_stack_flop(const hl_stack *m, const hl_pack *pack);

#endif
