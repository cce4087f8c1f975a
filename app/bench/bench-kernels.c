/* bench-kernels.c - hllm bench kernels: every op in the shapes of three models, beside what the machine can do.
 *
 * Products and attention are compared with the best square sgemm, ops that are bound by memory with the stream
 * bandwidth; both are measured in the same run.  Products see the tokens of a micro-batch; the others see arrays
 * that do not fit into a cache, since in a step theirs come from memory too.  FLOPs and bytes are those that the op
 * needs, not what it happens to do: what a backward computes again does not count. */
#include "base/arena.h"
#include "base/minmax.h"
#include "app/bench/bench-show.h"
#include "math/adamw.h"
#include "math/attention.h"
#include "math/linear.h"
#include "math/nce.h"
#include "math/rmsnorm.h"
#include "math/rope.h"
#include "math/swiglu.h"
#include <stdlib.h>

enum { SEGMENT = 64, LOSS_ROWS = 512, LOSS_NEGATIVES = 2048 };

/* What the ops work on: five arrays that each op uses as it likes, and small ones. */
typedef struct {
    const hl_meter_shape *shape;
    int T, D, F, d;           /* tokens of a micro-batch, widths, width of a head */
    int R, K;                 /* rows and negatives of the loss */
    size_t n;                 /* numbers of an array that comes from memory */
    float *a, *b, *c, *e, *f; /* (most) */
    float *small, *rope;      /* (D), (SEGMENT, d) */
    int segments, *begin, *position;
    hl_heads heads;
    hl_nce_part *part;                 /* (R) */
    float *multiplicity, *l0, *weight; /* (K), (R), (R) */
    double *lse;                       /* (R) */
    hl_arena scratch;
} site;

static int rows_of(const site *s, int width) { return (int)(s->n / (size_t)width); }

static size_t most_numbers(const site *s)
{
    const size_t T = (size_t)s->T, D = (size_t)s->D, F2 = 2 * (size_t)s->F;
    return hl_max(hl_max(s->n, hl_max(T, D) * F2), hl_max((size_t)s->K * D, T * D * 3));
}

static void open_loss(site *s, bool quick)
{
    s->R = quick ? 64 : LOSS_ROWS;
    s->K = quick ? 256 : LOSS_NEGATIVES;
    s->part = hl_alloc((size_t)s->R * sizeof *s->part);
    s->lse = hl_alloc((size_t)s->R * sizeof *s->lse);
    s->l0 = hl_meter_array((size_t)s->R);
    s->weight = hl_meter_array((size_t)s->R);
    s->multiplicity = hl_meter_array((size_t)s->K);
    for (int k = 0; k < s->K; k++) s->multiplicity[k] = 1;
}

static void open_tokens(site *s)
{
    const int longest = rows_of(s, s->D);
    s->segments = s->T / SEGMENT;
    s->begin = hl_alloc((size_t)(s->segments + 1) * sizeof *s->begin);
    for (int i = 0; i <= s->segments; i++) s->begin[i] = i * SEGMENT;
    s->position = hl_alloc((size_t)longest * sizeof *s->position);
    for (int t = 0; t < longest; t++) s->position[t] = t % SEGMENT;
    s->rope = hl_meter_array((size_t)(SEGMENT * s->d));
    hl_rope_table(s->rope, SEGMENT, s->d, 10000, NULL);
    s->small = hl_meter_array((size_t)s->D);
}

static void site_open(site *s, const hl_meter *m, const hl_meter_shape *shape)
{
    *s = (site){.shape = shape,
                .T = hl_meter_tokens(m),
                .D = shape->D,
                .F = shape->F,
                .d = shape->D / shape->H,
                .n = hl_meter_numbers(m)};
    s->heads = (hl_heads){shape->H, shape->K, s->d, shape->H / shape->K, 0, 0, false, NULL};
    s->scratch = hl_arena_growing("scratch of the kernels");
    open_tokens(s);
    open_loss(s, m->quick);
    float **arrays[] = {&s->a, &s->b, &s->c, &s->e, &s->f};
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) *arrays[i] = hl_meter_array(most_numbers(s));
}

