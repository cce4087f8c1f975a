/* step-rows.c - the acts between both sides: rows to whom reads or predicts them, the loss, and gradients back. */
#include "math/rows.h"
#include "mpi/train/negatives.h"
#include "mpi/train/step-state.h"
#include <string.h>

void hl_step_give_inputs(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_exchange_forward(&s->inputs.there, s->side[HL_USER].in, s->side[HL_ITEM].out, s->D, &s->e->wire);
}

void hl_step_give_targets(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_exchange_forward(&s->targets.there, s->target, s->side[HL_ITEM].out, s->D, &s->e->wire);
}

void hl_step_return_targets(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_exchange_backward(&s->targets.back, s->side[HL_ITEM].dout, s->dtarget, s->D, &s->e->wire);
}

void hl_step_return_inputs(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_exchange_backward(&s->inputs.back, s->side[HL_ITEM].dout, s->side[HL_USER].din, s->D, &s->e->wire);
}

int hl_step_count_odd(const float *x, int n, int D)
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

void hl_step_user_rows(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    const int n = s->transitions;
    if (s->transition) hl_rows_gather(s->y, s->side[HL_USER].out, s->transition, n, s->D);
    hl_rows_unit_forward(s->unit_y, s->norm_y, s->y, n, s->D);
    hl_rows_unit_forward(s->unit_t, s->norm_t, s->target, n, s->D);
    s->odd += hl_step_count_odd(s->side[HL_USER].out, s->side[HL_USER].rows, s->D);
    s->zeros += count_zero(s->norm_t, n);
}

void hl_step_give_rows(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_loss_give(&s->loss, s->unit_y, s->unit_t, &s->e->wire);
}

void hl_step_return_rows(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_loss_return(&s->loss, s->dunit_y, &s->e->wire);
}

/* dout += what comes back to the unit vectors of the transitions. */
static void unit_rows_back(hl_step_state *s)
{
    float *dout = s->side[HL_USER].dout;
    const int n = s->transitions, D = s->D;
    const size_t mark = hl_arena_mark(&s->e->scratch);
    float *dy = s->transition ? HL_TAKE_ZERO_ROWS(&s->e->scratch, float, n, D) : dout;
    hl_rows_unit_backward(dy, s->dunit_y, s->unit_y, s->norm_y, n, D);
    if (s->transition) hl_rows_scatter_add(dout, dy, s->transition, n, D);
    hl_arena_back(&s->e->scratch, mark);
}

void hl_step_user_positives(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    const hl_group *peers = &s->e->mesh->side[HL_USER].tp;
    const size_t bytes = hl_step_numbers(s, s->transitions) * sizeof *s->dunit_y;
    hl_loss_positives(&s->loss, s->dunit_y, s->dunit_t, s->unit_y, s->unit_t, s->scale, &s->e->scratch);
    /* the first rank of the stage has the rows in the loss */
    hl_group_broadcast(peers, s->dunit_y, bytes, 0);
    unit_rows_back(s);
    if (s->plan.items_frozen) return; /* targets get no gradient */
    hl_group_broadcast(peers, s->dunit_t, bytes, 0);
    hl_rows_unit_backward(s->dtarget, s->dunit_t, s->unit_t, s->norm_t, s->transitions, s->D);
}

/* All texts of the step have their vectors.  Two that differ are found at once, mostly. */
static void look_at_vectors(hl_step_state *s)
{
    s->odd += hl_step_count_odd(s->side[HL_ITEM].out, s->side[HL_ITEM].rows, s->D);
    for (int i = 1; i < s->side[HL_ITEM].rows && !s->differ; i++)
        s->differ = !hl_rows_are_alike(s->side[HL_ITEM].out, s->side[HL_ITEM].out + hl_step_numbers(s, i), s->D);
}

void hl_step_loss(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_arena *a = &s->e->scratch;
    size_t mark = hl_arena_mark(a);
    const hl_negatives mine = hl_negatives_of(&s->where, s->e->rules.slices, s->side[HL_ITEM].rows, a);
    const int K = hl_negatives_count(&mine), *row = mine.row, D = s->D;
    const bool frozen = s->plan.items_frozen;
    float *raw = HL_TAKE_ROWS(a, float, K, D), *unit = HL_TAKE_ROWS(a, float, K, D), *norm = HL_TAKE(a, float, K),
          *dunit = frozen ? NULL : HL_TAKE_ZERO_ROWS(a, float, K, D);
    hl_rows_gather(raw, s->side[HL_ITEM].out, row, K, D);
    hl_rows_unit_forward(unit, norm, raw, K, D);
    look_at_vectors(s);
    s->zeros += count_zero(norm, K);
    hl_loss_run(&s->loss, dunit, unit, &mine, s->scale, s->e->rules.nce_thres, a);
    if (!frozen) {
        memset(raw, 0, hl_step_numbers(s, K) * sizeof *raw);
        hl_rows_unit_backward(raw, dunit, unit, norm, K, D);
        hl_rows_scatter_add(s->side[HL_ITEM].dout, raw, row, K, D);
        hl_group_all_reduce(&s->e->mesh->side[HL_ITEM].tp, s->side[HL_ITEM].dout,
                            hl_step_numbers(s, s->side[HL_ITEM].rows)); /* nothing else is in it yet */
    }
    hl_arena_back(a, mark);
}

void hl_step_loss_idle(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_loss_pass(&s->loss);
}
