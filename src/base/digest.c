/* digest.c - 64-bit digests of bytes (XXH3). */
#include "base/digest.h"
#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

uint64_t hl_digest(const void *bytes, size_t n)
{
    return XXH3_64bits(bytes, n);
}

uint64_t hl_digest_join(uint64_t so_far, uint64_t next)
{
    uint64_t pair[2] = {so_far, next};
    return XXH3_64bits(pair, sizeof pair);
}

void hl_digest_text(char out[17], uint64_t digest)
{
    snprintf(out, 17, "%016" PRIx64, digest);
}
