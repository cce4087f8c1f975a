/* tok-model.c - the table of models, and the memory of the words that they have seen. */
#include "io/tokenizer/tok-model.h"
#include "base/alloc.h"
#include "base/digest.h"
#include <stdlib.h>
#include <string.h>

static const hl_tok_model_kind *const kinds[] = {&hl_tok_model_bpe, &hl_tok_model_wordpiece, &hl_tok_model_unigram,
                                                 &hl_tok_model_wordlevel};
enum { KINDS = sizeof kinds / sizeof kinds[0] };
#define BLANK "\xE2\x96\x81"
enum { BLANK_BYTES = sizeof BLANK - 1 };

static hl_status find_kind(const hl_tok_model_kind **kind, const json_t *says, const char *path)
{
    const char *type = json_string_value(json_object_get(says, "type"));
    for (int k = 0; k < KINDS; k++) {
        *kind = kinds[k];
        if (type ? strcmp(type, kinds[k]->type) == 0 : kinds[k]->is(says)) return HL_OK;
    }
    if (type)
        return HL_FAIL(HL_EFORMAT, "%s: a model of the type %.60s is not supported; name another tokenizer", path,
                       type);
    return HL_FAIL(HL_EFORMAT, "%s: its model has neither a type nor what one could be told by; get the file again",
                   path);
}

hl_status hl_tok_model_open(hl_tok_model **out, const json_t *says, bool is_bytes, const char *path)
{
    hl_tok_model *m = *out = hl_alloc_zero(1, sizeof *m);
    m->is_bytes = is_bytes;
    HL_TRY(find_kind(&m->kind, says, path));
    if (is_bytes && m->kind != &hl_tok_model_bpe)
        return HL_FAIL(HL_EFORMAT, "%s: a model of the type %s behind the pre-tokenizer ByteLevel is not supported",
                       path, m->kind->type);
    HL_TRY(m->kind->open(m, says, path));
    m->cache = hl_word_cache_new();
    return HL_OK;
}

void hl_tok_model_close(hl_tok_model *m)
{
    if (!m) return;
    if (m->kind) m->kind->close(m);
    hl_word_cache_free(m->cache);
    hl_tok_vocab_free(&m->vocab);
    free(m);
}

static hl_status encode_part(hl_tok_model *m, hl_ids *ids, const char *word, size_t n)
{
    const uint64_t hash = n <= HL_WORD_CACHE_LONGEST ? hl_word_cache_hash(word, n) : 0;
    const int before = ids->n;
    const int64_t dropped = ids->dropped;
    if (n > HL_WORD_CACHE_LONGEST) return m->kind->encode(m, ids, word, n);
    if (hl_word_cache_find(m->cache, ids, hash, word, n)) return HL_OK;
    HL_TRY(m->kind->encode(m, ids, word, n));
    if (ids->dropped > dropped) return HL_OK; /* a word that is remembered has all its characters */
    const int32_t *mine = ids->n > before ? ids->at + before : NULL;
    hl_word_cache_add(m->cache, hash, word, n, mine, ids->n - before);
    return HL_OK;
}

/* Where the next part begins: at a "▁" behind another character. */
static size_t next_part(const char *word, size_t n)
{
    size_t at = 0;
    while (n - at >= BLANK_BYTES && memcmp(word + at, BLANK, BLANK_BYTES) == 0) at += BLANK_BYTES;
    const char *blank = memmem(word + at, n - at, BLANK, BLANK_BYTES);
    return blank ? (size_t)(blank - word) : n;
}

hl_status hl_tok_model_encode(hl_tok_model *m, hl_ids *ids, const char *word, size_t n)
{
    if (!m->cuts_at_blanks) return encode_part(m, ids, word, n);
    for (size_t at = 0, part; at < n; at += part) {
        part = next_part(word + at, n - at);
        HL_TRY(encode_part(m, ids, word + at, part));
    }
    return HL_OK;
}

uint64_t hl_tok_model_digest(const hl_tok_model *m)
{
    uint64_t facts = hl_digest_join(hl_digest(m->kind->type, strlen(m->kind->type)), m->is_bytes);
    return hl_digest_join(hl_digest_join(facts, hl_tok_vocab_digest(&m->vocab)), m->digest);
}

hl_status hl_tok_model_named(int32_t *id, const hl_tok_model *m, const json_t *says, const char *key, const char *path)
{
    const char *text = json_string_value(json_object_get(says, key));
    *id = -1;
    if (!text) return HL_OK;
    *id = hl_tok_vocab_find(&m->vocab, text, strlen(text));
    if (*id >= 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: the %s of its model, %.60s, is not in the vocabulary; get the file again", path,
                   key, text);
}
