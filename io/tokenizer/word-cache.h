/* word-cache.h - the ids of words that were seen before: in texts most words are. */
#ifndef IO_TOKENIZER_WORD_CACHE_H
#define IO_TOKENIZER_WORD_CACHE_H
#include "io/tokenizer/ids.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hl_word_cache hl_word_cache;
enum { HL_WORD_CACHE_LONGEST = 64 }; /* bytes of a word that is kept */

hl_word_cache *hl_word_cache_new(void);
void hl_word_cache_free(hl_word_cache *c);

uint64_t hl_word_cache_hash(const char *word, size_t n);

/* Add the word's ids to ids; false where it is not known. */
bool hl_word_cache_find(const hl_word_cache *c, hl_ids *ids, uint64_t hash, const char *word, size_t n);

/* Keep a word that is not known.  Where there is no room, all others are forgotten. */
void hl_word_cache_add(hl_word_cache *c, uint64_t hash, const char *word, size_t n, const int32_t *ids, int n_ids);

#endif
