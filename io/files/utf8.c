/* utf8.c - walk and check UTF-8. */
#include "io/files/utf8.h"
#include <string.h>
#include <stdint.h>

/* The second byte carries the exceptions: it keeps overlong forms, surrogates and too large numbers out. */
static const struct {
    unsigned char first, last; /* first byte of the character */
    unsigned char least, most; /* its second byte */
    int bytes;
} forms[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3},
    {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static int long_length(const unsigned char *c, size_t n)
{
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        if (c[0] < forms[f].first || c[0] > forms[f].last) continue;
        if (n < (size_t)forms[f].bytes || c[1] < forms[f].least || c[1] > forms[f].most) return 0;
        for (int i = 2; i < forms[f].bytes; i++)
            if ((c[i] & 0xC0) != 0x80) return 0;
        return forms[f].bytes;
    }
    return 0;
}

int hl_utf8_length(const char *text, size_t n)
{
    const unsigned char *c = (const unsigned char *)text;
    return c[0] < 0x80 ? 1 : long_length(c, n);
}

size_t hl_utf8_valid(const char *text, size_t n)
{
    size_t at = 0;
    while (at < n) {
        int bytes = hl_utf8_length(text + at, n - at);
        if (bytes == 0) break;
        at += (size_t)bytes;
    }
    return at;
}

size_t hl_utf8_space(const char *text, size_t n)
{
    static const char *const spaces[] = {
        "\t",           "\n",           "\v",           "\f",           "\r",           " ",
        "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
        "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86", "\xE2\x80\x87", "\xE2\x80\x88",
        "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
        "\xE3\x80\x80",
    };
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        size_t length = strlen(spaces[i]);
        if (length <= n && memcmp(text, spaces[i], length) == 0) return length;
    }
    return 0;
}
