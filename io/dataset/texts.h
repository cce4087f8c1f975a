/* texts.h - the text file: what items say, as token ids.
 *
 * The columns are that of item ids (item_id, or another known name: io/dataset/columns.h) and those of the text keys,
 * by name.  The text of an item is the prompt and then, for each key in order, "{key}: {value}", without separators.  A
 * key without a value is left out; a value is missing where it is empty or one of pandas' words for that (NA, null,
 * nan ...).  An item without a row has the empty text, without the prompt; so has item 0, the padding.  Where an
 * item has several rows the last counts.  Texts must be UTF-8; item ids are any bytes.
 *
 * A rank keeps the token ids of its own items, cut after max_text_length. */
#ifndef IO_DATASET_TEXTS_H
#define IO_DATASET_TEXTS_H
#include "base/error.h"
#include "io/dataset/deal.h"
#include "io/dataset/idmatch.h"
#include "io/dataset/idtable.h"
#include "io/dataset/manifest.h"
#include "io/files/progress.h"
#include "io/tokenizer/tokenizer.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    const char *path; /* NULL: there is no file, and no item has a row; nothing is counted */
    size_t field_limit;
    const char *item_prompt;
    const char *const *text_keys;
    int n_text_keys;
    int max_text_length;
    hl_tokenizer *tokenizer;
} hl_texts_how;

typedef struct hl_text hl_text;

typedef struct {
    hl_deal deal;   /* items, the padding included; one slot an item of mine */
    hl_text *text;  /* (slots) */
    int32_t *empty; /* token ids of the empty text */
    int n_empty;
    hl_source_facts facts;
    hl_idmatch *ids;          /* which items have a row */
    hl_idmatch_forms forms;   /* of those that have none, by their form; my part */
    hl_prepare_report report; /* what I know alone: the whole file's counts on rank 0, my items' on every rank */
} hl_texts;

/* Read the file for the items of a table (number i is item i + 1).  Local.
 * Close *t also after a failure. */
hl_status hl_texts_read(hl_texts *t, const hl_texts_how *how, const hl_idtable *items, int64_t shard_items, int rank,
                        int ranks, hl_progress *progress);
void hl_texts_close(hl_texts *t);

/* Token ids of the item in a slot. */
const int32_t *hl_texts_tokens(const hl_texts *t, int64_t slot, int *n);

#endif
