/* word-cache.c - the ids of words that were seen before.
 *
 * Open addressing; texts and ids lie in two arrays.  When slots, texts or ids are used up, all is forgotten: that
 * takes no bookkeeping, and is rare. */
#include "io/tokenizer/word-cache.h"
#include "base/alloc.h"
#include "base/array.h"
#include "base/digest.h"
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 17, MOST_WORDS = SLOTS / 2, TEXTS = 1 << 20, IDS = 1 << 19 };

typedef struct {
    uint32_t hash;
    uint16_t n, n_ids;  /* n = 0: free */
    uint32_t text, ids; /* where they begin */
} slot;

struct hl_word_cache {
    slot slots[SLOTS];
    char text[TEXTS];
    int32_t id[IDS];
    uint32_t words, texts, ids;
};

hl_word_cache *hl_word_cache_new(void) { return hl_alloc_zero(1, sizeof(hl_word_cache)); }

void hl_word_cache_free(hl_word_cache *c) { free(c); }

uint64_t hl_word_cache_hash(const char *word, size_t n) { return hl_digest(word, n); }

bool hl_word_cache_find(const hl_word_cache *c, hl_ids *ids, uint64_t hash, const char *word, size_t n)
{
    for (size_t at = hash % SLOTS; c->slots[at].n; at = (at + 1) % SLOTS) {
        const slot *s = &c->slots[at];
        if (s->hash != (uint32_t)(hash >> 32) || s->n != n || memcmp(c->text + s->text, word, n) != 0) continue;
        HL_RESERVE(ids->at, ids->room, ids->n + s->n_ids);
        for (int i = 0; i < s->n_ids; i++) ids->at[ids->n++] = c->id[s->ids + (uint32_t)i];
        return true;
    }
    return false;
}

static void forget(hl_word_cache *c)
{
    memset(c->slots, 0, sizeof c->slots);
    c->words = c->texts = c->ids = 0;
}

void hl_word_cache_add(hl_word_cache *c, uint64_t hash, const char *word, size_t n, const int32_t *ids, int n_ids)
{
    if (n == 0 || n > HL_WORD_CACHE_LONGEST || n_ids > UINT16_MAX) return;
    if (c->words >= MOST_WORDS || c->texts + n > TEXTS || c->ids + (uint32_t)n_ids > IDS) forget(c);
    size_t at = hash % SLOTS;
    while (c->slots[at].n) at = (at + 1) % SLOTS;
    c->slots[at] = (slot){(uint32_t)(hash >> 32), (uint16_t)n, (uint16_t)n_ids, c->texts, c->ids};
    memcpy(c->text + c->texts, word, n);
    if (n_ids) memcpy(c->id + c->ids, ids, (size_t)n_ids * sizeof *ids);
    c->words++;
    c->texts += (uint32_t)n;
    c->ids += (uint32_t)n_ids;
}
