/* nothing.c - the ops of this folder, computing nothing.
 *
 * It replaces them, and base/fold-floats.c, in hllm-rehearse: the models and the step are the real ones there, and what
 * they would compute takes its time elsewhere (app/rehearse/timed.h).  It is not in the library. */
#include "base/fold.h"
#include "math/attention-last.h"
#include "math/attention-prefix.h"
#include "math/attention.h"
#include "math/bias.h"
#include "math/dropout.h"
#include "math/gate.h"
#include "math/gelu.h"
#include "math/head-norm.h"
#include "math/layernorm-part.h"
#include "math/layernorm.h"
#include "math/linear.h"
#include "math/norm.h"
#include "math/rmsnorm-part.h"
#include "math/rmsnorm.h"
#include "math/rope.h"
#include "math/rows.h"
#include "math/shares.h"
#include "math/silu-attention.h"
#include "math/silu.h"
#include "math/sliced.h"
#include "math/strip.h"
#include "math/swiglu.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

/* What attention takes is counted in strips; nobody computes one. */
const hl_strips *hl_strips_here(void)
{
    static const hl_strips none = {.lanes = 8};
    return &none;
}

void hl_fold_floats(void *into, const void *from, size_t n) {}

/* ---- attention */

void hl_attention_forward(float *o, float *lse, const float *qkv, const int *begin, int segments, const hl_heads *heads)
{
}
void hl_attention_backward(float *dqkv, const float *d_o, const float *o, const float *lse, const float *qkv,
                           const int *begin, int segments, const hl_heads *heads)
{
}
void hl_attention_last_forward(float *o, float *lse, const float *q, const float *kv, const int *begin, int segments,
                               const hl_heads *heads)
{
}
void hl_attention_last_backward(float *dq, float *dkv, const float *d_o, const float *o, const float *lse,
                                const float *q, const float *kv, const int *begin, int segments, const hl_heads *heads)
{
}
void hl_attention_prefix_forward(float *o, float *lse, const hl_prefix *x, const hl_heads *heads) {}
void hl_attention_prefix_backward(float *dq, float *dk, float *dv, const float *d_o, const float *o, const float *lse,
                                  const hl_prefix *x, const hl_heads *heads, hl_arena *scratch)
{
}
void hl_head_norm_forward(float *x, float *kept, float *rstd, const float *w, int T, int heads, int d, int stride,
                          float eps)
{
}
void hl_head_norm_backward(float *dx, float *dw, const float *kept, const float *rstd, const float *w, int T, int heads,
                           int d, int stride)
{
}
void hl_silu_attention_forward(float *o, const float *q, const float *k, const float *v, const int *begin, int segments,
                               const hl_silu_heads *heads)
{
}
void hl_silu_attention_backward(float *dq, float *dk, float *dv, const float *d_o, const float *q, const float *k,
                                const float *v, const int *begin, int segments, const hl_silu_heads *heads)
{
}
size_t hl_silu_bias_room(const int *begin, int segments, int H) { return 0; }
void hl_silu_bias_buckets(unsigned char *bucket, const int64_t *time, int L) {}
void hl_silu_forward(float *h, const float *z, int T, int F) {}
void hl_silu_backward(float *d, const float *z, int T, int F) {}
void hl_gate_forward(float *y, const float *gate, size_t step, const float *x, int T, int F) {}
void hl_gate_backward(float *dgate, float *dx, const float *dy, const float *gate, size_t step, const float *x, int T,
                      int F)
{
}
void hl_dropout_factors(float *factor, const hl_dropout *d, int sample, uint32_t block, int n) {}
void hl_dropout_apply(float *x, const hl_dropout *d, const hl_dropout_rows *r) {}
void hl_rope_table(float *table, int positions, int d, double theta, const hl_rope_scaling *s) {}
void hl_rope_turn(float *x, const int *position, const float *table, int T, int heads, int d, int stride, int sign) {}

/* ---- products */

void hl_linear_forward(float *y, const float *x, const float *w, int T, int D, int F) {}
void hl_linear_forward_double(float *y, const float *x, const float *w, int T, int D, int F, hl_arena *scratch) {}
void hl_linear_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T, int D, int F) {}
void hl_rows_by_rows(float *c, const float *a, const float *b, int M, int N, int K) {}
void hl_rows_times(float *c, const float *a, const float *b, int M, int N, int K) {}
void hl_columns_times(float *c, const float *a, const float *b, int M, int N, int K) {}
void hl_bias_forward(float *y, const float *b, int T, int F) {}
void hl_bias_backward(float *db, const float *dy, int T, int F) {}

