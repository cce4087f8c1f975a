/* dataset-write.h - write interactions and texts as the shards of a dataset folder. */
#ifndef IO_DATASET_DATASET_WRITE_H
#define IO_DATASET_DATASET_WRITE_H
#include "base/error.h"
#include "io/dataset/interactions.h"
#include "io/dataset/manifest.h"
#include "io/dataset/texts.h"
#include <stdint.h>

/* Everything is borrowed.  The sizes and digests of the written shards are put into the manifest. */
typedef struct {
    const char *folder;
    const hl_interactions *x;
    const hl_texts *t;
    const int32_t *first_equal; /* (items) */
    const uint64_t *digest;     /* (items) of their token ids */
    hl_manifest *manifest;
    int rank, ranks;
} hl_dataset_parts;

/* Write the shards of this rank.  Local. */
hl_status hl_dataset_write(const hl_dataset_parts *p);

#endif
