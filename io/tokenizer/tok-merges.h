/* tok-merges.h - the merges of a SentencePiece model, which keeps pieces with scores alone. */
#ifndef IO_TOKENIZER_TOK_MERGES_H
#define IO_TOKENIZER_TOK_MERGES_H
#include "io/tokenizer/vocab.h"
#include <jansson.h>

/* Every division of a piece into two pieces, [["left", "right"], ...], ranked by the piece's score (pieces->n), then by
 * the lengths in characters of its left and its right part (longer first), then by the piece's id. */
json_t *hl_tok_merges_make(const hl_vocab *pieces, const float *score);

#endif
