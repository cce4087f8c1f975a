/* test-model.c - models of this file go through steps and evaluations as rows of the table do.
 *
 * The item model is the mean of the vectors of a text's tokens, the user model that of the last item times a gain; both
 * are a row of functions, and nothing else knows them.  Loss and gradients are those of a double loop. */
#include "base/arena.h"
#include "model/models.h"
#include "mpi/eval/catalogue.h"
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ITEMS = 40, LONGEST = 5, WIDTH = 6, VOCAB = ITEMS / 2 + 1, SAMPLES = 7, S = 4, NEGATIVES = 25 };

/* ---- the mean of a text's tokens */

static void mean_params(hl_params *t, const hl_model_settings *s, const hl_tensor_group *tp)
{
    hl_param *p =
        hl_params_add(t, "item.words", 2, (int64_t[]){s->shape->vocab_size, s->shape->hidden_size}, tp->rank == 0);
    p->init = HL_INIT_NORMAL;
    p->std = 1;
    hl_model_add_scale(t, tp);
}

static void open_alone(hl_model *m, void (*params)(hl_params *, const hl_model_settings *, const hl_tensor_group *),
                       const hl_model_settings *s, const hl_tensor_group *tp)
{
    hl_params *t = m->self = hl_alloc_zero(1, sizeof *t);
    params(t, s, tp);
    m->table = t;
    m->first = m->last = true;
}

static void mean_open(hl_model *m, const hl_model_settings *s, const hl_tensor_group *tp)
{
    open_alone(m, mean_params, s, tp);
}

static void close_alone(hl_model *m)
{
    hl_params_free(m->self);
    free(m->self);
}

static void mean_pack(hl_pack *p, const hl_model *m, const hl_corpus *corpus, const int32_t *item, int n,
                      hl_arena *arena)
{
    int *begin = HL_TAKE_ZERO(arena, int, n + 1), *token = HL_TAKE(arena, int, n *LONGEST);
    (void)m;
    for (int i = 0; i < n; i++) {
        int length;
        const int32_t *its = corpus->tokens(corpus, item[i], &length);
        for (int k = 0; k < length; k++) token[begin[i] + k] = its[k];
        begin[i + 1] = begin[i] + length;
    }
    *p = (hl_pack){.T = begin[n], .segments = n, .begin = begin, .token = token};
}

static void mean_trace(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena)
{
    (void)saved, (void)m, (void)p, (void)arena;
}

static void mean_forward(float *y, void *saved, const hl_model *m, const float *w, const float *x, const hl_pack *p,
                         hl_arena *scratch)
{
    (void)saved, (void)m, (void)x, (void)scratch;
    memset(y, 0, (size_t)(p->segments * WIDTH) * sizeof *y);
    for (int i = 0; i < p->segments; i++)
        for (int t = p->begin[i]; t < p->begin[i + 1]; t++)
            for (int k = 0; k < WIDTH; k++)
                y[i * WIDTH + k] += w[p->token[t] * WIDTH + k] / (float)(p->begin[i + 1] - p->begin[i]);
}

static void mean_backward(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                          const hl_pack *p, hl_arena *scratch)
{
    (void)dx, (void)saved, (void)m, (void)w, (void)scratch;
    for (int i = 0; i < p->segments; i++)
        for (int t = p->begin[i]; t < p->begin[i + 1]; t++)
            for (int k = 0; k < WIDTH; k++)
                dw[p->token[t] * WIDTH + k] += dy[i * WIDTH + k] / (float)(p->begin[i + 1] - p->begin[i]);
}

static void pass(const hl_model *m) { (void)m; }

static hl_work work(const hl_model *m, const hl_pack *p)
{
    (void)m;
    return (hl_work){.other = (double)p->T * WIDTH};
}

static const hl_model_kind mean_of_words = {.name = "mean of words",
                                            .side = HL_ITEM,
                                            .saved = 1,
                                            .params = mean_params,
                                            .open = mean_open,
                                            .close = close_alone,
                                            .pack = mean_pack,
                                            .trace = mean_trace,
                                            .forward = mean_forward,
                                            .backward = mean_backward,
                                            .pass_forward = pass,
                                            .pass_backward = pass,
                                            .work = work};

/* ---- the last item times a gain */

typedef struct {
    float *x; /* (T, WIDTH) */
} gain_saved;

static void gain_params(hl_params *t, const hl_model_settings *s, const hl_tensor_group *tp)
{
    hl_param *p = hl_params_add(t, "user.gain", 1, (int64_t[]){s->shape->hidden_size}, tp->rank == 0);
    p->init = HL_INIT_NORMAL;
    p->std = 1;
}

