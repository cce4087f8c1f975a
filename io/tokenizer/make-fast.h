/* make-fast.h - parts that several forms of tokenizers have, as tokenizer.json. */
#ifndef IO_TOKENIZER_MAKE_FAST_H
#define IO_TOKENIZER_MAKE_FAST_H
#include "base/error.h"
#include "io/tokenizer/tok-config.h"
#include <jansson.h>
#include <stdbool.h>

/* vocab.json {"text": id}, with merges.txt beside it: the value in *fast, also after a failure, to be released with
 * json_decref.  c->class is NULL where nothing is said of it.  path: of vocab.json. */
hl_status hl_make_fast_pair(json_t **fast, json_t *vocab, const hl_tok_config *c, const char *path);

/* The pre-tokenizer that cuts at this pattern and then writes bytes in letters. */
json_t *hl_make_fast_words(const char *regex, bool add_blank);

#endif
