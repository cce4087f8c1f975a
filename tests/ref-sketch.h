/* ref-sketch.h - the slow twin of math/sketch.c: each sum by itself, in long double. */
#ifndef TESTS_REF_SKETCH_H
#define TESTS_REF_SKETCH_H
#include "math/sketch.h"

/* Of a whole tensor x (n). */
hl_sketch ref_sketch(const float *x, size_t n, uint64_t name);

#endif
