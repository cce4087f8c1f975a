/* digest.h - 64-bit digests of bytes (XXH3), for files, settings and weights.  Not cryptographic. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include <stddef.h>
#include <stdint.h>

uint64_t hl_digest(const void *bytes, size_t n);

/* Digest of something longer: start from 0 and feed the pieces' digests in order. */
uint64_t hl_digest_join(uint64_t so_far, uint64_t next);

/* Of numbers that stand at `place` and after in something named: a sum (mod 2^64) of what each number gives, so that
 * the sum over parts is the digest of the whole, whatever the parts. */
uint64_t hl_digest_numbers(const float *x, size_t n, uint64_t name, int64_t place);

/* Of xxHash, that is loaded or compiled in: 802 for 0.8.2. */
unsigned hl_digest_library(void);

/* As 16 lower-case hexadecimal digits; out holds 17 bytes. */
void hl_digest_text(char out[17], uint64_t digest);

#endif
