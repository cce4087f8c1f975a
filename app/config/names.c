/* names.c - a list of texts that owns them. */
#include "app/config/names.h"
#include "base/arena.h"
#include "base/array.h"
#include <stdlib.h>
#include <string.h>

void hl_names_add(hl_names *t, const char *text, size_t n)
{
    HL_RESERVE(t->at, t->room, t->n + 1);
    char *copy = hl_alloc(n + 1);
    if (n) memcpy(copy, text, n);
    copy[n] = 0;
    t->at[t->n++] = copy;
}

void hl_names_free(hl_names *t)
{
    for (int i = 0; i < t->n; i++) free(t->at[i]);
    free(t->at);
    *t = (hl_names){0};
}
