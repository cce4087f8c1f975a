/* norm-kind.h - the two norms of rows as the layers see them: a table of functions.
 *
 * Their weights lie one after the other, of LayerNorm the biases behind them.  What is kept of a row for the backward
 * is `numbers` long; the sums of which a row that ranks share needs each, forward and backward, are as many. */
#ifndef MODEL_NORM_KIND_H
#define MODEL_NORM_KIND_H
#include "model/transformer.h"

typedef struct hl_norm_kind {
    int numbers;
    void (*forward)(float *y, float *kept, const float *x, const float *w, int T, int D, float eps);
    /* y again, of C columns of D. */
    void (*again)(float *y, const float *kept, const float *x, const float *w, int T, int C, int D);
    void (*backward)(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *kept, int T,
                     int D);
    /* Of rows of which C columns of D are here (math/rmsnorm-part.h). */
    void (*part_sums)(double *sums, const float *x, int T, int C);
    void (*part_forward)(float *y, float *kept, const double *sums, const float *x, const float *w, int T, int C, int D,
                         float eps);
    void (*part_along)(double *along, const float *dy, const float *x, const float *w, const float *kept, int T, int C);
    void (*part_backward)(float *dx, float *dw, const double *along, const float *dy, const float *x, const float *w,
                          const float *kept, int T, int C, int D);
} hl_norm_kind;

const hl_norm_kind *hl_norm_kind_of(const hl_transformer *c);

#endif
