/* dataset.h - a prepared dataset, read from mapped shards.
 *
 * Opening checks everything: sizes and digests of the files, and that their contents make sense.  The ranks that see
 * one folder divide the work, so each machine's copy is checked.  After opening nothing can fail: pages are read
 * when they are touched, once a node. */
#ifndef IO_DATASET_DATASET_H
#define IO_DATASET_DATASET_H
#include "base/error.h"
#include "io/dataset/manifest.h"
#include "data/corpus.h"
#include "mpi/comm/group.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct hl_dataset hl_dataset;

/* Open a folder.  Collective over g.  HL_ESTORE where the disk did not keep what was written, HL_EFORMAT where it is
 * not a dataset that this program reads, or another one on another machine. Close *out also after a failure. */
hl_status hl_dataset_open(const hl_group *g, const char *folder, hl_dataset **out);
void hl_dataset_close(hl_dataset *d);

/* The corpus, for the model; lives as long as d.  The first equal item of an item without text is item 0. */
const hl_corpus *hl_dataset_corpus(const hl_dataset *d);

/* The manifest: tokenizer, longest text, counts, sources; and the digest of the content. */
const hl_manifest *hl_dataset_manifest(const hl_dataset *d);
uint64_t hl_dataset_digest(const hl_dataset *d);

/* The id of an item or a user in the interactions file, n bytes; the id of item 0 is empty. */
const char *hl_dataset_item_id(const hl_dataset *d, int64_t item, int *n);
const char *hl_dataset_user_id(const hl_dataset *d, int64_t user, int *n);

/* The times of a user's interactions (n), in the order of the corpus's sequence. */
const int64_t *hl_dataset_times(const hl_dataset *d, int64_t user, int *n);

/* Print what the folder's manifest says.  Local. */
hl_status hl_dataset_show(const char *folder, FILE *out, bool json);

#endif
