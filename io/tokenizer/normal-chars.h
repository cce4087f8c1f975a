/* normal-chars.h - what normalizers do to one character. */
#ifndef IO_TOKENIZER_NORMAL_CHARS_H
#define IO_TOKENIZER_NORMAL_CHARS_H
#include "io/tokenizer/tok-buffer.h"

/* Add the lower case of a code point, whatever stands beside it: a final sigma is a sigma. */
void hl_normal_chars_lower(hl_tok_buffer *out, int32_t code);

#endif
