/* inventory.h - what a checkpoint holds: the text of its manifest.json.
 *
 * doc/formats.md describes the fields.  The text carries a digest of itself, so a manifest can be believed. */
#ifndef IO_INVENTORY_H
#define IO_INVENTORY_H
#include "base/error.h"
#include "io/tensors.h"
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *name;
    int64_t size;
    uint64_t *block; /* digest of each block (hl_block_count(size, inventory's block)); owned */
} hl_inventory_file;

enum { HL_INVENTORY_FILES = 2 }; /* at most */

typedef struct {
    int64_t step, block; /* bytes of a block */
    hl_inventory_file file[HL_INVENTORY_FILES];
    int files;
    hl_tensor *tensor; /* names are owned too */
    int tensors;
    char *state; /* a JSON object: what the trainer must know to go on */
} hl_inventory;

void hl_inventory_free(hl_inventory *v);

/* The manifest's text; release with free.  v->state must be a JSON object. */
char *hl_inventory_text(const hl_inventory *v);

/* From the text of `path`.  HL_ESTORE where it is damaged, HL_EFORMAT where another version wrote it.
 * Free *v also after a failure. */
hl_status hl_inventory_parse(hl_inventory *v, const char *text, size_t n, const char *path);

/* The file of this name; NULL where there is none. */
const hl_inventory_file *hl_inventory_find(const hl_inventory *v, const char *name);

/* Print what the checkpoint at `path`, which was found whole, holds: for people, or as one JSON object. */
void hl_inventory_print(const hl_inventory *v, const char *path, FILE *out, bool json);

#endif
