/* import.h - data sets of others to the two CSV files of a data set of ours. */
#ifndef APP_IMPORT_IMPORT_H
#define APP_IMPORT_IMPORT_H
#include "app/import/import-report.h"
#include "app/import/import-settings.h"

/* Write folder/dataset/name.csv and, where there are texts, folder/information/name.csv; their bytes do not depend on
 * the number of ranks.  After a failure the files that were there are there.
 * HL_EUSAGE where they are there already, HL_EFORMAT where the files are not what they should be.  Collective over g.
 */
hl_status hl_import(hl_import_report *r, const hl_group *g, const hl_import_settings *s);

#endif
