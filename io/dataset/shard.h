/* shard.h - named arrays in one HDF5 file, written once and then mapped.
 *
 * The arrays are contiguous, unfiltered and little-endian, so that a reader asks HDF5 once where they stand and maps
 * the file: pages are read when they are touched, and ranks of one node share them.  The same arrays give the same
 * bytes. */
#ifndef IO_DATASET_SHARD_H
#define IO_DATASET_SHARD_H
#include "base/error.h"
#include "io/files/relay.h"
#include <stddef.h>
#include <stdint.h>

enum { HL_SHARD_ARRAYS = 8 }; /* at most, in a shard */

typedef enum { HL_BYTES, HL_INT32, HL_INT64, HL_UINT64, HL_ELEMENTS } hl_element;

typedef struct {
    const char *name;
    hl_element element;
} hl_shard_array;

typedef struct {
    int64_t n; /* elements */
    const void *at;
} hl_shard_data;

/* Write data (n) of arrays (n) to a new file, whole or not at all.  size, digest: those of the file.  HL_ESTORE. */
hl_status hl_shard_write(const char *path, const hl_shard_array *arrays, const hl_shard_data *data, int n,
                         int64_t *size, uint64_t *digest);

/* A mapped file.  Start from {0}. */
typedef struct {
    const char *bytes;
    int64_t size;
} hl_shard;

/* Map a file that must have this size, opened once a machine where there is a relay (NULL: none); HL_ESTORE where its
 * size is another or it is not there.  A page that the disk cannot read later ends the process with a sentence
 * (io/files/mapped.h). */
hl_status hl_shard_map(hl_shard *s, hl_relay *relay, const char *path, int64_t size);
void hl_shard_unmap(hl_shard *s);

/* Pages that were read no longer count as this process's.  They stay in the machine's cache as long as it likes, and
 * are there again when they are read again. */
void hl_shard_release(const hl_shard *s);

/* Where an array stands in its file. */
typedef struct {
    int64_t offset, n; /* bytes from the beginning, elements */
} hl_shard_place;

/* Ask HDF5 for the places (n) of arrays (n).  HL_EFORMAT where the file does not hold them as they are written here. */
hl_status hl_shard_find(hl_shard_place *places, const char *path, const hl_shard_array *arrays, int n);

/* The data (n) at these places (n) of a mapped file.  HL_EFORMAT where they do not lie inside it. */
hl_status hl_shard_use(hl_shard_data *data, const hl_shard *s, const hl_shard_place *places, const char *path,
                       const hl_shard_array *arrays, int n);

#endif
