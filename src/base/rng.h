/* rng.h - random numbers that know where they belong.
 *
 * Philox 4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011).
 * A stream is named by (seed, purpose, a, b), never by a rank or by how many numbers somebody drew
 * before, so what is drawn does not depend on the layout of the job. */
#ifndef BASE_RNG_H
#define BASE_RNG_H
#include <stdint.h>

/* What numbers are for; part of a stream's name.  Never renumber: files and curves depend on it. */
typedef enum {
    HL_FOR_WEIGHTS = 1,
    HL_FOR_ORDER = 2, /* order of the samples in an epoch */
    HL_FOR_NEGATIVES = 3,
    HL_FOR_SYNTH = 4,
    HL_FOR_TESTS = 5,
    HL_FOR_STUDIES = 6, /* order of the runs, resampling */
    HL_FOR_TIES = 7,    /* order of items of one score */
    HL_FOR_DROPOUT = 8,
    HL_FOR_RESAMPLING = 9, /* users and signs of differences */
    HL_FOR_USERS = 10      /* who is trained on */
} hl_purpose;

typedef struct {
    uint32_t key[2], counter[4], block[4];
    int used; /* numbers of the block that are gone */
} hl_rng;

/* The stream (seed, purpose, a, b). */
hl_rng hl_rng_at(uint64_t seed, hl_purpose purpose, uint64_t a, uint32_t b);

/* The same stream from its n'th block of four 32-bit numbers on; a normal number takes one block. */
hl_rng hl_rng_from(hl_rng r, uint32_t n);

uint32_t hl_rng_u32(hl_rng *r);
uint64_t hl_rng_u64(hl_rng *r);
uint64_t hl_rng_below(hl_rng *r, uint64_t n); /* uniform in [0, n), n > 0, without bias */
double hl_rng_uniform(hl_rng *r);             /* [0, 1), 53 bits */
double hl_rng_normal(hl_rng *r);              /* mean 0, variance 1 (Box-Muller, one number a pair) */

/* The block of four numbers at a counter: the function itself, as published. */
void hl_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2]);

/* Where i of [0, n) stands in a random order of [0, n) named by (seed, purpose, a): a bijection,
 * computed for one i without making the others (a Feistel network that walks until it is below n). */
uint64_t hl_permute(uint64_t seed, hl_purpose purpose, uint64_t a, uint64_t n, uint64_t i);

#endif
