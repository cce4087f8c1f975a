/* step-side.c - the acts that both sides have: rows between stages, forward, backward, sums over the replicas.
 *
 * A stage reads what the stage before wrote, the first one tokens (Item LLM) or vectors (User LLM), and writes for the
 * next one; the last one writes vectors.  What is received lies in the pipe until the next is received; what is sent
 * is written where it leaves. */
#include "base/fault.h"
#include "mpi/train/step-state.h"

static hl_micro_batch *micro_batch_of(const hl_step_state *s, hl_side side, int c)
{
    return &s->side[side].micro_batch[c];
}

static const hl_pack *pack_of(const hl_step_state *s, hl_side side, int c) { return &micro_batch_of(s, side, c)->pack; }

/* Rows of an array of the side that belong to a micro-batch; NULL where the array is. */
static float *rows_at(const hl_step_state *s, float *array, const hl_micro_batch *k)
{
    return array ? array + hl_step_numbers(s, k->row) : NULL;
}

static float *room_in_pipe(hl_step_state *s, hl_side side, hl_direction direction, int rows)
{
    return hl_pipe_room(&s->e->pipe[side], direction, hl_step_numbers(s, rows));
}

/* ---- between stages */

void hl_step_receive(hl_step_state *s, hl_side of, int c)
{
    hl_pipe_recv(&s->e->pipe[of], HL_FORWARD, pack_of(s, of, c)->T, s->e->model[of].row_width);
}

void hl_step_send(hl_step_state *s, hl_side of, int c)
{
    hl_pipe_send(&s->e->pipe[of], HL_FORWARD, pack_of(s, of, c)->T, s->e->model[of].row_width);
}

void hl_step_receive_back(hl_step_state *s, hl_side of, int c)
{
    hl_pipe_recv(&s->e->pipe[of], HL_BACKWARD, pack_of(s, of, c)->T, s->e->model[of].row_width);
}

void hl_step_send_back(hl_step_state *s, hl_side of, int c)
{
    hl_pipe_send(&s->e->pipe[of], HL_BACKWARD, pack_of(s, of, c)->T, s->e->model[of].row_width);
}

/* ---- through the layers of my stage */

/* Vectors to y, or rows to the next stage. */
static void go_through(hl_step_state *s, hl_side side, int c, float *y, hl_arena *saved)
{
    hl_engine *e = s->e;
    hl_micro_batch *k = micro_batch_of(s, side, c);
    const hl_model *m = &e->model[side];
    const hl_pack *pack = &k->pack;
    const float *w = e->sharding[side].w,
                *x = m->first ? rows_at(s, s->side[side].in, k) : hl_pipe_received(&e->pipe[side], HL_FORWARD);
    float *out = m->last ? y : room_in_pipe(s, side, HL_FORWARD, pack->T);
    m->kind->trace(k->saved, m, pack, saved);
    m->kind->forward(out, k->saved, m, w, x, pack, &e->scratch);
    s->flop += hl_model_flop(m, pack);
}

/* The User LLM is small beside the other and its activations are always saved. */
static bool is_saved(const hl_step_state *s, hl_side side, int c)
{
    return side == HL_USER || hl_share_saves(&s->share, &s->plan, c);
}

void hl_step_forward(hl_step_state *s, hl_side of, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        hl_step_forward_idle(s, of, c);
        return;
    }
    /* what is not saved lies where it will be recomputed, and is forgotten at once */
    hl_arena *kept = is_saved(s, of, c) ? &e->saved : &e->recomputed[0];
    const size_t mark = hl_arena_mark(kept);
    go_through(s, of, c, rows_at(s, s->side[of].out, micro_batch_of(s, of, c)), kept);
    if (kept != &e->saved) hl_arena_back(kept, mark);
}

