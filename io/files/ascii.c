/* ascii.c - how far a text is ASCII. */
#include "io/files/ascii.h"
#include <stdint.h>
#include <string.h>

size_t hl_ascii_run(const char *text, size_t n)
{
    const uint64_t high = 0x8080808080808080u;
    size_t at = 0;
    for (uint64_t eight; at + sizeof eight <= n; at += sizeof eight) {
        memcpy(&eight, text + at, sizeof eight);
        if (eight & high) break;
    }
    while (at < n && (unsigned char)text[at] < 0x80) at++;
    return at;
}
