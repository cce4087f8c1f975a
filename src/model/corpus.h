/* corpus.h - what a model reads: texts as token ids, users as sequences of items.
 *
 * A table of questions, so that src/ knows no files: io/dataset.c answers from mapped HDF5 shards, tests
 * from arrays.  Items are numbered from 1 (0 is the padding, an item without text), users from 0.
 * What is answered stays valid as long as the corpus. */
#ifndef MODEL_CORPUS_H
#define MODEL_CORPUS_H
#include <stdint.h>

typedef struct hl_corpus hl_corpus;
struct hl_corpus {
    int64_t items; /* catalogue, item 0 included */
    int64_t users;
    const void *self;
    /* Token ids of an item, truncated, without the [ITEM] token. */
    const int32_t *(*tokens)(const hl_corpus *c, int64_t item, int *n);
    /* The first item with the same token ids (itself, mostly). */
    int64_t (*twin)(const hl_corpus *c, int64_t item);
    /* A user's items, oldest first: the last is for test, the one before for validation. */
    const int32_t *(*sequence)(const hl_corpus *c, int64_t user, int *n);
};

#endif
