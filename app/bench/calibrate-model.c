/* calibrate-model.c - what a model's work takes this machine: the coefficients of step/machine.h.
 *
 * Products and attention are measured by themselves.  Norms, rotation, gating, residuals and whatever else a layer does
 * are what is left of whole layers, so that nothing that takes time is left out. */
#include "app/bench/calibrate-model.h"
#include "app/bench/fit.h"
#include "base/arena.h"
#include "math/attention.h"
#include "math/linear.h"
#include "model/user.h"
#include "mpi/linalg/tiles.h"
#include <math.h>
#include <stdlib.h>

/* What has been measured: terms and seconds of each shape, forward and backward. */
enum { SHAPES_MOST = 64 };
typedef struct {
    int n, terms;
    double x[SHAPES_MOST * HL_FIT_TERMS], y[HL_WAYS][SHAPES_MOST], scale[HL_WAYS][SHAPES_MOST];
} samples;

static void add_sample(samples *s, const double *x, const double seconds[HL_WAYS], const double whole[HL_WAYS])
{
    for (int t = 0; t < s->terms; t++) s->x[s->n * s->terms + t] = x[t];
    for (int way = 0; way < HL_WAYS; way++) {
        s->y[way][s->n] = seconds[way];
        s->scale[way][s->n] = whole[way];
    }
    s->n++;
}

static void fit_samples(double *forward, double *backward, const samples *s)
{
    hl_fit(forward, s->x, s->y[HL_FORWARD_WAY], s->scale[HL_FORWARD_WAY], s->n, s->terms);
    hl_fit(backward, s->x, s->y[HL_BACKWARD_WAY], s->scale[HL_BACKWARD_WAY], s->n, s->terms);
}

static void measure(double seconds[HL_WAYS], const hl_meter *m, void (*forward)(void *), void (*backward)(void *),
                    void *self)
{
    seconds[HL_FORWARD_WAY] = hl_meter_seconds(m, forward, self);
    seconds[HL_BACKWARD_WAY] = hl_meter_seconds(m, backward, self);
}

/* ---- products */

typedef struct {
    int rows, in, out;
    float *y, *x, *w, *dx, *dw;
    const hl_tiles *grid;
    hl_arena *scratch;
} product;

static void multiply(void *self)
{
    const product *p = self;
    hl_linear_forward(p->y, p->x, p->w, p->rows, p->in, p->out);
}

static void multiply_back(void *self)
{
    const product *p = self;
    hl_linear_backward(p->dx, p->dw, p->y, p->x, p->w, p->rows, p->in, p->out);
}

/* The same as the only panel of a grid of one rank, which nobody else has to get. */
static void multiply_panel(void *self)
{
    const product *p = self;
    const hl_tile_cuts c = {(int[]){0, p->rows}, (int[]){0, p->out}, (int[]){0, p->in}, (int[]){0, p->in}, false};
    p->grid->forward(p->grid, p->y, p->x, p->w, &c, p->scratch);
}

static void multiply_panel_back(void *self)
{
    const product *p = self;
    const hl_tile_cuts c = {(int[]){0, p->rows}, (int[]){0, p->out}, (int[]){0, p->in}, (int[]){0, p->in}, false};
    p->grid->backward(p->grid, p->dx, p->dw, p->y, p->x, p->w, &c, p->scratch);
}

static void sample_product(samples *s, samples *panels, const hl_meter *m, int rows, int in, int out)
{
    hl_tile_grid grid;
    hl_group alone;
    hl_arena scratch = hl_arena_growing("scratch of a panel");
    hl_group_alone(&alone);
    hl_tile_grid_open(&grid, &alone, 1, HL_SUMMA);
    const size_t R = (size_t)rows, I = (size_t)in, O = (size_t)out;
    product p = {rows,
                 in,
                 out,
                 hl_meter_array(R * O),
                 hl_meter_array(R * I),
                 hl_meter_array(O * I),
                 hl_meter_array(R * I),
                 hl_meter_array(O * I),
                 &grid.tiles,
                 &scratch};
    double terms[HL_PRODUCT_TERMS], seconds[HL_WAYS];
    measure(seconds, m, multiply, multiply_back, &p);
    hl_machine_product_terms(terms, rows, in, out);
    add_sample(s, terms, seconds, seconds);
    measure(seconds, m, multiply_panel, multiply_panel_back, &p);
    add_sample(panels, terms, seconds, seconds);
    hl_tile_grid_close(&grid);
    hl_arena_free(&scratch);
    free(p.dw);
    free(p.dx);
    free(p.w);
    free(p.x);
    free(p.y);
}

