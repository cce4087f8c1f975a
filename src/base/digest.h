/* digest.h - 64-bit digests of bytes (XXH3), for files, settings and weights.  Not cryptographic. */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H
#include <stddef.h>
#include <stdint.h>

uint64_t hl_digest(const void *bytes, size_t n);

/* Digest of something longer: start from 0 and feed the pieces' digests in order. */
uint64_t hl_digest_join(uint64_t so_far, uint64_t next);

/* As 16 lower-case hexadecimal digits; out holds 17 bytes. */
void hl_digest_text(char out[17], uint64_t digest);

#endif
