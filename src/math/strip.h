/* strip.h - what attention does with a few neighbouring queries and many keys.
 *
 * `lanes` queries, as many as numbers in a vector, meet n keys: their scores are a strip (n, lanes).  Going down a
 * strip, maximum, exponentials and sums need no sum across a vector, and each product is one vector times single
 * numbers, with a tile of the result held in registers:
 *
 *     scores      strip = rows (n, wide) turned (wide, lanes)
 *     output      y (lanes, d) = strip^T rows (n, wide)
 *     gradients   sum (n, wide) += strip (n, lanes) rows (lanes, wide)
 *
 * Rows are copies, `wide` numbers long: the width d of a head and zeros up to a multiple of 8.  As parts of qkv they
 * can be 4096 bytes apart, and then all of them want the same place of the cache.  The code is the same for 8 lanes
 * and for 16; which one depends on the processor alone. */
#ifndef MATH_STRIP_H
#define MATH_STRIP_H
#include <stdbool.h>
#include <stddef.h>

enum { HL_LANES_MOST = 16 };

/* Row i is at[i * step]. */
typedef struct {
    const float *at;
    size_t step;
} hl_lines;

/* Where and how the result of hl_strips.give goes: row r of the lanes, if first + r is in [0, end), becomes
 * keep[r] (if not NULL) times itself plus factor[r] times the new one.  (y, step) is where row 0 would be. */
typedef struct {
    float *y;
    size_t step;
    int first, end;
    const float *keep, *factor; /* (lanes) */
} hl_strip_target;

typedef struct {
    int lanes;
    /* rows (count, wide) = d numbers of the lines [first, first + count); what is not in [0, end) is zeros. */
    void (*copy)(float *rows, hl_lines x, int first, int count, int end, int d, int wide);
    /* turned (wide, lanes) = scale times rows (lanes, wide), transposed. */
    void (*turn)(float *turned, const float *rows, int wide, float scale);
    /* sum (lanes) = the dot products of the rows of a and b, both (lanes, wide). */
    void (*dot)(float *sum, const float *a, const float *b, int wide);
    /* strip (n, lanes) = rows (n, wide) turned, n up to a multiple of the lanes. */
    void (*score)(float *strip, const float *rows, const float *turned, int n, int d, int wide);
    /* Scores, in powers of two, become exponentials; lane x sees the keys up to diagonal + x.  lse (lanes): the log
     * of their sum; share (lanes): what makes them probabilities. */
    void (*soften)(float *strip, float *share, float *lse, int n, int diagonal);
    /* lse becomes that of these keys and others, whose lse is `other`: what is there of the others is kept `keep`
     * times, and share is what makes these exponentials probabilities among all. */
    void (*merge)(float *keep, float *share, float *lse, const float *other);
    /* strip: scores to probabilities; slope: gradients of probabilities to those of scores.  lse is in
     * powers of two.  Behind
     * n, up to a multiple of the lanes, both become zeros. */
    void (*harden)(float *strip, float *slope, const float *lse, const float *delta, int n, int diagonal);
    /* y (lanes, d) = strip^T rows (n, wide), as the target says. */
    void (*give)(const hl_strip_target *to, const float *strip, const float *rows, int n, int d, int wide);
    /* sum (n, wide) += strip (n, lanes) rows (lanes, wide), n up to a multiple of the lanes. */
    void (*add)(float *sum, const float *strip, const float *rows, int n, int wide);
} hl_strips;

extern const hl_strips hl_strips_8, hl_strips_16; /* the latter for AVX-512 alone */

/* The ones for this processor. */
const hl_strips *hl_strips_here(void);

/* With a sliding window lane x sees only the keys from from[x] on.  hide: of scores (n, lanes) those before it become
 * -infinity; each lane must see a key.  clear: what harden has made of them becomes zero. */
void hl_strips_hide(const hl_strips *s, float *strip, const int *from, int n);
void hl_strips_clear(const hl_strips *s, float *strip, float *slope, const int *from, int n);

/* n up to a multiple of the lanes. */
static inline int hl_strips_up(const hl_strips *s, int n) { return (n + s->lanes - 1) / s->lanes * s->lanes; }

/* All keys: no diagonal. */
enum { HL_SEES_ALL = 1 << 29 };

#endif
