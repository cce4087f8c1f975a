/* tok-fast.h - tokenizer.json beside tokenizer.model: the same pieces, with rules of its own. */
#ifndef IO_TOKENIZER_TOK_FAST_H
#define IO_TOKENIZER_TOK_FAST_H
#include "io/tokenizer/tok-rules.h"
#include <jansson.h>

/* Take the rules of tokenizer.json: added tokens, prefix, merges.  fast: its content; path: its path.  HL_EFORMAT
 * where its pieces are not those of tokenizer.model, or where it asks for what is not supported. */
hl_status hl_tok_fast_rules(hl_tok_rules *r, const hl_vocab *pieces, const json_t *fast, const char *path);

/* Take BOS and EOS of its template, which counts where the tokenizer's class has none of its own. */
hl_status hl_tok_fast_template(hl_tok_rules *r, const hl_vocab *pieces, const json_t *fast, const char *path);

/* Add a token as transformers writes it: a text, or an object with content, lstrip, ...; `replace` as in
 * hl_tok_rules_add. `says` is the id that it is said to have; -1: none. */
hl_status hl_tok_fast_add(hl_tok_rules *r, const hl_vocab *pieces, const json_t *token, bool replace, int64_t says,
                          const char *path);

#endif
