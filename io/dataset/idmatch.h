/* idmatch.h - which items have a row in the text file, and which would have one if ids were written alike.
 *
 * Ids are compared by their plain forms (io/dataset/idform.h), and only where an item has no row.  The digest of a
 * plain form names the rank that compares it. */
#ifndef IO_DATASET_IDMATCH_H
#define IO_DATASET_IDMATCH_H
#include "io/files/excerpt.h"
#include "io/dataset/idform.h"
#include "io/dataset/idtable.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hl_idmatch hl_idmatch;

/* items is borrowed; all ranks have the same. */
hl_idmatch *hl_idmatch_new(const hl_idtable *items, int rank, int ranks);
void hl_idmatch_free(hl_idmatch *m);

/* Note a row of the text file: its id, and the number of the id in the table (-1: it has none).  Every rank notes
 * every row. */
void hl_idmatch_row(hl_idmatch *m, int64_t number, const char *id, size_t n);

bool hl_idmatch_has_row(const hl_idmatch *m, int64_t number);

/* The first two different ids of items without a row, and of rows without an item; "" where there is none.  Rows
 * without an item are known on rank 0 alone. */
void hl_idmatch_unmatched(const hl_idmatch *m, char items[2][HL_EXCERPT], char rows[2][HL_EXCERPT]);

/* Items without a row whose plain id is that of a row: the ones that this rank compares. */
typedef struct {
    int64_t count[HL_FORMS];
    int64_t first[HL_FORMS];            /* the lowest number of an item; INT64_MAX: none */
    char pair[HL_FORMS][2][HL_EXCERPT]; /* the id of that one, and the id of the row */
} hl_idmatch_forms;

/* Compare, after all rows were noted. */
void hl_idmatch_compare(hl_idmatch_forms *f, const hl_idmatch *m);

#endif
