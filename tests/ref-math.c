/* ref-math.c - the slow twins of src/math. */
#include "tests/ref-math.h"
#include "base/arena.h"
#include "base/rng.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BLOCKS = 4096 };

static void *blocks[MOST_BLOCKS];
static int taken;

void *ref_take(size_t bytes)
{
    if (taken == MOST_BLOCKS) abort();
    return blocks[taken++] = hl_alloc(bytes);
}

void ref_done(void)
{
    while (taken > 0) free(blocks[--taken]);
}

float *ref_random(size_t n, uint32_t name, double scale)
{
    float *x = ref_take(n * sizeof *x);
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, name, 0);
    for (size_t i = 0; i < n; i++) x[i] = (float)(scale * hl_rng_normal(&r));
    return x;
}

float *ref_zeros(size_t n) { return memset(ref_take(n * sizeof(float)), 0, n * sizeof(float)); }

float *ref_copy(const float *x, size_t n) { return memcpy(ref_take(n * sizeof(float)), x, n * sizeof(float)); }

double *ref_double(const float *x, size_t n)
{
    double *y = ref_take(n * sizeof *y);
    for (size_t i = 0; i < n; i++) y[i] = (double)x[i];
    return y;
}

double *ref_double_zeros(size_t n) { return memset(ref_take(n * sizeof(double)), 0, n * sizeof(double)); }

double ref_distance(const float *got, const double *want, size_t n)
{
    double far = 0.0, large = 1e-30;
    for (size_t i = 0; i < n; i++) {
        const double d = fabs((double)got[i] - want[i]);
        if (isnan(d)) return d;
        far = fmax(far, d);
        large = fmax(large, fabs(want[i]));
    }
    return far / large;
}

double ref_dot(const double *a, const double *b, size_t n)
{
    double sum = 0.0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

double ref_slope(double (*loss)(const double *x, const void *self), const double *x, const double *dx, size_t n,
                 const void *self)
{
    const double h = 1e-5;
    double *way = ref_double(ref_random(n, 99, 1.0), n), *there = ref_double_zeros(n), at[2];
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < n; i++) there[i] = x[i] + (side ? h : -h) * way[i];
        at[side] = loss(there, self);
    }
    return (at[1] - at[0]) / (2.0 * h) / ref_dot(dx, way, n);
}

void ref_linear_forward(double *y, const double *x, const double *w, int T, int D, int F)
{
    for (int t = 0; t < T; t++)
        for (int f = 0; f < F; f++) y[t * F + f] = ref_dot(x + t * D, w + f * D, (size_t)D);
}

void ref_linear_backward(double *dx, double *dw, const double *dy, const double *x, const double *w, int T, int D,
                         int F)
{
    memset(dx, 0, (size_t)(T * D) * sizeof *dx);
    memset(dw, 0, (size_t)(F * D) * sizeof *dw);
    for (int t = 0; t < T; t++)
        for (int f = 0; f < F; f++)
            for (int i = 0; i < D; i++) {
                dx[t * D + i] += dy[t * F + f] * w[f * D + i];
                dw[f * D + i] += dy[t * F + f] * x[t * D + i];
            }
}

static double rms_of(const double *x, int D, double eps) { return sqrt(ref_dot(x, x, (size_t)D) / D + eps); }

void ref_rmsnorm_forward(double *y, const double *x, const double *w, int T, int D, double eps)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < D; i++) y[t * D + i] = w[i] * x[t * D + i] / rms_of(x + t * D, D, eps);
}

/* d/dx_j of x_i / rms is [i = j] / rms - x_i x_j / (D rms^3). */
void ref_rmsnorm_backward(double *dx, double *dw, const double *dy, const double *x, const double *w, int T, int D,
                          double eps)
{
    memset(dx, 0, (size_t)(T * D) * sizeof *dx);
    memset(dw, 0, (size_t)D * sizeof *dw);
    for (int t = 0; t < T; t++) {
        const double *xt = x + t * D, *dyt = dy + t * D, rms = rms_of(xt, D, eps);
        for (int i = 0; i < D; i++) {
            dw[i] += dyt[i] * xt[i] / rms;
            for (int k = 0; k < D; k++)
                dx[t * D + k] += dyt[i] * w[i] * ((i == k ? 1.0 / rms : 0.0) - xt[i] * xt[k] / (D * rms * rms * rms));
        }
    }
}

