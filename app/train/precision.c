/* precision.c - bf16 where it is faster.
 *
 * Without instructions for bf16, rounding is all that it would do.  With them, narrow layers can still lose more by
 * rounding and by calls than they gain, so the largest product of a layer is measured both ways. */
#include "app/train/precision.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "math/bf16.h"
#include "math/linear.h"
#include <stdlib.h>

enum { TOKENS = 256, TIMES = 3 };

/* One product of a layer: gate and up. */
typedef struct {
    float *y, *x, *w; /* (TOKENS, 2F), (TOKENS, D), (2F, D) */
    int D, F;
} layer;

static double seconds_of(const layer *l, hl_math_precision p)
{
    hl_math_set_precision(p);
    const double begin = hl_seconds();
    hl_linear_forward(l->y, l->x, l->w, TOKENS, l->D, 2 * l->F);
    return hl_seconds() - begin;
}

/* Times that bf16 is faster, the best of some turns; the first turn only prepares. */
static double gain(const hl_transformer *shape)
{
    const size_t D = (size_t)shape->hidden_size, F2 = 2 * (size_t)shape->intermediate_size;
    const layer l = {hl_alloc_zero(TOKENS * F2, sizeof(float)), hl_alloc_zero(TOKENS * D, sizeof(float)),
                     hl_alloc_zero(F2 * D, sizeof(float)), shape->hidden_size, shape->intermediate_size};
    double best[2] = {1e30, 1e30};
    for (int i = 0; i <= TIMES; i++)
        for (int p = 0; p < 2; p++) {
            const double seconds = seconds_of(&l, p ? HL_MATH_BF16 : HL_MATH_FP32);
            if (i > 0 && seconds < best[p]) best[p] = seconds;
        }
    free(l.y), free(l.x), free(l.w);
    return best[0] / best[1];
}

static hl_status refuse(const hl_transformer *shape)
{
    if (!hl_bf16_is_built())
        return HL_FAIL(HL_EUSAGE, "precision: bf16 is slower here, this program was built without oneDNN; install "
                                  "libdnnl-dev and build again, set precision: fp32, or --force");
    if (!hl_bf16_is_here())
        return HL_FAIL(HL_EUSAGE, "precision: bf16 is slower here, the processor has no instructions for it "
                                  "(avx512_bf16 or amx_bf16); set precision: fp32, or --force");
    const double times = gain(shape);
    if (times < 1)
        return HL_FAIL(HL_EUSAGE,
                       "precision: bf16 is slower here, layers %d wide take %.2f times as long as in fp32; set "
                       "precision: fp32, or --force",
                       shape->hidden_size, 1 / times);
    hl_log(HL_INFO, "products in bf16, %.1f times as fast as in fp32 at width %d", times, shape->hidden_size);
    return HL_OK;
}

hl_status hl_precision_set(const hl_config *c, const hl_transformer *shape)
{
    const hl_status s = c->precision == HL_BF16 && !c->force ? refuse(shape) : HL_OK;
    hl_math_set_precision(c->precision == HL_BF16 ? HL_MATH_BF16 : HL_MATH_FP32);
    return s;
}
