/* talk.c - what the peers of a stack do together in a pass. */
#include "model/talk.h"
#include "model/cut.h"
#include "model/grid-rows.h"
#include "model/norm-kind.h"
#include "model/tiles.h"

typedef struct {
    const hl_stack *m;
    const hl_pack *whole;
    hl_pack mine;
    void (*hear)(void *self, hl_talk t);
    void *self;
} talker;

static void say(const talker *x, hl_talk_kind kind, double n, int at)
{
    if (n > 0) x->hear(x->self, (hl_talk){kind, (size_t)n, at});
}

static double width(const talker *x) { return x->m->shape.hidden_size; }

static const hl_layer_cut *cut_at(const talker *x, int layer)
{
    const hl_stack *m = x->m;
    return m->last && x->mine.last_only && layer >= m->layers - 1 ? m->last_cut : m->cut;
}

static bool has_few(const talker *x, int layer) { return x->m->last && x->mine.last_only && layer >= x->m->layers - 1; }

/* Rows that come out of a layer; and of all ranks of a grid. */
static double rows_out(const talker *x, int layer) { return has_few(x, layer) ? x->mine.segments : x->mine.T; }
static double whole_rows_out(const talker *x) { return hl_stack_rows(x->m, x->whole); }

/* Rows whose queries, keys and values a layer makes. */
static double rows_read(const talker *x, int layer)
{
    const hl_stack *m = x->m;
    const bool kinds = x->mine.kinds && m->first && layer == 0 && !has_few(x, layer) && !m->tp->rows
                       && !m->tp->sequence_parallel && !m->slices;
    return kinds ? x->mine.kinds : x->mine.T;
}

static bool takes_tokens(const talker *x) { return x->m->first && x->m->embedding.tokens > 0; }

static bool has_last_norm(const talker *x) { return x->m->last && x->m->last_norm != HL_NOWHERE; }
static bool norms_input(const talker *x) { return x->m->first && x->m->embedding.norm != HL_NOWHERE; }

/* The gradients of the norms of heads. */
static void say_heads(const talker *x, const hl_block *b)
{
    if (b->q_norm != HL_NOWHERE) say(x, HL_TALK_SUM, x->m->heads.d, 0);
    if (b->k_norm != HL_NOWHERE) say(x, HL_TALK_SUM, x->m->heads.d, 0);
}

/* ---- cut along one axis */

/* A sum of rows: in all of them, or in those of each peer. */
static void say_sum(const talker *x, const hl_layer_cut *cut, double rows)
{
    if (cut == &hl_cut_sequence) say(x, HL_TALK_SCATTER, rows, 0);
    else say(x, HL_TALK_SUM, rows * width(x), 0);
}

static void say_gather(const talker *x, const hl_layer_cut *cut, double rows)
{
    if (cut == &hl_cut_sequence) say(x, HL_TALK_GATHER, rows, 0);
}

static void say_forward(const talker *x)
{
    const hl_stack *m = x->m;
    if (takes_tokens(x)) say_sum(x, cut_at(x, 0), x->mine.T);
    for (int i = 0; i < m->layers; i++) {
        const hl_layer_cut *cut = cut_at(x, i);
        const bool leaves = i + 1 < m->layers ? cut_at(x, i + 1) != cut : !has_last_norm(x);
        say_gather(x, cut, x->mine.T);
        say_sum(x, cut, rows_out(x, i));
        say_gather(x, cut, rows_out(x, i));
        say_sum(x, cut, rows_out(x, i));
        if (leaves) say_gather(x, cut, rows_out(x, i));
    }
    if (has_last_norm(x)) say_gather(x, cut_at(x, m->layers), rows_out(x, m->layers));
}

static void say_backward(const talker *x)
{
    const hl_stack *m = x->m;
    for (int i = 0; i < m->layers; i++) {
        const hl_layer_cut *cut = cut_at(x, i);
        for (int k = 0; k < 3; k++) say_gather(x, cut, rows_out(x, i)); /* dy, the norm of the MLP, dh */
        say_sum(x, cut, rows_out(x, i));
        say_gather(x, cut, x->mine.T);
        say_sum(x, cut, rows_read(x, i));
        say_heads(x, &m->block[i]);
        if (m->slices && has_few(x, i)) say_sum(x, cut, rows_out(x, i)); /* queries are apart */
    }
    say_gather(x, m->cut, x->mine.T);
}

