/* user-input.c - what is added to an item's vector before a user model reads it. */
#include "model/user-input.h"
#include "base/error.h"
#include "base/minmax.h"
#include "base/part.h"
#include "data/calendar.h"
#include "math/bias.h"
#include "math/linear.h"
#include "math/rows.h"
#include "math/silu.h"
#include "math/sliced.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- parameters */

static const char IN[] = "user_time.mlp.0.weight", IN_BIAS[] = "user_time.mlp.0.bias", OUT[] = "user_time.mlp.2.weight",
                  OUT_BIAS[] = "user_time.mlp.2.bias", IDS[] = "user_id_embedding.weight", TOKEN[] = "user_emb_tokens";
enum { PARTS = HL_CALENDAR_PARTS, NAME = 40 };

static void name_table(char name[NAME], int part)
{
    snprintf(name, NAME, "user_time.%s.weight", hl_calendar_name[part]);
}

static void add(hl_params *t, const char *name, int64_t rows, int64_t columns, hl_init init, double std,
                const hl_tensor_group *tp)
{
    hl_param *p = hl_params_add(t, name, columns ? 2 : 1, (int64_t[]){rows, columns}, tp->rank == 0);
    p->init = init;
    p->std = (float)std;
}

static void add_times(hl_params *t, int D, int size, const hl_tensor_group *tp)
{
    char name[NAME];
    for (int i = 0; i < PARTS; i++) {
        name_table(name, i);
        add(t, name, hl_calendar_size[i], size, HL_INIT_NORMAL, 1, tp);
    }
    add(t, IN, D, PARTS * (int64_t)size, HL_INIT_UNIFORM, 1 / sqrt(PARTS * (double)size), tp);
    add(t, IN_BIAS, D, 0, HL_INIT_UNIFORM, 1 / sqrt(PARTS * (double)size), tp);
    add(t, OUT, D, D, HL_INIT_UNIFORM, 1 / sqrt(D), tp);
    add(t, OUT_BIAS, D, 0, HL_INIT_UNIFORM, 1 / sqrt(D), tp);
}

static void add_token(hl_params *t, int D, const hl_tensor_group *tp)
{
    hl_param *p = hl_params_add(t, TOKEN, 3, (int64_t[]){1, 1, D}, tp->rank == 0);
    p->init = HL_INIT_NORMAL;
    p->std = 0.02f;
}

void hl_user_input_params(hl_params *t, const hl_transformer *shape, const hl_tensor_group *tp)
{
    const int D = shape->hidden_size;
    if (shape->fusion == HL_FUSION_LATE) add_token(t, D, tp);
    if (shape->time_size) add_times(t, D, shape->time_size, tp);
    if (!shape->id_rows) return;
    const int64_t begin = hl_part_begin(shape->id_rows, tp->size, tp->rank),
                  end = hl_part_begin(shape->id_rows, tp->size, tp->rank + 1);
    hl_params_add_cut(t, &(hl_param_name){IDS, IDS, -1, 1}, 2, (int64_t[]){shape->id_rows, D}, 0,
                      &(hl_cut){begin, end, begin, end});
}

static size_t place_of(const hl_params *table, const char *name)
{
    const hl_param *p = hl_params_find(table, name);
    HL_CHECK(p);
    return p->offset;
}

void hl_user_input_open(hl_user_input *u, const hl_transformer *shape, const hl_params *table, bool sliced,
                        const hl_tensor_group *tp)
{
    const hl_param *ids = hl_params_find(table, IDS), *token = hl_params_find(table, TOKEN);
    char name[NAME];
    name_table(name, 0);
    *u = (hl_user_input){.tp = tp,
                         .D = shape->hidden_size,
                         .size = hl_params_find(table, name) ? shape->time_size : 0,
                         .ids = ids ? (int64_t)ids->offset : HL_NOWHERE,
                         .token = token ? (int64_t)token->offset : HL_NOWHERE,
                         .sliced = sliced};
    if (ids) u->first_id = (int)ids->mine.begin, u->id_rows = (int)(ids->mine.end - ids->mine.begin);
    if (!u->size) return;
    u->tables = place_of(table, name);
    u->first = (hl_user_input_linear){place_of(table, IN), place_of(table, IN_BIAS), PARTS * u->size};
    u->second = (hl_user_input_linear){place_of(table, OUT), place_of(table, OUT_BIAS), u->D};
}

