/* idtable.h - byte strings to dense numbers, in the order of first appearance.
 *
 * Ids are any bytes, not only text.  Memory: the bytes themselves and 20 to 36 bytes an id. */
#ifndef IO_DATASET_IDTABLE_H
#define IO_DATASET_IDTABLE_H
#include "base/strings.h"
#include <stddef.h>
#include <stdint.h>

/* Numbers are below this. */
#define HL_IDTABLE_MOST INT32_MAX

typedef struct hl_idtable hl_idtable;

hl_idtable *hl_idtable_new(void);
void hl_idtable_free(hl_idtable *t);

/* The number of an id, which gets the next one (hl_idtable_count) where it is new; -1 where the table is full. */
int64_t hl_idtable_put(hl_idtable *t, const char *id, size_t n);

/* The number of an id; -1 where it was never put. */
int64_t hl_idtable_find(const hl_idtable *t, const char *id, size_t n);

int64_t hl_idtable_count(const hl_idtable *t);

/* The n bytes of id number i, without a NUL at the end; ids follow one another without gaps.  Valid until the next
 * put. */
const char *hl_idtable_at(const hl_idtable *t, int64_t i, size_t *n);

/* All ids in the order of their numbers. */
const hl_strings *hl_idtable_strings(const hl_idtable *t);

#endif
