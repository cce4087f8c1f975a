/* toy.h - a small corpus in arrays: texts that repeat among items, users with sequences.  All follows from a seed. */
#ifndef TESTS_TOY_H
#define TESTS_TOY_H
#include "base/arena.h"
#include "base/rng.h"
#include "data/corpus.h"
#include "data/sampler.h"

typedef struct {
    hl_corpus corpus;
    int *text_of_item; /* (items) */
    int *text_begin;   /* tokens of each text */
    int32_t *token;
    int64_t *first; /* first item of each text */
    int64_t *begin; /* (users + 1) */
    int32_t *item;  /* of all users, one after the other */
    uint8_t *label; /* likewise, a third of them 1 */
    int64_t *time;  /* those of a user are neighbours in it, seconds to years apart */
} toy;

/* Items 0 .. items - 1 share about half as many different texts of 1 to `longest` tokens; no users yet. */
void toy_open(toy *t, int64_t items, int longest, uint64_t seed);
void toy_close(toy *t);

/* Users with 3 to `most` items each, any items but 0. */
void toy_draw_users(toy *t, int64_t users, int most, uint64_t seed);

/* Users with these sequences: user u has item[begin[u]] to before item[begin[u + 1]].  Copied. */
void toy_take_users(toy *t, int64_t users, const int64_t *begin, const int32_t *item);

/* A batch of samples of 2 to S + 1 random items, and random negatives, laid in the arena. */
void toy_draw_batch(hl_batch *b, const toy *t, int samples, int S, int negatives, hl_rng *r, hl_arena *arena);

/* A number of [least, most]. */
int toy_between(hl_rng *r, int least, int most);

#endif
