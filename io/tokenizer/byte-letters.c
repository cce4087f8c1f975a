/* byte-letters.c - the letters that byte-level tokenizers write bytes in. */
#include "io/tokenizer/byte-letters.h"
#include "io/tokenizer/unicode.h"

enum { FIRST = 0x100, MOVED = 68 };

static bool stands_for_itself(int32_t c)
{
    return (c >= 33 && c <= 126) || (c >= 161 && c <= 172) || (c >= 174 && c <= 255);
}

/* How many bytes below b have another letter. */
static int moved_below(int b)
{
    int n = 0;
    for (int i = 0; i < b; i++) n += !stands_for_itself(i);
    return n;
}

static int32_t letter(unsigned char b) { return stands_for_itself(b) ? b : FIRST + moved_below(b); }

/* The byte, or -1. */
static int byte_of(int32_t code)
{
    if (code < FIRST) return stands_for_itself(code) ? code : -1;
    if (code >= FIRST + MOVED) return -1;
    int n = code - FIRST;
    if (n < 33) return n;               /* 0 to 32 */
    return n < 67 ? n - 33 + 127 : 173; /* 127 to 160, 173 */
}

void hl_byte_letters_write(hl_tok_buffer *out, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) hl_tok_buffer_code(out, letter((unsigned char)bytes[i]));
}

bool hl_byte_letters_read(hl_tok_buffer *out, const char *letters, size_t n)
{
    int bytes;
    for (size_t at = 0; at < n; at += (size_t)bytes) {
        int b = byte_of(hl_unicode_code(letters + at, n - at, &bytes));
        if (b < 0) return false;
        hl_tok_buffer_add(out, &(char){(char)b}, 1);
    }
    return true;
}
