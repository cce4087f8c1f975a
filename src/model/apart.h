/* apart.h - rows between products: all on every peer, or each peer's some (hl_tensor_group.rows_apart). */
#ifndef MODEL_APART_H
#define MODEL_APART_H
#include "model/layer.h"

/* Mine of T rows of D numbers, [begin, begin + n), and where each peer's begin. */
typedef struct {
    bool apart;
    int begin, n;
    size_t *at; /* (peers + 1) in numbers, where they are apart */
} hl_apart;

/* Of T rows; not apart: all are mine.  scratch has what it points to. */
hl_apart hl_apart_of(const hl_stack *m, int T, bool apart, hl_arena *scratch);

/* Where the numbers of my rows begin among those of all. */
size_t hl_apart_first(const hl_stack *m, const hl_apart *r);

/* x (T, D) has my rows; now it has all.  Collective over the peers where rows are apart. */
void hl_apart_gather(float *x, const hl_stack *m, const hl_apart *r);

/* x (T, D) of all peers added, as far as the rows are mine.  Collective over the peers. */
void hl_apart_sum(float *x, const hl_stack *m, const hl_apart *r, int T);

/* Where the gradient of a norm's weight goes.  Where peers have rows of their own, all their parts count (hl_params_join); then
 * what all have alike is one's alone, the others' goes nowhere. */
float *hl_apart_norm_gradient(float *dw, const hl_stack *m, bool alike, hl_arena *scratch);

#endif
