/* step.c - one training step: every act of a schedule is a function, and a step is a loop over the list. */
#include "mpi/step.h"
#include "base/acts.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/part.h"
#include "base/stop.h"
#include "math/adamw.h"
#include "math/rows.h"
#include "model/schedule.h"
#include "mpi/budget.h"
#include "mpi/finite.h"
#include "mpi/gradnorm.h"
#include "mpi/negatives.h"
#include "mpi/route.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A micro-batch of mine between its forward and its backward. */
typedef struct {
    union {
        hl_item_pack texts;
        hl_pack users;
    };
    hl_stack_saved saved;
    int row;              /* its first row among my texts or my user rows */
    hl_arena *recomputed; /* its activations, where they were not saved */
} hl_micro_batch;

typedef struct {
    hl_engine *e;
    const hl_step_orders *orders;
    const int64_t *user; /* (samples) of the batch; NULL: not known */
    hl_plan plan;
    hl_share share;
    hl_schedule schedule;
    hl_loss loss;
    hl_whereabouts where;
    hl_route inputs, targets;
    int item_first_rank, user_first_rank; /* first ranks of my replicas; -1: none */
    bool item_last_stage;                 /* do vectors come out of my stage? */
    int recomputes;                       /* micro-batches recomputed so far */
    /* (micro_batches), (user_micro_batches); filled where they are mine */
    hl_micro_batch *micro_batch, *user_micro_batch;
    int D, texts, rows;      /* width; how many texts and user rows are mine */
    int *my_text;            /* (plan.texts) where a text is on its rank */
    float *vector, *dvector; /* (texts, D) item side */
    float *x, *dx, *y, *dy;  /* (rows, D) user side: what the User LLM reads and says */
    float *target, *dtarget; /* (rows, D) */
    float *unit_y, *norm_y, *unit_t, *norm_t, *dunit_y, *dunit_t;
    float scale;
    int odd, zeros;         /* of my vectors: not finite; of my targets and negatives: zero */
    bool differ, all_alike; /* two of my vectors; those of all ranks, at the first step */
    bool given_up;          /* nothing is computed any more */
    hl_tally tally;
    double flop, bytes;
    uint64_t sent[HL_MESH_GROUPS]; /* bytes in each group before the step */
} step;

static size_t rows_of(const step *s, int n) { return (size_t)n * (size_t)s->D; }

static float *take_rows(step *s, int n) { return HL_TAKE(&s->e->plan, float, rows_of(s, n)); }

static float *take_zero_rows(step *s, int n) { return HL_TAKE_ZERO(&s->e->plan, float, rows_of(s, n)); }

/* ---- what everybody works out alike */

/* Where each text and each row lies on the ranks of its replica: replicas number their own in the order of the plan. */
static void number_texts(step *s)
{
    const hl_plan *p = &s->plan;
    size_t mark = hl_arena_mark(&s->e->scratch);
    int *count = HL_TAKE_ZERO(&s->e->scratch, int, s->e->mesh->world.size);
    s->my_text = HL_TAKE(&s->e->plan, int, p->texts);
    for (int c = 0; c < p->micro_batches; c++) {
        int owner = s->share.micro_batch[c];
        s->micro_batch[c].row = count[owner];
        for (int t = p->micro_batch_begin[c]; t < p->micro_batch_begin[c + 1]; t++) s->my_text[t] = count[owner]++;
    }
    s->texts = s->item_last_stage ? count[s->item_first_rank] : 0;
    hl_arena_back(&s->e->scratch, mark);
}

/* owner: first rank of the replica that reads a row. */
static void number_rows(step *s, int *owner, int *place)
{
    const hl_plan *p = &s->plan;
    size_t mark = hl_arena_mark(&s->e->scratch);
    int *count = HL_TAKE_ZERO(&s->e->scratch, int, s->e->mesh->world.size);
    for (int c = 0; c < p->user_micro_batches; c++) {
        int rank = s->share.user_micro_batch[c];
        s->user_micro_batch[c].row = count[rank];
        const int begin = p->user_micro_batch_begin[c], end = p->user_micro_batch_begin[c + 1];
        for (int r = p->row_begin[begin]; r < p->row_begin[end]; r++) {
            owner[r] = rank;
            place[r] = count[rank]++;
        }
    }
    s->rows = s->user_first_rank < 0 ? 0 : count[s->user_first_rank];
    hl_arena_back(&s->e->scratch, mark);
}

static void pack_users(step *s, int c)
{
    hl_engine *e = s->e;
    int begin = s->plan.user_micro_batch_begin[c], n = s->plan.user_micro_batch_begin[c + 1] - begin;
    int *length = HL_TAKE(&e->plan, int, n);
    for (int i = 0; i < n; i++) length[i] = s->plan.row_begin[begin + i + 1] - s->plan.row_begin[begin + i];
    hl_user_pack(&s->user_micro_batch[c].users, length, n, false, &e->plan);
}

static void pack_micro_batches(step *s)
{
    hl_engine *e = s->e;
    const hl_plan *p = &s->plan;
    for (int c = 0; c < p->micro_batches; c++)
        if (s->share.micro_batch[c] == s->item_first_rank)
            hl_item_pack_make(&s->micro_batch[c].texts, &e->item_model, e->corpus, p->item + p->micro_batch_begin[c],
                              p->micro_batch_begin[c + 1] - p->micro_batch_begin[c], &e->plan);
    for (int c = 0; c < p->user_micro_batches; c++)
        if (s->share.user_micro_batch[c] == s->user_first_rank) pack_users(s, c);
}

