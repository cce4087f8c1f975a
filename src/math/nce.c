/* nce.c - one rank's part of the contrastive loss, in tiles.
 *
 * A tile is 256 rows by 1024 negatives: two products give u . n (the score) and p . n (how alike target and negative
 * are). Forward: a tile's row becomes a small summary, and the summaries of a row are combined from left to right.
 * Backward: the same products again, each score becomes the gradient of the loss with respect to it, and two
 * products carry that to u and n. Logits are single precision and are computed by the same expression in both; sums
 * over them are doubles. */
#include "math/nce.h"
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
        most = l > most ? l : most;
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

static int at_most(int n, int most) { return n < most ? n : most; }

static workspace lay_out(hl_arena *a, const float *multiplicity, int R, int K)
{
    const size_t tile = (size_t)at_most(R, ROWS) * (size_t)at_most(K, NEGATIVES);
    workspace w = {HL_TAKE(a, float, tile), HL_TAKE(a, float, tile), HL_TAKE(a, float, K), HL_TAKE(a, double, R)};
    for (int k = 0; k < K; k++) w.log_m[k] = multiplicity[k] == 1.0f ? 0.0f : logf(multiplicity[k]);
    return w;
}

static tile_row row_of(const workspace *w, const float *multiplicity, int r, int k0, int n, float s, float thres)
{
    return (tile_row){w->alike + (size_t)r * (size_t)n, w->log_m + k0, multiplicity + k0, n, s, thres};
}

void hl_nce_forward(hl_nce_part *part, const float *u, const float *p, const float *l0, const float *n,
                    const float *multiplicity, int R, int K, int D, float s, float thres, hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), row = (size_t)D;
    const workspace w = lay_out(scratch, multiplicity, R, K);
    for (int r = 0; r < R; r++) part[r] = (hl_nce_part){.max = -INFINITY};
    for (int r0 = 0; r0 < R; r0 += ROWS)
        for (int k0 = 0; k0 < K; k0 += NEGATIVES) {
            const int rows = at_most(R - r0, ROWS), some = at_most(K - k0, NEGATIVES);
            hl_rows_by_rows(w.score, u + (size_t)r0 * row, n + (size_t)k0 * row, rows, some, D);
            hl_rows_by_rows(w.alike, p + (size_t)r0 * row, n + (size_t)k0 * row, rows, some, D);
#pragma omp parallel for if (hl_is_worth_threads((size_t)rows * (size_t)some))
            for (int r = 0; r < rows; r++) {
                const tile_row t = row_of(&w, multiplicity, r, k0, some, s, thres);
                hl_nce_part more;
                summarise(&more, w.score + (size_t)r * (size_t)some, &t, l0[r0 + r]);
                hl_nce_combine(&part[r0 + r], &more);
            }
        }
    hl_arena_back(scratch, mark);
}

/* exp(x - max), 1 where both are -INFINITY. */
static double shift(double x, double max) { return x == max ? 1.0 : exp(x - max); }

void hl_nce_combine(hl_nce_part *into, const hl_nce_part *from)
{
    const double max = from->max > into->max ? from->max : into->max;
    into->sum = into->sum * shift(into->max, max) + from->sum * shift(from->max, max);
    into->max = max;
    into->kept += from->kept;
    into->masked += from->masked;
    into->above += from->above;
}

double hl_nce_lse(const hl_nce_part *whole, double l0)
{
    const double max = whole->max > l0 ? whole->max : l0;
    return max + log(shift(l0, max) + whole->sum * shift(whole->max, max));
}

double hl_nce_backward(float *du, float *dn, const double *lse, const float *weight, const float *u, const float *p,
                       const float *n, const float *multiplicity, int R, int K, int D, float s, float thres,
                       hl_arena *scratch)
{
    const size_t mark = hl_arena_mark(scratch), row = (size_t)D;
    const workspace w = lay_out(scratch, multiplicity, R, K);
    double ds = 0.0;
    for (int r = 0; r < R; r++) w.ds[r] = 0.0;
    for (int r0 = 0; r0 < R; r0 += ROWS)
        for (int k0 = 0; k0 < K; k0 += NEGATIVES) {
            const int rows = at_most(R - r0, ROWS), some = at_most(K - k0, NEGATIVES);
            const float *ur = u + (size_t)r0 * row, *nk = n + (size_t)k0 * row;
            hl_rows_by_rows(w.score, ur, nk, rows, some, D);
            hl_rows_by_rows(w.alike, p + (size_t)r0 * row, nk, rows, some, D);
#pragma omp parallel for if (hl_is_worth_threads((size_t)rows * (size_t)some))
            for (int r = 0; r < rows; r++) {
                const tile_row t = row_of(&w, multiplicity, r, k0, some, s, thres);
                w.ds[r0 + r] += slope_of(w.score + (size_t)r * (size_t)some, &t, split_of(lse[r0 + r]), weight[r0 + r]);
            }
            hl_rows_times(du + (size_t)r0 * row, w.score, nk, rows, some, D);
            hl_columns_times(dn + (size_t)k0 * row, w.score, ur, rows, some, D);
        }
    for (int r = 0; r < R; r++) ds += w.ds[r];
    hl_arena_back(scratch, mark);
    return ds;
}
