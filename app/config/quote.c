/* quote.c - any bytes as a scalar of YAML that reads back the same. */
#include "app/config/quote.h"
#include "base/arena.h"
#include "io/files/utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void print_binary(const unsigned char *b, size_t n, FILE *out)
{
    fputs("!!binary \"", out);
    for (size_t i = 0; i < n; i += 3) {
        size_t left = n - i;
        uint32_t x = (uint32_t)b[i] << 16 | (left > 1 ? (uint32_t)b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0);
        fputc(digits[x >> 18], out);
        fputc(digits[x >> 12 & 63], out);
        fputc(left > 1 ? digits[x >> 6 & 63] : '=', out);
        fputc(left > 2 ? digits[x & 63] : '=', out);
    }
    fputc('"', out);
}

static uint32_t code_of(const unsigned char *b, int n)
{
    static const unsigned char first[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    uint32_t code = b[0] & first[n];
    for (int i = 1; i < n; i++) code = code << 6 | (b[i] & 0x3f);
    return code;
}

/* What YAML does not take as it is: controls, separators of lines, byte order marks, no characters. */
static bool wants_escape(uint32_t code)
{
    bool is_control = code < ' ' || (code >= 0x7f && code < 0xa0), ends_line = code == 0x2028 || code == 0x2029;
    return is_control || ends_line || code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

static void print_character(const unsigned char *b, int n, FILE *out)
{
    uint32_t code = code_of(b, n);
    if (code == '"' || code == '\\') fprintf(out, "\\%c", (char)code);
    else if (!wants_escape(code)) fwrite(b, 1, (size_t)n, out);
    else if (code < 0x100) fprintf(out, "\\x%02x", (unsigned)code);
    else if (code < 0x10000) fprintf(out, "\\u%04x", (unsigned)code);
    else fprintf(out, "\\U%08x", (unsigned)code);
}

void hl_quote(const char *text, FILE *out)
{
    size_t n = strlen(text);
    if (hl_utf8_valid(text, n) != n) {
        print_binary((const unsigned char *)text, n, out);
        return;
    }
    fputc('"', out);
    for (size_t i = 0; i < n;) {
        int length = hl_utf8_length(text + i, n - i);
        print_character((const unsigned char *)text + i, length, out);
        i += (size_t)length;
    }
    fputc('"', out);
}

void hl_quote_line(const char *text, FILE *out)
{
    size_t n = strlen(text);
    for (size_t i = 0; i < n;) {
        int length = hl_utf8_length(text + i, n - i);
        bool is_printable = length > 0 && !wants_escape(code_of((const unsigned char *)text + i, length));
        if (is_printable) fwrite(text + i, 1, (size_t)length, out);
        else fputc('?', out);
        i += length > 0 ? (size_t)length : 1;
    }
}

char *hl_quote_decode(const char *base64)
{
    size_t n = strlen(base64), at = 0;
    char *bytes = hl_alloc(n + 1);
    uint32_t x = 0;
    int bits = 0;
    size_t end = strcspn(base64, "=");
    bool is_good = n % 4 == 0 && n - end <= 2 && strspn(base64 + end, "=") == n - end;
    for (size_t i = 0; i < end && is_good; i++) {
        const char *digit = strchr(digits, base64[i]);
        is_good = digit != NULL;
        x = x << 6 | (digit ? (uint32_t)(digit - digits) : 0);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        bytes[at] = (char)(x >> bits & 0xff);
        is_good = is_good && bytes[at++] != 0;
    }
    bytes[at] = 0;
    if (is_good) return bytes;
    free(bytes);
    return NULL;
}
