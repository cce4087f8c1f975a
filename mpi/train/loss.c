/* loss.c - the loss of a batch where the negatives are. */
#include "mpi/train/loss.h"
#include "base/minmax.h"
#include "math/rows.h"
#include <math.h>
#include <string.h>

const int hl_top[HL_TOPS] = {1, 5, 10, 50, 100};

/* Bytes that the returning gradients of one round may take on a user rank. */
static const size_t RETURN_BYTES = (size_t)1 << 26;

void hl_loss_open(hl_loss *l, const hl_criterion *criterion, const hl_mesh *mesh, const hl_plan *plan,
                  const int *row_owner, int D, hl_arena *arena)
{
    int ranks = mesh->world.size, R = plan->rows;
    *l = (hl_loss){.criterion = criterion, .mesh = mesh, .plan = plan, .D = D};
    l->row_list = HL_TAKE(arena, int, R);
    l->row_begin = HL_TAKE_ZERO(arena, int, ranks);
    l->row_count = HL_TAKE_ZERO(arena, int, ranks);
    for (int r = 0; r < R; r++) l->row_count[row_owner[r]]++;
    for (int q = 1; q < ranks; q++) l->row_begin[q] = l->row_begin[q - 1] + l->row_count[q - 1];
    int *listed = HL_TAKE_ZERO(arena, int, ranks);
    for (int r = 0; r < R; r++) l->row_list[l->row_begin[row_owner[r]] + listed[row_owner[r]]++] = r;
    l->state = HL_TAKE(arena, double, R);
    l->dscale_row = HL_TAKE_ZERO(arena, double, plan->groups ? R : 0);
    if (!hl_group_has_me(&mesh->vectors)) return;
    l->u = HL_TAKE_ROWS(arena, float, R, D);
    l->p = HL_TAKE_ROWS(arena, float, R, D);
    l->du = HL_TAKE_ROWS(arena, float, R, D);
    l->l0 = HL_TAKE(arena, float, R);
}

int hl_loss_my_rows(const hl_loss *l, const int **rows)
{
    int me = l->mesh->world.rank;
    *rows = l->row_list + l->row_begin[me];
    return l->row_count[me];
}

void hl_loss_give(hl_loss *l, const float *u, const float *p, hl_arena *wire)
{
    const hl_group *world = &l->mesh->world;
    const int *rows;
    int mine = hl_loss_my_rows(l, &rows), R = l->plan->rows, here = hl_group_has_me(&l->mesh->vectors);
    size_t mark = hl_arena_mark(wire), D = (size_t)l->D, bytes = D * sizeof *u;
    float *out = HL_TAKE_ROWS(wire, float, mine, 2 * D), *in = HL_TAKE_ROWS(wire, float, here ? R : 0, 2 * D);
    int *out_count = HL_TAKE_ZERO(wire, int, world->size), *out_begin = HL_TAKE_ZERO(wire, int, world->size),
        *in_count = HL_TAKE_ZERO(wire, int, world->size);
    for (int q = 0; q < world->size; q++) {
        if (hl_layout_is_last_stage(&l->mesh->layout, HL_ITEM, q)) out_count[q] = mine;
        if (here) in_count[q] = l->row_count[q];
    }
    for (size_t i = 0; i < (size_t)mine; i++) {
        memcpy(out + 2 * i * D, u + i * D, bytes);
        memcpy(out + (2 * i + 1) * D, p + i * D, bytes);
    }
    hl_group_all_to_all(world, in, in_count, l->row_begin, out, out_count, out_begin, 2 * bytes);
    for (size_t i = 0; here && i < (size_t)R; i++) {
        size_t row = (size_t)l->row_list[i];
        memcpy(l->u + row * D, in + 2 * i * D, bytes);
        memcpy(l->p + row * D, in + (2 * i + 1) * D, bytes);
    }
    hl_arena_back(wire, mark);
}

/* Of all rows, from the whole summaries: state and facts. */
static void finish_rows(hl_loss *l, const char *whole)
{
    const hl_criterion *c = l->criterion;
    hl_loss_facts f = {0};
    for (int r = 0; r < l->plan->rows; r++) {
        const char *summary = whole + (size_t)r * c->size;
        const hl_row_loss row = c->finish(summary, (double)l->l0[r]);
        const hl_rivals rivals = c->count(summary);
        l->state[r] = row.state;
        f.loss += l->plan->weight[r] * row.loss;
        f.kept += rivals.kept;
        f.masked += rivals.masked;
        for (int k = 0; k < HL_TOPS; k++) f.hits[k] += rivals.above < hl_top[k];
    }
    l->facts = f;
}

/* All negatives of a rank, and what they are held against. */
typedef struct {
    hl_loss *l;
    const hl_negatives *mine;
    const float *n; /* (K, D) */
    float s, thres;
    hl_arena *scratch;
} holder;

