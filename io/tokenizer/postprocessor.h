/* postprocessor.h - the special ids that stand before and behind every text. */
#ifndef IO_TOKENIZER_POSTPROCESSOR_H
#define IO_TOKENIZER_POSTPROCESSOR_H
#include "base/error.h"
#include "io/tokenizer/ids.h"
#include <jansson.h>

/* Start from {0}, release with hl_postprocessor_free. */
typedef struct {
    hl_ids before, behind;
} hl_postprocessor;

/* Read tokenizer.json's "post_processor".  A kind is a row of the table in postprocessor.c. */
hl_status hl_postprocessor_read(hl_postprocessor *p, const json_t *says, const char *path);
void hl_postprocessor_free(hl_postprocessor *p);

#endif
