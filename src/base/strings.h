/* strings.h - byte strings, one after the other, without anything between them. */
#ifndef BASE_STRINGS_H
#define BASE_STRINGS_H
#include <stddef.h>
#include <stdint.h>

/* Release with hl_strings_free. */
typedef struct {
    char *bytes;
    int64_t *begin; /* (n + 1) */
    int64_t n;
    size_t room_bytes, room_begin;
} hl_strings;

hl_strings hl_strings_new(void);
void hl_strings_free(hl_strings *s);

/* Add a string of n bytes at the end; they are copied. */
void hl_strings_add(hl_strings *s, const void *bytes, size_t n);

/* The n bytes of string i.  Valid until the next one is added. */
const char *hl_strings_at(const hl_strings *s, int64_t i, size_t *n);

/* Bytes of all. */
static inline int64_t hl_strings_bytes(const hl_strings *s) { return s->begin[s->n]; }

#endif