void ref_rope_turn(double *x, const int *position, double theta, int T, int heads, int d, int stride, int sign)
{
    for (int t = 0; t < T; t++)
        for (int h = 0; h < heads; h++)
            for (int i = 0; i < d / 2; i++) {
                double *a = x + t * stride + h * d + i, *b = a + d / 2;
                const double angle = sign * position[t] * pow(theta, -2.0 * i / d), first = *a, second = *b;
                *a = first * cos(angle) - second * sin(angle);
                *b = second * cos(angle) + first * sin(angle);
            }
}

/* The rows of qkv that query head h uses. */
typedef struct {
    size_t row, q, k, v;
} places;

static places places_of(int h, int H, int K, int d)
{
    const int kv = h / (H / K);
    return (places){(size_t)((H + 2 * K) * d), (size_t)(h * d), (size_t)((H + kv) * d), (size_t)((H + K + kv) * d)};
}

/* p (last - first + 1) = probabilities of query i over the keys first to last; gives the log of their sum. */
static double attend(double *p, const double *qkv, places at, int first, int last, int i, int d)
{
    double most = -INFINITY, sum = 0.0;
    for (int j = first; j <= last; j++) {
        p[j - first] = ref_dot(qkv + (size_t)i * at.row + at.q, qkv + (size_t)j * at.row + at.k, (size_t)d) / sqrt(d);
        most = fmax(most, p[j - first]);
    }
    for (int j = first; j <= last; j++) sum += exp(p[j - first] - most);
    for (int j = first; j <= last; j++) p[j - first] = exp(p[j - first] - most) / sum;
    return most + log(sum);
}

void ref_attention_forward(double *o, double *lse, const double *qkv, const int *begin, int segments, int H, int K,
                           int d, bool both_ways)
{
    double *p = ref_double_zeros((size_t)begin[segments] + 1);
    memset(o, 0, (size_t)(begin[segments] * H * d) * sizeof *o);
    for (int s = 0; s < segments; s++)
        for (int h = 0; h < H; h++)
            for (int i = begin[s]; i < begin[s + 1]; i++) {
                const places at = places_of(h, H, K, d);
                const int last = both_ways ? begin[s + 1] - 1 : i;
                lse[i * H + h] = attend(p, qkv, at, begin[s], last, i, d);
                for (int j = begin[s]; j <= last; j++)
                    for (int c = 0; c < d; c++)
                        o[(i * H + h) * d + c] += p[j - begin[s]] * qkv[(size_t)j * at.row + at.v + (size_t)c];
            }
}

void ref_attention_backward(double *dqkv, const double *d_o, const double *qkv, const int *begin, int segments, int H,
                            int K, int d, bool both_ways)
{
    double *p = ref_double_zeros((size_t)begin[segments] + 1), *dp = ref_double_zeros((size_t)begin[segments] + 1);
    memset(dqkv, 0, (size_t)(begin[segments] * (H + 2 * K) * d) * sizeof *dqkv);
    for (int s = 0; s < segments; s++)
        for (int h = 0; h < H; h++)
            for (int i = begin[s]; i < begin[s + 1]; i++) {
                const places at = places_of(h, H, K, d);
                const int last = both_ways ? begin[s + 1] - 1 : i;
                const double *up = d_o + (i * H + h) * d;
                double mean = 0.0;
                attend(p, qkv, at, begin[s], last, i, d);
                for (int j = begin[s]; j <= last; j++) {
                    dp[j - begin[s]] = ref_dot(up, qkv + (size_t)j * at.row + at.v, (size_t)d);
                    mean += p[j - begin[s]] * dp[j - begin[s]];
                }
                for (int j = begin[s]; j <= last; j++) {
                    const double pj = p[j - begin[s]], slope = pj * (dp[j - begin[s]] - mean) / sqrt(d);
                    const size_t q = (size_t)i * at.row + at.q, k = (size_t)j * at.row + at.k,
                                 v = (size_t)j * at.row + at.v;
                    for (size_t c = 0; c < (size_t)d; c++) {
                        dqkv[q + c] += slope * qkv[k + c];
                        dqkv[k + c] += slope * qkv[q + c];
                        dqkv[v + c] += pj * up[c];
                    }
                }
            }
}

