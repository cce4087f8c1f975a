/* tok-vocab.h - the pieces of a model, with the ids that its file gives them. */
#ifndef IO_TOKENIZER_TOK_VOCAB_H
#define IO_TOKENIZER_TOK_VOCAB_H
#include "base/error.h"
#include "io/tokenizer/tok-buffer.h"
#include "io/tokenizer/vocab.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { HL_TOK_VOCAB_MOST = 1 << 26 }; /* ids are below this */

/* Start from {0}, release with hl_tok_vocab_free. */
typedef struct {
    hl_vocab pieces; /* by number */
    int32_t *id;     /* (pieces.n) of each */
    size_t id_room;
    hl_tok_buffer texts; /* what pieces borrow */
    int32_t end;         /* above all ids */
    int longest;         /* bytes of the longest piece */
} hl_tok_vocab;

/* Read {"text": id, ...}.  are_letters: texts are letters that stand for bytes (io/tokenizer/byte-letters.h); the
 * pieces are the bytes, and a text with another character, which no word can be, is left out.  HL_EFORMAT where an id
 * is none. */
hl_status hl_tok_vocab_read(hl_tok_vocab *v, const json_t *ids, bool are_letters, const char *path);

/* Read [["text", score], ...], where ids count from 0.  score[i] is that of id i; of a text that comes twice the last
 * id counts. */
hl_status hl_tok_vocab_read_scored(hl_tok_vocab *v, double **score, const json_t *list, const char *path);

/* The id of a piece, or -1. */
int32_t hl_tok_vocab_find(const hl_tok_vocab *v, const char *text, size_t n);

/* Digest of pieces and ids, in any order. */
uint64_t hl_tok_vocab_digest(const hl_tok_vocab *v);
void hl_tok_vocab_free(hl_tok_vocab *v);

#endif
