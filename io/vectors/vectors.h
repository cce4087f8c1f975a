/* vectors.h - a file of vectors and of whom they are, in the form of one program or another.
 *
 * Four things, whatever the form: the vectors, the ids, a digest of what each vector was made of, and the digest of the
 * model.  A file is laid out whole but for the vectors, which lie in one piece, row by row, little-endian; so many
 * ranks can write them.
 *
 * To add a form: a file with its hl_vectors_form, and a row in the table of vectors.c. */
#ifndef IO_VECTORS_VECTORS_H
#define IO_VECTORS_VECTORS_H
#include "base/error.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What there is to write; borrowed. */
typedef struct {
    const char *kind;        /* "items", "users" */
    const char *digest_name; /* "text_digest": of what the digests are */
    int64_t rows;
    int D;
    uint64_t model;          /* digest of the weights and of what is computed with them */
    const char *id;          /* the ids, one behind the other: any bytes */
    const int64_t *id_begin; /* (rows + 1) */
    const uint64_t *digest;  /* (rows) */
} hl_vectors;

/* A file that is there. */
typedef struct {
    const char *vector; /* (rows, D) floats, aligned to nothing */
    const char *digest; /* of row 0; that of the next row is `digest_step` bytes behind */
    size_t digest_step;
    int64_t rows;
    void *held; /* by the form */
    void (*release)(void *held);
} hl_vectors_there;

/* What a file says of itself. */
typedef struct {
    char kind[16], digest_name[32], model[17];
    int64_t rows, D;
} hl_vectors_head;

/* The vectors of a file that is there, with their ids (io/vectors/vectors-rows.h). */
typedef struct {
    hl_vectors_head head;
    const char *vector, *id; /* (head.rows, D) floats, aligned to nothing; the ids, one behind the other */
    const char *id_begin;    /* (rows + 1) int64, likewise aligned to nothing */
    int64_t id_bytes;
    void *held; /* by the form */
    void (*release)(void *held);
} hl_vectors_rows;

typedef struct {
    const char *name;      /* as --form has it */
    const char *ending[2]; /* of a file's name, by which a form is taken where none is said; NULL: no other */
    const char *beside;    /* the ending of a second file, which has the ids and digests; NULL: there is none */
    /* Write FILE, which is new and in memory, at its whole length, but leave out the vectors; *at: where they begin. */
    hl_status (*lay_out)(int fd, const hl_vectors *v, int64_t *at);
    /* Write the second file.  NULL: there is none. */
    hl_status (*lay_out_beside)(int fd, const hl_vectors *v);
    /* Open the files there, where they are of the kind, the model and the width of v; v has no rows. */
    bool (*find)(hl_vectors_there *t, const char *path, const char *beside, const hl_vectors *v);
    /* Is it a file of this form, and what does it say?  NULL: hllm show knows the form by itself. */
    bool (*look)(hl_vectors_head *h, const char *path, const char *beside);
    /* Open a file whose head has been read into r.  NULL: the form's files are not read again row by row. */
    bool (*open_rows)(hl_vectors_rows *r, const char *path);
} hl_vectors_form;

extern const hl_vectors_form hl_vectors_safetensors, hl_vectors_hdf5, hl_vectors_npy;

/* The form of this name; where that is NULL the one that the file's name says, or else the first of the table.
 * HL_EUSAGE with a list where no form has the name.  Local. */
hl_status hl_vectors_form_of(const hl_vectors_form **out, const char *name, const char *path);

/* Is it a file of vectors whose form can look into it?  Local. */
bool hl_vectors_look(hl_vectors_head *h, const hl_vectors_form **form, const char *path);

/* The second file of FILE; "" where the form has none.  Local. */
void hl_vectors_beside(char out[PATH_MAX], const hl_vectors_form *form, const char *path);

/* Where the vectors begin in a file, and how long it is.  HL_EUSAGE where the form cannot hold these ids.  Local. */
typedef struct {
    int64_t at, size;
} hl_vectors_place;
hl_status hl_vectors_measure(hl_vectors_place *p, const hl_vectors_form *form, const hl_vectors *v);

/* Write the files whole but for the vectors, whose room the disk gives, and flush them.  beside: the second file's
 * path, or "".  Local. */
hl_status hl_vectors_make(hl_vectors_place *p, const hl_vectors_form *form, const hl_vectors *v, const char *path,
                          const char *beside);

/* Close a file that was found; from {0}. */
void hl_vectors_close(hl_vectors_there *t);

/* A name's first file is mapped to read; NULL: it cannot be.  For the forms; release with hl_vectors_unmap. */
typedef struct {
    const char *bytes;
    size_t size;
} hl_vectors_map;
bool hl_vectors_map_open(hl_vectors_map *m, const char *path);
void hl_vectors_map_close(hl_vectors_map *m);

/* Bytes of all ids. */
static inline int64_t hl_vectors_id_bytes(const hl_vectors *v) { return v->id_begin[v->rows]; }

/* Bytes of all vectors. */
static inline int64_t hl_vectors_bytes(const hl_vectors *v) { return v->rows * v->D * (int64_t)sizeof(float); }

#endif
