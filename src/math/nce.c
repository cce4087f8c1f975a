/* nce.c - one rank's part of the contrastive loss, in tiles.
 *
 * A tile is 256 rows by 1024 negatives: two products give u . n (the score) and p . n (how alike target and negative
 * are). Forward: a tile's row becomes a small summary, and the summaries of a row are combined from left to right.
 * Backward: the same products again, each score becomes the gradient of the loss with respect to it, and two
 * products carry that to u and n.  Where rows have negatives of their own there are no tiles: each score is a dot
 * product.  Logits are single precision and are computed by the same expression in both; sums
 * over them are doubles. */
#include "math/nce.h"
#include "base/minmax.h"
#include "math/expf.h"
#include "math/linear.h"
#include "math/simd.h"
#include <math.h>

enum { ROWS = 256, NEGATIVES = 1024 };

/* What a row of a tile needs. */
typedef struct {
    const float *alike, *log_m, *m;
    int n;
    float s, thres;
} tile_row;

/* A number in two floats: their sum is as good as a double where the result is of order one. */
typedef struct {
    float high, low;
} split;

static split split_of(double x)
{
    const float high = (float)x;
    return (split){high, isfinite(high) ? (float)(x - high) : 0.0f};
}

HL_FAST static void summarise(hl_nce_part *part, const float *score, const tile_row *t, float l0)
{
    const float *alike = t->alike, *log_m = t->log_m, *m = t->m, s = t->s, thres = t->thres;
    float most = -INFINITY;
    float kept = 0.0f, masked = 0.0f, above = 0.0f; /* exact: whole numbers far below 2^24 */
    double sum = 0.0;
#pragma omp simd reduction(max : most)
    for (int k = 0; k < t->n; k++) {
        const float l = alike[k] > thres ? -INFINITY : s * score[k] + log_m[k];
        most = hl_max(l, most);
    }
#pragma omp simd reduction(+ : sum, kept, masked, above)
    for (int k = 0; k < t->n; k++) {
        const bool left_out = alike[k] > thres;
        const float e = hl_expf(s * score[k] + log_m[k] - most);
        sum += (double)(left_out ? 0.0f : e);
        kept += left_out ? 0.0f : m[k];
        masked += left_out ? m[k] : 0.0f;
        above += !left_out && s * score[k] > l0 ? m[k] : 0.0f;
    }
    /* Clang begins a reduction by max with the least finite number. */
    *part = (hl_nce_part){.max = kept > 0.0f ? (double)most : -INFINITY,
                          .sum = sum,
                          .kept = (double)kept,
                          .masked = (double)masked,
                          .above = (double)above};
}

/* score becomes weight s dLoss/dlogit; gives dLoss/ds through this row of the tile. */
HL_FAST static double slope_of(float *score, const tile_row *t, split lse, float weight)
{
    const float *alike = t->alike, *log_m = t->log_m, s = t->s, thres = t->thres;
    double sum = 0.0;
#pragma omp simd reduction(+ : sum)
    for (int k = 0; k < t->n; k++) {
        const float p = weight * hl_expf((s * score[k] + log_m[k] - lse.high) - lse.low);
        const float slope = alike[k] > thres ? 0.0f : p;
        sum += (double)slope * (double)score[k];
        score[k] = s * slope;
    }
    return sum;
}

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

static tile_row row_of(const workspace *w, const hl_contest *x, const tile *t, int r)
{
    return (tile_row){
        w->alike + (size_t)r * (size_t)t->some, w->log_m + t->k0, x->multiplicity + t->k0, t->some, x->s, x->thres};
}

static float *score_of(const workspace *w, const tile *t, int r) { return w->score + (size_t)r * (size_t)t->some; }

static void forward_tile(hl_nce_part *part, const workspace *w, const hl_contest *x, const tile *t)
{
    score_tile(w, x, t);
#pragma omp parallel for if (hl_is_worth_threads((size_t)t->rows * (size_t)t->some))
    for (int r = 0; r < t->rows; r++) {
        const tile_row row = row_of(w, x, t, r);
        hl_nce_part more;
        summarise(&more, score_of(w, t, r), &row, x->l0[t->r0 + r]);
        hl_nce_combine(&part[t->r0 + r], &more);
    }
}

/* ---- negatives of each row's own: dot products one by one */

HL_FAST static float dot(const float *a, const float *b, int D)
{
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int i = 0; i < D; i++) sum += a[i] * b[i];
    return sum;
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

static tile_row own_row(const own_space *w, const hl_contest *x, int r)
{
    const int begin = x->own_begin[r], n = x->own_begin[r + 1] - begin;
    return (tile_row){w->alike + begin, w->none, w->once, n, x->s, x->thres};
}

static void score_own(const own_space *w, const hl_contest *x, int r)
{
    const size_t D = (size_t)x->D, at = (size_t)r * D;
    for (int i = x->own_begin[r]; i < x->own_begin[r + 1]; i++) {
        const float *n = x->n + (size_t)x->own[i] * D;
        w->score[i] = dot(x->u + at, n, x->D);
        w->alike[i] = dot(x->p + at, n, x->D);
    }
}

static void forward_own(hl_nce_part *part, const hl_contest *x, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch);
    const own_space w = lay_out_own(scratch, x);
#pragma omp parallel for if (hl_is_worth_threads((size_t)x->own_begin[x->R]))
    for (int r = 0; r < x->R; r++) {
        const tile_row row = own_row(&w, x, r);
        score_own(&w, x, r);
        summarise(&part[r], w.score + x->own_begin[r], &row, x->l0[r]);
    }
    hl_arena_back(scratch, mark);
}

