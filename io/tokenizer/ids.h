/* ids.h - the token ids of a text, as they come. */
#ifndef IO_TOKENIZER_IDS_H
#define IO_TOKENIZER_IDS_H
#include <stddef.h>
#include <stdint.h>

/* Grows as needed.  Start from {0}, release with hl_ids_free. */
typedef struct {
    int32_t *at;
    int n;
    size_t room;
    int64_t dropped; /* characters of the text that no id stands for (bytes, where the model reads bytes) */
} hl_ids;

void hl_ids_push(hl_ids *ids, int32_t id);
void hl_ids_push_all(hl_ids *to, const hl_ids *ids); /* what was dropped too */
void hl_ids_free(hl_ids *ids);

#endif
