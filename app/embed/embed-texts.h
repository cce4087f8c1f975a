/* embed-texts.h - a round of texts is encoded, wherever their tokens come from.  For the sources of items. */
#ifndef APP_EMBED_EMBED_TEXTS_H
#define APP_EMBED_EMBED_TEXTS_H
#include "app/embed/embed-source.h"

enum { HL_EMBED_TEXTS = 4096 }; /* of a round */

/* Token ids of the i-th text of a round; i = -1: of an item without text. */
typedef struct {
    const void *self;
    const int32_t *(*tokens)(const void *self, int i, int *n);
} hl_embed_texts;

/* Encode the n texts of a round, which are those of the rows of the list; out as in hl_embed_kind.  Collective. */
hl_status hl_embed_texts_encode(hl_embed_source *s, const hl_embed_texts *t, const int32_t *list, int n,
                                hl_embed_part *out);

#endif
