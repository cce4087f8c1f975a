/* contest.c - scores of rows against negatives, in tiles or one by one.
 *
 * A tile is 256 rows by 1024 negatives: two products give u . n (the score) and p . n (how alike target and negative
 * are). Forward: a tile's row becomes a small summary, and the summaries of a row are combined from left to right.
 * Backward: the same products again, each score becomes the gradient of the loss with respect to it, and two
 * products carry that to u and n.  Where rows have negatives of their own there are no tiles: each score is a dot
 * product. */
#include "math/contest.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/linear.h"
#include "math/simd.h"
#include <math.h>
#include <omp.h>
#include <string.h>

enum { ROWS = 256, NEGATIVES = 1024 };

/* Scratch of both directions: the two products of a tile and log m of all negatives. */
typedef struct {
    float *score, *alike, *log_m;
    double *ds; /* (R) */
} workspace;

static workspace lay_out(hl_arena *a, const hl_contest *x)
{
    const size_t tile = (size_t)hl_min(x->R, ROWS) * (size_t)hl_min(x->K, NEGATIVES);
    workspace w = {HL_TAKE(a, float, tile), HL_TAKE(a, float, tile), HL_TAKE(a, float, x->K), HL_TAKE(a, double, x->R)};
    for (int k = 0; k < x->K; k++) w.log_m[k] = x->multiplicity[k] == 1.0f ? 0.0f : logf(x->multiplicity[k]);
    return w;
}

/* Rows [r0, r0 + rows) by negatives [k0, k0 + some). */
typedef struct {
    int r0, k0, rows, some;
} tile;

static tile tile_at(const hl_contest *x, int r0, int k0)
{
    return (tile){r0, k0, hl_min(x->R - r0, ROWS), hl_min(x->K - k0, NEGATIVES)};
}

static void score_tile(const workspace *w, const hl_contest *x, const tile *t)
{
    const size_t D = (size_t)x->D;
    const float *n = x->n + (size_t)t->k0 * D;
    hl_rows_by_rows(w->score, x->u + (size_t)t->r0 * D, n, t->rows, t->some, x->D);
    hl_rows_by_rows(w->alike, x->p + (size_t)t->r0 * D, n, t->rows, t->some, x->D);
}

static hl_contest_row row_of(const workspace *w, const hl_contest *x, const tile *t, int r)
{
    const size_t at = (size_t)r * (size_t)t->some;
    return (hl_contest_row){.score = w->score + at,
                            .alike = w->alike + at,
                            .log_m = w->log_m + t->k0,
                            .m = x->multiplicity + t->k0,
                            .n = t->some,
                            .s = x->s,
                            .thres = x->thres,
                            .l0 = x->l0[t->r0 + r]};
}

/* Summary r of an array of them. */
static void *part_at(void *part, const hl_contest_rule *rule, int r) { return (char *)part + (size_t)r * rule->size; }

static void forward_tile(void *part, const hl_contest_rule *rule, const workspace *w, const hl_contest *x,
                         const tile *t)
{
    score_tile(w, x, t);
#pragma omp parallel for if (hl_is_worth_threads((size_t)t->rows * (size_t)t->some))
    for (int r = 0; r < t->rows; r++) {
        const hl_contest_row row = row_of(w, x, t, r);
        double more[HL_CONTEST_PART / sizeof(double)];
        rule->summarise(more, &row);
        rule->combine(part_at(part, rule, t->r0 + r), more);
    }
}

/* ---- negatives of each row's own: dot products one by one */

/* Of two negatives x and y: u . x, u . y, p . x and p . y.  Always two, so that the order of a sum is always one. */
HL_FAST static void dot_two(float out[4], const float *u, const float *p, const float *x, const float *y, int D)
{
    float ux = 0.0f, uy = 0.0f, px = 0.0f, py = 0.0f;
#pragma omp simd reduction(+ : ux, uy, px, py)
    for (int i = 0; i < D; i++) {
        ux += u[i] * x[i];
        uy += u[i] * y[i];
        px += p[i] * x[i];
        py += p[i] * y[i];
    }
    out[0] = ux, out[1] = uy, out[2] = px, out[3] = py;
}

HL_FAST static void add_times(float *y, float factor, const float *x, int D)
{
#pragma omp simd
    for (int i = 0; i < D; i++) y[i] += factor * x[i];
}

/* Scores of all rows, and how alike targets and negatives are; each negative counts once. */
typedef struct {
    float *score, *alike; /* (own_begin[R]) */
    float *none, *once;   /* log m and m of the longest row */
} own_space;

static own_space lay_out_own(hl_arena *a, const hl_contest *x)
{
    int most = 0;
    for (int r = 0; r < x->R; r++) most = hl_max(most, x->own_begin[r + 1] - x->own_begin[r]);
    own_space w = {HL_TAKE(a, float, x->own_begin[x->R]), HL_TAKE(a, float, x->own_begin[x->R]),
                   HL_TAKE_ZERO(a, float, most), HL_TAKE(a, float, most)};
    for (int k = 0; k < most; k++) w.once[k] = 1.0f;
    return w;
}

static hl_contest_row own_row(const own_space *w, const hl_contest *x, int r)
{
    const int begin = x->own_begin[r];
    return (hl_contest_row){.score = w->score + begin,
                            .alike = w->alike + begin,
                            .log_m = w->none,
                            .m = w->once,
                            .n = x->own_begin[r + 1] - begin,
                            .s = x->s,
                            .thres = x->thres,
                            .l0 = x->l0[r]};
}

