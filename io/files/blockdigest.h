/* blockdigest.h - digests of the blocks of a file.  The ranks share the reading, so a large file is read once. */
#ifndef IO_FILES_BLOCKDIGEST_H
#define IO_FILES_BLOCKDIGEST_H
#include "mpi/comm/group.h"

/* How many blocks of `block` bytes a file of this size has; the last one may be shorter. */
int hl_block_count(int64_t size, int64_t block);

/* digest (hl_block_count) = XXH3-64 of each block of the first `size` bytes, on every rank.  Collective over g;
 * HL_ESTORE where the file is shorter or cannot be read. */
hl_status hl_block_digests(uint64_t *digest, const hl_group *g, const char *path, int64_t size, int64_t block);

#endif
