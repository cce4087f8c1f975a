/* idmatch.h - which items have a row in the text file, and which would have one if ids were written alike.
 *
 * The ids of rows that no item has, and the comparison of ids by their plain forms, are shared out over the ranks by
 * digests of these forms; nothing is compared where every item has its row. */
#ifndef IO_IDMATCH_H
#define IO_IDMATCH_H
#include "io/excerpt.h"
#include "io/idform.h"
#include "io/idtable.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct hl_idmatch hl_idmatch;

/* items is borrowed; all ranks have the same. */
hl_idmatch *hl_idmatch_new(const hl_idtable *items, int rank, int ranks);
void hl_idmatch_free(hl_idmatch *m);

/* A row of the text file: its id, and that id's number in the table, -1 where it has none.  Every rank says every row.
 */
void hl_idmatch_row(hl_idmatch *m, int64_t number, const char *id, size_t n);

bool hl_idmatch_has_row(const hl_idmatch *m, int64_t number);

/* The first two different ids: of items without a row, of rows without an item.  The latter on rank 0 alone.  An empty
 * text where there is none. */
void hl_idmatch_unmatched(const hl_idmatch *m, char items[2][HL_EXCERPT], char rows[2][HL_EXCERPT]);

/* Items without a row whose plain id is that of a row; those that this rank compares. */
typedef struct {
    int64_t count[HL_FORMS];
    int64_t first[HL_FORMS];            /* the lowest number of an item; INT64_MAX: none */
    char pair[HL_FORMS][2][HL_EXCERPT]; /* the id of that one, and the id of the row */
} hl_idmatch_forms;

/* When all rows are said. */
void hl_idmatch_compare(hl_idmatch_forms *f, const hl_idmatch *m);

#endif
