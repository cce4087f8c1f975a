/* embed-file.h - a file of vectors (io/vectors/vectors.h), while it is made and as an earlier one.
 *
 * While FILE is made it is FILE.part, FILE.progress says how far it is, and FILE.lock keeps other jobs out.  Where
 * the form has a second file, FILE gets its name last: a FILE that is there has the second file beside it.  For
 * app/embed/embed.c. */
#ifndef APP_EMBED_EMBED_FILE_H
#define APP_EMBED_EMBED_FILE_H
#include "app/embed/embed-source.h"
#include "base/hash-table.h"
#include "io/files/lock.h"
#include "io/vectors/vectors.h"

typedef struct {
    const hl_vectors_form *form;
    char path[PATH_MAX], beside[PATH_MAX], part[PATH_MAX], beside_part[PATH_MAX], progress[PATH_MAX];
    int D;
    uint64_t key;             /* digest of all that decides the bytes */
    int64_t vectors;          /* byte of the file where they begin */
    int64_t done;             /* different rows that are in FILE.part */
    int fd;                   /* of FILE.part; -1: closed */
    hl_vectors_there earlier; /* FILE of the same model; of no rows: there is none */
    hl_hash_table known;      /* its rows by their digests */
    hl_lock *lock;            /* of FILE.lock, on rank 0: one job makes a file */
} hl_embed_file;

/* Begin or go on: rank 0 makes FILE.part but for the vectors, or finds the one that a job of the same key has left.
 * model: its digest.  Collective.  Close it also after a failure. */
hl_status hl_embed_file_open(hl_embed_file *f, const hl_embed_source *s, int D, uint64_t model);

/* Write the vector of a row.  Local. */
hl_status hl_embed_file_put(const hl_embed_file *f, int64_t row, const float *vector);

/* All ranks have written so many different rows.  Collective. */
hl_status hl_embed_file_advance(hl_embed_file *f, const hl_group *world, int64_t done);

/* The file gets its name.  Collective. */
hl_status hl_embed_file_finish(hl_embed_file *f, const hl_group *world);
void hl_embed_file_close(hl_embed_file *f);

/* Row of the earlier file with this digest; -1: none. */
int64_t hl_embed_file_find(const hl_embed_file *f, uint64_t digest);

/* Its vector. */
void hl_embed_file_get(const hl_embed_file *f, int64_t row, float *vector);

#endif
