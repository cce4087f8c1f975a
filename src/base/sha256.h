/* sha256.h - SHA-256 of bytes (FIPS 180-4), for files that others compare; digests of our own are those of digest.h. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H
#include <stddef.h>

/* As 64 lower-case hexadecimal digits. */
void hl_sha256(char out[65], const void *bytes, size_t n);

#endif