void hl_user_input_lay(hl_user_input_saved *t, const hl_user_input *u, const hl_pack *p, hl_arena *arena)
{
    t->hidden = HL_TAKE_ROWS(arena, float, u->size ? p->T : 0, u->D);
}

/* ---- times: the tables are one array of rows, of which a time reads six, and these lie side by side */

static const int *rows_of(const hl_pack *p, hl_arena *scratch)
{
    int *row = HL_TAKE(scratch, int, PARTS *(size_t)p->T);
    HL_CHECK(p->time);
    for (int i = 0; i < p->T; i++) {
        int *part = row + PARTS * i, before = 0;
        hl_calendar_split(part, p->time[i]);
        for (int k = 0; k < PARTS; k++) {
            HL_CHECK(part[k] >= 0 && part[k] < hl_calendar_size[k]); /* who reads times has looked at them */
            part[k] += before;
            before += hl_calendar_size[k];
        }
    }
    return row;
}

static void linear(float *y, const float *x, const hl_user_input *u, const hl_user_input_linear *l, const float *w,
                   int T, hl_arena *scratch)
{
    if (u->sliced) hl_sliced_row_parallel_forward(y, x, w + l->at, T, l->in, u->D, 1, scratch);
    else hl_linear_forward(y, x, w + l->at, T, l->in, u->D);
    hl_bias_forward(y, w + l->bias, T, u->D);
}

static void linear_backward(float *dx, float *dw, const float *dy, const float *x, const hl_user_input *u,
                            const hl_user_input_linear *l, const float *w, int T)
{
    if (u->sliced) hl_sliced_row_parallel_backward(dx, dw + l->at, dy, x, w + l->at, T, l->in, u->D);
    else hl_linear_backward(dx, dw + l->at, dy, x, w + l->at, T, l->in, u->D);
    hl_bias_backward(dw + l->bias, dy, T, u->D);
}

/* y (T, D) += what the times of the rows say. */
static void add_times_of(float *y, hl_user_input_saved *t, const hl_user_input *u, const float *w, const hl_pack *p,
                         hl_arena *scratch)
{
    const int T = p->T, D = u->D;
    const size_t mark = hl_arena_mark(scratch);
    float *e = HL_TAKE_ROWS(scratch, float, T, u->first.in), *h = HL_TAKE_ROWS(scratch, float, T, D),
          *said = HL_TAKE_ROWS(scratch, float, T, D);
    hl_rows_gather(e, w + u->tables, rows_of(p, scratch), PARTS * T, u->size);
    linear(t->hidden, e, u, &u->first, w, T, scratch);
    hl_silu_forward(h, t->hidden, T, D);
    linear(said, h, u, &u->second, w, T, scratch);
    hl_add(y, said, hl_rows_numbers(T, D));
    hl_arena_back(scratch, mark);
}

static void times_backward(float *dw, const float *dx, const hl_user_input_saved *t, const hl_user_input *u,
                           const float *w, const hl_pack *p, hl_arena *scratch)
{
    const int T = p->T, D = u->D, *row = rows_of(p, scratch);
    float *e = HL_TAKE_ROWS(scratch, float, T, u->first.in), *de = HL_TAKE_ROWS(scratch, float, T, u->first.in),
          *h = HL_TAKE_ROWS(scratch, float, T, D), *dh = HL_TAKE_ROWS(scratch, float, T, D);
    hl_rows_gather(e, w + u->tables, row, PARTS * T, u->size);
    hl_silu_forward(h, t->hidden, T, D);
    linear_backward(dh, dw, dx, h, u, &u->second, w, T);
    hl_silu_backward(dh, t->hidden, T, D);
    linear_backward(de, dw, dh, e, u, &u->first, w, T);
    hl_rows_scatter_add(dw + u->tables, de, row, PARTS * T, u->size);
}

/* ---- items */

/* Where the row of an item lies; -1: another rank has it. */
static int64_t row_of(const hl_user_input *u, int32_t item)
{
    const int mine = item - u->first_id;
    return mine >= 0 && mine < u->id_rows ? u->ids + (int64_t)mine * u->D : -1;
}

