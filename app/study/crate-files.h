/* crate-files.h - the files of a folder, as entities of an RO-Crate. */
#ifndef APP_STUDY_CRATE_FILES_H
#define APP_STUDY_CRATE_FILES_H
#include "base/error.h"
#include <jansson.h>

/* Add an entity for each file in `dir` and below to the graph, and its reference to `parts`, in the order of their
 * names.  Locks, the metadata file itself and what is no plain file are left out.  HL_ESTORE where one cannot be
 * read. */
hl_status hl_crate_files(json_t *graph, json_t *parts, const char *dir);

/* A path as an address: what is not plain in one is %XX.  Release with free. */
char *hl_crate_address(const char *path);

/* {"@id": id}. */
json_t *hl_crate_reference(const char *id);

#endif
