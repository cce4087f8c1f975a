/* target-ranks-form.c - what a file of ranks of targets has. */
#include "io/dataset/target-ranks-form.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "io/files/blockdigest.h"
#include <stdio.h>
#include <stdlib.h>

const struct hl_target_ranks_array hl_target_ranks_arrays[HL_RANKS_ARRAYS] = {
    [HL_RANKS_USER] = {"user", HL_H5_U8},        [HL_RANKS_USER_BEGIN] = {"user_begin", HL_H5_I64},
    [HL_RANKS_TARGET] = {"target", HL_H5_U8},    [HL_RANKS_TARGET_BEGIN] = {"target_begin", HL_H5_I64},
    [HL_RANKS_LOW] = {"rank_low", HL_H5_I64},    [HL_RANKS_HIGH] = {"rank_high", HL_H5_I64},
    [HL_RANKS_HISTORY] = {"history", HL_H5_I32}, [HL_RANKS_POPULARITY] = {"popularity", HL_H5_I64},
};

enum { BLOCK = 1 << 26 };

void hl_target_ranks_line(char line[HL_TARGET_RANKS_LINE + 1], uint64_t digest)
{
    char text[17];
    hl_digest_text(text, digest);
    snprintf(line, HL_TARGET_RANKS_LINE + 1, "\n" HL_TARGET_RANKS_FORMAT " %s\n", text);
}

hl_status hl_target_ranks_digest(uint64_t *digest, const hl_group *g, const char *path, int64_t size)
{
    const int n = hl_block_count(size, BLOCK);
    uint64_t *of = hl_alloc_zero((size_t)n + 1, sizeof *of);
    const hl_status s = hl_block_digests(of, g, path, size, BLOCK);
    *digest = 0;
    for (int i = 0; i < n && s == HL_OK; i++) *digest = hl_digest_join(*digest, of[i]);
    free(of);
    return s;
}