static size_t bytes_saved(const hl_stack *m, const hl_pack *pack)
{
    hl_arena measure = hl_arena_measuring();
    hl_stack_saved_lay(&(hl_stack_saved){0}, m, pack, &measure);
    return hl_arena_used(&measure);
}

/* The User LLM is small beside the other and its activations are always saved. */
static void choose_saved(step *s)
{
    const size_t mark = hl_arena_mark(&s->e->scratch);
    int64_t *bytes = HL_TAKE_ZERO(&s->e->scratch, int64_t, s->plan.micro_batches);
    for (int c = 0; c < s->plan.micro_batches && s->e->rules.activation_budget >= 0; c++)
        if (s->share.micro_batch[c] == s->item_first_rank)
            bytes[c] = (int64_t)bytes_saved(&s->e->item_model.stack, &s->micro_batch[c].texts.pack);
    s->share.lockstep = s->e->rules.zero >= 2;
    if (s->item_first_rank >= 0)
        hl_budget_choose(&s->share, s->e->mesh, &s->plan, bytes, s->e->rules.activation_budget);
    hl_arena_back(&s->e->scratch, mark);
}

static void prepare(step *s, hl_engine *e, const hl_batch *batch, const hl_step_orders *orders)
{
    const hl_mesh *mesh = e->mesh;
    int me = mesh->world.rank;
    *s = (step){.e = e, .orders = orders, .user = batch->user, .D = hl_engine_width(e)};
    hl_mesh_sent(s->sent, mesh);
    s->item_first_rank =
        hl_layout_has(&mesh->layout, HL_ITEM, me) ? hl_layout_first_rank_of(&mesh->layout, HL_ITEM, me) : -1;
    s->user_first_rank =
        hl_layout_has(&mesh->layout, HL_USER, me) ? hl_layout_first_rank_of(&mesh->layout, HL_USER, me) : -1;
    s->item_last_stage = hl_layout_is_last_stage(&mesh->layout, HL_ITEM, me);
    hl_plan_rules rules = e->rules.plan;
    rules.parts = hl_layout_parts(&mesh->layout, HL_ITEM);
    hl_plan_make(&s->plan, batch, e->corpus, &rules, s->D, &e->plan);
    hl_share_make(&s->share, &mesh->layout, &s->plan, &e->plan);
    s->micro_batch = HL_TAKE_ZERO(&e->plan, hl_micro_batch, s->plan.micro_batches);
    s->user_micro_batch = HL_TAKE_ZERO(&e->plan, hl_micro_batch, s->plan.user_micro_batches);
    pack_micro_batches(s);
    choose_saved(s);
    hl_schedule_make(&s->schedule, &mesh->layout, &s->plan, &s->share, me, &e->plan);
    int *owner = HL_TAKE(&e->plan, int, s->plan.rows), *place = HL_TAKE(&e->plan, int, s->plan.rows);
    number_texts(s);
    number_rows(s, owner, place);
    s->where = (hl_whereabouts){mesh, &s->plan, &s->share, s->my_text};
    hl_route_plan(&s->inputs, &s->where, s->plan.input, owner, place, &e->plan, &e->scratch);
    for (int r = 0; r < s->plan.rows; r++) owner[r] = hl_layout_last_stage(&mesh->layout, HL_USER, owner[r]);
    hl_route_plan(&s->targets, &s->where, s->plan.target, owner, place, &e->plan, &e->scratch);
    s->bytes = (double)(hl_route_bytes(&s->inputs, s->D) + hl_route_bytes(&s->targets, s->D));
    hl_loss_open(&s->loss, mesh, &s->plan, owner, s->D, &e->plan);
    hl_tally_clear(&s->tally, me);
}

static void lay_rows(step *s)
{
    s->vector = take_rows(s, s->texts);
    s->dvector = take_zero_rows(s, s->texts);
    s->x = take_rows(s, s->rows);
    s->dx = take_rows(s, s->rows);
    s->y = take_rows(s, s->rows);
    s->dy = take_zero_rows(s, s->rows);
    s->target = take_rows(s, s->rows);
    s->dtarget = take_zero_rows(s, s->rows);
    s->unit_y = take_rows(s, s->rows);
    s->unit_t = take_rows(s, s->rows);
    s->dunit_y = take_rows(s, s->rows);
    s->dunit_t = take_zero_rows(s, s->rows);
    s->norm_y = HL_TAKE(&s->e->plan, float, s->rows);
    s->norm_t = HL_TAKE(&s->e->plan, float, s->rows);
    hl_sharding_zero_gradients(&s->e->sharding[HL_ITEM]);
    if (s->e->sharding[HL_ITEM].w && s->e->item_model.stack.first)
        s->scale = hl_item_scale(&s->e->item_model, s->e->sharding[HL_ITEM].w);
    hl_sharding_zero_gradients(&s->e->sharding[HL_USER]);
    hl_group_broadcast(&s->e->mesh->world, &s->scale, sizeof s->scale, s->e->mesh->layout.side[HL_ITEM].begin);
}

