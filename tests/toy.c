/* toy.c - a small corpus in arrays. */
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

int toy_between(hl_rng *r, int least, int most) { return least + (int)hl_rng_below(r, (uint64_t)(most - least + 1)); }

static const int32_t *tokens_of(const hl_corpus *c, int64_t item, int *n)
{
    const toy *t = c->self;
    int text = t->text_of_item[item];
    *n = t->text_begin[text + 1] - t->text_begin[text];
    return t->token + t->text_begin[text];
}

static int64_t first_equal_of(const hl_corpus *c, int64_t item)
{
    const toy *t = c->self;
    return t->first[t->text_of_item[item]];
}

static const int32_t *sequence_of(const hl_corpus *c, int64_t user, int *n)
{
    const toy *t = c->self;
    *n = (int)(t->begin[user + 1] - t->begin[user]);
    return t->item + t->begin[user];
}

/* More than any user has items, and from where users begin. */
enum { TIMES = 1000, STARTS = 97 };

static const int64_t *times_of(const hl_corpus *c, int64_t user)
{
    return ((const toy *)c->self)->time + user % STARTS;
}

static void draw_times(toy *t, hl_rng *r)
{
    t->time = hl_alloc((TIMES + STARTS) * sizeof *t->time);
    t->time[0] = 1000000000;
    for (int i = 1; i < TIMES + STARTS; i++)
        t->time[i] = t->time[i - 1] + toy_between(r, 1, 1 << toy_between(r, 2, 21));
}

static const uint8_t *labels_of(const hl_corpus *c, int64_t user)
{
    return ((const toy *)c->self)->label + user % STARTS;
}

static void make_labels(toy *t)
{
    t->label = hl_alloc(TIMES + STARTS);
    for (int i = 0; i < TIMES + STARTS; i++) t->label[i] = i * 7 % 3 == 1;
}

/* A text begins with its own number, so no two are equal. */
static void draw_texts(toy *t, int texts, int longest, hl_rng *r)
{
    t->text_begin = hl_alloc((size_t)(texts + 1) * sizeof *t->text_begin);
    t->token = hl_alloc((size_t)(texts * longest) * sizeof *t->token);
    t->first = hl_alloc((size_t)texts * sizeof *t->first);
    t->text_begin[0] = 0;
    for (int i = 0; i < texts; i++) {
        t->text_begin[i + 1] = t->text_begin[i] + toy_between(r, 1, longest);
        for (int k = t->text_begin[i]; k < t->text_begin[i + 1]; k++)
            t->token[k] = k == t->text_begin[i] ? i : toy_between(r, 0, 9);
    }
}

void toy_open(toy *t, int64_t items, int longest, uint64_t seed)
{
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 1, 0);
    int texts = (int)(items / 2 + 1);
    *t = (toy){.corpus = {.items = items,
                          .self = t,
                          .tokens = tokens_of,
                          .first_equal = first_equal_of,
                          .sequence = sequence_of,
                          .times = times_of,
                          .labels = labels_of}};
    make_labels(t);
    draw_texts(t, texts, longest, &r);
    t->text_of_item = hl_alloc((size_t)items * sizeof *t->text_of_item);
    for (int64_t i = 0; i < items; i++) t->text_of_item[i] = toy_between(&r, 0, texts - 1);
    draw_times(t, &r);
    for (int64_t i = items - 1; i >= 0; i--) t->first[t->text_of_item[i]] = i;
}

void toy_close(toy *t)
{
    free(t->text_of_item);
    free(t->time);
    free(t->label);
    free(t->text_begin);
    free(t->token);
    free(t->first);
    free(t->begin);
    free(t->item);
    *t = (toy){0};
}

void toy_take_users(toy *t, int64_t users, const int64_t *begin, const int32_t *item)
{
    t->corpus.users = users;
    t->begin = hl_alloc((size_t)(users + 1) * sizeof *begin);
    t->item = hl_alloc((size_t)begin[users] * sizeof *item);
    memcpy(t->begin, begin, (size_t)(users + 1) * sizeof *begin);
    memcpy(t->item, item, (size_t)begin[users] * sizeof *item);
}

void toy_draw_users(toy *t, int64_t users, int most, uint64_t seed)
{
    hl_rng r = hl_rng_at(seed, HL_FOR_TESTS, 2, 0);
    t->corpus.users = users;
    t->begin = hl_alloc((size_t)(users + 1) * sizeof *t->begin);
    t->begin[0] = 0;
    for (int64_t u = 0; u < users; u++) t->begin[u + 1] = t->begin[u] + toy_between(&r, 3, most);
    t->item = hl_alloc((size_t)t->begin[users] * sizeof *t->item);
    for (int64_t i = 0; i < t->begin[users]; i++) t->item[i] = toy_between(&r, 1, (int)t->corpus.items - 1);
}

void toy_draw_batch(hl_batch *b, const toy *t, int samples, int S, int negatives, hl_rng *r, hl_arena *arena)
{
    int last = (int)t->corpus.items - 1;
    *b = (hl_batch){.samples = samples, .S = S, .negatives = negatives};
    b->begin = HL_TAKE(arena, int, samples + 1);
    b->item = HL_TAKE(arena, int32_t, samples * (S + 1));
    b->negative = HL_TAKE(arena, int32_t, negatives);
    b->user = HL_TAKE(arena, int64_t, samples);
    b->first = HL_TAKE(arena, int, samples);
    b->begin[0] = 0;
    for (int i = 0; i < samples; i++) b->user[i] = toy_between(r, 0, STARTS - 1), b->first[i] = i % 5;
    for (int i = 0; i < samples; i++) b->begin[i + 1] = b->begin[i] + toy_between(r, 2, S + 1);
    for (int i = 0; i < b->begin[samples]; i++) b->item[i] = toy_between(r, 1, last);
    for (int k = 0; k < negatives; k++) b->negative[k] = toy_between(r, 1, last);
}
