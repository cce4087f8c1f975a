/* import-filter.h - leave out interactions of users and items that have too few.
 *
 * "core": as often as there is one to leave out, so that in the end all have as many.  "public": what the public code
 * does to Amazon Books: by the counts of the whole file, then users by the counts of what is left, once. */
#ifndef APP_IMPORT_IMPORT_FILTER_H
#define APP_IMPORT_IMPORT_FILTER_H
#include "app/import/import-interactions.h"

/* Filter the rows, and count what is left.  Collective over g. */
void hl_import_filter_rows(hl_import_interactions *x, hl_import_report *r, const hl_group *g,
                           const hl_import_settings *s);

/* Note times that are not in one unit, and rows that are there more than once.  Collective over g. */
void hl_import_look(const hl_import_interactions *x, hl_import_report *r, const hl_group *g);

#endif
