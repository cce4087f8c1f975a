/* tok-rules.c - what stands around the pieces of a SentencePiece model: added tokens, the blank in front, BOS and
 * EOS. */
#include "io/tokenizer/tok-rules.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include <stdlib.h>
#include <string.h>

static hl_tok_added *find(const hl_tok_rules *r, const char *text)
{
    for (int i = 0; i < r->n_added; i++)
        if (strcmp(r->added[i].text, text) == 0) return &r->added[i];
    return NULL;
}

int32_t hl_tok_rules_find(const hl_tok_rules *r, const hl_vocab *pieces, const char *text)
{
    const hl_tok_added *added = find(r, text);
    return added ? added->id : hl_vocab_find(pieces, text, strlen(text));
}

static int32_t next_id(const hl_tok_rules *r, const hl_vocab *pieces)
{
    int32_t next = pieces->n;
    for (int i = 0; i < r->n_added; i++)
        if (r->added[i].id >= next) next = r->added[i].id + 1;
    return next;
}

/* The token in place of one of the same text and id. */
static void take_over(hl_tok_added *has, hl_tok_added token)
{
    token.text = has->text;
    token.id = has->id;
    *has = token;
}

int32_t hl_tok_rules_add(hl_tok_rules *r, const hl_vocab *pieces, hl_tok_added token, bool replace)
{
    hl_tok_added *has = find(r, token.text);
    if (has && replace) take_over(has, token);
    if (has) return has->id;
    int32_t piece = hl_vocab_find(pieces, token.text, strlen(token.text));
    token.id = piece >= 0 ? piece : next_id(r, pieces);
    token.text = hl_alloc_text(token.text);
    HL_RESERVE(r->added, r->added_room, r->n_added + 1);
    r->added[r->n_added++] = token;
    return token.id;
}

static uint64_t digest_of_added(const hl_tok_added *a)
{
    int32_t facts[] = {a->id, a->normalized, a->single_word, a->lstrip, a->rstrip};
    return hl_digest_join(hl_digest(a->text, strlen(a->text)), hl_digest(facts, sizeof facts));
}

uint64_t hl_tok_rules_digest(const hl_tok_rules *r)
{
    int32_t facts[] = {r->bos, r->eos, (int32_t)r->prefix, r->split_special, r->n_added, r->n_merges};
    uint64_t added = 0;
    for (int i = 0; i < r->n_added; i++) added += digest_of_added(&r->added[i]); /* in any order */
    uint64_t d = hl_digest_join(hl_digest(facts, sizeof facts), added);
    if (r->n_merges) d = hl_digest_join(d, hl_digest(r->merges, (size_t)r->n_merges * sizeof *r->merges));
    return d;
}

void hl_tok_rules_free(hl_tok_rules *r)
{
    for (int i = 0; i < r->n_added; i++) free(r->added[i].text);
    free(r->added);
    free(r->merges);
    *r = (hl_tok_rules){.bos = -1, .eos = -1};
}
