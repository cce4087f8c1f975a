/* embed-source.h - of whom vectors are made: the items of the catalogue, new items of a table, users.
 *
 * A source says how many rows there are, what each is called, and a digest of what its vector is made of; and it
 * encodes any rows that it is asked for, by all ranks together.  For app/embed/embed.c.
 *
 * To add one: a file with its hl_embed_kind, and a row in the table of embed.c. */
#ifndef APP_EMBED_EMBED_SOURCE_H
#define APP_EMBED_EMBED_SOURCE_H
#include "app/embed/embed.h"

/* Vectors that this rank has. */
typedef struct {
    int n;
    float *vector; /* (n, D) */
    int32_t *row;  /* (n) whose */
} hl_embed_part;

typedef struct hl_embed_source hl_embed_source;

/* All functions but `is_it` and `id` are collective. */
typedef struct {
    const char *kind;        /* in the file: "items", "users" */
    const char *digest_name; /* of what the digests are */
    const char *noun;        /* for people: what is encoded */
    bool (*is_it)(const hl_embed_orders *o);
    /* Set rows, digest, first, next and distinct.  `close` comes also after a failure. */
    hl_status (*open)(hl_embed_source *s);
    void (*close)(hl_embed_source *s);
    /* What a row is called, n bytes. */
    const char *(*id)(const hl_embed_source *s, int64_t row, int *n);
    /* Encode n rows of the list, a round or less.  `out` is empty before and freed by the caller, also after a failure.
     * HL_ESTOP where a signal has come. */
    hl_status (*encode)(hl_embed_source *s, const int32_t *list, int n, hl_embed_part *out);
} hl_embed_kind;

struct hl_embed_source {
    const hl_embed_kind *kind;
    hl_job *job;
    const hl_embed_orders *orders;
    int64_t rows;     /* from 0 */
    int round;        /* rows that are encoded together */
    uint64_t *digest; /* (rows) of what the vector is made of: token ids, a history */
    int32_t *first;   /* (distinct) the first row of each different one, ascending */
    int32_t *next;    /* (rows) the next row that is equal; -1: none */
    int64_t distinct;
    void *self; /* the kind's */
};

extern const hl_embed_kind hl_embed_catalogue, hl_embed_table, hl_embed_users;

/* Make room for the digests of the rows, all 0. */
void hl_embed_source_rows(hl_embed_source *s, int64_t rows);

/* Numbers that each rank has set for some rows, and left 0 for the others, to all ranks.  Collective. */
void hl_embed_source_share(const hl_embed_source *s, uint64_t *x);

/* Find equal rows: those with the same digest and the same `key` (rows).  Local. */
void hl_embed_source_join(hl_embed_source *s, const uint64_t *key);

/* The rows of which this rank is to find the digests. */
int64_t hl_embed_source_begin(const hl_embed_source *s);
int64_t hl_embed_source_end(const hl_embed_source *s);

#endif