/* ---- between stages.  What is taken lies in the pipe until the next is taken; what is passed is written where it
 * leaves. */

static void item_take(step *s, int c)
{
    hl_pipe_recv(&s->e->pipe[HL_ITEM], HL_FORWARD, s->micro_batch[c].texts.pack.T, s->D);
}

static void item_pass(step *s, int c)
{
    hl_pipe_send(&s->e->pipe[HL_ITEM], HL_FORWARD, s->micro_batch[c].texts.pack.T, s->D);
}

static void item_take_back(step *s, int c)
{
    hl_pipe_recv(&s->e->pipe[HL_ITEM], HL_BACKWARD, s->micro_batch[c].texts.pack.T, s->D);
}

static void item_pass_back(step *s, int c)
{
    hl_pipe_send(&s->e->pipe[HL_ITEM], HL_BACKWARD, s->micro_batch[c].texts.pack.T, s->D);
}

static void user_take(step *s, int c)
{
    hl_pipe_recv(&s->e->pipe[HL_USER], HL_FORWARD, s->user_micro_batch[c].users.T, s->D);
}

static void user_pass(step *s, int c)
{
    hl_pipe_send(&s->e->pipe[HL_USER], HL_FORWARD, s->user_micro_batch[c].users.T, s->D);
}

static void user_take_back(step *s, int c)
{
    hl_pipe_recv(&s->e->pipe[HL_USER], HL_BACKWARD, s->user_micro_batch[c].users.T, s->D);
}

static void user_pass_back(step *s, int c)
{
    hl_pipe_send(&s->e->pipe[HL_USER], HL_BACKWARD, s->user_micro_batch[c].users.T, s->D);
}

/* ---- the Item LLM */

/* Through my layers, into y or to the next stage. */
static void item_through(step *s, hl_micro_batch *k, float *y, hl_arena *saved)
{
    hl_engine *e = s->e;
    const hl_item_pack *t = &k->texts;
    float *out = s->item_last_stage ? y : hl_pipe_room(&e->pipe[HL_ITEM], HL_FORWARD, hl_item_size(&e->item_model, t));
    hl_stack_saved_lay(&k->saved, &e->item_model.stack, &t->pack, saved);
    hl_item_forward(out, &k->saved, &e->item_model, e->sharding[HL_ITEM].w,
                    hl_pipe_received(&e->pipe[HL_ITEM], HL_FORWARD), t, &e->scratch);
    s->flop += hl_stack_flop(&e->item_model.stack, &t->pack);
}

/* Instead of what is not computed: vectors with a length. */
static void fill_rows(const step *s, float *x, int rows)
{
    for (size_t i = 0; i < rows_of(s, rows); i++) x[i] = 1;
}

/* An empty micro-batch, or one of a step that is given up. */
static void item_forward_idle(step *s, int c)
{
    hl_engine *e = s->e;
    hl_stack_pass_forward(&e->item_model.stack);
    if (c < 0) return;
    const hl_pack *pack = &s->micro_batch[c].texts.pack;
    if (s->item_last_stage) fill_rows(s, s->vector + rows_of(s, s->micro_batch[c].row), pack->segments);
    else fill_rows(s, hl_pipe_room(&e->pipe[HL_ITEM], HL_FORWARD, rows_of(s, pack->T)), pack->T);
}

static void item_backward_idle(step *s, int c)
{
    hl_engine *e = s->e;
    hl_stack_pass_backward(&e->item_model.stack);
    if (c < 0) return;
    hl_micro_batch *k = &s->micro_batch[c];
    const int T = k->texts.pack.T;
    if (!e->item_model.stack.first) fill_rows(s, hl_pipe_room(&e->pipe[HL_ITEM], HL_BACKWARD, rows_of(s, T)), T);
    if (k->recomputed) hl_arena_back(k->recomputed, 0);
}

static void item_forward(step *s, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        item_forward_idle(s, c);
        return;
    }
    hl_micro_batch *k = &s->micro_batch[c];
    size_t mark = hl_arena_mark(&e->scratch);
    item_through(s, k, s->vector + rows_of(s, k->row),
                 hl_share_saves(&s->share, &s->plan, c) ? &e->saved : &e->scratch);
    hl_arena_back(&e->scratch, mark);
}

/* At most as many at once as there are stages, each forgotten in the order in which it came. */
static void item_recompute(step *s, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        item_forward_idle(s, c);
        return;
    }
    hl_micro_batch *k = &s->micro_batch[c];
    size_t mark = hl_arena_mark(&e->scratch);
    k->recomputed = &e->recomputed[s->recomputes++ % e->mesh->layout.side[HL_ITEM].pp];
    float *vector = HL_TAKE(&e->scratch, float, s->item_last_stage ? rows_of(s, k->texts.pack.segments) : 0);
    item_through(s, k, vector, k->recomputed);
    hl_arena_back(&e->scratch, mark);
}

