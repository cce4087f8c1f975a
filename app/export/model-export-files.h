/* model-export-files.h - what stands beside the numbers of an export: configurations, tokenizer, record.
 *
 * For app/export/model-export.c.  All functions are local, for one rank. */
#ifndef APP_EXPORT_MODEL_EXPORT_FILES_H
#define APP_EXPORT_MODEL_EXPORT_FILES_H
#include "app/export/model-export-plan.h"
#include "model/transformer.h"
#include <jansson.h>

/* Write config.json of both folders, index files, and copy the tokenizer's files into that of the Item LLM; of a
 * model of item ids model.yaml alone. */
hl_status hl_model_export_files_write(const char *folder, const hl_export_plan *p, const hl_config *c,
                                      const hl_transformer *item, const hl_transformer *user);

/* DIR/export.json, by which a folder is known to be an export. */
hl_status hl_model_export_files_record(const char *folder, const hl_export_plan *p, const char *checkpoint,
                                       uint64_t digest);

/* May `to` be replaced: is nothing there, or an export?  HL_EUSAGE where it is something else. */
hl_status hl_model_export_files_may_replace(const char *to);

#endif
