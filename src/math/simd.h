/* simd.h - how the ops use vector instructions and threads.
 *
 * A function marked HL_FAST is compiled for several processors and the loader picks one, so that one binary is fast
 * everywhere.  Only its own body is (and what is inlined into it): a parallel region is not, so a parallel loop calls
 * an HL_FAST function for a row or a block, which holds the loop marked `omp simd`.
 *
 * No variable switches what the loader picks: glibc's tunables are not asked.  kernels.h chooses between whole
 * kernels, and a program for any processor, of plain instructions alone, is built by  configure
 * CPPFLAGS=-DHL_ONE_PROCESSOR.
 *
 * Clang's clones of static functions collide when they are linked, so Clang compiles for the processor of its -march
 * alone.
 *
 * Bits never depend on the number of threads: a sum belongs to one thread, or its pieces are cut by a fixed rule. */
#ifndef MATH_SIMD_H
#define MATH_SIMD_H
#include <stdbool.h>
#include <stddef.h>

#if defined __x86_64__ && !defined __clang__ && !defined HL_ONE_PROCESSOR
#define HL_FAST __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define HL_FAST
#endif

/* For AVX-512 alone: only called where hl_has_wide_vectors() (kernels.h). */
#if defined __x86_64__ && !defined HL_ONE_PROCESSOR
#define HL_WIDE __attribute__((target("arch=x86-64-v4")))
#define HL_HAS(what) __builtin_cpu_supports(what)
#else
#define HL_WIDE
#define HL_HAS(what) false
#endif

#define HL_INLINE static inline __attribute__((always_inline))

/* Is this many numbers worth waking the threads for? */
static inline bool hl_is_worth_threads(size_t numbers) { return numbers >= 16384; }

#endif