static void score_own(const own_space *w, const hl_contest *x, int r)
{
    const size_t D = (size_t)x->D, at = (size_t)r * D;
    const int end = x->own_begin[r + 1];
    for (int i = x->own_begin[r]; i < end; i += 2) {
        const int next = hl_min(i + 1, end - 1); /* the last one may be alone */
        float found[4];
        dot_two(found, x->u + at, x->p + at, x->n + (size_t)x->own[i] * D, x->n + (size_t)x->own[next] * D, x->D);
        w->score[i] = found[0], w->score[next] = found[next - i];
        w->alike[i] = found[2], w->alike[next] = found[2 + next - i];
    }
}

static void forward_own(void *part, const hl_contest_rule *rule, const hl_contest *x, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    const own_space w = lay_out_own(scratch, x);
#pragma omp parallel for if (hl_is_worth_threads((size_t)x->own_begin[x->R]))
    for (int r = 0; r < x->R; r++) {
        const hl_contest_row row = own_row(&w, x, r);
        score_own(&w, x, r);
        rule->summarise(part_at(part, rule, r), &row);
    }
    hl_arena_back(scratch, mark);
}

/* Through row r to those of its negatives that are [k0, k1). */
static void give_row(float *dn, const own_space *w, const hl_contest *x, int r, int k0, int k1)
{
    const size_t D = (size_t)x->D;
    for (int i = x->own_begin[r]; i < x->own_begin[r + 1]; i++)
        if (x->own[i] >= k0 && x->own[i] < k1)
            add_times(dn + (size_t)x->own[i] * D, w->score[i], x->u + (size_t)r * D, x->D);
}

/* A thread has some of the negatives and goes through all rows, so that the order of sums is that of the rows, however
 * many threads there are. */
static void give_own(float *dn, const own_space *w, const hl_contest *x)
{
    const int parts = hl_is_worth_threads((size_t)x->own_begin[x->R]) ? omp_get_max_threads() : 1;
#pragma omp parallel for if (parts > 1)
    for (int part = 0; part < parts; part++) {
        const int k0 = (int)hl_part_begin(x->K, parts, part), k1 = (int)hl_part_begin(x->K, parts, part + 1);
        for (int r = 0; r < x->R; r++) give_row(dn, w, x, r, k0, k1);
    }
}

static double backward_own(const hl_contest_rule *rule, float *du, float *dn, const double *state, const float *weight,
                           const hl_contest *x, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), D = (size_t)x->D;
    const own_space w = lay_out_own(scratch, x);
    double *each = HL_TAKE(scratch, double, x->R), ds = 0.0;
#pragma omp parallel for if (hl_is_worth_threads((size_t)x->own_begin[x->R]))
    for (int r = 0; r < x->R; r++) {
        const hl_contest_row row = own_row(&w, x, r);
        score_own(&w, x, r);
        each[r] = rule->slopes(&row, state[r], weight[r]);
        for (int i = x->own_begin[r]; i < x->own_begin[r + 1]; i++)
            add_times(du + (size_t)r * D, w.score[i], x->n + (size_t)x->own[i] * D, x->D);
    }
    if (dn) give_own(dn, &w, x);
    for (int r = 0; r < x->R; r++) ds += each[r];
    hl_arena_back(scratch, mark);
    return ds;
}

void hl_contest_forward(void *part, const hl_contest_rule *rule, const hl_contest *x, hl_arena *scratch)
{
    if (x->own) {
        forward_own(part, rule, x, scratch);
        return;
    }
    const size_t mark = hl_arena_mark(scratch);
    const workspace w = lay_out(scratch, x);
    for (int r = 0; r < x->R; r++) memcpy(part_at(part, rule, r), rule->nothing, rule->size);
    for (int r0 = 0; r0 < x->R; r0 += ROWS)
        for (int k0 = 0; k0 < x->K; k0 += NEGATIVES) {
            const tile t = tile_at(x, r0, k0);
            forward_tile(part, rule, &w, x, &t);
        }
    hl_arena_back(scratch, mark);
}

static void backward_tile(const hl_contest_rule *rule, float *du, float *dn, const double *state, const float *weight,
                          const workspace *w, const hl_contest *x, const tile *t)
{
    const size_t D = (size_t)x->D, row0 = (size_t)t->r0 * D, column0 = (size_t)t->k0 * D;
    score_tile(w, x, t);
#pragma omp parallel for if (hl_is_worth_threads((size_t)t->rows * (size_t)t->some))
    for (int r = 0; r < t->rows; r++) {
        const hl_contest_row row = row_of(w, x, t, r);
        w->ds[t->r0 + r] += rule->slopes(&row, state[t->r0 + r], weight[t->r0 + r]);
    }
    hl_rows_times(du + row0, w->score, x->n + column0, t->rows, t->some, x->D);
    if (dn) hl_columns_times(dn + column0, w->score, x->u + row0, t->rows, t->some, x->D);
}

double hl_contest_backward(const hl_contest_rule *rule, float *du, float *dn, const double *state, const float *weight,
                           const hl_contest *x, hl_arena *scratch)
{
    if (x->own) return backward_own(rule, du, dn, state, weight, x, scratch);
    const size_t mark = hl_arena_mark(scratch);
    const workspace w = lay_out(scratch, x);
    double ds = 0.0;
    for (int r = 0; r < x->R; r++) w.ds[r] = 0.0;
    for (int r0 = 0; r0 < x->R; r0 += ROWS)
        for (int k0 = 0; k0 < x->K; k0 += NEGATIVES) {
            const tile t = tile_at(x, r0, k0);
            backward_tile(rule, du, dn, state, weight, &w, x, &t);
        }
    for (int r = 0; r < x->R; r++) ds += w.ds[r];
    hl_arena_back(scratch, mark);
    return ds;
}
