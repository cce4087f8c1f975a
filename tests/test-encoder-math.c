/* test-encoder-math.c - what encoders compute between their products, layer norm and GELU, agrees with slow twins. */
#include "math/gelu.h"
#include "math/layernorm-part.h"
#include "math/layernorm.h"
#include "tests/check.h"
#include "tests/ref-math.h"
#include <math.h>
#include <string.h>

enum { T = 130, D = 37, N = T * D };
static const float eps = 1e-5f;

/* What a loss is the dot product of. */
typedef struct {
    const double *dy, *x, *w;
    int part; /* which of x and w is asked for: 0, 1 */
    bool tanh;
} op;

static double norm_loss(const double *z, const void *self)
{
    const op *o = self;
    double *y = ref_double_zeros(N);
    ref_layernorm_forward(y, o->part == 0 ? z : o->x, o->part == 1 ? z : o->w, T, D, (double)eps);
    return ref_dot(o->dy, y, N);
}

static double gelu_loss(const double *z, const void *self)
{
    const op *o = self;
    double *y = ref_double_zeros(N);
    ref_gelu_forward(y, z, N, o->tanh);
    return ref_dot(o->dy, y, N);
}

static void layer_norm_agrees_with_its_twin(void)
{
    float *x = ref_random(N, 1, 2.0), *w = ref_random(2 * D, 2, 1.0), *dy = ref_random(N, 3, 1.0), *y = ref_zeros(N),
          *kept = ref_zeros(2 * T), *dx = ref_zeros(N), *dw = ref_zeros(2 * D);
    for (int i = 0; i < N; i++) x[i] += 3.0f;
    double *X = ref_double(x, N), *W = ref_double(w, 2 * D), *DY = ref_double(dy, N), *Y = ref_double_zeros(N),
           *DX = ref_double_zeros(N), *DW = ref_double_zeros(2 * D);
    ref_layernorm_forward(Y, X, W, T, D, (double)eps);
    ref_layernorm_backward(DX, DW, DY, X, W, T, D, (double)eps);
    hl_layernorm_forward(y, kept, x, w, T, D, eps);
    CHECK_NEAR(ref_distance(y, Y, N), 0.0, 1e-6);
    memset(y, 0, N * sizeof *y);
    hl_layernorm_again(y, kept, x, w, T, D, D);
    CHECK_NEAR(ref_distance(y, Y, N), 0.0, 1e-6);
    hl_layernorm_backward(dx, dw, dy, x, w, kept, T, D);
    CHECK_NEAR(ref_distance(dx, DX, N), 0.0, 2e-6);
    CHECK_NEAR(ref_distance(dw, DW, 2 * D), 0.0, 2e-6);
    hl_layernorm_backward(dx, NULL, dy, x, w, kept, T, D);
    for (int i = 0; i < N; i++) DX[i] *= 2; /* gradients add */
    CHECK_NEAR(ref_distance(dx, DX, N), 0.0, 2e-6);
    ref_done();
}

static void the_twin_of_layer_norm_has_its_slope(void)
{
    double *x = ref_double(ref_random(N, 1, 2.0), N), *w = ref_double(ref_random(2 * D, 2, 1.0), 2 * D),
           *dy = ref_double(ref_random(N, 3, 1.0), N), *dx = ref_double_zeros(N), *dw = ref_double_zeros(2 * D);
    ref_layernorm_backward(dx, dw, dy, x, w, T, D, (double)eps);
    CHECK_NEAR(ref_slope(norm_loss, x, dx, N, &(op){dy, x, w, 0, false}), 1.0, 1e-6);
    CHECK_NEAR(ref_slope(norm_loss, w, dw, 2 * D, &(op){dy, x, w, 1, false}), 1.0, 1e-6);
    ref_done();
}

static float *columns_of(const float *x, int from, int C)
{
    float *y = ref_zeros((size_t)(T * C));
    for (int t = 0; t < T; t++) memcpy(y + t * C, x + t * D + from, (size_t)C * sizeof *y);
    return y;
}

