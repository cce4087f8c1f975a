/* columns.h - which columns of a CSV file are item, user and time.
 *
 * Columns are found by known names: item, item_id, movieId, parent_asin; user, user_id, reviewerID; timestamp, time,
 * unixReviewTime and the like (the table in columns.c).  Capitals and dashes do not matter; the types that RecBole
 * writes behind names (item_id:token) are left out.  A header of three columns without any known name is item, user,
 * timestamp in this order. */
#ifndef IO_DATASET_COLUMNS_H
#define IO_DATASET_COLUMNS_H
#include "base/error.h"
#include "io/dataset/csv.h"

enum { HL_COLUMN_ITEM, HL_COLUMN_USER, HL_COLUMN_TIME, HL_COLUMNS };

/* The columns of an interactions file.  HL_EFORMAT where the header names some of the three and not all, names one
 * twice, or is an interaction rather than a header. */
hl_status hl_columns_find(int column[HL_COLUMNS], const hl_csv *c);

/* The column of item ids in a text file: item_id, or another known name. */
hl_status hl_columns_find_item(int *column, const hl_csv *c);

/* The column that is called so, with or without RecBole's type behind it. */
hl_status hl_columns_find_named(int *column, const hl_csv *c, const char *name);

/* Unless the columns are item, user, timestamp alone: say on the log which columns were taken and which are not
 * read.  label: the column of labels; -1: none. */
void hl_columns_tell(const int column[HL_COLUMNS], int label, const hl_csv *c);

#endif
