/* columns.h - which columns of a CSV file are item, user and time.
 *
 * Known names are found wherever they stand: item, item_id, movieId, parent_asin; user, user_id, reviewerID; timestamp,
 * time, unixReviewTime and the like (the table is in columns.c), in capitals or not, with or without dashes, and with
 * the types that RecBole writes behind names (item_id:token).  Where the header has none of them, three columns are
 * item, user and timestamp in this order. */
#ifndef IO_COLUMNS_H
#define IO_COLUMNS_H
#include "base/error.h"
#include "io/csv.h"

enum { HL_COLUMN_ITEM, HL_COLUMN_USER, HL_COLUMN_TIME, HL_COLUMNS };

/* The columns of an interactions file.  HL_EFORMAT where its header names some of them alone or one of them twice, or
 * where it is no header but an interaction. */
hl_status hl_columns_find(int column[HL_COLUMNS], const hl_csv *c);

/* The column of items' ids in a text file: item_id, or the one of another known name. */
hl_status hl_columns_find_item(int *column, const hl_csv *c);

/* Say on the log which columns were taken, and which are not read, where that is not the plain order of three. */
void hl_columns_tell(const int column[HL_COLUMNS], const hl_csv *c);

#endif