static void item_backward(step *s, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        item_backward_idle(s, c);
        return;
    }
    hl_micro_batch *k = &s->micro_batch[c];
    const hl_stack *m = &e->item_model.stack;
    if (s->plan.groups) hl_sharding_begin_group(&e->sharding[HL_ITEM], s->plan.group[c]);
    float *dx = m->first ? NULL : hl_pipe_room(&e->pipe[HL_ITEM], HL_BACKWARD, rows_of(s, k->texts.pack.T));
    const float *dy =
        s->item_last_stage ? s->dvector + rows_of(s, k->row) : hl_pipe_received(&e->pipe[HL_ITEM], HL_BACKWARD);
    hl_item_backward(dx, e->sharding[HL_ITEM].g, dy, &k->saved, &e->item_model, e->sharding[HL_ITEM].w, &k->texts,
                     &e->scratch);
    s->flop += 2 * hl_stack_flop(m, &k->texts.pack);
    if (k->recomputed) hl_arena_back(k->recomputed, 0);
}

/* ---- the User LLM */

static void user_forward_idle(step *s, int c)
{
    hl_engine *e = s->e;
    hl_stack_pass_forward(&e->user_model.stack);
    if (c < 0) return;
    const hl_micro_batch *k = &s->user_micro_batch[c];
    const int T = k->users.T;
    fill_rows(s,
              e->user_model.stack.last ? s->y + rows_of(s, k->row)
                                       : hl_pipe_room(&e->pipe[HL_USER], HL_FORWARD, rows_of(s, T)),
              T);
}

static void user_backward_idle(step *s, int c)
{
    hl_engine *e = s->e;
    hl_stack_pass_backward(&e->user_model.stack);
    if (c < 0) return;
    const hl_micro_batch *k = &s->user_micro_batch[c];
    const int T = k->users.T;
    float *dx = e->user_model.stack.first ? s->dx + rows_of(s, k->row)
                                          : hl_pipe_room(&e->pipe[HL_USER], HL_BACKWARD, rows_of(s, T));
    fill_rows(s, dx, T);
}

static void user_forward(step *s, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        user_forward_idle(s, c);
        return;
    }
    hl_micro_batch *k = &s->user_micro_batch[c];
    const hl_stack *m = &e->user_model.stack;
    size_t at = rows_of(s, k->row);
    float *y = m->last ? s->y + at : hl_pipe_room(&e->pipe[HL_USER], HL_FORWARD, rows_of(s, k->users.T));
    hl_stack_saved_lay(&k->saved, m, &k->users, &e->saved);
    hl_stack_forward(y, &k->saved, m, e->sharding[HL_USER].w,
                     m->first ? s->x + at : hl_pipe_received(&e->pipe[HL_USER], HL_FORWARD), &k->users, &e->scratch);
    s->flop += hl_stack_flop(m, &k->users);
}

static void user_backward(step *s, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        user_backward_idle(s, c);
        return;
    }
    hl_micro_batch *k = &s->user_micro_batch[c];
    const hl_stack *m = &e->user_model.stack;
    size_t at = rows_of(s, k->row);
    if (s->plan.groups) hl_sharding_begin_group(&e->sharding[HL_USER], s->plan.user_group[c]);
    float *dx = m->first ? s->dx + at : hl_pipe_room(&e->pipe[HL_USER], HL_BACKWARD, rows_of(s, k->users.T));
    hl_stack_backward(dx, e->sharding[HL_USER].g,
                      m->last ? s->dy + at : hl_pipe_received(&e->pipe[HL_USER], HL_BACKWARD), &k->saved, m,
                      e->sharding[HL_USER].w, &k->users, &e->scratch);
    s->flop += 2 * hl_stack_flop(m, &k->users);
}

/* ---- rows between them */

static void give_inputs(step *s, int c)
{
    (void)c;
    hl_exchange_forward(&s->inputs.there, s->x, s->vector, s->D, &s->e->wire);
}

static void give_targets(step *s, int c)
{
    (void)c;
    hl_exchange_forward(&s->targets.there, s->target, s->vector, s->D, &s->e->wire);
}

static void return_targets(step *s, int c)
{
    (void)c;
    hl_exchange_backward(&s->targets.back, s->dvector, s->dtarget, s->D, &s->e->wire);
}

static void return_inputs(step *s, int c)
{
    (void)c;
    hl_exchange_backward(&s->inputs.back, s->dvector, s->dx, s->D, &s->e->wire);
}

static int count_odd(const float *x, int n, int D)
{
    int count = 0;
    for (int i = 0; (i = hl_rows_find_odd(x, i, n, D)) < n; i++) count++;
    return count;
}

static int count_zero(const float *norm, int n)
{
    int count = 0;
    for (int i = 0; i < n; i++) count += norm[i] == 0;
    return count;
}

static void user_rows(step *s, int c)
{
    (void)c;
    hl_rows_unit_forward(s->unit_y, s->norm_y, s->y, s->rows, s->D);
    hl_rows_unit_forward(s->unit_t, s->norm_t, s->target, s->rows, s->D);
    s->odd += count_odd(s->y, s->rows, s->D);
    s->zeros += count_zero(s->norm_t, s->rows);
}

static void give_rows(step *s, int c)
{
    (void)c;
    hl_loss_give(&s->loss, s->unit_y, s->unit_t, &s->e->wire);
}

static void return_rows(step *s, int c)
{
    (void)c;
    hl_loss_return(&s->loss, s->dunit_y, &s->e->wire);
}

