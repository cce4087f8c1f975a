/* fast-json.h - tokenizer.json as a value that is made, and changed by the files beside it. */
#ifndef IO_TOKENIZER_FAST_JSON_H
#define IO_TOKENIZER_FAST_JSON_H
#include "base/error.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The id of a text: of an added token, of a piece, or -1. */
int64_t hl_fast_json_find(const json_t *fast, const char *text);

/* Add a token as transformers writes it: a text, or an object with content, lstrip, ...  Its id is that of the piece of
 * the same text, or the next free one; a text that was added before keeps its id, and where `replace`, gets the flags.
 * says: the id that it is said to have, -1: none; HL_EFORMAT where that is another one.  path: for sentences. */
hl_status hl_fast_json_add(json_t *fast, const json_t *token, bool replace, int64_t says, const char *path);

/* HL_EFORMAT where an added token has another id than it would get.  What has no id is left to the reader. */
hl_status hl_fast_json_check_added(json_t *fast, const char *path);

/* The template [before] text [behind]; either may be NULL, else it is a text with an id. */
void hl_fast_json_around(json_t *fast, const char *before, const char *behind);

#endif