/* Widths as layers have them: square, and to and from an MLP; larger products add nothing but time. */
static const struct {
    int in, out;
} widths[] = {{32, 48},    {48, 128},  {64, 128},  {64, 344},   {172, 64},   {128, 192},   {256, 384},
              {256, 1408}, {704, 256}, {512, 512}, {512, 2816}, {1408, 512}, {1024, 1024}, {2048, 2048}};
static const int heights[] = {6, 40, 200, 800, 2048};
static const double most_multiplied = 2.5e9, most_multiplied_quick = 1e7;

void hl_calibrate_products(hl_coefficients *fit, const hl_meter *m)
{
    samples s = {.terms = HL_PRODUCT_TERMS}, panels = {.terms = HL_PRODUCT_TERMS};
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        for (size_t k = i % 2; k < sizeof heights / sizeof heights[0]; k += i == 6 ? 1 : 2) {
            const double multiplied = (double)heights[k] * widths[i].in * widths[i].out;
            if (multiplied <= (m->quick ? most_multiplied_quick : most_multiplied))
                sample_product(&s, &panels, m, heights[k], widths[i].in, widths[i].out);
        }
    fit_samples(fit->product[HL_FORWARD_WAY], fit->product[HL_BACKWARD_WAY], &s);
    fit_samples(fit->panel[HL_FORWARD_WAY], fit->panel[HL_BACKWARD_WAY], &panels);
}

/* ---- layers, and their attention */

/* Some layers of a model and a pack of equal segments: so many that what they save is not in a cache when the backward
 * comes to it, as in a step. */
typedef struct {
    hl_transformer shape;
    hl_user_model model;
    hl_pack pack;
    hl_work work;
    float *w, *dw, *x, *y, *dx, *qkv, *dqkv, *o, *lse;
    hl_stack_saved saved;
    hl_arena arena, kept, scratch;
} layers;

static const double AT_HAND = 20e6; /* numbers */

/* A layer saves about 12 numbers a row and width, and reads its weights, writes their gradients. */
static int layers_of(int D, int T) { return (int)fmin(12, fmax(2, ceil(AT_HAND / (12.0 * D * T + 24.0 * D * D)))); }

static hl_transformer shape_of(int D, int heads, int keys, int depth)
{
    return (hl_transformer){.hidden_size = D,
                            .intermediate_size = 11 * D / 4,
                            .num_hidden_layers = depth,
                            .num_attention_heads = heads,
                            .num_key_value_heads = keys,
                            .head_dim = D / heads,
                            .rms_norm_eps = 1e-5,
                            .rope_theta = 1e4,
                            .initializer_range = 0.02};
}

static void open_layers(layers *l, int D, int heads, int keys, int T, int length)
{
    *l = (layers){.shape = shape_of(D, heads, keys, layers_of(D, T)),
                  .arena = hl_arena_growing("the shape of a calibration"),
                  .kept = hl_arena_growing("what its forward saves"),
                  .scratch = hl_arena_growing("scratch of a calibration")};
    int *lengths = HL_TAKE(&l->arena, int, T / length);
    for (int i = 0; i < T / length; i++) lengths[i] = length;
    hl_user_pack(&l->pack, lengths, T / length, 0, false, &l->arena);
    hl_user_open(&l->model, &l->shape, &(hl_stack_settings){.positions = length}, &hl_alone);
    l->work = hl_stack_work(&l->model.stack, &l->pack);
    const size_t rows = (size_t)l->pack.T, hidden = rows * (size_t)D,
                 turned = (size_t)(l->work.turned / l->work.layers), numbers = l->model.table.count;
    float **arrays[] = {&l->w, &l->dw, &l->x, &l->y, &l->dx, &l->qkv, &l->dqkv, &l->o, &l->lse};
    const size_t sizes[] = {numbers, numbers, hidden, hidden, hidden, turned, turned, hidden, rows * (size_t)heads};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) *arrays[i] = hl_meter_array(sizes[i]);
    hl_stack_saved_lay(&l->saved, &l->model.stack, &l->pack, &l->kept);
}