/* The negatives of group i. */
static hl_contest contest_of(const holder *x, int i)
{
    const hl_loss *l = x->l;
    const int from = x->mine->begin[i];
    return (hl_contest){.R = l->plan->rows,
                        .K = x->mine->begin[i + 1] - from,
                        .D = l->D,
                        .u = l->u,
                        .p = l->p,
                        .l0 = l->l0,
                        .n = x->n + (size_t)from * (size_t)l->D,
                        .multiplicity = x->mine->multiplicity + from,
                        .s = x->s,
                        .thres = x->thres,
                        .own_begin = x->mine->own_begin,
                        .own = x->mine->own};
}

/* summary (R) of the negatives of `count` groups from i on, a branch of the tree. */
static void summarise(void *summary, const holder *x, int i, int count)
{
    const hl_criterion *c = x->l->criterion;
    const size_t R = (size_t)x->l->plan->rows;
    if (count == 1) {
        const hl_contest contest = contest_of(x, i);
        c->forward(summary, &contest, x->scratch);
        return;
    }
    const size_t mark = hl_arena_mark(x->scratch);
    void *right = hl_arena_take(x->scratch, R * c->size);
    summarise(summary, x, i, count / 2);
    summarise(right, x, i + count / 2, count / 2);
    c->combine(summary, right, R);
    hl_arena_back(x->scratch, mark);
}

/* du (R, D), zero, becomes the gradient of the rows through these; dn (K, D) is added to, or NULL; dLoss/ds. */
static double descend(float *du, float *dn, const holder *x, int i, int count)
{
    const hl_loss *l = x->l;
    const size_t size = (size_t)l->plan->rows * (size_t)l->D, at = (size_t)x->mine->begin[i] * (size_t)l->D;
    if (count == 1) {
        const hl_contest contest = contest_of(x, i);
        return l->criterion->backward(du, dn ? dn + at : NULL, l->state, l->plan->weight, &contest, x->scratch);
    }
    const size_t mark = hl_arena_mark(x->scratch);
    float *right = HL_TAKE_ZERO_ROWS(x->scratch, float, l->plan->rows, l->D);
    double ds = descend(du, dn, x, i, count / 2);
    ds += descend(right, dn, x, i + count / 2, count / 2);
    hl_add(du, right, size);
    hl_arena_back(x->scratch, mark);
    return ds;
}

static void add_doubles(void *into, const void *from, size_t n)
{
    double *y = into;
    const double *x = from;
    for (size_t i = 0; i < n; i++) y[i] += x[i];
}

/* (slices, n) elements of every item rank that has vectors: over the groups, then over the slices; the result is
 * slice 0. */
static void fold_slices(const hl_loss *l, void *x, int slices, size_t n, size_t size, hl_combine combine)
{
    hl_group_all_reduce_with(&l->mesh->side[HL_ITEM].dp, x, (size_t)slices * n, size, combine);
    hl_fold(x, slices, n * size, n, combine);
    hl_group_all_reduce_with(&l->mesh->side[HL_ITEM].tp, x, n, size, combine);
}

/* The whole gradient of the rows on every item rank that has vectors; but one alone gives it back. */
static void descend_by_groups(float *dn, const holder *x)
{
    hl_loss *l = x->l;
    const int S = x->mine->slices;
    const size_t size = (size_t)l->plan->rows * (size_t)l->D, mark = hl_arena_mark(x->scratch);
    float *du = HL_TAKE_ZERO_ROWS(x->scratch, float, S, size);
    double *ds = HL_TAKE(x->scratch, double, S);
    for (int i = 0; i < S; i++) ds[i] = descend(du + (size_t)i * size, dn, x, i * x->mine->groups, x->mine->groups);
    fold_slices(l, du, S, size, sizeof *du, hl_fold_floats);
    fold_slices(l, ds, S, 1, sizeof *ds, add_doubles);
    const bool gives = l->mesh->vectors.rank == 0;
    if (gives) memcpy(l->du, du, size * sizeof *du);
    l->dscale = gives ? x->s * ds[0] : 0;
    hl_arena_back(x->scratch, mark);
}

void hl_loss_run(hl_loss *l, float *dn, const float *n, const hl_negatives *mine, float s, float thres,
                 hl_arena *scratch)
{
    int R = l->plan->rows, D = l->D, S = mine->slices;
    const holder x = {l, mine, n, s, thres, scratch};
    const size_t mark = hl_arena_mark(scratch), size = (size_t)R * l->criterion->size;
    char *summary = HL_TAKE(scratch, char, size *(size_t)S);
    hl_rows_dot(l->l0, l->u, l->p, R, D);
    for (int r = 0; r < R; r++) l->l0[r] *= s;
    for (int i = 0; i < S; i++) summarise(summary + (size_t)i * size, &x, i * mine->groups, mine->groups);
    fold_slices(l, summary, S, (size_t)R, l->criterion->size, l->criterion->combine);
    finish_rows(l, summary);
    memset(l->du, 0, (size_t)R * (size_t)D * sizeof *l->du);
    if (l->plan->groups) descend_by_groups(dn, &x);
    else l->dscale = s * descend(l->du, dn, &x, 0, 1);
    hl_arena_back(scratch, mark);
}

