/* id-corpus.h - a corpus in which an item's text is its number, one token: what models read that know items by their
 * ids alone.
 *
 * No two items are alike there; users, their splits and times, and what the data call them are those of the corpus
 * behind it. */
#ifndef DATA_ID_CORPUS_H
#define DATA_ID_CORPUS_H
#include "data/corpus.h"

typedef struct {
    hl_corpus corpus;    /* the view; it points to this struct, which must stay where it is */
    const hl_corpus *of; /* borrowed */
    int32_t *number;     /* (items) */
} hl_id_corpus;

void hl_id_corpus_open(hl_id_corpus *x, const hl_corpus *of);
void hl_id_corpus_close(hl_id_corpus *x);

#endif
