/* sentence.h - a sentence that is put together.  Starts as {0}; what does not fit is cut off. */
#ifndef BASE_SENTENCE_H
#define BASE_SENTENCE_H
#include <stddef.h>

enum { HL_SENTENCE = 1000 };

typedef struct {
    char text[HL_SENTENCE];
    size_t n;
} hl_sentence;

void hl_sentence_add(hl_sentence *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