static void close_layers(layers *l)
{
    float *arrays[] = {l->lse, l->o, l->dqkv, l->qkv, l->dx, l->y, l->x, l->dw, l->w};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) free(arrays[i]);
    hl_user_close(&l->model);
    hl_arena_free(&l->scratch);
    hl_arena_free(&l->kept);
    hl_arena_free(&l->arena);
}

static void attend(void *self)
{
    layers *l = self;
    hl_attention_forward(l->o, l->lse, l->qkv, l->pack.begin, l->pack.segments, &l->model.stack.heads);
}

static void attend_back(void *self)
{
    layers *l = self;
    hl_attention_backward(l->dqkv, l->o, l->o, l->lse, l->qkv, l->pack.begin, l->pack.segments, &l->model.stack.heads);
}

static void go_through(void *self)
{
    layers *l = self;
    hl_stack_forward(l->y, &l->saved, &l->model.stack, l->w, l->x, &l->pack, &l->scratch);
}

static void go_back(void *self)
{
    layers *l = self;
    hl_stack_backward(l->dx, l->dw, l->y, &l->saved, &l->model.stack, l->w, &l->pack, &l->scratch);
}

typedef struct {
    samples attention, pass;
    double whole[SHAPES_MOST][HL_WAYS];
    hl_work work[SHAPES_MOST];
    int n;
} layer_samples;

static void sample_layers(layer_samples *s, const hl_meter *m, int D, int heads, int T, int length)
{
    layers l;
    double terms[HL_ATTENTION_TERMS], seconds[HL_WAYS];
    open_layers(&l, D, heads, (heads + 1) / 2, T, length);
    measure(s->whole[s->n], m, go_through, go_back, &l);
    measure(seconds, m, attend, attend_back, &l);
    for (int way = 0; way < HL_WAYS; way++) seconds[way] *= l.work.layers;
    hl_machine_attention_terms(terms, &l.work);
    add_sample(&s->attention, terms, seconds, seconds);
    s->work[s->n++] = l.work;
    close_layers(&l);
}

/* What products and attention leave of whole layers, relative to these. */
static void sample_rest(layer_samples *s, const hl_coefficients *fit)
{
    const hl_machine known = {.is_fitted = true, .fit = *fit};
    for (int i = 0; i < s->n; i++) {
        double terms[HL_PASS_TERMS], rest[HL_WAYS];
        for (hl_way_of_pass way = 0; way < HL_WAYS; way++)
            rest[way] = s->whole[i][way] - hl_machine_product_seconds(&known, &s->work[i], way)
                        - hl_machine_attention_seconds(&known, &s->work[i], way);
        hl_machine_pass_terms(terms, &s->work[i]);
        add_sample(&s->pass, terms, rest, s->whole[i]);
    }
}

void hl_calibrate_layers(hl_coefficients *fit, const hl_meter *m)
{
    static const struct {
        int D, heads, T, length;
    } shapes[] = {{32, 4, 40, 10},   {32, 2, 600, 40},    {64, 4, 2048, 32},  {64, 8, 128, 8},
                  {64, 4, 1024, 64}, {128, 8, 800, 100},  {128, 8, 64, 8},    {128, 4, 2048, 48},
                  {256, 4, 300, 30}, {256, 8, 1500, 60},  {256, 8, 80, 10},   {512, 8, 100, 10},
                  {512, 8, 512, 32}, {512, 8, 1024, 256}, {768, 12, 640, 80}, {1024, 16, 256, 64}};
    layer_samples *s = hl_alloc_zero(1, sizeof *s);
    s->attention.terms = HL_ATTENTION_TERMS;
    s->pass.terms = HL_PASS_TERMS;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (!m->quick || shapes[i].D <= 128)
            sample_layers(s, m, shapes[i].D, shapes[i].heads, shapes[i].T, shapes[i].length);
    fit_samples(fit->attention[HL_FORWARD_WAY], fit->attention[HL_BACKWARD_WAY], &s->attention);
    sample_rest(s, fit);
    fit_samples(fit->pass[HL_FORWARD_WAY], fit->pass[HL_BACKWARD_WAY], &s->pass);
    free(s);
}
