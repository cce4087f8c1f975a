/* unicode.h - what a character is, as tokenizers ask.
 *
 * Categories are utf8proc's (Unicode 15 in Debian 12); hl_unicode_classes must be called before the others. */
#ifndef IO_TOKENIZER_UNICODE_H
#define IO_TOKENIZER_UNICODE_H
#include <stddef.h>
#include <stdint.h>

enum {
    HL_UNICODE_SPACE = 1,       /* White_Space */
    HL_UNICODE_LETTER = 2,      /* L */
    HL_UNICODE_NUMBER = 4,      /* N */
    HL_UNICODE_PUNCTUATION = 8, /* P, and what ASCII has beside letters and digits */
    HL_UNICODE_MARK = 16,       /* M */
    HL_UNICODE_NONSPACING = 32, /* Mn */
    HL_UNICODE_CONTROL = 64,    /* Cc, Cf, Co */
    HL_UNICODE_WORD = 128       /* \w of Unicode's rules for regular expressions (UTS 18) */
};

/* Make the table, once a process. */
void hl_unicode_classes(void);

/* The code point that text, n > 0 bytes of UTF-8, begins with, and its bytes. */
int32_t hl_unicode_code(const char *text, size_t n, int *bytes);

extern uint8_t *hl_unicode_table; /* (HL_UNICODE_IN_TABLE) classes of the first code points */
enum { HL_UNICODE_IN_TABLE = 0x20000 };
uint8_t hl_unicode_compute(int32_t code);

/* The classes of a code point. */
static inline uint8_t hl_unicode_class(int32_t code)
{
    return code < HL_UNICODE_IN_TABLE ? hl_unicode_table[code] : hl_unicode_compute(code);
}

#endif
