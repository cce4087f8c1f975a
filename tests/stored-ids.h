/* stored-ids.h - texts of items, and the ids of tokens that are stored for them, for tests of tokenizers. */
#ifndef TESTS_STORED_IDS_H
#define TESTS_STORED_IDS_H
#include "io/tokenizer/vocab.h"
#include <hdf5.h>
#include <stddef.h>

/* Start from {0}. */
typedef struct {
    hl_vocab ids; /* of the items that have a text */
    char **text;  /* the whole one, prompt included */
    char **id;    /* what `ids` borrows */
} stored_texts;

/* The texts of a table with item_id, title and description. */
void stored_texts_read(stored_texts *t, const char *path);
void stored_texts_free(stored_texts *t);

/* The text of an item; "" where it has none. */
const char *stored_text(const stored_texts *t, const char *item);

/* A whole vector of a stored file, zeros behind it, of elements of a type and its size; the length in n.  Release with
 * free. */
void *stored_vector(hid_t file, const char *name, hid_t type, size_t size, int *n);

#endif
