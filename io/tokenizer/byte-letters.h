/* byte-letters.h - the letters that byte-level tokenizers write bytes in (GPT-2).
 *
 * The bytes 33 to 126, 161 to 172 and 174 to 255 stand for themselves, as code points; the other 68 are U+0100 and
 * after, in their order. */
#ifndef IO_TOKENIZER_BYTE_LETTERS_H
#define IO_TOKENIZER_BYTE_LETTERS_H
#include "io/tokenizer/tok-buffer.h"
#include <stdbool.h>

/* Add the letters of n bytes. */
void hl_byte_letters_write(hl_tok_buffer *out, const char *bytes, size_t n);

/* Add the bytes that n bytes of UTF-8 stand for; false where a character is none of the letters. */
bool hl_byte_letters_read(hl_tok_buffer *out, const char *letters, size_t n);

#endif