static void user_positives(step *s, int c)
{
    (void)c;
    hl_loss_positives(&s->loss, s->dunit_y, s->dunit_t, s->unit_y, s->unit_t, s->scale, &s->e->scratch);
    /* the first rank of the stage has the rows in the loss */
    hl_group_broadcast(&s->e->mesh->side[HL_USER].tp, s->dunit_y, rows_of(s, s->rows) * sizeof *s->dunit_y, 0);
    hl_group_broadcast(&s->e->mesh->side[HL_USER].tp, s->dunit_t, rows_of(s, s->rows) * sizeof *s->dunit_t, 0);
    hl_rows_unit_backward(s->dy, s->dunit_y, s->unit_y, s->norm_y, s->rows, s->D);
    hl_rows_unit_backward(s->dtarget, s->dunit_t, s->unit_t, s->norm_t, s->rows, s->D);
}

/* All texts of the step have their vectors.  Two that differ are found at once, mostly. */
static void look_at_vectors(step *s)
{
    s->odd += count_odd(s->vector, s->texts, s->D);
    for (int i = 1; i < s->texts && !s->differ; i++)
        s->differ = !hl_rows_are_alike(s->vector, s->vector + rows_of(s, i), s->D);
}

static void loss(step *s, int c)
{
    (void)c;
    hl_arena *a = &s->e->scratch;
    size_t mark = hl_arena_mark(a);
    const hl_negatives mine = hl_negatives_of(&s->where, s->e->rules.slices, s->texts, a);
    const int K = hl_negatives_count(&mine), *row = mine.row, D = s->D;
    size_t n = rows_of(s, K);
    float *raw = HL_TAKE(a, float, n), *unit = HL_TAKE(a, float, n), *norm = HL_TAKE(a, float, K),
          *dunit = HL_TAKE_ZERO(a, float, n);
    hl_rows_gather(raw, s->vector, row, K, D);
    hl_rows_unit_forward(unit, norm, raw, K, D);
    look_at_vectors(s);
    s->zeros += count_zero(norm, K);
    hl_loss_run(&s->loss, dunit, unit, &mine, s->scale, s->e->rules.nce_thres, a);
    memset(raw, 0, n * sizeof *raw);
    hl_rows_unit_backward(raw, dunit, unit, norm, K, D);
    hl_rows_scatter_add(s->dvector, raw, row, K, D);
    hl_group_all_reduce(&s->e->mesh->side[HL_ITEM].tp, s->dvector,
                        rows_of(s, s->texts)); /* nothing else is in it yet */
    hl_arena_back(a, mark);
}

static void loss_idle(step *s, int c)
{
    (void)c;
    hl_loss_pass(&s->loss);
}

/* ---- the end of a step */

/* As where one rank computes wrong. */
static void may_spoil(hl_sharding *h, const hl_engine *e)
{
    if (h->g) hl_fault_numbers("gradient-sum", e->mesh->world.rank, h->g, 1);
}

static void sum_item(step *s, int c)
{
    (void)c;
    may_spoil(&s->e->sharding[HL_ITEM], s->e);
    hl_sharding_reduce_gradients(&s->e->sharding[HL_ITEM], &s->e->scratch);
}

static void sum_user(step *s, int c)
{
    (void)c;
    may_spoil(&s->e->sharding[HL_USER], s->e);
    hl_sharding_reduce_gradients(&s->e->sharding[HL_USER], &s->e->scratch);
}

/* Numbers [begin, end) of the array that also lie in [lo, hi): where they begin, and how many. */
static size_t overlap(size_t *n, size_t begin, size_t end, size_t lo, size_t hi)
{
    size_t from = begin > lo ? begin : lo, to = end < hi ? end : hi;
    *n = from < to ? to - from : 0;
    return from;
}

static void tell_loss(step *s)
{
    const hl_loss_facts *f = &s->loss.facts;
    hl_tally_put(&s->tally, HL_FACT_LOSS, f->loss);
    hl_tally_put(&s->tally, HL_FACT_KEPT, f->kept);
    hl_tally_put(&s->tally, HL_FACT_MASKED, f->masked);
    for (int k = 0; k < HL_TOPS; k++) hl_tally_put(&s->tally, HL_FACT_HITS + k, f->hits[k]);
}

/* Bytes in each group since `before`. */
static void count_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *mesh, const uint64_t before[HL_MESH_GROUPS])
{
    uint64_t now[HL_MESH_GROUPS];
    hl_mesh_sent(now, mesh);
    for (int i = 0; i < HL_MESH_GROUPS; i++) sent[i] = now[i] - before[i];
}

static void tell_sent(step *s)
{
    uint64_t sent[HL_MESH_GROUPS];
    count_sent(sent, s->e->mesh, s->sent);
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        hl_tally_put(&s->tally, HL_FACT_SENT + i, (double)(sent[i] + s->e->late[i]));
    hl_mesh_sent(s->e->late, s->e->mesh);
}

/* Of a text: the first item that has it. */
static int64_t first_of(const step *s, int text) { return s->e->corpus->first_equal(s->e->corpus, s->plan.item[text]); }

static bool has_two_texts(const step *s)
{
    for (int t = 1; t < s->plan.texts; t++)
        if (first_of(s, t) != first_of(s, 0)) return true;
    return false;
}

