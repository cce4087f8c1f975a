/* loss.c - the contrastive loss (InfoNCE) where the negatives are. */
#include "mpi/loss.h"
#include "math/nce.h"
#include "math/rows.h"
#include <math.h>
#include <string.h>

const int hl_top[HL_TOPS] = {1, 5, 10, 50, 100};

/* Bytes that the returning gradients of one round may take on a user rank. */
static const size_t RETURN_BYTES = (size_t)1 << 26;

void hl_loss_open(hl_loss *l, const hl_mesh *mesh, const hl_plan *plan, const int *row_owner, int D, hl_arena *arena)
{
    int ranks = mesh->world.size, R = plan->rows;
    *l = (hl_loss){.mesh = mesh, .plan = plan, .D = D};
    l->row_list = HL_TAKE(arena, int, R);
    l->row_begin = HL_TAKE_ZERO(arena, int, ranks);
    l->row_count = HL_TAKE_ZERO(arena, int, ranks);
    for (int r = 0; r < R; r++) l->row_count[row_owner[r]]++;
    for (int q = 1; q < ranks; q++) l->row_begin[q] = l->row_begin[q - 1] + l->row_count[q - 1];
    int *listed = HL_TAKE_ZERO(arena, int, ranks);
    for (int r = 0; r < R; r++) l->row_list[l->row_begin[row_owner[r]] + listed[row_owner[r]]++] = r;
    l->lse = HL_TAKE(arena, double, R);
    if (!hl_group_has_me(&mesh->item_out)) return;
    size_t n = (size_t)R * (size_t)D;
    l->u = HL_TAKE(arena, float, n);
    l->p = HL_TAKE(arena, float, n);
    l->du = HL_TAKE(arena, float, n);
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
    int mine = hl_loss_my_rows(l, &rows), R = l->plan->rows, here = hl_group_has_me(&l->mesh->item_out);
    size_t mark = hl_arena_mark(wire), D = (size_t)l->D, bytes = D * sizeof *u;
    float *out = HL_TAKE(wire, float, (size_t)mine * 2 * D), *in = HL_TAKE(wire, float, here ? (size_t)R * 2 * D : 0);
    int *out_count = HL_TAKE_ZERO(wire, int, world->size), *out_begin = HL_TAKE_ZERO(wire, int, world->size), *in_count = HL_TAKE_ZERO(wire, int, world->size);
    for (int q = 0; q < world->size; q++) {
        if (hl_layout_has_item_out(&l->mesh->layout, q)) out_count[q] = mine;
        if (here) in_count[q] = l->row_count[q];
    }
    for (size_t i = 0; i < (size_t)mine; i++) {
        memcpy(out + 2 * i * D, u + i * D, bytes);
        memcpy(out + (2 * i + 1) * D, p + i * D, bytes);
    }
    hl_group_trade(world, in, in_count, l->row_begin, out, out_count, out_begin, 2 * bytes);
    for (size_t i = 0; here && i < (size_t)R; i++) {
        size_t row = (size_t)l->row_list[i];
        memcpy(l->u + row * D, in + 2 * i * D, bytes);
        memcpy(l->p + row * D, in + (2 * i + 1) * D, bytes);
    }
    hl_arena_back(wire, mark);
}

static void combine_parts(void *into, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) hl_nce_combine((hl_nce_part *)into + i, (const hl_nce_part *)from + i);
}

static void gather_facts(hl_loss *l, const hl_nce_part *whole)
{
    hl_loss_facts f = {0};
    for (int r = 0; r < l->plan->rows; r++) {
        f.loss += l->plan->weight[r] * (l->lse[r] - l->l0[r]);
        f.kept += whole[r].kept;
        f.masked += whole[r].masked;
        for (int k = 0; k < HL_TOPS; k++) f.hits[k] += whole[r].above < hl_top[k];
    }
    l->facts = f;
}

