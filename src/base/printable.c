/* printable.c - sentences without control characters. */
#include "base/printable.h"
#include <stdbool.h>

void hl_printable(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        bool is_late = *c == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
        if (is_late) c[0] = c[1] = '?';
        if (*c < ' ' || *c == 0x7F) *c = '?';
    }
}
