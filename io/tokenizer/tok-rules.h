/* tok-rules.h - what stands around the pieces of a SentencePiece model: added tokens, the blank in front, BOS and EOS.
 *
 * The words are those of tokenizer_config.json and tokenizer.json. */
#ifndef IO_TOKENIZER_TOK_RULES_H
#define IO_TOKENIZER_TOK_RULES_H
#include "base/error.h"
#include "io/tokenizer/vocab.h"
#include <stdbool.h>
#include <stdint.h>

/* Which stretches of text between added tokens get a blank in front. */
typedef enum {
    HL_PREFIX_EACH,    /* every one (legacy: Prepend) */
    HL_PREFIX_MISSING, /* every one that does not begin with a blank (Metaspace always) */
    HL_PREFIX_FIRST,   /* the one that begins the text, where it does not begin with a blank (Metaspace first) */
    HL_PREFIX_NEVER
} hl_tok_prefix;

/* A token that is cut out of a text before anything else. */
typedef struct {
    char *text;
    int32_t id;
    bool normalized, single_word;
    bool lstrip, rstrip; /* takes the white space on that side with it */
} hl_tok_added;

/* left and right become whole; ids. */
typedef struct {
    int32_t left, right, whole;
} hl_tok_merge;

/* Starts from {.bos = -1, .eos = -1}; release with hl_tok_rules_free. */
typedef struct {
    hl_tok_added *added;
    int n_added;
    size_t added_room;
    int32_t bos, eos; /* -1: none is put there */
    hl_tok_prefix prefix;
    bool split_special;   /* tokens that a text holds are text */
    hl_tok_merge *merges; /* best first; NULL: those that follow from the scores */
    int n_merges;
} hl_tok_rules;

/* The id of a text: of a piece, of an added token, or -1. */
int32_t hl_tok_rules_find(const hl_tok_rules *r, const hl_vocab *pieces, const char *text);

/* Add a token and return its id: that of the piece of the same text, or the next free one.  A text that was added
 * before keeps its id; where `replace`, it takes over the flags of the token.  token.text is copied, token.id
 * ignored. */
int32_t hl_tok_rules_add(hl_tok_rules *r, const hl_vocab *pieces, hl_tok_added token, bool replace);

/* Digest of all that decides ids. */
uint64_t hl_tok_rules_digest(const hl_tok_rules *r);

void hl_tok_rules_free(hl_tok_rules *r);

#endif
