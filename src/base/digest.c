/* digest.c - 64-bit digests of bytes (XXH3). */
#include "base/digest.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

uint64_t hl_digest(const void *bytes, size_t n) { return XXH3_64bits(bytes, n); }

uint64_t hl_digest_join(uint64_t so_far, uint64_t next)
{
    uint64_t pair[2] = {so_far, next};
    return XXH3_64bits(pair, sizeof pair);
}

/* Well mixed words (the finish of SplitMix64): the order does not matter, the place of each number does. */
uint64_t hl_digest_numbers(const float *x, size_t n, uint64_t name, int64_t place)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        uint64_t z = (name + ((uint64_t)place + i + 1) * 0x9E3779B97F4A7C15u) ^ bits * 0xD6E8FEB86659FD93u;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
        z = (z ^ z >> 27) * 0x94D049BB133111EBu;
        sum += z ^ z >> 31;
    }
    return sum;
}

unsigned hl_digest_library(void) { return XXH_versionNumber(); }

void hl_digest_text(char out[17], uint64_t digest) { snprintf(out, 17, "%016" PRIx64, digest); }