/* What one op leaves is not what the next would meet: numbers that have grown, negative squares. */
static void refill(site *s)
{
    float *all[] = {s->a, s->b, s->c, s->e, s->f};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) hl_meter_fill(all[i], most_numbers(s));
}

static void site_close(site *s)
{
    void *all[] = {
        s->a,  s->b,      s->c,  s->e, s->f, s->small, s->rope, s->begin, s->position, s->part, s->multiplicity,
        s->l0, s->weight, s->lse};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free(all[i]);
    hl_arena_free(&s->scratch);
}

/* ---- products: gate and up, the largest of a block */

static double linear_flop(const site *s) { return 2.0 * s->T * s->D * 2 * s->F; }

static void linear_forward(void *self)
{
    site *s = self;
    hl_linear_forward(s->a, s->b, s->c, s->T, s->D, 2 * s->F);
}

static void linear_dx(void *self)
{
    site *s = self;
    hl_linear_backward(s->e, NULL, s->a, s->b, s->c, s->T, s->D, 2 * s->F);
}

static void linear_dw(void *self)
{
    site *s = self;
    hl_linear_backward(NULL, s->e, s->a, s->b, s->c, s->T, s->D, 2 * s->F);
}

/* ---- attention */

static double attention_flop(const site *s) { return 2.0 * SEGMENT * (SEGMENT + 1) * s->segments * s->D; }

static double attention_backward_flop(const site *s) { return 2 * attention_flop(s); }

static void attention_forward(void *self)
{
    site *s = self;
    hl_attention_forward(s->a, s->e, s->b, s->begin, s->segments, &s->heads);
}

static void attention_backward(void *self)
{
    site *s = self;
    hl_attention_backward(s->c, s->a, s->a, s->e, s->b, s->begin, s->segments, &s->heads);
}

/* ---- the loss */

static double nce_flop(const site *s)
{
    return 4.0 * s->R * s->K * s->D; /* against the user's vector, and against the target's to find false negatives */
}

static double nce_backward_flop(const site *s) { return nce_flop(s); /* du and dn */ }

static hl_contest contest_of(const site *s)
{
    return (hl_contest){.R = s->R,
                        .K = s->K,
                        .D = s->D,
                        .u = s->a,
                        .p = s->b,
                        .l0 = s->l0,
                        .n = s->c,
                        .multiplicity = s->multiplicity,
                        .s = 1,
                        .thres = 0.99f};
}

static void nce_forward(void *self)
{
    site *s = self;
    const hl_contest x = contest_of(s);
    hl_nce_forward(s->part, &x, &s->scratch);
    for (int r = 0; r < s->R; r++) s->lse[r] = hl_nce_lse(&s->part[r], s->l0[r]);
}

static void nce_backward(void *self)
{
    site *s = self;
    const hl_contest x = contest_of(s);
    hl_nce_backward(s->e, s->f, s->lse, s->weight, &x, &s->scratch);
}

/* ---- bound by memory: bytes that must be read and written */

static double row_bytes(const site *s, int width, int times)
{
    return (double)sizeof(float) * rows_of(s, width) * width * times;
}

static double rmsnorm_bytes(const site *s) { return row_bytes(s, s->D, 2); /* x; y */ }

static void rmsnorm_forward(void *self)
{
    site *s = self;
    hl_rmsnorm_forward(s->a, s->f, s->b, s->small, rows_of(s, s->D), s->D, 1e-5f);
}

static double rmsnorm_backward_bytes(const site *s)
{
    return row_bytes(s, s->D, 4); /* dy, x; dx twice, as it is added to */
}

static void rmsnorm_backward(void *self)
{
    site *s = self;
    hl_rmsnorm_backward(s->a, s->e, s->c, s->b, s->small, s->f, rows_of(s, s->D), s->D);
}

static double swiglu_bytes(const site *s) { return row_bytes(s, 2 * s->F, 1) * 1.5; /* gate, up; h */ }

static void swiglu_forward(void *self)
{
    site *s = self;
    hl_swiglu_forward(s->a, s->b, rows_of(s, 2 * s->F), s->F);
}

static double swiglu_backward_bytes(const site *s)
{
    return row_bytes(s, 2 * s->F, 1) * 3; /* gate, up, dh; dgate, dup, h */
}

