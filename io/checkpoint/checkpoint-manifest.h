/* checkpoint-manifest.h - what a checkpoint holds: the text of its manifest.json.
 *
 * doc/formats.md describes the fields.  The text carries a digest of itself, so a manifest can be believed. */
#ifndef IO_CHECKPOINT_CHECKPOINT_MANIFEST_H
#define IO_CHECKPOINT_CHECKPOINT_MANIFEST_H
#include "base/error.h"
#include "io/checkpoint/tensors.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *name;
    int64_t size;
    uint64_t *block; /* digest of each block (hl_block_count(size, manifest's block)); owned */
} hl_checkpoint_manifest_file;

enum { HL_CHECKPOINT_MANIFEST_FILES = 2 }; /* at most */

typedef struct {
    int64_t step, block; /* bytes of a block */
    hl_checkpoint_manifest_file file[HL_CHECKPOINT_MANIFEST_FILES];
    int files;
    hl_tensor *tensor; /* names are owned too */
    int tensors;
    char *state; /* a JSON object: what the trainer must know to go on */
} hl_checkpoint_manifest;

void hl_checkpoint_manifest_free(hl_checkpoint_manifest *v);

/* The manifest's text; release with free.  v->state must be a JSON object. */
char *hl_checkpoint_manifest_text(const hl_checkpoint_manifest *v);

/* Parse the manifest's text, which was read from `path`.  HL_ESTORE where it is damaged, HL_EFORMAT where another
 * version wrote it.  Free *v also after a failure. */
hl_status hl_checkpoint_manifest_parse(hl_checkpoint_manifest *v, const char *text, size_t n, const char *path);

/* The file of this name; NULL where there is none. */
const hl_checkpoint_manifest_file *hl_checkpoint_manifest_find(const hl_checkpoint_manifest *v, const char *name);

/* Print what the checkpoint at `path` holds, for people or as one JSON object.  Its files have been verified before. */
void hl_checkpoint_manifest_print(const hl_checkpoint_manifest *v, const char *path, FILE *out, bool json);

/* The text of the manifest of a folder step-N, n bytes; release with free.  HL_EFORMAT where there is no such folder,
 * HL_ESTORE where its manifest cannot be read: another checkpoint may do.  Local. */
hl_status hl_checkpoint_manifest_load(const char *path, char **text, size_t *n);

#endif
