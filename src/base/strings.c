/* strings.c - byte strings, one after the other. */
#include "base/strings.h"
#include "base/array.h"
#include "base/error.h"
#include <stdlib.h>
#include <string.h>

hl_strings hl_strings_new(void)
{
    hl_strings s = {0};
    HL_RESERVE(s.begin, s.room_begin, 1);
    s.begin[0] = 0;
    return s;
}

void hl_strings_free(hl_strings *s)
{
    free(s->bytes);
    free(s->begin);
    *s = (hl_strings){0};
}

void hl_strings_add(hl_strings *s, const void *bytes, size_t n)
{
    const size_t end = (size_t)s->begin[s->n];
    HL_RESERVE(s->bytes, s->room_bytes, end + n);
    HL_RESERVE(s->begin, s->room_begin, s->n + 2);
    if (n) memcpy(s->bytes + end, bytes, n);
    s->begin[++s->n] = (int64_t)(end + n);
}

const char *hl_strings_at(const hl_strings *s, int64_t i, size_t *n)
{
    HL_CHECK(i >= 0 && i < s->n);
    *n = (size_t)(s->begin[i + 1] - s->begin[i]);
    return s->bytes + s->begin[i];
}
