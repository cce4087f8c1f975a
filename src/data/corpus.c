/* corpus.c - the parts of a user's sequence, and what an item and a user are called in a sentence. */
#include "data/corpus.h"
#include <stdio.h>

hl_split_parts hl_corpus_parts(const hl_corpus *c, int64_t user)
{
    int n;
    c->sequence(c, user, &n);
    return hl_split_cut(&c->split, c->split.rule.kind == HL_TEMPORAL ? c->times(c, user) : NULL, n);
}

const int32_t *hl_corpus_training(const hl_corpus *c, int64_t user, int *n)
{
    int all;
    *n = hl_corpus_parts(c, user).train;
    return c->sequence(c, user, &all);
}

/* Ids are any bytes: what is no plain letter becomes a question mark, what is long ends in dots. */
static void quote(char out[HL_CALLED], const char *what, const char *id, int n)
{
    int at = snprintf(out, HL_CALLED, "%s \"", what), room = HL_CALLED - at - 6;
    for (int i = 0; i < n && i < room; i++) out[at++] = id[i] >= ' ' && id[i] <= '~' ? id[i] : '?';
    snprintf(out + at, (size_t)(HL_CALLED - at), n > room ? "...\"" : "\"");
}

static void call(char out[HL_CALLED], const hl_corpus *c, const char *what, int64_t number,
                 const char *(*id_of)(const hl_corpus *, int64_t, int *))
{
    int n = 0;
    const char *id = id_of ? id_of(c, number, &n) : NULL;
    if (n > 0) quote(out, what, id, n);
    else snprintf(out, HL_CALLED, "%s number %lld", what, (long long)number);
}

void hl_corpus_call_item(char out[HL_CALLED], const hl_corpus *c, int64_t item)
{
    if (item == 0) snprintf(out, HL_CALLED, "an item without text");
    else call(out, c, "item", item, c->item_id);
}

void hl_corpus_call_user(char out[HL_CALLED], const hl_corpus *c, int64_t user)
{
    call(out, c, "user", user, c->user_id);
}

int64_t hl_corpus_item_of(const hl_corpus *c, int64_t text)
{
    if (text > 0) return text;
    for (int64_t i = 1; i < c->items; i++)
        if (c->first_equal(c, i) == 0) return i;
    return 0;
}

int64_t hl_corpus_item_with(const hl_corpus *c, int32_t token)
{
    for (int64_t i = 1; i < c->items; i++) {
        int n;
        const int32_t *x = c->tokens(c, i, &n);
        for (int k = 0; k < n; k++)
            if (x[k] == token) return i;
    }
    return -1;
}