/* Mean and 1 / sqrt(variance + eps) of a row. */
static double mean_of(double *r, const double *x, int D, double eps)
{
    double mean = 0, variance = 0;
    for (int i = 0; i < D; i++) mean += x[i] / D;
    for (int i = 0; i < D; i++) variance += (x[i] - mean) * (x[i] - mean) / D;
    *r = 1 / sqrt(variance + eps);
    return mean;
}

void ref_layernorm_forward(double *y, const double *x, const double *w, int T, int D, double eps)
{
    for (int t = 0; t < T; t++) {
        double r, mean = mean_of(&r, x + t * D, D, eps);
        for (int i = 0; i < D; i++) y[t * D + i] = w[i] * (x[t * D + i] - mean) * r + w[D + i];
    }
}

/* By the derivatives of each output by each input. */
void ref_layernorm_backward(double *dx, double *dw, const double *dy, const double *x, const double *w, int T, int D,
                            double eps)
{
    memset(dx, 0, (size_t)(T * D) * sizeof *dx);
    memset(dw, 0, (size_t)(2 * D) * sizeof *dw);
    for (int t = 0; t < T; t++) {
        const double *xt = x + t * D, *dyt = dy + t * D;
        double r, mean = mean_of(&r, xt, D, eps);
        for (int i = 0; i < D; i++) {
            const double z = (xt[i] - mean) * r;
            dw[i] += dyt[i] * z;
            dw[D + i] += dyt[i];
            for (int k = 0; k < D; k++)
                dx[t * D + k] += dyt[i] * w[i] * r * ((i == k) - 1.0 / D - z * (xt[k] - mean) * r / D);
        }
    }
}

static const double pi = 3.14159265358979323846;

static double tanh_of(double x) { return tanh(sqrt(2 / pi) * (x + 0.044715 * x * x * x)); }

void ref_gelu_forward(double *h, const double *u, int n, bool approximate)
{
    for (int i = 0; i < n; i++) h[i] = 0.5 * u[i] * (approximate ? 1 + tanh_of(u[i]) : erfc(-u[i] / sqrt(2.0)));
}

void ref_gelu_backward(double *du, const double *dh, const double *u, int n, bool approximate)
{
    for (int i = 0; i < n; i++) {
        const double x = u[i], t = tanh_of(x), inner = sqrt(2 / pi) * (1 + 3 * 0.044715 * x * x),
                     exact = 0.5 * erfc(-x / sqrt(2.0)) + x * exp(-x * x / 2) / sqrt(2 * pi);
        du[i] = dh[i] * (approximate ? 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner : exact);
    }
}

void ref_swiglu_forward(double *h, const double *gu, int T, int F)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < F; i++) {
            const double g = gu[t * 2 * F + i];
            h[t * F + i] = g / (1.0 + exp(-g)) * gu[t * 2 * F + F + i];
        }
}

void ref_swiglu_backward(double *dgu, const double *dh, const double *gu, int T, int F)
{
    for (int t = 0; t < T; t++)
        for (int i = 0; i < F; i++) {
            const double g = gu[t * 2 * F + i], up = gu[t * 2 * F + F + i], q = 1.0 / (1.0 + exp(-g));
            dgu[t * 2 * F + i] = dh[t * F + i] * up * (q + g * q * (1.0 - q));
            dgu[t * 2 * F + F + i] = dh[t * F + i] * g * q;
        }
}

void ref_unit_forward(double *y, const double *x, int n, int D)
{
    for (int r = 0; r < n; r++)
        for (int i = 0; i < D; i++) y[r * D + i] = x[r * D + i] / sqrt(ref_dot(x + r * D, x + r * D, (size_t)D));
}

void ref_unit_backward(double *dx, const double *dy, const double *x, int n, int D)
{
    for (int r = 0; r < n; r++) {
        const double *xr = x + r * D, *dyr = dy + r * D, square = ref_dot(xr, xr, (size_t)D),
                     along = ref_dot(xr, dyr, (size_t)D);
        for (int i = 0; i < D; i++) dx[r * D + i] = (dyr[i] - xr[i] * along / square) / sqrt(square);
    }
}