static void gain_open(hl_model *m, const hl_model_settings *s, const hl_tensor_group *tp)
{
    open_alone(m, gain_params, s, tp);
}

static void gain_trace(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena)
{
    (void)m;
    *(gain_saved *)saved = (gain_saved){HL_TAKE(arena, float, p->T *WIDTH)};
}

static void gain_forward(float *y, void *saved, const hl_model *m, const float *w, const float *x, const hl_pack *p,
                         hl_arena *scratch)
{
    (void)m, (void)scratch;
    memcpy(((gain_saved *)saved)->x, x, (size_t)(p->T * WIDTH) * sizeof *x);
    for (int i = 0; i < p->T * WIDTH; i++) y[i] = w[i % WIDTH] * x[i];
}

static void gain_backward(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                          const hl_pack *p, hl_arena *scratch)
{
    const float *x = ((const gain_saved *)saved)->x;
    (void)m, (void)scratch;
    for (int i = 0; i < p->T * WIDTH; i++) {
        dx[i] = w[i % WIDTH] * dy[i];
        dw[i % WIDTH] += x[i] * dy[i];
    }
}

static const hl_model_kind gain_of_last = {.name = "gain of the last",
                                           .side = HL_USER,
                                           .saved = sizeof(gain_saved),
                                           .params = gain_params,
                                           .open = gain_open,
                                           .close = close_alone,
                                           .trace = gain_trace,
                                           .forward = gain_forward,
                                           .backward = gain_backward,
                                           .pass_forward = pass,
                                           .pass_backward = pass,
                                           .work = work};

static const hl_models simple = {"simple", {&mean_of_words, &gain_of_last}};

/* ---- the slow twin: all weights in doubles */

enum { WORDS = VOCAB * WIDTH, SCALE_AT = WORDS, GAIN_AT, NUMBERS = GAIN_AT + WIDTH };
static const double THRES = 0.95;

static void slow_vector(double y[WIDTH], const double *x, const hl_corpus *c, int32_t item)
{
    int n;
    const int32_t *token = c->tokens(c, item, &n);
    for (int k = 0; k < WIDTH; k++) y[k] = 0;
    for (int t = 0; t < n; t++)
        for (int k = 0; k < WIDTH; k++) y[k] += x[token[t] * WIDTH + k] / n;
}

static double cosine(const double *a, const double *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (int k = 0; k < WIDTH; k++) ab += a[k] * b[k], aa += a[k] * a[k], bb += b[k] * b[k];
    return ab / sqrt(aa * bb);
}

/* Of a user who has `last` and whose next item is `target`; which negatives are masked follows from the weights at. */
static double slow_row(const double *x, const double *at, const hl_corpus *c, const hl_batch *b, int32_t last,
                       int32_t target)
{
    double u[WIDTH], p[WIDTH], n[WIDTH], p_at[WIDTH], n_at[WIDTH], s = exp(x[SCALE_AT]);
    slow_vector(u, x, c, last);
    slow_vector(p, x, c, target);
    slow_vector(p_at, at, c, target);
    for (int k = 0; k < WIDTH; k++) u[k] *= x[GAIN_AT + k];
    double sum = exp(s * cosine(u, p));
    for (int k = 0; k < b->negatives; k++) {
        slow_vector(n, x, c, b->negative[k]);
        slow_vector(n_at, at, c, b->negative[k]);
        if (cosine(p_at, n_at) <= THRES) sum += exp(s * cosine(u, n));
    }
    return log(sum) - s * cosine(u, p);
}

static double slow_loss(const double *x, const double *at, const hl_corpus *c, const hl_batch *b)
{
    double loss = 0;
    int rows = 0;
    for (int i = 0; i < b->samples; i++)
        for (int k = b->begin[i]; k + 1 < b->begin[i + 1]; k++, rows++)
            loss += slow_row(x, at, c, b, b->item[k], b->item[k + 1]);
    return loss / rows;
}

static double slope(double *x, int i, const hl_corpus *c, const hl_batch *b)
{
    const double h = 1e-5, was = x[i];
    double at[NUMBERS];
    memcpy(at, x, sizeof at);
    x[i] = was + h;
    const double up = slow_loss(x, at, c, b);
    x[i] = was - h;
    const double down = slow_loss(x, at, c, b);
    x[i] = was;
    return (up - down) / (2 * h);
}

/* ---- what is compared */

