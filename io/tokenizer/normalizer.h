/* normalizer.h - what happens to a text before it is cut into words: a chain of steps.
 *
 * A kind of step is a row of the table in normalizer.c, which tokenizer.json names by "type". */
#ifndef IO_TOKENIZER_NORMALIZER_H
#define IO_TOKENIZER_NORMALIZER_H
#include "base/error.h"
#include "io/tokenizer/tok-buffer.h"
#include <jansson.h>
#include <stdbool.h>

typedef struct hl_normalizer hl_normalizer;

typedef struct {
    const char *type;
    /* Fill n->own from what tokenizer.json says (the object with "type"); NULL: there is nothing to fill.  On failure
     * n->own may be half made. */
    hl_status (*open)(hl_normalizer *n, const json_t *says, const char *path);
    /* Add the normalized text to out, which is empty; or set *same and leave out as it is, where nothing changes.
     * The text is UTF-8. */
    hl_status (*run)(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length);
    void (*close)(hl_normalizer *n); /* n->own may be NULL; NULL: there is nothing to close */
} hl_normalizer_kind;

struct hl_normalizer {
    const hl_normalizer_kind *kind;
    void *own;
    hl_tok_buffer out; /* scratch */
    hl_normalizer *next;
};

extern const hl_normalizer_kind hl_normalizer_nfc, hl_normalizer_nfd, hl_normalizer_nfkc, hl_normalizer_nfkd,
    hl_normalizer_lowercase, hl_normalizer_strip_accents, hl_normalizer_nmt, hl_normalizer_bert, hl_normalizer_strip,
    hl_normalizer_replace, hl_normalizer_prepend, hl_normalizer_precompiled;

/* The chain that tokenizer.json's "normalizer" says; NULL for null.  A Sequence becomes its members.  Close *out also
 * after a failure. */
hl_status hl_normalizer_open(hl_normalizer **out, const json_t *says, const char *path);
void hl_normalizer_close(hl_normalizer *chain);

/* Replace *text (*n) by its normalized form, which is the chain's until the next call, or the same text. */
hl_status hl_normalizer_run(hl_normalizer *chain, const char **text, size_t *n);

#endif