int hl_pieces_width(const hl_pieces *p)
{
    int width = 0;
    for (int i = 0; i < p->parts; i++) width += p->width[i];
    return width;
}
void hl_sliced_column_parallel_forward(float *y, const float *x, const float *w, int T, int D, const hl_pieces *p) {}
void hl_sliced_column_parallel_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T,
                                        int D, const hl_pieces *p, hl_arena *scratch)
{
}
void hl_sliced_row_parallel_forward(float *y, const float *x, const float *w, int T, int K, int F, int slices,
                                    hl_arena *scratch)
{
}
void hl_sliced_row_parallel_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, int T,
                                     int K, int F)
{
}

/* A rank is one thread. */
int hl_shares_of(int n, int side, size_t weight) { return 1; }
void hl_shares_run(int shares, int rows, hl_share_act act, const void *self, hl_arena *scratch)
{
    act(self, 0, rows, scratch);
}
void hl_shares_run_few(int rows, int width, hl_share_act act, const void *self, hl_arena *scratch)
{
    act(self, 0, rows, scratch);
}
void hl_shares_weights(const hl_weight_gradient g[2], int T, int threads) {}

/* ---- between products */

void hl_rmsnorm_forward(float *y, float *rstd, const float *x, const float *w, int T, int D, float eps) {}
void hl_rmsnorm_again(float *y, const float *rstd, const float *x, const float *w, int T, int D) {}
void hl_rmsnorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *rstd,
                         int T, int D)
{
}
void hl_rmsnorm_part_squares(double *squares, const float *x, int T, int C) {}
void hl_rmsnorm_part_forward(float *y, float *rstd, const double *squares, const float *x, const float *w, int T, int C,
                             int D, float eps)
{
}
void hl_rmsnorm_part_along(double *along, const float *dy, const float *x, const float *w, int T, int C) {}
void hl_rmsnorm_part_backward(float *dx, float *dw, const double *along, const float *dy, const float *x,
                              const float *w, const float *rstd, int T, int C, int D)
{
}
void hl_layernorm_forward(float *y, float *kept, const float *x, const float *w, int T, int D, float eps) {}
void hl_layernorm_again(float *y, const float *kept, const float *x, const float *w, int T, int C, int D) {}
void hl_layernorm_backward(float *dx, float *dw, const float *dy, const float *x, const float *w, const float *kept,
                           int T, int D)
{
}
void hl_layernorm_part_sums(double *sums, const float *x, int T, int C) {}
void hl_layernorm_part_forward(float *y, float *kept, const double *sums, const float *x, const float *w, int T, int C,
                               int D, float eps)
{
}
void hl_layernorm_part_along(double *along, const float *dy, const float *x, const float *w, const float *kept, int T,
                             int C)
{
}
void hl_layernorm_part_backward(float *dx, float *dw, const double *along, const float *dy, const float *x,
                                const float *w, const float *kept, int T, int C, int D)
{
}
void hl_gelu_forward(float *h, const float *u, int T, int F) {}
void hl_gelu_tanh_forward(float *h, const float *u, int T, int F) {}
void hl_gelu_backward(float *du, float *h, const float *dh, const float *u, int T, int F) {}
void hl_gelu_tanh_backward(float *du, float *h, const float *dh, const float *u, int T, int F) {}
void hl_swiglu_forward(float *h, const float *gu, int T, int F) {}
void hl_swiglu_backward(float *dgu, float *h, const float *dh, const float *gu, int T, int F) {}

/* ---- rows: all are finite, and no two alike */

void hl_rows_gather(float *y, const float *table, const int *index, int n, int D) {}
void hl_rows_scatter_add(float *table, const float *y, const int *index, int n, int D) {}
void hl_rows_mean_forward(float *y, const float *x, const int *begin, int segments, int D) {}
void hl_rows_mean_backward(float *dx, const float *dy, const int *begin, int segments, int D) {}
void hl_rows_unit_forward(float *y, float *norm, const float *x, int n, int D) {}
void hl_rows_unit_backward(float *dx, const float *dy, const float *y, const float *norm, int n, int D) {}
void hl_rows_dot(float *y, const float *a, const float *b, int n, int D)
{
    for (int i = 0; i < n; i++) y[i] = 0;
}
void hl_add(float *y, const float *x, size_t n) {}
void hl_rows_add_and_clear(float *y, float *x, size_t n) {}
bool hl_rows_are_alike(const float *x, const float *y, int D) { return false; }
double hl_rows_sum_of_squares(const float *x, size_t n) { return 0; }
int hl_rows_are_finite(const float *x, size_t n) { return 1; }
int hl_rows_find_odd(const float *x, int from, int n, int D) { return n; }

float hl_largest(float most, const float *x, size_t n) { return most; }
void hl_squares_add(hl_squares *s, const float *x, size_t n, float most) {}
double hl_squares_sum(const hl_squares *s, float most) { return 0; }
