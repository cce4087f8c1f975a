/* tok-buffer.c - a text that grows. */
#include "io/tokenizer/tok-buffer.h"
#include "base/array.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

void hl_tok_buffer_add(hl_tok_buffer *b, const char *text, size_t n)
{
    HL_RESERVE(b->at, b->room, b->n + n + 1);
    if (n) memcpy(b->at + b->n, text, n);
    b->n += n;
}

void hl_tok_buffer_code(hl_tok_buffer *b, int32_t code)
{
    HL_RESERVE(b->at, b->room, b->n + 4);
    b->n += (size_t)utf8proc_encode_char(code, (utf8proc_uint8_t *)b->at + b->n);
}

void hl_tok_buffer_free(hl_tok_buffer *b)
{
    free(b->at);
    *b = (hl_tok_buffer){0};
}
