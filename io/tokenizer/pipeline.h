/* pipeline.h - what tokenizer.json describes, from a text to its ids.
 *
 *     added tokens are cut out of the text     io/tokenizer/added-tokens.h
 *     each text between them is normalized     io/tokenizer/normalizer.h
 *     added tokens are cut out again           those that are "normalized"
 *     each text between them is cut into words io/tokenizer/pretokenizer.h
 *     a word becomes ids                       io/tokenizer/tok-model.h
 *     special ids go around all                io/tokenizer/postprocessor.h
 *
 * Other forms of tokenizers are turned into this one: whoever reads them makes the JSON that says the same. */
#ifndef IO_TOKENIZER_PIPELINE_H
#define IO_TOKENIZER_PIPELINE_H
#include "base/error.h"
#include "io/tokenizer/ids.h"
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hl_pipeline hl_pipeline;

/* says: the content of tokenizer.json, which is not needed after; path: for sentences.  HL_EFORMAT names what is not
 * supported.  Close *out also after a failure. */
hl_status hl_pipeline_open(hl_pipeline **out, const json_t *says, const char *path);
void hl_pipeline_close(hl_pipeline *p);

/* Add the ids of text, n bytes of UTF-8. */
hl_status hl_pipeline_encode(hl_pipeline *p, hl_ids *ids, const char *text, size_t n);

int hl_pipeline_vocab(const hl_pipeline *p);       /* ids are below this */
int hl_pipeline_ids_behind(const hl_pipeline *p);  /* special ids behind every text: how many */
uint64_t hl_pipeline_digest(const hl_pipeline *p); /* of what decides the ids */

#endif
