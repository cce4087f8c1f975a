/* sentence.c - a sentence that is put together. */
#include "base/sentence.h"
#include <stdarg.h>
#include <stdio.h>

void hl_sentence_add(hl_sentence *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(s->text + s->n, HL_SENTENCE - s->n, format, args);
    va_end(args);
    s->n = s->n + (size_t)n < HL_SENTENCE ? s->n + (size_t)n : HL_SENTENCE - 1;
}