void hl_loss_pass(hl_loss *l)
{
    const size_t R = (size_t)l->plan->rows;
    memset(l->state, 0, R * sizeof *l->state);
    memset(l->du, 0, R * (size_t)l->D * sizeof *l->du);
}

int hl_loss_rows_a_round(const hl_layout *l, int D)
{
    size_t row = (size_t)hl_layout_last_stage_ranks(l, HL_ITEM) * (size_t)D * sizeof(float);
    return RETURN_BYTES / row > 1 ? (int)(RETURN_BYTES / row) : 1;
}

/* Rows [from, from + round) of every user rank: every item rank sends its share, the owner adds in rank order. */
static void return_round(hl_loss *l, float *du, int from, int round, hl_arena *wire)
{
    const hl_group *world = &l->mesh->world;
    const hl_layout *layout = &l->mesh->layout;
    int ranks = world->size, here = hl_group_has_me(&l->mesh->vectors), sent = 0, received = 0;
    size_t mark = hl_arena_mark(wire), D = (size_t)l->D;
    int *out_count = HL_TAKE_ZERO(wire, int, ranks), *out_begin = HL_TAKE_ZERO(wire, int, ranks),
        *in_count = HL_TAKE_ZERO(wire, int, ranks), *in_begin = HL_TAKE_ZERO(wire, int, ranks);
    int left = l->row_count[world->rank] - from, mine = left < 0 ? 0 : left < round ? left : round;
    for (int q = 0; q < ranks; q++) {
        int theirs = l->row_count[q] - from;
        out_begin[q] = sent;
        in_begin[q] = received;
        if (here && theirs > 0) sent += out_count[q] = hl_min(theirs, round);
        if (hl_layout_is_last_stage(layout, HL_ITEM, q)) received += in_count[q] = mine;
    }
    float *out = HL_TAKE_ROWS(wire, float, sent, D), *in = HL_TAKE_ROWS(wire, float, received, D);
    for (int q = 0; q < ranks; q++)
        hl_rows_gather(out + (size_t)out_begin[q] * D, l->du, l->row_list + l->row_begin[q] + (out_count[q] ? from : 0),
                       out_count[q], l->D);
    hl_group_all_to_all(world, in, in_count, in_begin, out, out_count, out_begin, D * sizeof *in);
    for (int q = 0; q < ranks; q++)
        if (in_count[q]) hl_add(du + (size_t)from * D, in + (size_t)in_begin[q] * D, (size_t)mine * D);
    hl_arena_back(wire, mark);
}

void hl_loss_return(hl_loss *l, float *du, hl_arena *wire)
{
    int most = 0, round = hl_loss_rows_a_round(&l->mesh->layout, l->D), me = l->mesh->world.rank;
    hl_group_broadcast(&l->mesh->world, l->state, (size_t)l->plan->rows * sizeof *l->state,
                       hl_layout_last_stage_rank(&l->mesh->layout, HL_ITEM, 0));
    memset(du, 0, (size_t)l->row_count[me] * (size_t)l->D * sizeof *du);
    for (int q = 0; q < l->mesh->world.size; q++)
        if (l->row_count[q] > most) most = l->row_count[q];
    for (int from = 0; from < most; from += round) return_round(l, du, from, round, wire);
}

void hl_loss_positives(hl_loss *l, float *du, float *dp, const float *u, const float *p, float s, hl_arena *scratch)
{
    const int *rows;
    int mine = hl_loss_my_rows(l, &rows), D = l->D;
    size_t mark = hl_arena_mark(scratch);
    float *cosine = HL_TAKE(scratch, float, mine);
    hl_rows_dot(cosine, u, p, mine, D);
    double dscale = 0;
    for (int i = 0; i < mine; i++) {
        double l0 = s * cosine[i], d = l->plan->weight[rows[i]] * l->criterion->slope(l0, l->state[rows[i]]);
        float ds = (float)(s * d);
        size_t at = (size_t)i * (size_t)D;
        for (size_t k = at; k < at + (size_t)D; k++) {
            du[k] += ds * p[k];
            dp[k] += ds * u[k];
        }
        if (l->plan->groups) l->dscale_row[rows[i]] = s * d * cosine[i];
        else dscale += s * d * cosine[i];
    }
    l->dscale += dscale;
    hl_arena_back(scratch, mark);
}

/* A row is one rank's, so the order of the ranks is nothing; that of the rows is the plan's. */
void hl_loss_finish(hl_loss *l)
{
    if (!l->plan->groups) return;
    hl_group_all_reduce_double(&l->mesh->world, l->dscale_row, (size_t)l->plan->rows);
    for (int r = 0; r < l->plan->rows && l->mesh->vectors.rank == 0; r++) l->dscale += l->dscale_row[r];
}
