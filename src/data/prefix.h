/* prefix.h - how alike texts begin. */
#ifndef DATA_PREFIX_H
#define DATA_PREFIX_H
#include "data/corpus.h"

/* How many rows of a micro-batch's texts, the first ones, can be computed once for all of them: the longest common
 * token prefix of items (n).  0 where it is not worth sharing: of one text, or of one token. */
int hl_prefix_of(const hl_corpus *corpus, const int32_t *item, int n);

#endif