/* Have all texts of the step one vector, though they differ?  Collective where no rank has two vectors that differ. */
static bool are_all_alike(step *s)
{
    const hl_group *world = &s->e->mesh->world;
    if (hl_tally_sum(&s->tally, HL_FACT_DIFFER) > 0 || hl_tally_sum(&s->tally, HL_FACT_ODD) > 0 || !has_two_texts(s))
        return false;
    size_t mark = hl_arena_mark(&s->e->scratch);
    float *vector = HL_TAKE_ZERO(&s->e->scratch, float, s->D);
    hl_first has_some = hl_first_none(world->rank);
    if (s->texts > 0) hl_first_note(&has_some, world->rank, 0);
    hl_first_agree(&has_some, world);
    if (has_some.rank == world->rank) memcpy(vector, s->vector, rows_of(s, 1) * sizeof *vector);
    hl_group_broadcast(world, vector, rows_of(s, 1) * sizeof *vector, has_some.rank);
    bool differ = s->texts > 0 && !hl_rows_are_alike(vector, s->vector, s->D);
    hl_arena_back(&s->e->scratch, mark);
    return !hl_group_any(world, differ);
}

static void tally(step *s, int c)
{
    (void)c;
    hl_engine *e = s->e;
    hl_loss_finish(&s->loss);
    if (e->mesh->vectors.rank == 0) tell_loss(s);
    hl_tally_put(&s->tally, HL_FACT_SQUARES, hl_gradnorm_squares(e, s->plan.groups && e->rules.clip_grad_norm > 0));
    hl_tally_put(&s->tally, HL_FACT_DSCALE, s->loss.dscale);
    hl_tally_put(&s->tally, HL_FACT_SAVE, s->orders->save);
    hl_tally_put(&s->tally, HL_FACT_STOP, hl_stop_is_asked());
    hl_tally_put(&s->tally, HL_FACT_GIVEN_UP, s->given_up);
    hl_tally_put(&s->tally, HL_FACT_ODD, s->odd);
    hl_tally_put(&s->tally, HL_FACT_ZERO, s->zeros);
    hl_tally_put(&s->tally, HL_FACT_DIFFER, s->differ);
    hl_tally_put(&s->tally, HL_FACT_FLOP, s->flop);
    hl_tally_put(&s->tally, HL_FACT_BYTES, s->bytes);
    hl_tally_put(&s->tally, HL_FACT_PHASES + HL_UPDATE, e->update_seconds);
    tell_sent(s);
    hl_tally_agree(&s->tally, &e->mesh->world);
    if (e->sharding[HL_ITEM].w && e->item_model.stack.first)
        e->sharding[HL_ITEM].g[e->item_model.scale_at] = (float)hl_tally_sum(&s->tally, HL_FACT_DSCALE);
    s->all_alike = e->updates == 0 && hl_tally_sum(&s->tally, HL_FACT_GIVEN_UP) == 0 && are_all_alike(s);
}

static double grad_norm(const step *s)
{
    double dscale = hl_tally_sum(&s->tally, HL_FACT_DSCALE);
    return sqrt(hl_tally_sum(&s->tally, HL_FACT_SQUARES) + dscale * dscale);
}

static bool is_given_up(const step *s) { return hl_tally_sum(&s->tally, HL_FACT_GIVEN_UP) > 0; }

static double clip_of(const step *s)
{
    double most = s->e->rules.clip_grad_norm;
    return most > 0 ? fmin(1, most / (grad_norm(s) + 1e-6)) : 1;
}

/* AdamW squares what it gets. */
static bool can_be_squared(double x) { return isfinite((float)(x * x)); }

static bool is_finite(const step *s)
{
    return isfinite(hl_tally_sum(&s->tally, HL_FACT_LOSS)) && isfinite(grad_norm(s))
           && can_be_squared(grad_norm(s) * clip_of(s)) && hl_tally_sum(&s->tally, HL_FACT_ODD) == 0;
}

static bool is_sound(const step *s)
{
    return is_finite(s) && hl_tally_sum(&s->tally, HL_FACT_KEPT) > 0 && !s->all_alike;
}

static void update_side(hl_sharding *h, const hl_adamw *how)
{
    if (!h->w) return;
    for (int i = 0; i < h->table->n; i++) {
        const hl_param *p = &h->table->at[i];
        size_t n, from = overlap(&n, p->offset, p->offset + p->count, h->begin, h->end);
        if (n && !h->frozen[i])
            hl_adamw_step(h->w + from, h->m + (from - h->begin), h->v + (from - h->begin), h->g + from, n, how);
    }
    hl_sharding_gather_weights(h);
    hl_fault_numbers("weights-update", HL_FAULT_ME, h->w + h->begin, h->end - h->begin);
}

static void update(step *s, int c)
{
    (void)c;
    hl_engine *e = s->e;
    if (!s->orders->update || is_given_up(s) || !is_sound(s)) return;
    double began = hl_seconds();
    const hl_adamw how = {s->orders->learning_rate, 0.9,       0.999, 1e-8, e->rules.weight_decay,
                          e->updates + 1,           clip_of(s)};
    update_side(&e->sharding[HL_ITEM], &how);
    update_side(&e->sharding[HL_USER], &how);
    e->update_seconds = hl_seconds() - began;
}