typedef struct {
    toy t;
    hl_mesh mesh;
    hl_engine e;
    double x[NUMBERS]; /* the weights, known to all ranks */
} world;

static void open_world(world *w, const hl_layout_wish *wish, int zero)
{
    static const hl_transformer shape = {.hidden_size = WIDTH, .vocab_size = VOCAB};
    hl_layout layout;
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 20, .user_micro_batch_rows = 8, .dedup = true},
                                   .models = &simple,
                                   .nce_thres = (float)THRES,
                                   .activation_budget = -1,
                                   .for_training = true,
                                   .zero = zero,
                                   .longest_text = LONGEST,
                                   .longest_history = S};
    toy_open(&w->t, ITEMS, LONGEST, 5);
    CHECK_OK(hl_layout_make(&layout, check_world()->size, wish));
    hl_mesh_open(&w->mesh, check_world(), &layout);
    hl_engine_open(&w->e, &w->mesh, &w->t.corpus, &shape, &shape, &rules);
    for (hl_side i = 0; i < HL_SIDES; i++) hl_sharding_init(&w->e.sharding[i], 3 + (uint64_t)i);
    hl_params whole[HL_SIDES] = {{0}, {0}};
    float drawn[NUMBERS];
    for (hl_side i = 0; i < HL_SIDES; i++) {
        simple.side[i]->params(&whole[i], &(hl_model_settings){.shape = &shape}, &hl_alone);
        hl_params_init(&whole[i], drawn + (i == HL_USER ? GAIN_AT : 0), 3 + (uint64_t)i);
        hl_params_free(&whole[i]);
    }
    for (int i = 0; i < NUMBERS; i++) w->x[i] = (double)drawn[i];
}

static void close_world(world *w)
{
    hl_engine_close(&w->e);
    hl_mesh_close(&w->mesh);
    toy_close(&w->t);
}

/* Numbers of x that follow `at` are those of the side. */
static void compare_gradients(const hl_sharding *h, world *w, int at, const hl_batch *b)
{
    for (size_t i = 0; h->g && i < h->table->count; i++)
        if (hl_sharding_has(h, i)) CHECK_NEAR(h->g[i], slope(w->x, at + (int)i, &w->t.corpus, b), 2e-6);
}

static void compare_catalogue(world *w)
{
    hl_catalogue c;
    double furthest = 0, y[WIDTH];
    hl_catalogue_open(&c, &w->e);
    for (int i = 0; i < c.mine; i++) {
        slow_vector(y, w->x, &w->t.corpus, c.item[c.begin + i]);
        for (int k = 0; k < WIDTH; k++) furthest = fmax(furthest, fabs((double)c.vector[i * WIDTH + k] - y[k]));
    }
    CHECK_NEAR(furthest, 0, 1e-6);
    hl_catalogue_close(&c);
}

static void step_at(const hl_layout_wish *wish, int zero)
{
    world w;
    hl_batch batch;
    hl_step_report report;
    hl_arena arena = hl_arena_growing("a batch");
    hl_rng rng = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    open_world(&w, wish, zero);
    toy_draw_batch(&batch, &w.t, SAMPLES, S, NEGATIVES, &rng, &arena);
    CHECK_OK(hl_step_run(&report, &w.e, &batch, &(hl_step_orders){.update = false}));
    CHECK_NEAR(report.loss, slow_loss(w.x, w.x, &w.t.corpus, &batch), 1e-5);
    CHECK(report.masked_share > 0 && report.masked_share < 0.5);
    compare_gradients(&w.e.sharding[HL_ITEM], &w, 0, &batch);
    compare_gradients(&w.e.sharding[HL_USER], &w, GAIN_AT, &batch);
    compare_catalogue(&w);
    close_world(&w);
    hl_arena_free(&arena);
}

static void a_step_with_models_of_this_file_is_that_of_the_slow_twin(void)
{
    const int p = check_world()->size;
    step_at(&(hl_layout_wish){.kind = HL_COLOCATED}, 0);
    step_at(&(hl_layout_wish){.kind = HL_COLOCATED}, 1);
    if (p >= 2) step_at(&(hl_layout_wish){HL_SEPARATE, {{p - 1, 1, 1}, {1, 1, 1}}}, 0);
    if (p >= 2) step_at(&(hl_layout_wish){HL_HYBRID, {{0, 1, 1}, {1, 1, 1}}}, 0);
}

static const test tests[] = {
    {"a step with models of this file is that of the slow twin",
     a_step_with_models_of_this_file_is_that_of_the_slow_twin},
};
HL_TESTS("model", tests)
