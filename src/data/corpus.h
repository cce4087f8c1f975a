/* corpus.h - what a model reads: texts as token ids, users as sequences of items.
 *
 * A table of questions, so that src/ knows no files: io/dataset/dataset.c answers from mapped HDF5 shards, tests
 * from arrays.  Items are numbered from 1 (0 is the padding, an item without text), users from 0.
 * What is answered stays valid as long as the corpus. */
#ifndef DATA_CORPUS_H
#define DATA_CORPUS_H
#include "data/split.h"
#include <stdint.h>

typedef struct hl_corpus hl_corpus;
struct hl_corpus {
    int64_t items; /* catalogue, item 0 included */
    int64_t users;
    const void *self;
    /* Token ids of an item, truncated, without the [ITEM] token. */
    const int32_t *(*tokens)(const hl_corpus *c, int64_t item, int *n);
    /* The first item with the same token ids (itself, mostly). */
    int64_t (*first_equal)(const hl_corpus *c, int64_t item);
    /* A user's items, oldest first. */
    const int32_t *(*sequence)(const hl_corpus *c, int64_t user, int *n);
    /* What the data call them, n bytes; NULL: they have numbers alone. */
    const char *(*item_id)(const hl_corpus *c, int64_t item, int *n);
    const char *(*user_id)(const hl_corpus *c, int64_t user, int *n);
    /* When a user's items were met, as many as in the sequence; asked where the split is temporal alone. */
    const int64_t *(*times)(const hl_corpus *c, int64_t user);
    hl_split split; /* zero: leave two out */
    /* Of each of a user's items, 1 where it was clicked or liked, else 0; NULL: the data have no labels. */
    const uint8_t *(*labels)(const hl_corpus *c, int64_t user);
};

/* Which of a user's items are for training, validation and test; and those for training, oldest first, n of them. */
hl_split_parts hl_corpus_parts(const hl_corpus *c, int64_t user);
const int32_t *hl_corpus_training(const hl_corpus *c, int64_t user, int *n);

/* For sentences: item "B00X", user "A1Z", by the ids of the data where these are known. */
enum { HL_CALLED = 80 };
void hl_corpus_call_item(char out[HL_CALLED], const hl_corpus *c, int64_t item);
void hl_corpus_call_user(char out[HL_CALLED], const hl_corpus *c, int64_t user);

/* The first item of the catalogue that has the text of item `text`, a first of its text; 0 where only the padding has
 * it. */
int64_t hl_corpus_item_of(const hl_corpus *c, int64_t text);

/* The first item whose text has this token; -1: none. */
int64_t hl_corpus_item_with(const hl_corpus *c, int32_t token);

#endif
