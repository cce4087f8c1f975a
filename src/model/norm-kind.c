/* norm-kind.c - the two norms of rows as the layers see them: a table of functions. */
#include "model/norm-kind.h"
#include "math/layernorm-part.h"
#include "math/layernorm.h"
#include "math/rmsnorm-part.h"
#include "math/rmsnorm.h"

static void rms_again(float *y, const float *kept, const float *x, const float *w, int T, int C, int D)
{
    (void)D;
    hl_rmsnorm_again(y, kept, x, w, T, C);
}

static void rms_along(double *along, const float *dy, const float *x, const float *w, const float *kept, int T, int C)
{
    (void)kept;
    hl_rmsnorm_part_along(along, dy, x, w, T, C);
}

static const hl_norm_kind kinds[] = {
    [HL_NORM_RMS] = {1, hl_rmsnorm_forward, rms_again, hl_rmsnorm_backward, hl_rmsnorm_part_squares,
                     hl_rmsnorm_part_forward, rms_along, hl_rmsnorm_part_backward},
    [HL_NORM_LAYER] = {2, hl_layernorm_forward, hl_layernorm_again, hl_layernorm_backward, hl_layernorm_part_sums,
                       hl_layernorm_part_forward, hl_layernorm_part_along, hl_layernorm_part_backward},
};

const hl_norm_kind *hl_norm_kind_of(const hl_transformer *c) { return &kinds[hl_transformer_family(c)->norm]; }
