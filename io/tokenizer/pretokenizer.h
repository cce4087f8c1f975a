/* pretokenizer.h - how a normalized text is cut into words before the model looks at it: a chain of steps.
 *
 * A step is given a piece, and hands its own pieces to the next one, from left to right; the last hands them to the
 * model.  A kind of step is a row of the table in pretokenizer.c, which tokenizer.json names by "type". */
#ifndef IO_TOKENIZER_PRETOKENIZER_H
#define IO_TOKENIZER_PRETOKENIZER_H
#include "base/error.h"
#include "io/tokenizer/tok-buffer.h"
#include <jansson.h>
#include <stdbool.h>

typedef struct hl_pretokenizer hl_pretokenizer;

/* Who takes the pieces of the last step. */
typedef struct {
    hl_status (*take)(void *own, const char *piece, size_t n);
    void *own;
} hl_pretokenizer_end;

typedef struct {
    const char *type;
    /* Fill p->own from what tokenizer.json says; NULL: nothing is to be filled.  On failure it may be half made. */
    hl_status (*open)(hl_pretokenizer *p, const json_t *says, const char *path);
    /* Hand on the pieces of text, n > 0 bytes of UTF-8, by hl_pretokenizer_pass. */
    hl_status (*cut)(hl_pretokenizer *p, const char *text, size_t n);
    void (*close)(hl_pretokenizer *p); /* p->own may be NULL; NULL: there is nothing to close */
} hl_pretokenizer_kind;

struct hl_pretokenizer {
    const hl_pretokenizer_kind *kind;
    void *own;
    hl_tok_buffer out;              /* scratch */
    hl_pretokenizer *next;          /* NULL: the last one */
    bool is_first;                  /* of the chain */
    bool begins_text;               /* in the first one: the piece stands where the whole text begins */
    const hl_pretokenizer_end *end; /* of the chain */
};

extern const hl_pretokenizer_kind hl_pretokenizer_byte_level, hl_pretokenizer_split, hl_pretokenizer_digits,
    hl_pretokenizer_punctuation, hl_pretokenizer_whitespace, hl_pretokenizer_whitespace_split, hl_pretokenizer_bert,
    hl_pretokenizer_metaspace, hl_pretokenizer_char_delimiter;

/* The chain that tokenizer.json's "pre_tokenizer" says; NULL for null.  A Sequence becomes its members.  Close *out
 * also after a failure. */
hl_status hl_pretokenizer_open(hl_pretokenizer **out, const json_t *says, const char *path);
void hl_pretokenizer_close(hl_pretokenizer *chain);

/* Is one of the chain ByteLevel, so that the model sees bytes, not characters? */
bool hl_pretokenizer_is_bytes(const hl_pretokenizer *chain);

/* Cut a text; begins_text: it stands at the beginning of the whole text.  A chain of NULL hands on the text itself,
 * an empty piece nobody. */
hl_status hl_pretokenizer_run(hl_pretokenizer *chain, const hl_pretokenizer_end *end, const char *text, size_t n,
                              bool begins_text);

/* For kinds: a piece for the next step, or for the end. */
hl_status hl_pretokenizer_pass(hl_pretokenizer *p, const char *piece, size_t n);

#endif
