/* sketch.h - what is kept of a tensor so that it can be compared with another: a digest, the norm, a few projections.
 *
 * Each number goes, with a random sign, into one of a few sums (count sketch: Charikar, Chen, Farach-Colton, Finding
 * frequent items in data streams, ICALP 2002).  Sums of a difference of tensors are the differences of their sums,
 * and the expectation of the sum of their squares is the squared norm of the difference, with a standard deviation
 * of sqrt(2 / HL_PROJECTIONS) of it: two tensors that were never in one place can be told apart by so and so much.
 *
 * Everything is added as integers, so a tensor has the same sketch to the last bit whatever the parts it was added
 * from. */
#ifndef MATH_SKETCH_H
#define MATH_SKETCH_H
#include <stddef.h>
#include <stdint.h>

enum { HL_PROJECTIONS = 4, HL_SKETCH_BINS = 32 };

/* The parts of a tensor add up word by word (mod 2^64), as hl_group_all_reduce_int does. */
typedef struct {
    int64_t digest;
    int64_t strange; /* how many numbers are not finite; they are left out of the sums */
    int64_t sum[HL_PROJECTIONS + 1][HL_SKETCH_BINS]; /* the projections, and the squares */
} hl_sketch_sums;

/* Add numbers x (n) that stand from `place` on in the tensor whose name has this digest.  At most 2^31 of a tensor. */
void hl_sketch_add(hl_sketch_sums *s, const float *x, size_t n, uint64_t name, int64_t place);

typedef struct {
    uint64_t digest;
    double norm; /* NaN where a number is not finite */
    double projection[HL_PROJECTIONS];
} hl_sketch;

hl_sketch hl_sketch_of(const hl_sketch_sums *s);

/* Estimate of |a - b| / max(|a|, |b|): 0 where the digests are equal or all numbers are zero, infinity where a norm
 * is NaN. */
double hl_sketch_difference(const hl_sketch *a, const hl_sketch *b);

#endif