/* ---- a grid */

typedef enum { PRODUCT, DX, DW } panel_way;

static void say_panels(const talker *x, const hl_linear *l, double rows, panel_way way)
{
    const hl_tensor_group *tp = x->m->tp;
    const hl_tiles g = {.rows = tp->rows,
                        .columns = hl_tensor_group_columns(tp),
                        .row = hl_tensor_group_row(tp),
                        .column = hl_tensor_group_column(tp)};
    const hl_tile_cuts c = {.F = l->F, .D = l->D, .K = l->K};
    const double F = c.F[g.column + 1] - c.F[g.column];
    for (hl_tile_panel p = {0}; hl_tile_panel_next(&p, &g, &c);) {
        if (way != DX) say(x, HL_TALK_ROW_BROADCAST, rows * p.n, p.column);
        if (way != DW) say(x, HL_TALK_COLUMN_BROADCAST, F * p.n, p.row);
        if (way == DX) say(x, HL_TALK_ROW_SCATTER, rows * p.n, p.column);
        if (way == DW) say(x, HL_TALK_COLUMN_SCATTER, F * p.n, p.row);
    }
}

static void say_both(const talker *x, const hl_linear *l, double rows)
{
    say_panels(x, l, rows, DX);
    say_panels(x, l, rows, DW);
}

/* Of a norm, of each row. */
static void say_norm(const talker *x, double rows) { say(x, HL_TALK_ROW_SUM, x->m->norm->numbers * rows, 0); }

/* Two in a block: before attention and the MLP, or after both. */
static void say_norms(const talker *x, const hl_block *b, double out)
{
    say_norm(x, b->norm != HL_NOWHERE ? x->mine.T : out);
    say_norm(x, out);
}

static void say_grid_forward(const talker *x)
{
    const hl_stack *m = x->m;
    if (takes_tokens(x)) say(x, HL_TALK_SUM, x->whole->T * width(x), 0);
    if (norms_input(x)) say_norm(x, x->mine.T);
    for (int i = 0; i < m->layers; i++) {
        const hl_block *b = &m->block[i];
        const double out = rows_out(x, i);
        say_norms(x, b, out);
        say_panels(x, has_few(x, i) ? &b->kv : &b->qkv, x->mine.T, PRODUCT);
        if (has_few(x, i)) say_panels(x, &b->q, out, PRODUCT);
        say_panels(x, &b->o, out, PRODUCT);
        say_panels(x, &b->gate_up, out, PRODUCT);
        say_panels(x, &b->down, out, PRODUCT);
    }
    if (has_last_norm(x)) say_norm(x, rows_out(x, m->layers));
    say(x, HL_TALK_SUM, whole_rows_out(x) * width(x), 0);
}

static void say_grid_backward(const talker *x)
{
    const hl_stack *m = x->m;
    if (has_last_norm(x)) say_norm(x, rows_out(x, m->layers));
    if (norms_input(x)) say_norm(x, x->mine.T);
    for (int i = 0; i < m->layers; i++) {
        const hl_block *b = &m->block[i];
        const double out = rows_out(x, i);
        say_norms(x, b, out);
        say_heads(x, b);
        say_both(x, has_few(x, i) ? &b->kv : &b->qkv, x->mine.T);
        if (has_few(x, i)) say_both(x, &b->q, out);
        say_both(x, &b->o, out);
        say_both(x, &b->gate_up, out);
        say_both(x, &b->down, out);
    }
    say(x, HL_TALK_SUM, x->whole->T * width(x), 0);
}

void hl_talk_of_stack(const hl_stack *m, const hl_pack *pack, bool backward, void (*hear)(void *self, hl_talk t),
                      void *self)
{
    const talker x = {m, pack, m->tp->rows ? hl_grid_rows_part_of(m, pack) : *pack, hear, self};
    if (m->tp->size == 1) return;
    if (m->tp->rows) (backward ? say_grid_backward : say_grid_forward)(&x);
    else (backward ? say_backward : say_forward)(&x);
}
