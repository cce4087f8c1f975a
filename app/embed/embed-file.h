/* embed-file.h - a file of vectors, while it is made and as an earlier one: safetensors.
 *
 *     vectors       F32 (n, D)      as the Item LLM gives them: not of length 1
 *     id            U8 (bytes)      the ids of the items, one behind the other
 *     id_begin      I64 (n + 1)     where each begins
 *     text_digest   U64 (n)         of the token ids of each item's text
 *
 * with "model", the digest of the weights, among the metadata.  While FILE is made it is FILE.part, and FILE.progress
 * says how far it is.  For app/embed/embed.c. */
#ifndef APP_EMBED_EMBED_FILE_H
#define APP_EMBED_EMBED_FILE_H
#include "app/embed/embed-texts.h"
#include "base/hash-table.h"
#include "io/weights/state-dict.h"
#include <limits.h>

typedef struct {
    char path[PATH_MAX], part[PATH_MAX], progress[PATH_MAX];
    int D;
    uint64_t model, key;    /* digests: of the weights, of all that decides the bytes */
    int64_t vectors;        /* byte of the file where they begin */
    int64_t done;           /* texts that are in FILE.part */
    int fd;                 /* of FILE.part; -1: closed */
    hl_state_dict *earlier; /* FILE of the same weights; NULL: none */
    hl_hash_table known;    /* its rows by their digests */
    const hl_state_tensor *earlier_vectors, *earlier_digest;
} hl_embed_file;

/* Begin or go on: rank 0 makes FILE.part but for the vectors, or finds the one that a job of the same key has left.
 * Collective.  Close it also after a failure. */
hl_status hl_embed_file_open(hl_embed_file *f, const hl_group *world, const char *path, const hl_embed_texts *t, int D,
                             uint64_t model);

/* Write the vector of a row.  Local. */
hl_status hl_embed_file_put(const hl_embed_file *f, int64_t row, const float *vector);

/* All ranks have written so many texts.  Collective. */
hl_status hl_embed_file_advance(hl_embed_file *f, const hl_group *world, int64_t done);

/* The file gets its name.  Collective. */
hl_status hl_embed_file_finish(hl_embed_file *f, const hl_group *world);
void hl_embed_file_close(hl_embed_file *f);

/* Row of the earlier file with a text of this digest; -1: none. */
int64_t hl_embed_file_find(const hl_embed_file *f, uint64_t digest);

#endif
