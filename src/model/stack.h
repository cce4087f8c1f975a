/* stack.h - a stack of Llama blocks over packed sequences, forward and backward.
 *
 *     h = x + o_proj(attention(rope(q), rope(k), v)),  q, k, v = proj(norm(x))
 *     y = h + down(silu(gate(norm(h))) * up(norm(h)))          and a last norm after the last block
 *
 * (Touvron et al., arXiv 2302.13971.)  Both LLMs are this; they differ in what goes in and what is read out.  A stage of a
 * pipeline has some of the blocks: what goes in is what the stage before wrote, and the last norm is the last stage's. */
#ifndef MODEL_STACK_H
#define MODEL_STACK_H
#include "base/arena.h"
#include "math/attention.h"
#include "model/keeper.h"
#include "model/llama.h"
#include "model/params.h"
#include "model/peers.h"

/* Sequences one after the other, without padding: segment s has the tokens [begin[s], begin[s + 1]).  What all of them begin
 * with may come before them, once: the rows [0, prefix). */
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

/* Where the parameters of a block begin in the side's array. */
typedef struct {
    size_t norm, qkv, o, mlp_norm, gate_up, down;
} hl_block;

typedef struct {
    hl_llama shape;
    const hl_peers *peers;
    const hl_keeper *keeper; /* hl_keeps_all until somebody says otherwise */
    hl_heads heads;  /* mine among the peers */
    int width;       /* mine of intermediate_size */
    int hidden;      /* mine of hidden_size in the activations: all, where peers make no grid */
    struct hl_grid_axes *grid; /* of a grid (model/grid-stack.h); NULL without one */
    int layers;      /* how many blocks are mine */
    bool first, last; /* are the first ones mine, and the last? */
    hl_block *block; /* (layers) */
    size_t last_norm;
    int positions;   /* rows of the rotary table */
    float *rope;     /* (positions, head_dim) */
    int slices;      /* 0; else products are made in slices (math/sliced.h), and so many are mine: divisors of heads.K and width */
    bool careful;    /* sum attention's projections in double where they are narrow; for vectors that are kept */
} hl_stack;

/* Is a projection of attention that sums D terms to be summed in double?  Scores of narrow heads can be in the hundreds, and
 * softmax turns their rounding errors into relative ones: for some texts the order in which a product of 64 terms is summed moves the
 * vector by 3e-4, against 1e-4 when each number is rounded once. */
enum { HL_STACK_NARROW = 256 };
static inline bool hl_stack_is_careful(const hl_stack *m, int D) { return m->careful && D <= HL_STACK_NARROW; }

/* A stack whose parameters are those of "<side>_llm." in table, the layers of my stage and the share of peers->rank.
 * positions: longest sequence. */
void hl_stack_open(hl_stack *m, const hl_llama *shape, const hl_params *table, const char *side, hl_llama_layers layers, int positions, const hl_peers *peers);
void hl_stack_close(hl_stack *m);

/* Rows that leave my blocks: those that are read out after the last one, else all. */
static inline int hl_stack_rows(const hl_stack *m, const hl_pack *p) { return m->last ? hl_pack_rows(p) : p->T; }

/* What the backward needs of a block's forward.  n = T, in the last block the rows that come out. */
typedef struct {
    float *x, *rstd;             /* input (T, D) and its norm's scale (T), of each kind of row where these go once */
    float *qkv;                  /* after rotation (T, (H + 2K) d); keys and values (T, 2 K d) where q is apart */
    float *q;                    /* queries of the last rows (n, H d), where only those are read out */
    float *o, *lse;              /* attention's output (n, H d) and its log-sum-exp (n, H) */
    float *h, *mlp_rstd;         /* after the first residual (n, D); norm's scale (n) */
    float *gu;                   /* gate and up (n, 2F) */
} hl_block_trace;

typedef struct {
    int T;
    hl_block_trace *block; /* (layers) */
    float *x, *rstd;       /* input of the last norm (n, D) and its scale (n), where the last block is mine */
} hl_stack_trace;

/* Lay out a trace of a pack in an arena (measuring or real). */
void hl_stack_trace_lay(hl_stack_trace *t, const hl_stack *m, const hl_pack *pack, hl_arena *arena);

/* y (hl_stack_rows, D) = my blocks of x (T, D); w: the side's array.  Collective over
 * m->peers, and layer by layer over those that m->keeper asks. */
void hl_stack_forward(float *y, hl_stack_trace *t, const hl_stack *m, const float *w, const float *x, const hl_pack *pack, hl_arena *scratch);

/* An empty chunk: through all layers of mine with nothing. */
void hl_stack_pass_forward(const hl_stack *m);
void hl_stack_pass_backward(const hl_stack *m);

/* dx (T, D) is overwritten, dw (the side's array) is added to, given dy (hl_stack_rows, D). */
void hl_stack_backward(float *dx, float *dw, const float *dy, const hl_stack_trace *t, const hl_stack *m, const float *w,
                       const hl_pack *pack, hl_arena *scratch);

/* Floating point operations of my share of a forward over the pack (products and attention); the backward takes twice as
 * many. */
double hl_stack_flop(const hl_stack *m, const hl_pack *pack);

#endif
