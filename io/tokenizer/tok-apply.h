/* tok-apply.h - what the files beside a tokenizer's pieces change in it. */
#ifndef IO_TOKENIZER_TOK_APPLY_H
#define IO_TOKENIZER_TOK_APPLY_H
#include "io/tokenizer/tok-config.h"

/* Change what tokenizer.json says by what these files say.  path: of the file that it is from.  HL_EFORMAT names what
 * cannot be. */
hl_status hl_tok_apply_config(const hl_tok_config *c, json_t *fast, const char *path);

#endif
