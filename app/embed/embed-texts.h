/* embed-texts.h - whose texts are embedded: those of the catalogue, or of a table of new items.
 *
 * For app/embed/embed.c. */
#ifndef APP_EMBED_EMBED_TEXTS_H
#define APP_EMBED_EMBED_TEXTS_H
#include "app/train/job.h"
#include "io/dataset/idtable.h"
#include "io/dataset/texts.h"

typedef struct {
    const hl_job *job;
    int64_t rows;     /* items, from 0 */
    uint64_t *digest; /* (rows) of the token ids */
    int32_t *first;   /* (texts) the first row of each different text, ascending */
    int32_t *next;    /* (rows) the next row with the same text; -1: none */
    int64_t texts;
    hl_idtable *ids; /* of a table; NULL: the job's dataset has them */
    hl_texts table;
    bool has_table;
} hl_embed_texts;

/* Find the texts: of the file `path`, or of the job's catalogue where it is NULL.  Each rank reads the whole table.
 * Collective.  Close it also after a failure. */
hl_status hl_embed_texts_open(hl_embed_texts *t, const hl_job *j, const char *path);
void hl_embed_texts_close(hl_embed_texts *t);

/* Token ids of a row; row -1: of an item without text. */
const int32_t *hl_embed_texts_tokens(const hl_embed_texts *t, int64_t row, int *n);

/* The id of a row, n bytes. */
const char *hl_embed_texts_id(const hl_embed_texts *t, int64_t row, int *n);

#endif
