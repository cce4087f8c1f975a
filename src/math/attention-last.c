/* attention-last.c - attention of each segment's last token alone.
 *
 * One query a head and segment: a few dot products with the keys, and a weighted sum of the values.  The maximum is
 * kept up to date on the way (online softmax), so no scores are stored; the backward makes probabilities again from
 * lse. */
#include "math/attention-last.h"
#include "base/minmax.h"
#include "math/expf.h"
#include "math/simd.h"
#include <math.h>
#include <string.h>

/* A query head and what it reads in one segment. */
typedef struct {
    const float *q, *k, *v; /* k and v: of the first token that is seen, the next one `step` further */
    size_t step;
    int length, d;
    float scale;
} reading;

/* The first token that the last one of a segment sees: the segment's, or its window's. */
static int first_seen(const int *begin, int segment, const hl_heads *h)
{
    const int window = begin[segment + 1] - h->window;
    return h->window && window > begin[segment] ? window : begin[segment];
}

static reading reading_of(const float *q, const float *kv, const int *begin, int segment, int head, const hl_heads *h)
{
    const int seen = first_seen(begin, segment, h);
    const size_t step = (size_t)(2 * h->K * h->d), first = (size_t)seen * step;
    const float *k = kv + first + (size_t)((head + h->lead) / h->group * h->d);
    return (reading){q + (size_t)(segment * h->H + head) * (size_t)h->d,
                     k,
                     k + h->K * h->d,
                     step,
                     begin[segment + 1] - seen,
                     h->d,
                     1.0f / sqrtf((float)h->d)};
}

HL_INLINE float dot(const float *restrict a, const float *restrict b, int d)
{
    float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
    for (int c = 0; c < d; c++) sum += a[c] * b[c];
    return sum;
}

HL_FAST static void forward_head(float *restrict o, float *lse, const reading *r)
{
    float most = -INFINITY, sum = 0.0f;
    memset(o, 0, (size_t)r->d * sizeof *o);
    for (int t = 0; t < r->length; t++) {
        const float score = r->scale * dot(r->q, r->k + (size_t)t * r->step, r->d), *restrict v =
                                                                                        r->v + (size_t)t * r->step;
        const float more = hl_max(score, most), keep = hl_expf(most - more), p = hl_expf(score - more);
#pragma omp simd
        for (int c = 0; c < r->d; c++) o[c] = o[c] * keep + p * v[c];
        sum = sum * keep + p;
        most = more;
    }
    const float share = 1.0f / sum;
    for (int c = 0; c < r->d; c++) o[c] *= share;
    *lse = most + logf(sum);
}

/* dk and dv of the first token that is seen; the next ones r->step further. */
HL_FAST static void backward_head(float *restrict dq, float *restrict dk, float *restrict dv, const float *restrict d_o,
                                  const float *restrict o, float lse, const reading *r)
{
    const float delta = dot(d_o, o, r->d);
    memset(dq, 0, (size_t)r->d * sizeof *dq);
    for (int t = 0; t < r->length; t++) {
        const size_t at = (size_t)t * r->step;
        const float *restrict q = r->q, *restrict k = r->k + at, p = hl_expf(r->scale * dot(q, k, r->d) - lse);
        const float ds = r->scale * p * (dot(d_o, r->v + at, r->d) - delta);
#pragma omp simd
        for (int c = 0; c < r->d; c++) {
            dq[c] += ds * k[c];
            dk[at + (size_t)c] += ds * q[c];
            dv[at + (size_t)c] += p * d_o[c];
        }
    }
}

void hl_attention_last_forward(float *o, float *lse, const float *q, const float *kv, const int *begin, int segments,
                               const hl_heads *h)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)begin[segments] * (size_t)(h->H * h->d)))
    for (int s = 0; s < segments; s++)
        for (int head = 0; head < h->H; head++) {
            const reading r = reading_of(q, kv, begin, s, head, h);
            forward_head(o + (size_t)(s * h->H + head) * (size_t)h->d, &lse[s * h->H + head], &r);
        }
}

/* A segment belongs to one thread, which adds the query heads of a key head in their order. */
static void backward_segment(float *dq, float *dkv, const float *d_o, const float *o, const float *lse, const float *q,
                             const float *kv, const int *begin, int s, const hl_heads *h)
{
    const size_t row = (size_t)(2 * h->K * h->d), first = (size_t)begin[s] * row;
    memset(dkv + first, 0, (size_t)(begin[s + 1] - begin[s]) * row * sizeof *dkv);
    for (int head = 0; head < h->H; head++) {
        const reading r = reading_of(q, kv, begin, s, head, h);
        const size_t at = (size_t)(s * h->H + head) * (size_t)h->d;
        float *dk = dkv + (size_t)first_seen(begin, s, h) * row + (size_t)((head + h->lead) / h->group * h->d);
        backward_head(dq + at, dk, dk + h->K * h->d, d_o + at, o + at, lse[s * h->H + head], &r);
    }
}

void hl_attention_last_backward(float *dq, float *dkv, const float *d_o, const float *o, const float *lse,
                                const float *q, const float *kv, const int *begin, int segments, const hl_heads *h)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)begin[segments] * (size_t)(h->H * h->d)))
    for (int s = 0; s < segments; s++) backward_segment(dq, dkv, d_o, o, lse, q, kv, begin, s, h);
}
