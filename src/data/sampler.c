/* sampler.c - which samples a step has, and which negatives. */
#include "data/sampler.h"
#include "base/error.h"
#include "base/rng.h"
#include <string.h>

int64_t hl_sampler_steps_per_epoch(const hl_sampler *s)
{
    return (hl_windows_count(s->windows) + s->batch_size - 1) / s->batch_size;
}

static bool contains(const int32_t *items, int n, int32_t item)
{
    for (int i = 0; i < n; i++)
        if (items[i] == item) return true;
    return false;
}

/* Is there an item of the pool that is not in the list?  The list may name one several times. */
static bool leaves_any(const int32_t *list, int n, const hl_pool *pool)
{
    if (n < pool->n) return true;
    for (int64_t i = 0; i < pool->n; i++)
        if (!contains(list, n, hl_pool_at(pool, i))) return true;
    return false;
}

/* Any item of the pool, and, where that leaves any, none of `not_these` (n). */
static int32_t draw_item(hl_rng *r, const hl_pool *pool, const int32_t *not_these, int n)
{
    bool choosy = leaves_any(not_these, n, pool);
    int32_t item;
    do item = hl_pool_at(pool, (int64_t)hl_rng_below(r, (uint64_t)pool->n));
    while (choosy && contains(not_these, n, item));
    return item;
}

/* The public code's default: one negative a transition that is outside the window, before them random
 * items that are not among those negatives, S + 1 in all. */
static void draw_one_a_transition(int32_t *out, hl_rng *r, const hl_sampler *s, const hl_pool *pool,
                                  const int32_t *window, int n)
{
    int padding = s->windows->rule.S + 1 - (n - 1);
    for (int i = 0; i < n - 1; i++) out[padding + i] = draw_item(r, pool, window, n);
    for (int i = 0; i < padding; i++) out[i] = draw_item(r, pool, out + padding, n - 1);
}

static void draw_freely(int32_t *out, hl_rng *r, const hl_pool *pool, int n)
{
    for (int i = 0; i < n; i++) out[i] = draw_item(r, pool, NULL, 0);
}

/* How many a sample of n items has; with own ones the most. */
static int negatives_of(const hl_sampler *s, int n)
{
    if (s->own) return s->num_negatives * (n - 1);
    return s->num_negatives ? (s->num_negatives + s->batch_size - 1) / s->batch_size : s->windows->rule.S + 1;
}

void hl_sampler_draw(hl_batch *b, const hl_sampler *s, int64_t step, hl_arena *arena)
{
    int64_t windows = hl_windows_count(s->windows), steps = hl_sampler_steps_per_epoch(s);
    const hl_pool all = {.n = s->windows->corpus->items - 1}, *pool = s->pool ? s->pool : &all;
    HL_CHECK(windows > 0 && pool->n > 0);
    int64_t epoch = step / steps, from = step % steps * s->batch_size;
    int S = s->windows->rule.S, samples = (int)(windows - from < s->batch_size ? windows - from : s->batch_size);
    *b = (hl_batch){.samples = samples, .S = S, .each = s->own ? s->num_negatives : 0};
    b->user = HL_TAKE(arena, int64_t, samples);
    b->first = HL_TAKE(arena, int, samples);
    b->begin = HL_TAKE(arena, int, samples + 1);
    b->item = HL_TAKE(arena, int32_t, samples * (S + 1));
    b->negative = HL_TAKE(arena, int32_t, (size_t)samples * (size_t)negatives_of(s, S + 1));
    b->begin[0] = 0;
    for (int i = 0; i < samples; i++) {
        int64_t which = (int64_t)hl_permute(s->seed, HL_FOR_ORDER, (uint64_t)epoch, (uint64_t)windows,
                                            (uint64_t)(from + i)),
                user;
        int n;
        const int32_t *window = hl_windows_at(s->windows, which, &user, &n);
        b->user[i] = user;
        b->first[i] = (int)(window - s->windows->corpus->sequence(s->windows->corpus, user, &(int){0}));
        memcpy(b->item + b->begin[i], window, (size_t)n * sizeof *window);
        b->begin[i + 1] = b->begin[i] + n;
        hl_rng r = hl_rng_at(s->seed, HL_FOR_NEGATIVES, (uint64_t)which, (uint32_t)epoch);
        int32_t *mine = b->negative + b->negatives;
        b->negatives += negatives_of(s, n);
        if (s->num_negatives) draw_freely(mine, &r, pool, negatives_of(s, n));
        else draw_one_a_transition(mine, &r, s, pool, window, n);
    }
}
