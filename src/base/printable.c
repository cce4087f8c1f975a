/* printable.c - sentences without control characters. */
#include "base/printable.h"
#include <stdbool.h>

/* Characters that move what stands around them, as UTF-8: from the first to the last of each row. */
static const unsigned char moving[][2][3] = {
    {{0xE2, 0x80, 0xA8}, {0xE2, 0x80, 0xAE}}, /* line separators, directions */
    {{0xE2, 0x81, 0xA6}, {0xE2, 0x81, 0xA9}}, /* isolated directions */
};

/* Bytes of the character that begins here; 1 also for a byte that begins none. */
static int length_of(const unsigned char *c)
{
    const int n = *c >= 0xF0 && *c < 0xF8 ? 4 : *c >= 0xE0 ? 3 : *c >= 0xC2 ? 2 : 1;
    if (*c < 0xC2 || *c >= 0xF8) return 1;
    for (int i = 1; i < n; i++)
        if ((c[i] & 0xC0) != 0x80) return 1;
    return n;
}

static bool moves(const unsigned char *c)
{
    for (unsigned i = 0; i < sizeof moving / sizeof moving[0]; i++)
        if (c[0] == moving[i][0][0] && c[1] == moving[i][0][1] && c[2] >= moving[i][0][2] && c[2] <= moving[i][1][2])
            return true;
    return false;
}

/* Of 128 to 159, a terminal of an old kind takes a byte by itself as ESC and a letter. */
static bool is_control(const unsigned char *c, int bytes)
{
    if (bytes == 1) return *c < ' ' || (*c >= 0x7F && *c < 0xA0);
    return bytes == 2 ? c[0] == 0xC2 && c[1] < 0xA0 : bytes == 3 && moves(c);
}

void hl_printable(char *text)
{
    int n;
    for (unsigned char *c = (unsigned char *)text; *c; c += n) {
        n = length_of(c);
        if (!is_control(c, n)) continue;
        for (int i = 0; i < n; i++) c[i] = '?';
    }
}

void hl_print_text(FILE *out, const char *text)
{
    char part[256];
    while (*text) {
        size_t n = 0;
        for (int next; text[n] && n + (size_t)(next = length_of((const unsigned char *)text + n)) < sizeof part;
             n += (size_t)next) {}
        snprintf(part, sizeof part, "%.*s", (int)n, text);
        hl_printable(part);
        fputs(part, out);
        text += n;
    }
}
