/* base64.h - bytes written in letters (RFC 4648), as tokenizers' files have them. */
#ifndef IO_TOKENIZER_BASE64_H
#define IO_TOKENIZER_BASE64_H
#include <stdbool.h>
#include <stddef.h>

/* The bytes of a text; release *out with free.  False, and *out NULL, where it is not base64. */
bool hl_base64_read(const char *text, size_t n, char **out, size_t *size);

/* The bytes as a text that ends with 0; release with free. */
char *hl_base64_write(const char *bytes, size_t n);

#endif
