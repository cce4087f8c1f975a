/* tok-specials.h - the tokens that the files around a tokenizer's pieces add to it. */
#ifndef IO_TOKENIZER_TOK_SPECIALS_H
#define IO_TOKENIZER_TOK_SPECIALS_H
#include "io/tokenizer/tok-config.h"

/* Add the tokens of added_tokens_decoder, of added_tokens.json, and the special ones.  path: of the file that fast is
 * from. */
hl_status hl_tok_specials_apply(const hl_tok_config *c, json_t *fast, const char *path);

#endif
