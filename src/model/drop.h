/* drop.h - what a stack drops by chance in training: rows before they are added to others, and probabilities.
 *
 * Only packs that say whose rows they have (hl_pack.sample) drop anything, so evaluations do not. */
#ifndef MODEL_DROP_H
#define MODEL_DROP_H
#include "model/cut.h"

/* In the order of a forward; the input is the first layer's. */
typedef enum { HL_DROP_INPUT, HL_DROP_PROBABILITIES, HL_DROP_ATTENTION, HL_DROP_MLP, HL_DROP_SITES } hl_drop_site;

/* Does this pass drop rows at all? */
bool hl_drops_rows(const hl_pass *p);

/* x (n, C), rows of the pass from `first` on, times their factors: of a forward, or of gradients. */
void hl_drop_rows(const hl_pass *p, float *x, hl_drop_site site, int first, int n);

/* Of the probabilities of this layer; NULL where none are dropped. */
const hl_attention_drop *hl_drop_attention(hl_attention_drop *to, const hl_pass *p);

#endif