void ref_adamw_step(double *w, double *m, double *v, const double *g, size_t n, const hl_adamw *how)
{
    for (size_t i = 0; i < n; i++) {
        const double gi = g[i] * how->grad_scale;
        w[i] *= 1.0 - how->lr * how->weight_decay;
        m[i] = how->beta1 * m[i] + (1.0 - how->beta1) * gi;
        v[i] = how->beta2 * v[i] + (1.0 - how->beta2) * gi * gi;
        const double mean = m[i] / (1.0 - pow(how->beta1, (double)how->step)),
                     square = v[i] / (1.0 - pow(how->beta2, (double)how->step));
        w[i] -= how->lr * mean / (sqrt(square) + how->eps);
    }
}

/* The row's softmax over its target and its negatives: e (K) = exp(logit - max), 0 where left out.  Gives their sum
 * with the target's and the largest logit. */
static double exponentials(double *e, double *max, const double *u, const double *p, double l0, const double *n,
                           const double *multiplicity, int K, int D, double s, double thres)
{
    *max = l0;
    for (int k = 0; k < K; k++) {
        const bool left_out = ref_dot(p, n + k * D, (size_t)D) > thres;
        e[k] = left_out ? -INFINITY : s * ref_dot(u, n + k * D, (size_t)D) + log(multiplicity[k]);
        *max = fmax(*max, e[k]);
    }
    double sum = exp(l0 - *max);
    for (int k = 0; k < K; k++) sum += e[k] = exp(e[k] - *max);
    return sum;
}

static hl_nce_part summary(const double *u, const double *p, double l0, const double *n, const double *multiplicity,
                           int K, int D, double s, double thres)
{
    hl_nce_part part = {.max = -INFINITY};
    for (int k = 0; k < K; k++) {
        const double score = s * ref_dot(u, n + k * D, (size_t)D);
        const bool left_out = ref_dot(p, n + k * D, (size_t)D) > thres;
        *(left_out ? &part.masked : &part.kept) += multiplicity[k];
        if (left_out) continue;
        if (score > l0) part.above += multiplicity[k];
        part.max = fmax(part.max, score + log(multiplicity[k]));
    }
    for (int k = 0; k < K; k++)
        if (!(ref_dot(p, n + k * D, (size_t)D) > thres))
            part.sum += multiplicity[k] * exp(s * ref_dot(u, n + k * D, (size_t)D) - part.max);
    return part;
}

double ref_nce_forward(hl_nce_part *part, const double *weight, const double *u, const double *p, const double *l0,
                       const double *n, const double *multiplicity, int R, int K, int D, double s, double thres)
{
    double *e = ref_double_zeros((size_t)K + 1), loss = 0.0, max;
    for (int r = 0; r < R; r++) {
        const double *ur = u + r * D, *pr = p + r * D,
                     sum = exponentials(e, &max, ur, pr, l0[r], n, multiplicity, K, D, s, thres);
        if (part) part[r] = summary(ur, pr, l0[r], n, multiplicity, K, D, s, thres);
        loss += weight[r] * (max + log(sum) - l0[r]);
    }
    return loss;
}

double ref_nce_backward(double *du, double *dn, const double *weight, const double *u, const double *p,
                        const double *l0, const double *n, const double *multiplicity, int R, int K, int D, double s,
                        double thres)
{
    double *e = ref_double_zeros((size_t)K + 1), ds = 0.0, max;
    memset(du, 0, (size_t)(R * D) * sizeof *du);
    memset(dn, 0, (size_t)(K * D) * sizeof *dn);
    for (int r = 0; r < R; r++) {
        const double *ur = u + r * D,
                     sum = exponentials(e, &max, ur, p + r * D, l0[r], n, multiplicity, K, D, s, thres);
        for (int k = 0; k < K; k++) {
            const double slope = weight[r] * e[k] / sum;
            ds += slope * ref_dot(ur, n + k * D, (size_t)D);
            for (int i = 0; i < D; i++) {
                du[r * D + i] += slope * s * n[k * D + i];
                dn[k * D + i] += slope * s * ur[i];
            }
        }
    }
    return ds;
}
