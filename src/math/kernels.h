/* kernels.h - which kernels of our own make products and attention: those for AVX-512, for AVX2, or plain ones.
 *
 * A process takes the best that its processor has, or those that HLLM_KERNELS names: a machine of AVX-512 can then
 * compute the same bits as one of AVX2.  Kernels differ in the order of their sums, so in the last bits.
 *
 * Not chosen here: the instructions of the functions marked HL_FAST (simd.h), of which the loader takes the best before
 * the program begins.  A program without them is built by  configure CPPFLAGS=-DHL_ONE_PROCESSOR; it has plain kernels
 * alone.  BLAS chooses for itself (OPENBLAS_CORETYPE). */
#ifndef MATH_KERNELS_H
#define MATH_KERNELS_H
#include "base/error.h"
#include <stdbool.h>

/* Take the kernels of this name, "avx512", "avx2" or "plain"; NULL or "": the best.  Local; called before the first op,
 * by one thread, with what HLLM_KERNELS says.  HL_EUSAGE: there is no such name, or the processor lacks them. */
hl_status hl_kernels_choose(const char *name);

/* The name of those that are taken. */
const char *hl_kernels_name(void);

/* Vectors of 16 numbers (AVX-512) are taken. */
bool hl_has_wide_vectors(void);

/* Vectors of 8 numbers, and a product and a sum in one (AVX2, FMA), at the least. */
bool hl_has_vectors(void);

#endif
