/* tok-model.h - what makes token ids of a word.
 *
 * A kind of model is a row of the table in tok-model.c, which tokenizer.json names by "type". */
#ifndef IO_TOKENIZER_TOK_MODEL_H
#define IO_TOKENIZER_TOK_MODEL_H
#include "base/error.h"
#include "io/tokenizer/tok-vocab.h"
#include "io/tokenizer/ids.h"
#include "io/tokenizer/word-cache.h"
#include <jansson.h>
#include <stdbool.h>

typedef struct hl_tok_model hl_tok_model;

typedef struct {
    const char *type;
    /* Is it this kind?  Asked where the file, an old one, has no type. */
    bool (*is)(const json_t *says);
    /* Fill m->vocab, m->own, m->digest and m->cuts_at_blanks.  On failure they may be half made. */
    hl_status (*open)(hl_tok_model *m, const json_t *says, const char *path);
    /* Add the ids of a word, n > 0 bytes. */
    hl_status (*encode)(hl_tok_model *m, hl_ids *ids, const char *word, size_t n);
    void (*close)(hl_tok_model *m); /* m->own may be NULL */
} hl_tok_model_kind;

struct hl_tok_model {
    const hl_tok_model_kind *kind;
    bool is_bytes; /* words are bytes; else UTF-8 */
    hl_tok_vocab vocab;
    uint64_t digest;     /* of what decides ids beside the vocabulary */
    bool cuts_at_blanks; /* a word is the sum of its parts that begin with runs of "▁" */
    hl_word_cache *cache;
    void *own;
};

extern const hl_tok_model_kind hl_tok_model_bpe, hl_tok_model_wordpiece, hl_tok_model_unigram, hl_tok_model_wordlevel;

/* The model that tokenizer.json's "model" says.  Close *out also after a failure. */
hl_status hl_tok_model_open(hl_tok_model **out, const json_t *says, bool is_bytes, const char *path);
void hl_tok_model_close(hl_tok_model *m);

/* Add the ids of a word, n > 0 bytes. */
hl_status hl_tok_model_encode(hl_tok_model *m, hl_ids *ids, const char *word, size_t n);
uint64_t hl_tok_model_digest(const hl_tok_model *m);

/* For kinds: the id of the piece that a key names (unk_token); -1 where there is no such key, or where it is null;
 * HL_EFORMAT where the vocabulary does not have the piece. */
hl_status hl_tok_model_named(int32_t *id, const hl_tok_model *m, const json_t *says, const char *key, const char *path);

#endif
