/* tokenizer-kind.h - what a kind of tokenizer answers; for tokenizer.c and the files io/tok-<kind>.c only. */
#ifndef IO_TOKENIZER_TOKENIZER_KIND_H
#define IO_TOKENIZER_TOKENIZER_KIND_H
#include "io/tokenizer/tokenizer.h"

typedef struct {
    const char *name;
    const char *file; /* its file in a folder; NULL for a kind without one, opened by its name */
    /* Fill t->vocab, t->digest and t->own from the file's n bytes, which stay as long as t.  On failure
     * t->own may be half made: close is called for it all the same. */
    hl_status (*open)(hl_tokenizer *t, const char *path, const char *bytes, size_t n);
    /* Add the ids of text, which is UTF-8, special ids included. */
    hl_status (*encode)(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n);
    void (*close)(hl_tokenizer *t); /* t->own may be NULL */
} hl_tokenizer_kind_ops;

struct hl_tokenizer {
    const hl_tokenizer_kind_ops *kind;
    int vocab;
    uint64_t digest;
    char *file;         /* the bytes of its file */
    const char *folder; /* the folder that was named, while it is opened; NULL where the file itself was */
    void *own;          /* the kind's */
};

extern const hl_tokenizer_kind_ops hl_tok_bytes, hl_tok_sentencepiece, hl_tok_json;

#endif
