/* import-texts.h - the texts of an import: read and written some megabytes at a time. */
#ifndef APP_IMPORT_IMPORT_TEXTS_H
#define APP_IMPORT_IMPORT_TEXTS_H
#include "app/import/import-report.h"
#include "app/import/import-settings.h"
#include "io/dataset/idcount.h"
#include "io/files/progress.h"
#include "io/files/shared-file.h"

/* Write the texts of items that have interactions, whose counts are `items`, into the file `out`, which has a section
 * for each of the files that are read.  Collective over g. */
hl_status hl_import_texts(hl_import_report *r, hl_idcount *items, const hl_group *g, const hl_import_settings *s,
                          hl_shared_file *out, hl_progress *progress);

#endif
