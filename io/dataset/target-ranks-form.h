/* target-ranks-form.h - what a file of ranks of targets has: arrays, and behind HDF5's bytes a line with their digest.
 *
 * HDF5 does not survive every damaged file, so a reader of ours compares the digest before HDF5 sees a byte.  HDF5 does
 * not look at what is behind its own.
 *
 * For io/dataset/target-ranks.c and its reader alone. */
#ifndef IO_DATASET_TARGET_RANKS_FORM_H
#define IO_DATASET_TARGET_RANKS_FORM_H
#include "io/files/h5-frame.h"
#include "mpi/comm/group.h"

#define HL_TARGET_RANKS_FORMAT "hllm ranks"
enum { HL_TARGET_RANKS_SCHEMA = 1 };

/* Ids have a length of their own, begins one entry more than the others. */
enum {
    HL_RANKS_USER,
    HL_RANKS_USER_BEGIN,
    HL_RANKS_TARGET,
    HL_RANKS_TARGET_BEGIN,
    HL_RANKS_LOW,
    HL_RANKS_HIGH,
    HL_RANKS_HISTORY,
    HL_RANKS_POPULARITY,
    HL_RANKS_ARRAYS
};
extern const struct hl_target_ranks_array {
    const char *name;
    hl_h5_type type;
} hl_target_ranks_arrays[HL_RANKS_ARRAYS];

/* The line behind a file of such bytes; its end is no 0 of the file. */
enum { HL_TARGET_RANKS_LINE = 29 };
void hl_target_ranks_line(char line[HL_TARGET_RANKS_LINE + 1], uint64_t digest);

/* Of the first `size` bytes of a file.  Collective over g, whose ranks share the reading; HL_ESTORE. */
hl_status hl_target_ranks_digest(uint64_t *digest, const hl_group *g, const char *path, int64_t size);

#endif
