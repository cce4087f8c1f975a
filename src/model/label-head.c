/* label-head.c - the label of a target item, given what a user has read. */
#include "model/label-head.h"
#include "base/error.h"
#include "math/bias.h"
#include "math/linear.h"
#include "math/rows.h"
#include "math/silu.h"
#include "math/sliced.h"
#include <math.h>
#include <string.h>

static const char FIRST[] = "label_head.0.weight", FIRST_BIAS[] = "label_head.0.bias", SECOND[] = "label_head.2.weight",
                  SECOND_BIAS[] = "label_head.2.bias";

static int width_of_input(const hl_transformer *shape)
{
    return shape->fusion == HL_FUSION_LATE ? 2 * shape->hidden_size : shape->hidden_size;
}

static void add(hl_params *t, const char *name, int ndim, int64_t rows, int64_t columns, const hl_tensor_group *tp)
{
    hl_param *p = hl_params_add(t, name, ndim, (int64_t[]){rows, columns}, tp->rank == 0);
    p->init = HL_INIT_UNIFORM;
    p->std = (float)(1 / sqrt((double)columns));
}

void hl_label_head_params(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp)
{
    const int in = width_of_input(shape), size = shape->head_size;
    if (shape->fusion == HL_FUSION_NONE) return;
    add(t, FIRST, 2, size, in, tp);
    add(t, FIRST_BIAS, 1, size, in, tp);
    add(t, SECOND, 2, 1, size, tp);
    add(t, SECOND_BIAS, 1, 1, size, tp);
}

static size_t place_of(const hl_params *table, const char *name)
{
    const hl_param *p = hl_params_find(table, name);
    HL_CHECK(p);
    return p->offset;
}

void hl_label_head_open(hl_label_head *h, const hl_transformer *shape, const hl_params *table, bool sliced)
{
    *h = (hl_label_head){.in = width_of_input(shape), .D = shape->hidden_size, .sliced = sliced};
    if (!hl_params_find(table, FIRST)) return;
    h->size = shape->head_size;
    h->first = place_of(table, FIRST);
    h->first_bias = place_of(table, FIRST_BIAS);
    h->second = place_of(table, SECOND);
    h->second_bias = place_of(table, SECOND_BIAS);
}

/* A layer: y (n, F) = x (n, K) w^T. */
typedef struct {
    size_t at;
    int K, F;
    bool sliced;
} layer;

static layer first_of(const hl_label_head *h) { return (layer){h->first, h->in, h->size, h->sliced}; }
static layer second_of(const hl_label_head *h) { return (layer){h->second, h->size, 1, h->sliced}; }

static void multiply(float *y, const float *x, layer l, const float *w, int n, hl_arena *scratch)
{
    if (l.sliced) hl_sliced_row_parallel_forward(y, x, w + l.at, n, l.K, l.F, 1, scratch);
    else hl_linear_forward(y, x, w + l.at, n, l.K, l.F);
}

/* dx is overwritten. */
static void multiply_back(float *dx, const float *dy, layer l, const float *w, int n)
{
    if (l.sliced) hl_sliced_row_parallel_backward(dx, NULL, dy, NULL, w + l.at, n, l.K, l.F);
    else hl_linear_backward(dx, NULL, dy, NULL, w + l.at, n, l.K, l.F);
}

static void weights_back(float *dw, const float *dy, const float *x, layer l, int n)
{
    if (l.sliced) hl_sliced_row_parallel_backward(NULL, dw + l.at, dy, x, NULL, n, l.K, l.F);
    else hl_linear_backward(NULL, dw + l.at, dy, x, NULL, n, l.K, l.F);
}