/* Only two sums of a row pass between the parts. */
static void parts_of_layer_norm_make_the_whole(void)
{
    float *x = ref_random(N, 1, 2.0), *w = ref_random(2 * D, 2, 1.0), *dy = ref_random(N, 3, 1.0), *y = ref_zeros(N),
          *kept = ref_zeros(2 * T), *dx = ref_zeros(N), *dw = ref_zeros(2 * D);
    hl_layernorm_forward(y, kept, x, w, T, D, eps);
    hl_layernorm_backward(dx, dw, dy, x, w, kept, T, D);
    for (int cut = 0; cut <= D; cut += 9) {
        const int from[2] = {0, cut}, C[2] = {cut, D - cut};
        double sums[2][2 * T], along[2][2 * T];
        float *px[2], *pdy[2], *pdw = ref_zeros(2 * D), *pkept = ref_zeros(2 * T);
        for (int k = 0; k < 2; k++) {
            px[k] = columns_of(x, from[k], C[k]);
            pdy[k] = columns_of(dy, from[k], C[k]);
            hl_layernorm_part_sums(sums[k], px[k], T, C[k]);
            hl_layernorm_part_along(along[k], pdy[k], px[k], w + from[k], kept, T, C[k]);
        }
        for (int t = 0; t < 2 * T; t++) sums[0][t] += sums[1][t], along[0][t] += along[1][t];
        for (int k = 0; k < 2; k++) {
            float *py = ref_zeros((size_t)(T * C[k])), *pdx = ref_zeros((size_t)(T * C[k]));
            hl_layernorm_part_forward(py, pkept, sums[0], px[k], w + from[k], T, C[k], D, eps);
            hl_layernorm_part_backward(pdx, pdw + from[k], along[0], pdy[k], px[k], w + from[k], pkept, T, C[k], D);
            for (int i = 0; i < T * C[k]; i++) {
                const int at = i / C[k] * D + from[k] + i % C[k];
                CHECK_NEAR(py[i], y[at], 2e-6);
                CHECK_NEAR(pdx[i], dx[at], 1e-5);
            }
        }
        for (int i = 0; i < 2 * D; i++) CHECK_NEAR(pdw[i], dw[i], 3e-5);
    }
    ref_done();
}

static void gelu_agrees_with_its_twin(void)
{
    for (int tanh = 0; tanh < 2; tanh++) {
        float *u = ref_random(N, 1, 3.0), *dh = ref_random(N, 2, 1.0), *h = ref_random(N, 3, 1.0),
              *du = ref_random(N, 4, 1.0);
        double *U = ref_double(u, N), *DH = ref_double(dh, N), *H = ref_double_zeros(N), *DU = ref_double_zeros(N);
        ref_gelu_forward(H, U, N, tanh);
        ref_gelu_backward(DU, DH, U, N, tanh);
        (tanh ? hl_gelu_tanh_forward : hl_gelu_forward)(h, u, T, D);
        CHECK_NEAR(ref_distance(h, H, N), 0.0, 5e-7);
        memset(h, 0, N * sizeof *h);
        (tanh ? hl_gelu_tanh_backward : hl_gelu_backward)(du, h, dh, u, T, D);
        CHECK_NEAR(ref_distance(h, H, N), 0.0, 5e-7);
        CHECK_NEAR(ref_distance(du, DU, N), 0.0, 2e-6); /* 1 - q is a difference */
        CHECK_NEAR(ref_slope(gelu_loss, U, DU, N, &(op){DH, NULL, NULL, 0, tanh}), 1.0, 1e-6);
        ref_done();
    }
}

static void gelu_far_from_zero_is_nothing_or_the_number(void)
{
    const float u[6] = {-200, 200, -13, 13, 0, -0.0f}, dh[6] = {1, 1, 1, 1, 1, 1};
    float h[6], du[6];
    for (int tanh = 0; tanh < 2; tanh++) {
        (tanh ? hl_gelu_tanh_backward : hl_gelu_backward)(du, h, dh, u, 1, 6);
        CHECK(h[0] == 0 && h[1] == 200 && fabsf(h[2]) < 1e-30f && h[3] == 13 && h[4] == 0 && h[5] == 0);
        CHECK(du[0] == 0 && du[1] == 1 && fabsf(du[2]) < 1e-30f && du[3] == 1);
        CHECK_NEAR(du[4], 0.5, 1e-6);
    }
}

static const test tests[] = {
    {"layer norm agrees with its twin", layer_norm_agrees_with_its_twin},
    {"the twin of layer norm has its slope", the_twin_of_layer_norm_has_its_slope},
    {"parts of layer norm make the whole", parts_of_layer_norm_make_the_whole},
    {"GELU agrees with its twin, which has its slope", gelu_agrees_with_its_twin},
    {"GELU far from zero is nothing, or the number", gelu_far_from_zero_is_nothing_or_the_number},
};

HL_TESTS("encoder-math", tests)