/* A thread has some of the negatives and goes through all rows, so that the order of sums is that of the rows. */
static void give_own(float *dn, const own_space *w, const hl_contest *x)
{
    enum { PARTS = 64 };
    const size_t D = (size_t)x->D;
#pragma omp parallel for if (hl_is_worth_threads((size_t)x->own_begin[x->R]))
    for (int part = 0; part < PARTS; part++)
        for (int r = 0; r < x->R; r++)
            for (int i = x->own_begin[r]; i < x->own_begin[r + 1]; i++)
                if (x->own[i] % PARTS == part)
                    add_times(dn + (size_t)x->own[i] * D, w->score[i], x->u + (size_t)r * D, x->D);
}

static double backward_own(float *du, float *dn, const double *lse, const float *weight, const hl_contest *x,
                           hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), D = (size_t)x->D;
    const own_space w = lay_out_own(scratch, x);
    double *each = HL_TAKE(scratch, double, x->R), ds = 0.0;
#pragma omp parallel for if (hl_is_worth_threads((size_t)x->own_begin[x->R]))
    for (int r = 0; r < x->R; r++) {
        const tile_row row = own_row(&w, x, r);
        score_own(&w, x, r);
        each[r] = slope_of(w.score + x->own_begin[r], &row, split_of(lse[r]), weight[r]);
        for (int i = x->own_begin[r]; i < x->own_begin[r + 1]; i++)
            add_times(du + (size_t)r * D, w.score[i], x->n + (size_t)x->own[i] * D, x->D);
    }
    if (dn) give_own(dn, &w, x);
    for (int r = 0; r < x->R; r++) ds += each[r];
    hl_arena_back(scratch, mark);
    return ds;
}

void hl_nce_forward(hl_nce_part *part, const hl_contest *x, hl_arena *scratch)
{
    if (x->own) {
        forward_own(part, x, scratch);
        return;
    }
    const size_t mark = hl_arena_mark(scratch);
    const workspace w = lay_out(scratch, x);
    for (int r = 0; r < x->R; r++) part[r] = (hl_nce_part){.max = -INFINITY};
    for (int r0 = 0; r0 < x->R; r0 += ROWS)
        for (int k0 = 0; k0 < x->K; k0 += NEGATIVES) {
            const tile t = tile_at(x, r0, k0);
            forward_tile(part, &w, x, &t);
        }
    hl_arena_back(scratch, mark);
}

/* exp(x - max), 1 where both are -INFINITY. */
static double shift(double x, double max) { return x == max ? 1.0 : exp(x - max); }

void hl_nce_combine(hl_nce_part *into, const hl_nce_part *from)
{
    const double max = hl_max(from->max, into->max);
    into->sum = into->sum * shift(into->max, max) + from->sum * shift(from->max, max);
    into->max = max;
    into->kept += from->kept;
    into->masked += from->masked;
    into->above += from->above;
}

double hl_nce_lse(const hl_nce_part *whole, double l0)
{
    const double max = hl_max(whole->max, l0);
    return max + log(shift(l0, max) + whole->sum * shift(whole->max, max));
}

static void backward_tile(float *du, float *dn, const double *lse, const float *weight, const workspace *w,
                          const hl_contest *x, const tile *t)
{
    const size_t D = (size_t)x->D, row0 = (size_t)t->r0 * D, column0 = (size_t)t->k0 * D;
    score_tile(w, x, t);
#pragma omp parallel for if (hl_is_worth_threads((size_t)t->rows * (size_t)t->some))
    for (int r = 0; r < t->rows; r++) {
        const tile_row row = row_of(w, x, t, r);
        w->ds[t->r0 + r] += slope_of(score_of(w, t, r), &row, split_of(lse[t->r0 + r]), weight[t->r0 + r]);
    }
    hl_rows_times(du + row0, w->score, x->n + column0, t->rows, t->some, x->D);
    if (dn) hl_columns_times(dn + column0, w->score, x->u + row0, t->rows, t->some, x->D);
}

double hl_nce_backward(float *du, float *dn, const double *lse, const float *weight, const hl_contest *x,
                       hl_arena *scratch)
{
    if (x->own) return backward_own(du, dn, lse, weight, x, scratch);
    const size_t mark = hl_arena_mark(scratch);
    const workspace w = lay_out(scratch, x);
    double ds = 0.0;
    for (int r = 0; r < x->R; r++) w.ds[r] = 0.0;
    for (int r0 = 0; r0 < x->R; r0 += ROWS)
        for (int k0 = 0; k0 < x->K; k0 += NEGATIVES) {
            const tile t = tile_at(x, r0, k0);
            backward_tile(du, dn, lse, weight, &w, x, &t);
        }
    for (int r = 0; r < x->R; r++) ds += w.ds[r];
    hl_arena_back(scratch, mark);
    return ds;
}

/* ---- as a row of the table */

static void forward(void *part, const hl_contest *x, hl_arena *scratch) { hl_nce_forward(part, x, scratch); }

static void combine(void *into, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++) hl_nce_combine((hl_nce_part *)into + i, (const hl_nce_part *)from + i);
}

static hl_row_loss finish(const void *part, double l0)
{
    const double lse = hl_nce_lse(part, l0);
    return (hl_row_loss){lse - l0, lse};
}

static double slope(double l0, double lse) { return expm1(l0 - lse); }

static hl_rivals count(const void *part)
{
    const hl_nce_part *p = part;
    return (hl_rivals){p->kept, p->masked, p->above};
}

const hl_criterion hl_criterion_nce = {
    .name = "nce",
    .size = sizeof(hl_nce_part),
    .forward = forward,
    .combine = combine,
    .finish = finish,
    .backward = hl_nce_backward,
    .slope = slope,
    .count = count,
};
