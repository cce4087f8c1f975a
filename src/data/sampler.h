/* sampler.h - which samples a step has, and which negatives.
 *
 * The batch of a step follows from (seed, step) and the data alone: every rank draws the same one without
 * a word, and what is drawn does not depend on the layout.  In an epoch every window comes once, in an
 * order of its own; the last batch may be smaller. */
#ifndef DATA_SAMPLER_H
#define DATA_SAMPLER_H
#include "base/arena.h"
#include "data/pool.h"
#include "data/windows.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const hl_windows *windows;
    uint64_t seed;
    int batch_size;      /* samples a step */
    int num_negatives;   /* 0: one a transition, up to S + 1 a sample; K: ceil(K / batch) a sample, none excluded */
    const hl_pool *pool; /* what negatives are drawn from; NULL: all items */
    bool own;            /* num_negatives for each transition by itself, none excluded */
} hl_sampler;

typedef struct {
    int samples, S;
    int *begin;    /* (samples + 1): sample i has the items [begin[i], begin[i + 1]) */
    int32_t *item; /* oldest first */
    int negatives;
    int each;          /* of each transition alone, one after the other; 0: all of the batch share them */
    int32_t *negative; /* (negatives), in the order of the samples */
    int64_t *user;     /* (samples) whose they are; NULL: nobody knows */
    int *first;        /* (samples) where in the user's sequence a sample begins; NULL: nobody knows */
} hl_batch;

int64_t hl_sampler_steps_per_epoch(const hl_sampler *s);

/* The batch of a step (from 0, through all epochs), laid in the arena. */
void hl_sampler_draw(hl_batch *b, const hl_sampler *s, int64_t step, hl_arena *arena);

#endif
