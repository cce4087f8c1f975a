/* vocab.c - pieces of text and their ids. */
#include "io/tokenizer/vocab.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Where the piece is, or the empty slot where it belongs. */
static size_t slot_of(const hl_vocab *v, const char *text, size_t n)
{
    size_t mask = v->slots - 1, s = (size_t)hl_digest(text, n) & mask;
    while (v->slot[s]) {
        const hl_piece *p = &v->piece[v->slot[s] - 1];
        if ((size_t)p->n == n && memcmp(p->text, text, n) == 0) break;
        s = (s + 1) & mask;
    }
    return s;
}

/* At most half full. */
static void grow(hl_vocab *v)
{
    v->room = v->room ? 2 * v->room : 512;
    v->piece = hl_realloc(v->piece, (size_t)v->room * sizeof *v->piece);
    free(v->slot);
    v->slots = 2 * (size_t)v->room;
    v->slot = hl_alloc_zero(v->slots, sizeof *v->slot);
    for (int i = 0; i < v->n; i++) v->slot[slot_of(v, v->piece[i].text, (size_t)v->piece[i].n)] = i + 1;
}

int32_t hl_vocab_add(hl_vocab *v, const char *text, size_t n)
{
    HL_CHECK(n <= INT_MAX && v->n < INT_MAX / 4);
    if (v->n == v->room) grow(v);
    size_t s = slot_of(v, text, n);
    if (v->slot[s]) return -1;
    v->piece[v->n] = (hl_piece){text, (int)n};
    v->slot[s] = v->n + 1;
    return v->n++;
}

int32_t hl_vocab_find(const hl_vocab *v, const char *text, size_t n)
{
    return v->slots ? v->slot[slot_of(v, text, n)] - 1 : -1;
}

void hl_vocab_free(hl_vocab *v)
{
    free(v->piece);
    free(v->slot);
    *v = (hl_vocab){0};
}
