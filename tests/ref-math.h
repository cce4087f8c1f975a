/* ref-math.h - the slow twins of src/math: plain double loops that the fast ops must agree with.
 *
 * Shapes and names are those of the headers of src/math; gradients are set here, not added. */
#ifndef TESTS_REF_MATH_H
#define TESTS_REF_MATH_H
#include "math/adamw.h"
#include "math/nce.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of a test, each piece its own block; ref_done gives all of it back. */
void *ref_take(size_t bytes);
void ref_done(void);

/* n normal numbers times scale: the stream `name` is the same in every run. */
float *ref_random(size_t n, uint32_t name, double scale);
float *ref_zeros(size_t n);
float *ref_copy(const float *x, size_t n);
double *ref_double(const float *x, size_t n);
double *ref_double_zeros(size_t n);

/* Largest |got - want| as a share of the largest |want|; NaN if any is NaN. */
double ref_distance(const float *got, const double *want, size_t n);

/* Is dx the gradient of loss at x?  The slope along a random direction, by central differences, as a share of what
 * dx says: a number near 1.  loss is told x and self. */
double ref_slope(double (*loss)(const double *x, const void *self), const double *x, const double *dx, size_t n,
                 const void *self);

double ref_dot(const double *a, const double *b, size_t n);

void ref_linear_forward(double *y, const double *x, const double *w, int T, int D, int F);
void ref_linear_backward(double *dx, double *dw, const double *dy, const double *x, const double *w, int T, int D,
                         int F);

void ref_rmsnorm_forward(double *y, const double *x, const double *w, int T, int D, double eps);
void ref_rmsnorm_backward(double *dx, double *dw, const double *dy, const double *x, const double *w, int T, int D,
                          double eps);

void ref_rope_turn(double *x, const int *position, double theta, int T, int heads, int d, int stride, int sign);

/* both_ways: not causal. */
void ref_attention_forward(double *o, double *lse, const double *qkv, const int *begin, int segments, int H, int K,
                           int d, bool both_ways);
void ref_attention_backward(double *dqkv, const double *d_o, const double *qkv, const int *begin, int segments, int H,
                            int K, int d, bool both_ways);

/* w (2 D): weights, then biases; dw too. */
void ref_layernorm_forward(double *y, const double *x, const double *w, int T, int D, double eps);
void ref_layernorm_backward(double *dx, double *dw, const double *dy, const double *x, const double *w, int T, int D,
                            double eps);

void ref_gelu_forward(double *h, const double *u, int n, bool approximate);
void ref_gelu_backward(double *du, const double *dh, const double *u, int n, bool approximate);

void ref_swiglu_forward(double *h, const double *gu, int T, int F);
void ref_swiglu_backward(double *dgu, const double *dh, const double *gu, int T, int F);

void ref_unit_forward(double *y, const double *x, int n, int D);
void ref_unit_backward(double *dx, const double *dy, const double *x, int n, int D);

void ref_adamw_step(double *w, double *m, double *v, const double *g, size_t n, const hl_adamw *how);

/* Sum over rows of weight times loss; part (R) is filled. */
double ref_nce_forward(hl_nce_part *part, const double *weight, const double *u, const double *p, const double *l0,
                       const double *n, const double *multiplicity, int R, int K, int D, double s, double thres);
/* Gives dLoss/ds through the negatives. */
double ref_nce_backward(double *du, double *dn, const double *weight, const double *u, const double *p,
                        const double *l0, const double *n, const double *multiplicity, int R, int K, int D, double s,
                        double thres);

#endif
