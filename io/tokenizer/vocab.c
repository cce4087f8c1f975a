/* vocab.c - pieces of text and their ids. */
#include "io/tokenizer/vocab.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/error.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static int32_t find(const hl_vocab *v, const char *text, size_t n, uint64_t hash)
{
    for (hl_hash_walk w = hl_hash_table_walk(&v->ids, hash); hl_hash_table_next(&v->ids, &w);) {
        const hl_piece *p = &v->piece[w.number];
        if ((size_t)p->n == n && memcmp(p->text, text, n) == 0) return (int32_t)w.number;
    }
    return -1;
}

int32_t hl_vocab_add(hl_vocab *v, const char *text, size_t n)
{
    const uint64_t hash = hl_digest(text, n);
    HL_CHECK(n <= INT_MAX && v->n < INT_MAX / 4);
    if (find(v, text, n, hash) >= 0) return -1;
    HL_RESERVE(v->piece, v->room, v->n + 1);
    v->piece[v->n] = (hl_piece){text, (int)n};
    hl_hash_table_add(&v->ids, hash, (uint32_t)v->n);
    return v->n++;
}

int32_t hl_vocab_find(const hl_vocab *v, const char *text, size_t n) { return find(v, text, n, hl_digest(text, n)); }

void hl_vocab_free(hl_vocab *v)
{
    free(v->piece);
    hl_hash_table_free(&v->ids);
    *v = (hl_vocab){0};
}
