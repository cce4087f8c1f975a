/* embedding.h - rows of the token table go into a stack, and gradients go back to them.
 *
 * Vocabulary-parallel: each peer has some rows of the table, whatever else it has of the layers; how the rows of tokens
 * then come to those who keep them is `embed` of hl_cut_rows (model/cut.h).  Where positions are learned, their rows
 * and that of the first token type are added after that, by everyone to the rows that they keep: to rows of tokens, or
 * to vectors that a user model reads. */
#ifndef MODEL_EMBEDDING_H
#define MODEL_EMBEDDING_H
#include "model/cut.h"

/* x (T, D) = those of the rows that are mine to give, of all tokens of the pack; the others are zero. */
void hl_embedding_forward(float *x, const hl_pass *p);

/* x, the rows that I keep (kept, C): position and type are added, where there are any. */
void hl_embedding_add(const hl_pass *p, float *x, const hl_row_share *r);

/* Add the gradients of my rows, where tokens went in, given dx (T, D), the same on all peers; and where positions are
 * learned those of positions and type, which are then the same on all peers too. */
void hl_embedding_backward(const hl_pass *p, const float *dx);

#endif
