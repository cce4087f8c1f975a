/* tokenizer-kind.h - what a kind of tokenizer answers; for tokenizer.c and the files io/tok-<kind>.c only. */
#ifndef IO_TOKENIZER_TOKENIZER_KIND_H
#define IO_TOKENIZER_TOKENIZER_KIND_H
#include "io/tokenizer/pipeline.h"
#include "io/tokenizer/tok-config.h"
#include "io/tokenizer/tokenizer.h"
#include <stdbool.h>

/* A kind with a file has `is` and `make`; one without is opened by its name, and has the others. */
typedef struct {
    const char *name;
    /* Are these n bytes, all of a file, of this kind?  Kinds are asked in the order of their table. */
    bool (*is)(const char *bytes, size_t n);
    /* What the file says, as tokenizer.json: in *fast, also after a failure, or NULL.  c: what the files beside it say;
     * where they name no class, one may be set. */
    hl_status (*make)(json_t **fast, hl_tok_config *c, const char *path, const char *bytes, size_t n);
    /* Fill t->vocab, t->digest and t->own.  On failure t->own may be half made: close is called for it all the same. */
    hl_status (*open)(hl_tokenizer *t);
    /* Add the ids of text, which is UTF-8, special ids included. */
    hl_status (*encode)(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n);
    void (*close)(hl_tokenizer *t); /* t->own may be NULL */
} hl_tokenizer_kind_ops;

struct hl_tokenizer {
    const hl_tokenizer_kind_ops *kind;
    int vocab;
    uint64_t digest;
    hl_pipeline *pipeline; /* of a kind with a file */
    void *own;             /* of another one */
};

extern const hl_tokenizer_kind_ops hl_tok_bytes, hl_tok_json, hl_tok_tiktoken, hl_tok_wordpiece, hl_tok_sentencepiece;

#endif
