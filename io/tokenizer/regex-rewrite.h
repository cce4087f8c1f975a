/* regex-rewrite.h - a pattern for Oniguruma (with its Ruby syntax) as one for PCRE2 that matches the same. */
#ifndef IO_TOKENIZER_REGEX_REWRITE_H
#define IO_TOKENIZER_REGEX_REWRITE_H
#include "io/tokenizer/tok-buffer.h"

/* Write the pattern, with a 0 behind it, to out.  Returns NULL, or the construct that is not supported. */
const char *hl_regex_rewrite(hl_tok_buffer *out, const char *pattern);

#endif
