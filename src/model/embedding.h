/* embedding.h - rows of the token table go into a stack, and gradients go back to them.
 *
 * Vocabulary-parallel: each peer has some rows of the table, whatever else it has of the layers; how the rows of tokens
 * then come to those who keep them is `embed` of hl_cut_rows (model/cut.h). */
#ifndef MODEL_EMBEDDING_H
#define MODEL_EMBEDDING_H
#include "model/cut.h"

/* x (T, D) = those of the rows that are mine to give, of all tokens of the pack; the others are zero. */
void hl_embedding_forward(float *x, const hl_pass *p);

/* Add the gradients of my rows, given dx (T, D), the same on all peers. */
void hl_embedding_backward(const hl_pass *p, const float *dx);

#endif