static void (*const perform[HL_ACTS])(step *s, int mb) = {
    [HL_ITEM_FORWARD] = item_forward,
    [HL_ITEM_BACKWARD] = item_backward,
    [HL_USER_FORWARD] = user_forward,
    [HL_USER_BACKWARD] = user_backward,
    [HL_USER_ROWS] = user_rows,
    [HL_USER_POSITIVES] = user_positives,
    [HL_GIVE_INPUTS] = give_inputs,
    [HL_GIVE_TARGETS] = give_targets,
    [HL_GIVE_ROWS] = give_rows,
    [HL_RETURN_ROWS] = return_rows,
    [HL_RETURN_TARGETS] = return_targets,
    [HL_RETURN_INPUTS] = return_inputs,
    [HL_ITEM_RECOMPUTE] = item_recompute,
    [HL_ITEM_TAKE] = item_take,
    [HL_ITEM_PASS] = item_pass,
    [HL_ITEM_TAKE_BACK] = item_take_back,
    [HL_ITEM_PASS_BACK] = item_pass_back,
    [HL_USER_TAKE] = user_take,
    [HL_USER_PASS] = user_pass,
    [HL_USER_TAKE_BACK] = user_take_back,
    [HL_USER_PASS_BACK] = user_pass_back,
    [HL_TALLY] = tally,
    [HL_LOSS] = loss,
    [HL_SUM_ITEM] = sum_item,
    [HL_SUM_USER] = sum_user,
    [HL_UPDATE] = update,
};

/* ---- giving up */

static const hl_group *item_stage(const step *s) { return &s->e->mesh->side[HL_ITEM].tp; }
static const hl_group *user_stage(const step *s) { return &s->e->mesh->side[HL_USER].tp; }
static const hl_group *all_vectors(const step *s) { return &s->e->mesh->vectors; }

/* Acts that compute: what is left of them where nothing is computed any more, and who computes together. */
static const struct {
    void (*idle)(step *s, int mb);
    const hl_group *(*together)(const step *s);
} computes[HL_ACTS] = {
    [HL_ITEM_FORWARD] = {item_forward_idle, item_stage},   [HL_ITEM_RECOMPUTE] = {item_forward_idle, item_stage},
    [HL_ITEM_BACKWARD] = {item_backward_idle, item_stage}, [HL_USER_FORWARD] = {user_forward_idle, user_stage},
    [HL_USER_BACKWARD] = {user_backward_idle, user_stage}, [HL_LOSS] = {loss_idle, all_vectors},
};

/* From here on?  Who computes together agrees, because such an act is full of collectives. */
static bool gives_up(step *s, const hl_group *together)
{
    if (hl_fault("step-signal", s->e->mesh->world.rank)) hl_stop_ask();
    s->given_up = hl_group_any(together, s->given_up || hl_stop_is_asked());
    return s->given_up;
}

static void act(step *s, const hl_task *t)
{
    bool idle = computes[t->act].idle && gives_up(s, computes[t->act].together(s));
    (idle ? computes[t->act].idle : perform[t->act])(s, t->micro_batch);
}

/* Is this the last act of its kind? */
static bool is_last(const hl_schedule *l, int task)
{
    for (int i = task + 1; i < l->n; i++)
        if (l->task[i].act == l->task[task].act) return false;
    return true;
}

/* Gradients of a layer are final once the last backward is done with it. */
static void go_last(step *s, int task)
{
    hl_act act = s->schedule.task[task].act;
    if (!s->e->rules.overlap || (act != HL_ITEM_BACKWARD && act != HL_USER_BACKWARD) || !is_last(&s->schedule, task))
        return;
    hl_sharding_begin_last_backward(act == HL_ITEM_BACKWARD ? &s->e->sharding[HL_ITEM] : &s->e->sharding[HL_USER]);
}

static void carry_out(step *s, double seconds[HL_ACTS])
{
    for (int i = 0; i < s->schedule.n; i++) {
        const hl_task *t = &s->schedule.task[i];
        go_last(s, i);
        if (t->act == HL_TALLY)
            for (int a = 0; a < HL_ACTS; a++) hl_tally_put(&s->tally, HL_FACT_PHASES + a, seconds[a]);
        double began = hl_seconds();
        hl_act_begin(hl_act_name[t->act], t->micro_batch);
        act(s, t);
        hl_sharding_progress(&s->e->sharding[HL_ITEM]);
        hl_sharding_progress(&s->e->sharding[HL_USER]);
        seconds[t->act] += hl_seconds() - began;
    }
}

static hl_step_fault fault_of(const step *s)
{
    if (is_given_up(s) || is_sound(s)) return HL_STEP_SOUND;
    if (!is_finite(s)) return HL_STEP_NOT_FINITE;
    return s->all_alike ? HL_STEP_ONE_VECTOR : HL_STEP_ALL_MASKED;
}

