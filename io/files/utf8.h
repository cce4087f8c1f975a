/* utf8.h - walk and check UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
#ifndef IO_FILES_UTF8_H
#define IO_FILES_UTF8_H
#include <stddef.h>

/* Bytes of the character at text, of which n > 0 bytes are left; 0 where it is not UTF-8. */
int hl_utf8_length(const char *text, size_t n);

/* Offset of the first byte that is not UTF-8; n where all of it is. */
size_t hl_utf8_valid(const char *text, size_t n);

/* Bytes of the white space (Unicode's White_Space) that text, n > 0 bytes of UTF-8, begins with; 0 where it is
 * another character. */
size_t hl_utf8_space(const char *text, size_t n);

#endif
