/* id-corpus.c - a corpus in which an item's text is its number, one token. */
#include "data/id-corpus.h"
#include "base/alloc.h"
#include <stdlib.h>

static const hl_id_corpus *of(const hl_corpus *c) { return c->self; }

static const int32_t *tokens(const hl_corpus *c, int64_t item, int *n)
{
    *n = 1;
    return &of(c)->number[item];
}

static int64_t first_equal(const hl_corpus *c, int64_t item)
{
    (void)c;
    return item;
}

static const int32_t *sequence(const hl_corpus *c, int64_t user, int *n)
{
    return of(c)->of->sequence(of(c)->of, user, n);
}

static const char *item_id(const hl_corpus *c, int64_t item, int *n) { return of(c)->of->item_id(of(c)->of, item, n); }

static const char *user_id(const hl_corpus *c, int64_t user, int *n) { return of(c)->of->user_id(of(c)->of, user, n); }

static const int64_t *times(const hl_corpus *c, int64_t user) { return of(c)->of->times(of(c)->of, user); }

void hl_id_corpus_open(hl_id_corpus *x, const hl_corpus *from)
{
    *x = (hl_id_corpus){.corpus = *from, .of = from, .number = hl_alloc((size_t)from->items * sizeof *x->number)};
    for (int64_t i = 0; i < from->items; i++) x->number[i] = (int32_t)i;
    x->corpus.self = x;
    x->corpus.tokens = tokens;
    x->corpus.first_equal = first_equal;
    x->corpus.sequence = sequence;
    if (from->item_id) x->corpus.item_id = item_id;
    if (from->user_id) x->corpus.user_id = user_id;
    if (from->times) x->corpus.times = times;
}

void hl_id_corpus_close(hl_id_corpus *x)
{
    free(x->number);
    *x = (hl_id_corpus){0};
}
