/* tok-buffer.h - a text that grows: what a normalizer or a pre-tokenizer makes of another one. */
#ifndef IO_TOKENIZER_TOK_BUFFER_H
#define IO_TOKENIZER_TOK_BUFFER_H
#include <stddef.h>
#include <stdint.h>

/* Start from {0}, release with hl_tok_buffer_free; n = 0 empties it. */
typedef struct {
    char *at;
    size_t n, room;
} hl_tok_buffer;

void hl_tok_buffer_add(hl_tok_buffer *b, const char *text, size_t n);
void hl_tok_buffer_code(hl_tok_buffer *b, int32_t code); /* a code point, as UTF-8 */
void hl_tok_buffer_free(hl_tok_buffer *b);

#endif
