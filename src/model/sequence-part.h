/* sequence-part.h - which rows a rank has between products: all of them or, sequence parallel, a part
 * (hl_tensor_group.sequence_parallel). */
#ifndef MODEL_SEQUENCE_PART_H
#define MODEL_SEQUENCE_PART_H
#include "model/layer.h"

/* Mine of T rows of D numbers, [begin, begin + n), and where each peer's begin. */
typedef struct {
    bool sequence_parallel;
    int begin, n;
    size_t *at; /* (peers + 1) in numbers; NULL where everyone has all */
} hl_sequence_part;

/* Of T rows; all are mine where it is not sequence parallel.  scratch has what it points to. */
hl_sequence_part hl_sequence_part_of(const hl_stack *m, int T, bool sequence_parallel, hl_arena *scratch);

/* Where the numbers of my rows begin among those of all. */
size_t hl_sequence_part_first(const hl_stack *m, const hl_sequence_part *r);

/* x (T, D) has my rows; now it has all.  Collective over the peers where each has a part. */
void hl_sequence_part_all_gather(float *x, const hl_stack *m, const hl_sequence_part *r);

/* x (T, D) of all peers added (reduce-scatter), as far as the rows are mine.  Collective over the peers. */
void hl_sequence_part_reduce(float *x, const hl_stack *m, const hl_sequence_part *r, int T);

/* Where the gradient of a norm's weight goes.  Where peers have rows of their own, all their parts count
 * (hl_params_join); then what all have alike is one's alone, the others' goes nowhere. */
float *hl_sequence_part_norm_gradient(float *dw, const hl_stack *m, bool alike, hl_arena *scratch);

#endif