void hl_loss_run(hl_loss *l, float *dn, const float *n, const float *multiplicity, int K, float s, float thres, hl_arena *scratch)
{
    int R = l->plan->rows, D = l->D;
    size_t mark = hl_arena_mark(scratch);
    hl_nce_part *part = HL_TAKE(scratch, hl_nce_part, R);
    hl_rows_dot(l->l0, l->u, l->p, R, D);
    for (int r = 0; r < R; r++) l->l0[r] *= s;
    hl_nce_forward(part, l->u, l->p, l->l0, n, multiplicity, R, K, D, s, thres, scratch);
    hl_group_reduce(&l->mesh->item_out, part, (size_t)R, sizeof *part, combine_parts);
    for (int r = 0; r < R; r++) l->lse[r] = hl_nce_lse(&part[r], l->l0[r]);
    gather_facts(l, part);
    memset(l->du, 0, (size_t)R * (size_t)D * sizeof *l->du);
    l->dscale = s * hl_nce_backward(l->du, dn, l->lse, l->plan->weight, l->u, l->p, n, multiplicity, R, K, D, s, thres, scratch);
    hl_arena_back(scratch, mark);
}

/* How many rows of each user rank go in one round. */
static int rows_a_round(const hl_loss *l)
{
    size_t row = (size_t)hl_layout_item_outs(&l->mesh->layout) * (size_t)l->D * sizeof(float);
    return RETURN_BYTES / row > 1 ? (int)(RETURN_BYTES / row) : 1;
}

/* Rows [from, from + round) of every user rank: every item rank sends its share, the owner adds in rank order. */
static void return_round(hl_loss *l, float *du, int from, int round, hl_arena *wire)
{
    const hl_group *world = &l->mesh->world;
    const hl_layout *layout = &l->mesh->layout;
    int ranks = world->size, here = hl_group_has_me(&l->mesh->item_out), sent = 0, received = 0;
    size_t mark = hl_arena_mark(wire), D = (size_t)l->D;
    int *out_count = HL_TAKE_ZERO(wire, int, ranks), *out_begin = HL_TAKE_ZERO(wire, int, ranks), *in_count = HL_TAKE_ZERO(wire, int, ranks), *in_begin = HL_TAKE_ZERO(wire, int, ranks);
    int left = l->row_count[world->rank] - from, mine = left < 0 ? 0 : left < round ? left : round;
    for (int q = 0; q < ranks; q++) {
        int theirs = l->row_count[q] - from;
        out_begin[q] = sent;
        in_begin[q] = received;
        if (here && theirs > 0) sent += out_count[q] = theirs < round ? theirs : round;
        if (hl_layout_has_item_out(layout, q)) received += in_count[q] = mine;
    }
    float *out = HL_TAKE(wire, float, (size_t)sent * D), *in = HL_TAKE(wire, float, (size_t)received * D);
    for (int q = 0; q < ranks; q++)
        hl_rows_gather(out + (size_t)out_begin[q] * D, l->du, l->row_list + l->row_begin[q] + (out_count[q] ? from : 0), out_count[q], l->D);
    hl_group_trade(world, in, in_count, in_begin, out, out_count, out_begin, D * sizeof *in);
    for (int q = 0; q < ranks; q++)
        if (in_count[q]) hl_add(du + (size_t)from * D, in + (size_t)in_begin[q] * D, (size_t)mine * D);
    hl_arena_back(wire, mark);
}

void hl_loss_return(hl_loss *l, float *du, hl_arena *wire)
{
    int most = 0, round = rows_a_round(l), me = l->mesh->world.rank;
    hl_group_share(&l->mesh->world, l->lse, (size_t)l->plan->rows * sizeof *l->lse, hl_layout_item_out(&l->mesh->layout, 0));
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
        double l0 = s * cosine[i], d = l->plan->weight[rows[i]] * expm1(l0 - l->lse[rows[i]]);
        float ds = (float)(s * d);
        size_t at = (size_t)i * (size_t)D;
        for (size_t k = at; k < at + (size_t)D; k++) {
            du[k] += ds * p[k];
            dp[k] += ds * u[k];
        }
        dscale += s * d * cosine[i];
    }
    l->dscale += dscale;
    hl_arena_back(scratch, mark);
}
