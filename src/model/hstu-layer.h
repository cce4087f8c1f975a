/* hstu-layer.h - one layer of HSTU over packed sequences, forward and backward (model/hstu.h). */
#ifndef MODEL_HSTU_LAYER_H
#define MODEL_HSTU_LAYER_H
#include "math/silu-attention.h"
#include "model/layer.h"
#include "model/user-input.h"

enum { HL_HSTU_PARTS = 4 }; /* u, v, q and k lie side by side */

/* Where the parameters of a layer lie. */
typedef struct {
    size_t uvqk, o, bias, time, place; /* the last two: with rel_bias, time and place of hl_silu_bias */
} hl_hstu_layer;

typedef struct {
    hl_params table;
    hl_transformer shape;
    hl_user_input input; /* of the first stage */
    const hl_tensor_group *tp;
    const hl_sharder *sharder;
    int begins, layers, heads, first_head; /* mine; the first of each among all */
    hl_hstu_layer *layer;
    int64_t places; /* HL_NOWHERE: another stage's */
    float *plain;   /* (2 D) weights and biases of a norm that has none: ones, zeros */
} hl_hstu;

/* What a layer saves of T rows. */
typedef struct {
    float *x, *kept;   /* (T, D), (T, 2): input and what its norm keeps */
    float *z;          /* (T, 4 E) before silu; E: numbers of my heads */
    float *a, *a_kept; /* (T, E), (T, 2): what attention says and what its norm keeps */
} hl_hstu_saved;

/* Numbers of my heads. */
static inline int hl_hstu_mine(const hl_hstu *x) { return x->heads * x->shape.head_dim; }

/* The buckets of a pack's pairs, laid in the arena; nothing without rel_bias. */
hl_silu_bias hl_hstu_buckets(const hl_hstu *x, const hl_pack *p, hl_arena *arena);

/* What a layer is given in one pass over a pack. */
typedef struct {
    const hl_hstu *x;
    const float *w;
    float *dw; /* backward */
    const hl_pack *p;
    const hl_silu_bias *buckets;
    hl_arena *scratch;
} hl_hstu_pass;

/* y (T, D) = layer i of mine of t->x.  Collective over x->tp, as the backward. */
void hl_hstu_layer_forward(float *y, hl_hstu_saved *t, const hl_hstu_pass *pass, int i);

/* d (T, D) holds dy and becomes dx; gradients of weights are added to dw. */
void hl_hstu_layer_backward(float *d, const hl_hstu_saved *t, const hl_hstu_pass *pass, int i);

#endif