static void add_items_of(float *y, const hl_user_input *u, const float *w, const hl_pack *p, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    float *rows = HL_TAKE_ZERO_ROWS(scratch, float, p->T, u->D);
    HL_CHECK(p->item);
    for (int i = 0; i < p->T; i++) {
        const int64_t from = row_of(u, p->item[i]);
        if (from >= 0) memcpy(rows + hl_rows_numbers(i, u->D), w + from, (size_t)u->D * sizeof *rows);
    }
    if (u->tp->size > 1) u->tp->all_reduce(u->tp, rows, hl_rows_numbers(p->T, u->D));
    hl_add(y, rows, hl_rows_numbers(p->T, u->D));
    hl_arena_back(scratch, mark);
}

static void items_backward(float *dw, const float *dx, const hl_user_input *u, const hl_pack *p)
{
    for (int i = 0; i < p->T; i++) {
        const int64_t to = row_of(u, p->item[i]);
        if (to >= 0) hl_add(dw + to, dx + hl_rows_numbers(i, u->D), (size_t)u->D);
    }
}

/* ---- the [USER] token */

static bool has_token(const hl_user_input *u, const hl_pack *p) { return u->token != HL_NOWHERE && p->user_token; }

static void put_token(float *y, const hl_user_input *u, const float *w, const hl_pack *p)
{
    for (int s = 0; s < p->segments; s++)
        memcpy(y + hl_rows_numbers(p->begin[s + 1] - 1, u->D), w + u->token, (size_t)u->D * sizeof *y);
}

/* What comes back to the other rows, (T, D), laid in scratch: to the token nothing was added. */
static const float *token_backward(float *dw, const float *dx, const hl_user_input *u, const hl_pack *p,
                                   hl_arena *scratch)
{
    const size_t D = (size_t)u->D, bytes = D * sizeof *dx;
    float *others = HL_TAKE_ROWS(scratch, float, p->T, u->D);
    memcpy(others, dx, (size_t)p->T * bytes);
    for (int s = 0; s < p->segments; s++) {
        const size_t at = hl_rows_numbers(p->begin[s + 1] - 1, u->D);
        hl_add(dw + u->token, dx + at, D);
        memset(others + at, 0, bytes);
    }
    return others;
}

/* ---- all */

const float *hl_user_input_forward(hl_user_input_saved *t, const hl_user_input *u, const float *w, const float *x,
                                   const hl_pack *p, hl_arena *scratch)
{
    if (!u->size && u->ids == HL_NOWHERE && !has_token(u, p)) return x;
    float *y = HL_TAKE_ROWS(scratch, float, p->T, u->D);
    memcpy(y, x, hl_rows_numbers(p->T, u->D) * sizeof *y);
    if (u->size) add_times_of(y, t, u, w, p, scratch);
    if (u->ids != HL_NOWHERE) add_items_of(y, u, w, p, scratch);
    if (has_token(u, p)) put_token(y, u, w, p);
    return y;
}

void hl_user_input_backward(float *dw, const float *dx, const hl_user_input_saved *t, const hl_user_input *u,
                            const float *w, const hl_pack *p, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    if (has_token(u, p)) dx = token_backward(dw, dx, u, p, scratch);
    if (u->size) times_backward(dw, dx, t, u, w, p, scratch);
    if (u->ids != HL_NOWHERE) items_backward(dw, dx, u, p);
    hl_arena_back(scratch, mark);
}

void hl_user_input_work(hl_work *work, const hl_user_input *u, const hl_pack *p)
{
    const double T = p->T, D = u->D, from = PARTS * (double)u->size;
    if (u->ids != HL_NOWHERE) work->embedded += T * D;
    if (!u->size) return;
    work->embedded += T * from;
    work->hidden += 2 * T * D;
    hl_work_add_product(work, T, from, D);
    hl_work_add_product(work, T, D, D);
    work->scratch = hl_max(work->scratch, (double)sizeof(float) * T * (2 * from + 2 * D));
}

void hl_user_input_talk(const hl_user_input *u, const hl_pack *p, bool backward, void (*hear)(void *self, hl_talk t),
                        void *self)
{
    if (!backward && u->ids != HL_NOWHERE && u->tp->size > 1)
        hear(self, (hl_talk){HL_TALK_SUM, hl_rows_numbers(p->T, u->D), 0});
}
