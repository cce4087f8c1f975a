/* blockdigest.c - digests of a file by blocks, shared over ranks. */
#include "io/files/blockdigest.h"
#include "base/arena.h"
#include "base/part.h"
#include "io/files/place.h"
#include "io/files/positioned.h"
#include "io/files/reads.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { PIECE = 1 << 20 }; /* bytes read at once */

int hl_block_count(int64_t size, int64_t block)
{
    int64_t n = size / block + (size % block != 0);
    HL_CHECK(n <= INT_MAX);
    return (int)n;
}

static hl_status feed(XXH3_state_t *x, int fd, const char *path, char *buffer, int64_t at, int64_t end)
{
    for (; at < end; at += PIECE) {
        const size_t n = (size_t)(end - at < PIECE ? end - at : PIECE);
        HL_TRY(hl_positioned_read(fd, path, buffer, n, at));
        XXH3_64bits_update(x, buffer, n);
    }
    return HL_OK;
}

static hl_status digest_blocks(uint64_t *digest, int fd, const char *path, int64_t first, int64_t n, int64_t size,
                               int64_t block)
{
    hl_status s = HL_OK;
    XXH3_state_t *x = XXH3_createState();
    char *buffer = hl_alloc(PIECE);
    HL_CHECK(x);
    for (int64_t i = 0; i < n && s == HL_OK; i++) {
        int64_t begin = (first + i) * block, end = size - begin < block ? size : begin + block;
        XXH3_64bits_reset(x);
        s = feed(x, fd, path, buffer, begin, end);
        digest[i] = XXH3_64bits_digest(x);
    }
    free(buffer);
    XXH3_freeState(x);
    return s;
}

static hl_status digest_share(uint64_t *digest, const char *path, int64_t first, int64_t n, int64_t size, int64_t block)
{
    if (n == 0) return HL_OK;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return hl_remedy_fail(path, "open", errno);
    hl_reads_opened();
    hl_status s = digest_blocks(digest, fd, path, first, n, size, block);
    close(fd);
    return s;
}

hl_status hl_block_digests(uint64_t *digest, const hl_group *g, const char *path, int64_t size, int64_t block)
{
    int n = hl_block_count(size, block), *counts = hl_alloc((size_t)g->size * sizeof *counts);
    for (int r = 0; r < g->size; r++) counts[r] = (int)hl_part_count(n, g->size, r);
    int64_t first = hl_part_begin(n, g->size, g->rank);
    hl_status s = hl_group_agree(
        g, hl_place_sign(digest_share(digest + first, path, first, counts[g->rank], size, block), g->rank));
    if (s == HL_OK) hl_group_all_gather(g, digest, digest + first, counts, sizeof *digest);
    free(counts);
    return s;
}