/* At most as many at once as there are stages, each forgotten in the order in which it came. */
void hl_step_recompute(hl_step_state *s, hl_side of, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        hl_step_recompute_idle(s, of, c);
        return;
    }
    hl_micro_batch *k = micro_batch_of(s, of, c);
    const size_t mark = hl_arena_mark(&e->scratch);
    k->recomputed = &e->recomputed[s->recomputes++ % e->mesh->layout.side[of].pp];
    float *vector =
        HL_TAKE_ROWS(&e->scratch, float, s->side[of].last_stage ? hl_model_vectors(&e->model[of], &k->pack) : 0, s->D);
    go_through(s, of, c, vector, k->recomputed);
    hl_arena_back(&e->scratch, mark);
}

void hl_step_backward(hl_step_state *s, hl_side of, int c)
{
    hl_engine *e = s->e;
    if (c < 0) {
        hl_step_backward_idle(s, of, c);
        return;
    }
    hl_micro_batch *k = micro_batch_of(s, of, c);
    const hl_model *m = &e->model[of];
    const hl_pack *pack = &k->pack;
    hl_sharding *h = &e->sharding[of];
    hl_sharding_begin_backward(h);
    if (s->plan.groups) hl_sharding_begin_group(h, (of == HL_USER ? s->plan.user_group : s->plan.group)[c]);
    float *dx = m->first ? rows_at(s, s->side[of].din, k) : room_in_pipe(s, of, HL_BACKWARD, pack->T);
    if (of == HL_USER) hl_step_label_weights(s, c);
    const float *dy = m->last ? rows_at(s, s->side[of].dout, k) : hl_pipe_received(&e->pipe[of], HL_BACKWARD);
    m->kind->backward(dx, h->g, dy, k->saved, m, h->w, pack, &e->scratch);
    s->flop += 2 * hl_model_flop(m, pack);
    if (k->recomputed) hl_arena_back(k->recomputed, 0);
}

/* ---- an empty micro-batch, or one of a step that is given up */

/* Instead of what is not computed: vectors with a length. */
static void fill_rows(const hl_step_state *s, float *x, int rows)
{
    for (size_t i = 0; i < hl_step_numbers(s, rows); i++) x[i] = 1;
}

void hl_step_forward_idle(hl_step_state *s, hl_side of, int c)
{
    const hl_model *m = &s->e->model[of];
    m->kind->pass_forward(m);
    if (c < 0) return;
    const hl_pack *pack = pack_of(s, of, c);
    if (s->side[of].last_stage)
        fill_rows(s, rows_at(s, s->side[of].out, micro_batch_of(s, of, c)), hl_model_vectors(m, pack));
    else fill_rows(s, room_in_pipe(s, of, HL_FORWARD, pack->T), pack->T);
}

void hl_step_recompute_idle(hl_step_state *s, hl_side of, int c) { hl_step_forward_idle(s, of, c); }

void hl_step_backward_idle(hl_step_state *s, hl_side of, int c)
{
    const hl_model *m = &s->e->model[of];
    hl_sharding_begin_backward(&s->e->sharding[of]);
    m->kind->pass_backward(m);
    if (c < 0) return;
    hl_micro_batch *k = micro_batch_of(s, of, c);
    const int T = pack_of(s, of, c)->T;
    float *dx = m->first ? rows_at(s, s->side[of].din, k) : room_in_pipe(s, of, HL_BACKWARD, T);
    if (dx) fill_rows(s, dx, T);
    if (k->recomputed) hl_arena_back(k->recomputed, 0);
}

/* ---- between replicas */

/* As where one rank computes wrong. */
static void may_spoil(hl_sharding *h, const hl_engine *e)
{
    if (h->g) hl_fault_numbers("gradient-sum", e->mesh->world.rank, h->g, 1);
}

void hl_step_sum(hl_step_state *s, hl_side of, int c)
{
    (void)c;
    may_spoil(&s->e->sharding[of], s->e);
    hl_sharding_reduce_gradients(&s->e->sharding[of], &s->e->scratch);
}
