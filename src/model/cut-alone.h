/* cut-alone.h - what one rank does with its own weights, of which other ways to cut them are made. */
#ifndef MODEL_CUT_ALONE_H
#define MODEL_CUT_ALONE_H
#include "model/cut.h"

/* The functions of hl_layer_cut, for all rows of mine and without a word to others. */
hl_row_share hl_cut_alone_share(const hl_pass *p, bool segments);
void hl_cut_alone_norm_forward(const hl_pass *p, float *y, float *rstd, const float *x, size_t at,
                               const hl_row_share *r);
void hl_cut_alone_norm_again(const hl_pass *p, float *y, const float *rstd, const float *x, size_t at,
                             const hl_row_share *r);
void hl_cut_alone_norm_backward(const hl_pass *p, float *dx, const float *dy, const float *x, const float *rstd,
                                size_t at, const hl_row_share *r);
void hl_cut_alone_has_all(const hl_pass *p, float *d, const hl_row_share *r);
void hl_cut_alone_linear(const hl_pass *p, float *y, const float *x, const hl_linear *l, const hl_row_share *r);
void hl_cut_alone_dx(const hl_pass *p, float *dx, const float *dy, const hl_linear *l, const hl_row_share *r);
void hl_cut_alone_weights(const hl_pass *p, const float *dy, const float *x, const hl_linear *l, const hl_row_share *r);
void hl_cut_alone_enter(const hl_pass *p, float *kept, const float *x, const hl_row_share *r, bool out);

#endif