static void write_report(hl_step_report *r, const step *s)
{
    const hl_plan *p = &s->plan;
    double kept = hl_tally_sum(&s->tally, HL_FACT_KEPT), masked = hl_tally_sum(&s->tally, HL_FACT_MASKED);
    *r = (hl_step_report){.loss = hl_tally_sum(&s->tally, HL_FACT_LOSS),
                          .grad_norm = grad_norm(s),
                          .rows = p->rows,
                          .texts = p->texts,
                          .negatives = p->negatives,
                          .tokens = p->tokens,
                          .public_items = p->public_items,
                          .public_tokens = p->public_tokens,
                          .save = hl_tally_sum(&s->tally, HL_FACT_SAVE) > 0,
                          .stop = hl_tally_sum(&s->tally, HL_FACT_STOP) > 0,
                          .given_up = is_given_up(s),
                          .tally = s->tally};
    r->fault = fault_of(s);
    r->zeros = (int64_t)hl_tally_sum(&s->tally, HL_FACT_ZERO);
    r->nce_samples = kept / p->rows + 1;
    r->masked_share = masked / (kept + masked);
    for (int k = 0; k < HL_TOPS; k++) r->top_acc[k] = hl_tally_sum(&s->tally, HL_FACT_HITS + k) / p->rows;
}

/* ---- what is not finite, said the same on every rank */

static void note_odd_texts(hl_first *f, const step *s)
{
    for (int c = 0; s->item_last_stage && c < s->plan.micro_batches; c++) {
        if (s->share.micro_batch[c] != s->item_first_rank) continue;
        for (int t = s->plan.micro_batch_begin[c]; t < s->plan.micro_batch_begin[c + 1]; t++)
            if (count_odd(s->vector + rows_of(s, s->my_text[t]), 1, s->D)) hl_first_note(f, first_of(s, t), NAN);
    }
}

/* Samples whose rows are not finite, where they come out. */
static void note_odd_samples(hl_first *f, const step *s)
{
    const hl_plan *p = &s->plan;
    for (int c = 0; s->user_first_rank >= 0 && s->e->user_model.stack.last && c < p->user_micro_batches; c++) {
        if (s->share.user_micro_batch[c] != s->user_first_rank) continue;
        const int first = p->user_micro_batch_begin[c], base = s->user_micro_batch[c].row - p->row_begin[first];
        for (int i = first; i < p->user_micro_batch_begin[c + 1]; i++)
            if (count_odd(s->y + rows_of(s, base + p->row_begin[i]), p->row_begin[i + 1] - p->row_begin[i], s->D))
                hl_first_note(f, i, NAN);
    }
}

static hl_status tell_sample(const step *s, const hl_first *f, const int64_t *user)
{
    char name[HL_CALLED];
    if (user) hl_corpus_call_user(name, s->e->corpus, user[f->number]);
    else snprintf(name, sizeof name, "sample %lld of the step", (long long)f->number);
    return hl_finite_tell_user(s->e, f, name);
}

static hl_status tell_what_is_not_finite(const step *s)
{
    const hl_group *world = &s->e->mesh->world;
    hl_first text = hl_first_none(world->rank), sample = text;
    note_odd_texts(&text, s);
    note_odd_samples(&sample, s);
    if (hl_first_agree(&text, world)) return hl_finite_tell_item(s->e, &text, s->plan.texts);
    if (hl_first_agree(&sample, world)) return tell_sample(s, &sample, s->user);
    HL_TRY(hl_finite_check(s->e, HL_FINITE_WEIGHTS, "the weights"));
    HL_TRY(hl_finite_check(s->e, HL_FINITE_GRADIENTS, "before the update"));
    return HL_FAIL(HL_ENUMERIC,
                   "the loss is %g and the norm of the gradients %g; lower optim_args.learning_rate or set "
                   "clip_grad_norm, and continue "
                   "from the last checkpoint",
                   hl_tally_sum(&s->tally, HL_FACT_LOSS), grad_norm(s));
}

static hl_status judge(const step *s, hl_step_fault fault)
{
    if (fault == HL_STEP_SOUND) return HL_OK;
    if (fault == HL_STEP_NOT_FINITE) return tell_what_is_not_finite(s);
    if (fault == HL_STEP_ONE_VECTOR)
        return HL_FAIL(HL_ENUMERIC, "the vectors of all %d texts of the first step are equal", s->plan.texts);
    return HL_FAIL(HL_ENUMERIC, "every negative is masked as a false one (cosine with the target above nce_thres %g)",
                   (double)s->e->rules.nce_thres);
}

static void forget(hl_engine *e)
{
    hl_arena_back(&e->plan, 0);
    hl_arena_back(&e->saved, 0);
    hl_arena_back(&e->scratch, 0);
    hl_arena_back(&e->wire, 0);
    for (int i = 0; i < e->mesh->layout.side[HL_ITEM].pp; i++) hl_arena_back(&e->recomputed[i], 0);
}

hl_status hl_step_run(hl_step_report *report, hl_engine *e, const hl_batch *batch, const hl_step_orders *orders)
{
    step s;
    double began = hl_seconds(), own[HL_ACTS] = {0};
    prepare(&s, e, batch, orders);
    lay_rows(&s);
    carry_out(&s, own);
    write_report(report, &s);
    memcpy(report->own, own, sizeof own);
    count_sent(report->sent, e->mesh, s.sent);
    count_sent(e->late, e->mesh, e->late);
    hl_status status = judge(&s, report->fault);
    if (status == HL_OK && orders->update && !report->given_up) e->updates++;
    forget(e);
    report->seconds = hl_seconds() - began;
    return status;
}