/* Columns [from, from + D) of wide (n, in) from x (n, D), or back. */
static void put_columns(float *wide, const float *x, const hl_label_head *h, int n, int from)
{
    for (int i = 0; i < n; i++)
        memcpy(wide + hl_rows_numbers(i, h->in) + from, x + hl_rows_numbers(i, h->D), (size_t)h->D * sizeof *x);
}
static void take_columns(float *x, const float *wide, const hl_label_head *h, int n, int from)
{
    for (int i = 0; i < n; i++)
        memcpy(x + hl_rows_numbers(i, h->D), wide + hl_rows_numbers(i, h->in) + from, (size_t)h->D * sizeof *x);
}

/* x (n, in), laid in scratch where it is not what is there already. */
static const float *input_of(const hl_label_head *h, const hl_label_rows *r, hl_arena *scratch)
{
    if (h->in == h->D) return r->user;
    float *x = HL_TAKE_ROWS(scratch, float, r->n, h->in);
    put_columns(x, r->user, h, r->n, 0);
    put_columns(x, r->target, h, r->n, h->D);
    return x;
}

void hl_label_head_forward(float *logit, const hl_label_head *h, const float *w, const hl_label_rows *r,
                           hl_arena *scratch)
{
    if (r->n == 0) return;
    const size_t mark = hl_arena_mark(scratch);
    float *act = HL_TAKE_ROWS(scratch, float, r->n, h->size);
    multiply(r->hidden, input_of(h, r, scratch), first_of(h), w, r->n, scratch);
    hl_bias_forward(r->hidden, w + h->first_bias, r->n, h->size);
    hl_silu_forward(act, r->hidden, r->n, h->size);
    multiply(logit, act, second_of(h), w, r->n, scratch);
    hl_bias_forward(logit, w + h->second_bias, r->n, 1);
    hl_arena_back(scratch, mark);
}

/* (n, size) what comes to the hidden layer, laid in scratch. */
static float *hidden_gradient(const float *dlogit, const hl_label_head *h, const float *w, const hl_label_rows *r,
                              hl_arena *scratch)
{
    float *d = HL_TAKE_ROWS(scratch, float, r->n, h->size);
    multiply_back(d, dlogit, second_of(h), w, r->n);
    hl_silu_backward(d, r->hidden, r->n, h->size);
    return d;
}

void hl_label_head_backward(float *duser, float *dtarget, const float *dlogit, const hl_label_head *h, const float *w,
                            const hl_label_rows *r, hl_arena *scratch)
{
    if (r->n == 0) return;
    const size_t mark = hl_arena_mark(scratch);
    const float *d = hidden_gradient(dlogit, h, w, r, scratch);
    float *dx = h->in == h->D ? duser : HL_TAKE_ROWS(scratch, float, r->n, h->in);
    multiply_back(dx, d, first_of(h), w, r->n);
    if (dx != duser) take_columns(duser, dx, h, r->n, 0);
    if (dx != duser && dtarget) take_columns(dtarget, dx, h, r->n, h->D);
    hl_arena_back(scratch, mark);
}

void hl_label_head_weights(float *dw, const float *dlogit, const hl_label_head *h, const float *w,
                           const hl_label_rows *r, hl_arena *scratch)
{
    if (r->n == 0) return;
    const size_t mark = hl_arena_mark(scratch);
    float *act = HL_TAKE_ROWS(scratch, float, r->n, h->size);
    hl_silu_forward(act, r->hidden, r->n, h->size);
    weights_back(dw, dlogit, act, second_of(h), r->n);
    hl_bias_backward(dw + h->second_bias, dlogit, r->n, 1);
    const float *d = hidden_gradient(dlogit, h, w, r, scratch);
    weights_back(dw, d, input_of(h, r, scratch), first_of(h), r->n);
    hl_bias_backward(dw + h->first_bias, d, r->n, h->size);
    hl_arena_back(scratch, mark);
}

/* log(1 + e^-z), z the logit of what is so; of large numbers no power overflows. */
double hl_label_loss(double logit, int label)
{
    const double z = label ? logit : -logit;
    return z > 0 ? log1p(exp(-z)) : log1p(exp(z)) - z;
}

double hl_label_slope(double logit, int label) { return 1 / (1 + exp(-logit)) - label; }
