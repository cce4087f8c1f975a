/* timed.c - what takes time in a rehearsal: the models, the loss and the update, as hllm plan prices them. */
#include "app/rehearse/timed.h"
#include "app/rehearse/simulated.h"
#include "base/arena.h"
#include "math/adamw.h"
#include "math/nce.h"
#include <stdlib.h>

static hl_machine machine;
static const hl_models *real_models;

void hl_timed_machine(const hl_machine *m) { machine = *m; }

/* ---- models */

typedef struct {
    hl_model real;
    hl_sharder asked;           /* by the real one, layer by layer */
    const hl_sharder *answered; /* by whoever has the numbers */
    double each;                /* seconds of a layer of the pass that goes on */
} timed;

static timed *of(const hl_model *m) { return m->self; }

static void unshard(const hl_sharder *k, int layer)
{
    const timed *x = k->self;
    x->answered->unshard(x->answered, layer);
    hl_simulated_pass(x->each);
}

static void reshard(const hl_sharder *k, int layer)
{
    const timed *x = k->self;
    x->answered->reshard(x->answered, layer);
}

static void done(const hl_sharder *k, int layer)
{
    const timed *x = k->self;
    x->answered->done(x->answered, layer);
}

/* Tokens that are made up are of no vocabulary, so that nobody may count the different ones. */
static void open(hl_model *m, const hl_model_settings *s, const hl_tensor_group *tp)
{
    timed *x = m->self = hl_alloc_zero(1, sizeof *x);
    hl_model_settings mine = *s;
    x->answered = s->sharder ? s->sharder : &hl_unsharded;
    x->asked = (hl_sharder){.self = x, .unshard = unshard, .reshard = reshard, .done = done};
    mine.sharder = &x->asked;
    mine.share_tokens = false;
    hl_model_open(&x->real, real_models->side[m->kind->side], &mine, tp);
    m->table = x->real.table;
    m->first = x->real.first;
    m->last = x->real.last;
}

static void close(hl_model *m)
{
    hl_model_close(&of(m)->real);
    free(m->self);
}

static void pack(hl_pack *p, const hl_model *m, const hl_corpus *corpus, const int32_t *item, int n, hl_arena *arena)
{
    of(m)->real.kind->pack(p, &of(m)->real, corpus, item, n, arena);
}

static void trace(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena)
{
    of(m)->real.kind->trace(saved, &of(m)->real, p, arena);
}

static hl_work work(const hl_model *m, const hl_pack *p) { return of(m)->real.kind->work(&of(m)->real, p); }

/* A stage without layers takes its time at once. */
static void begin(timed *x, const hl_pack *p, hl_way_of_pass way)
{
    const hl_work w = x->real.kind->work(&x->real, p);
    const double seconds = hl_machine_seconds(&machine, &w, way);
    x->each = w.layers > 0 ? seconds / w.layers : 0;
    if (w.layers == 0) hl_simulated_pass(seconds);
}

static void forward(float *y, void *saved, const hl_model *m, const float *w, const float *x, const hl_pack *p,
                    hl_arena *scratch)
{
    begin(of(m), p, HL_FORWARD_WAY);
    of(m)->real.kind->forward(y, saved, &of(m)->real, w, x, p, scratch);
}

static void backward(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                     const hl_pack *p, hl_arena *scratch)
{
    begin(of(m), p, HL_BACKWARD_WAY);
    of(m)->real.kind->backward(dx, dw, dy, saved, &of(m)->real, w, p, scratch);
}

static void pass_forward(const hl_model *m)
{
    of(m)->each = 0;
    of(m)->real.kind->pass_forward(&of(m)->real);
}

static void pass_backward(const hl_model *m)
{
    of(m)->each = 0;
    of(m)->real.kind->pass_backward(&of(m)->real);
}

const hl_models *hl_timed_models(const hl_models *real)
{
    static hl_model_kind kind[HL_SIDES];
    static hl_models models;
    real_models = real;
    models = *real;
    for (hl_side i = 0; i < HL_SIDES; i++) {
        kind[i] = *real->side[i];
        kind[i].open = open;
        kind[i].close = close;
        kind[i].pack = kind[i].pack ? pack : NULL;
        kind[i].sizes = NULL;
        kind[i].trace = trace;
        kind[i].forward = forward;
        kind[i].backward = backward;
        kind[i].pass_forward = pass_forward;
        kind[i].pass_backward = pass_backward;
        kind[i].work = work;
        models.side[i] = &kind[i];
    }
    return &models;
}

/* ---- the loss: a product forward, two backward */

static double product_seconds(const hl_contest *x) { return 2.0 * x->R * x->K * x->D / machine.flops; }

static void loss_forward(void *summary, const hl_contest *x, hl_arena *scratch)
{
    (void)summary, (void)scratch;
    hl_simulated_pass(product_seconds(x));
}

static double loss_backward(float *du, float *dn, const double *state, const float *weight, const hl_contest *x,
                            hl_arena *scratch)
{
    (void)du, (void)dn, (void)state, (void)weight, (void)scratch;
    hl_simulated_pass(2 * product_seconds(x));
    return 0;
}

static void loss_combine(void *into, const void *from, size_t n) { (void)into, (void)from, (void)n; }

static hl_row_loss loss_finish(const void *summary, double l0)
{
    (void)summary, (void)l0;
    return (hl_row_loss){0};
}

static double loss_slope(double l0, double state)
{
    (void)l0, (void)state;
    return 0;
}

/* A row without negatives is a fault of a step. */
static hl_rivals loss_count(const void *summary)
{
    (void)summary;
    return (hl_rivals){.kept = 1};
}

/* Summaries of all criteria are taken to be as long as that of nce, which says what travels. */
#define TIMED(name_)                                                        \
    const hl_criterion hl_criterion_##name_ = {.name = #name_,              \
                                               .size = sizeof(hl_nce_part), \
                                               .forward = loss_forward,     \
                                               .combine = loss_combine,     \
                                               .finish = loss_finish,       \
                                               .backward = loss_backward,   \
                                               .slope = loss_slope,         \
                                               .count = loss_count};
HL_CRITERIA(TIMED)

/* ---- the update: weights and moments both ways, and gradients (math/adamw.c) */

void hl_adamw_step(float *w, float *m, float *v, const float *g, size_t n, const hl_adamw *how)
{
    (void)w, (void)m, (void)v, (void)g, (void)how;
    hl_simulated_pass(7.0 * sizeof(float) * (double)n / machine.memory);
}

void hl_adamw_step_rows(const hl_adamw_rows *x, const hl_adamw *how)
{
    const double rows = (double)(x->end - x->begin),
                 read = (double)(hl_bitmap_rank(x->has, x->end) - hl_bitmap_rank(x->has, x->begin));
    (void)how;
    hl_simulated_pass((6.0 * rows + read) * sizeof(float) * x->D / machine.memory);
}
