/* tokenizer.h - text to token ids, with the ids that Hugging Face's fast tokenizers give.
 *
 * Kinds are a table in tokenizer.c; adding one is a file io/tok-<kind>.c and a line there. */
#ifndef IO_TOKENIZER_TOKENIZER_H
#define IO_TOKENIZER_TOKENIZER_H
#include "base/error.h"
#include "io/tokenizer/ids.h"
#include <stddef.h>
#include <stdint.h>

typedef struct hl_tokenizer hl_tokenizer;

/* `where`: "bytes", a tokenizer's file, or a folder that holds one (doc/formats.md says which); what form a file has is
 * told by its content.  A file that is named counts alone, in a folder the files beside it are heeded.  Local.
 * HL_EFORMAT with a sentence where the file is not what it should be.  Close *out also after a failure. */
hl_status hl_tokenizer_open(hl_tokenizer **out, const char *where);
void hl_tokenizer_close(hl_tokenizer *t);

/* Replace ids by the ids of text, n bytes of UTF-8 that may hold NUL: special ids (BOS) included, at most `limit` of
 * them (0: all): those behind the text go first, as in the public code, which cuts the list of ids.  ids->dropped is
 * of the whole text, also of what the limit cuts off.  HL_EFORMAT with the byte's offset where the text is not UTF-8.
 * A tokenizer has scratch inside: one thread at a time. */
hl_status hl_tokenizer_encode(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n, int limit);

int hl_tokenizer_vocab(const hl_tokenizer *t);        /* ids are below this */
int hl_tokenizer_ids_behind(const hl_tokenizer *t);   /* special ids behind every text ([SEP], </s>): how many */
const char *hl_tokenizer_kind(const hl_tokenizer *t); /* "bytes", "tokenizer.json", ... */
uint64_t hl_tokenizer_digest(const hl_tokenizer *t);  /* of what decides the ids */

#endif