static void swiglu_backward(void *self)
{
    site *s = self;
    hl_swiglu_backward(s->c, s->e, s->a, s->b, rows_of(s, 2 * s->F), s->F);
}

static double rope_bytes(const site *s) { return row_bytes(s, s->D, 2); /* in place */ }

static void rope_forward(void *self)
{
    site *s = self;
    hl_rope_turn(s->a, s->position, s->rope, rows_of(s, s->D), s->shape->H, s->d, s->D, 1);
}

static void rope_backward(void *self)
{
    site *s = self;
    hl_rope_turn(s->a, s->position, s->rope, rows_of(s, s->D), s->shape->H, s->d, s->D, -1);
}

static double adamw_bytes(const site *s) { return 7.0 * sizeof(float) * (double)s->n; /* w, m, v, g; w, m, v */ }

static void adamw(void *self)
{
    site *s = self;
    const hl_adamw how = {1e-4, 0.9, 0.999, 1e-8, 0.01, 10, 1};
    hl_adamw_step(s->a, s->b, s->c, s->e, s->n, &how);
}

/* ---- the table */

/* `first` makes what the act reads. */
static const struct {
    const char *name;
    bool is_memory;
    double (*work)(const site *s); /* bytes or FLOP */
    void (*act)(void *s), (*first)(void *s);
} kernels[] = {
    {"linear_forward", false, linear_flop, linear_forward, NULL},
    {"linear_dx", false, linear_flop, linear_dx, NULL},
    {"linear_dw", false, linear_flop, linear_dw, NULL},
    {"attention_forward", false, attention_flop, attention_forward, NULL},
    {"attention_backward", false, attention_backward_flop, attention_backward, attention_forward},
    {"nce_forward", false, nce_flop, nce_forward, NULL},
    {"nce_backward", false, nce_backward_flop, nce_backward, nce_forward},
    {"rmsnorm_forward", true, rmsnorm_bytes, rmsnorm_forward, NULL},
    {"rmsnorm_backward", true, rmsnorm_backward_bytes, rmsnorm_backward, rmsnorm_forward},
    {"swiglu_forward", true, swiglu_bytes, swiglu_forward, NULL},
    {"swiglu_backward", true, swiglu_backward_bytes, swiglu_backward, swiglu_forward},
    {"rope_forward", true, rope_bytes, rope_forward, NULL},
    {"rope_backward", true, rope_bytes, rope_backward, NULL},
    {"adamw", true, adamw_bytes, adamw, NULL},
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

static json_t *measure(int k, const hl_meter *m, site *s, double peak)
{
    refill(s);
    if (kernels[k].first) kernels[k].first(s);
    double seconds = hl_meter_seconds(m, kernels[k].act, s), rate = kernels[k].work(s) / seconds;
    json_t *row = json_pack("{s:s, s:s, s:f}", "model", s->shape->name, "kernel", kernels[k].name, "seconds", seconds);
    json_object_set_new(row, "gflops", kernels[k].is_memory ? json_null() : json_real(rate / 1e9));
    json_object_set_new(row, "gbs", kernels[k].is_memory ? json_real(rate / 1e9) : json_null());
    json_object_set_new(row, "share", json_real(rate / peak));
    return row;
}

static hl_status run(json_t *result, const hl_bench_orders *orders, int argc, char **argv)
{
    (void)argc, (void)argv;
    const hl_meter *m = &orders->meter;
    const hl_peaks peaks = hl_meter_peaks(m);
    json_t *rows = json_array();
    hl_bench_note_machine(result, orders, &peaks);
    for (const hl_meter_shape *shape = hl_meter_shapes; shape->name; shape++) {
        site s;
        site_open(&s, m, shape);
        for (int k = 0; k < KERNELS; k++)
            json_array_append_new(rows,
                                  measure(k, m, &s, kernels[k].is_memory ? hl_stream_best(&peaks.stream) : peaks.gemm));
        site_close(&s);
    }
    json_object_set_new(result, "kernels", rows);
    return HL_OK;
}

const hl_bench hl_bench_kernels = {.name = "kernels", .run = run};
