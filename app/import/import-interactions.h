/* import-interactions.h - the interactions of an import: each rank has some, in the order of the files. */
#ifndef APP_IMPORT_IMPORT_INTERACTIONS_H
#define APP_IMPORT_IMPORT_INTERACTIONS_H
#include "app/import/import-report.h"
#include "app/import/import-settings.h"
#include "io/dataset/idcount.h"
#include "io/dataset/idtable.h"
#include "io/dataset/timestamp.h"
#include "io/files/progress.h"
#include "io/files/shared-file.h"

typedef struct {
    int64_t time;
    int32_t item, user; /* numbers in the tables of this rank */
} hl_import_row;

typedef struct {
    hl_idtable *items, *users; /* of what this rank has read */
    hl_import_row *row;        /* (begin[files]) */
    size_t room;
    int64_t *begin; /* (files + 1) rows of each file */
    int files;
    hl_time_sizes sizes;
    hl_idcount *item_count, *user_count; /* over all ranks */
} hl_import_interactions;

/* Read the files: a rank has a part of each, or whole packed ones.  Collective over g.
 * Close *x also after a failure. */
hl_status hl_import_interactions_read(hl_import_interactions *x, hl_import_report *r, const hl_group *g,
                                      const hl_import_settings *s, hl_progress *progress);
void hl_import_interactions_close(hl_import_interactions *x);

/* Write the rows that are left into a file, which has a section for a header, which rank 0 writes, and one for each of
 * the files that were read.  Local. */
hl_status hl_import_interactions_write(const hl_import_interactions *x, hl_shared_file *f, bool has_header);

#endif
