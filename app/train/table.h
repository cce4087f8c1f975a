/* table.h - the table at the end of an evaluation: the metrics of the model, and beside them those of popularity,
 * chance, EASE and a reference. */
#ifndef APP_TRAIN_TABLE_H
#define APP_TRAIN_TABLE_H
#include "app/train/evaluation.h"

/* HL_EFORMAT where `path` is no file of rows whose metrics are fractions; "" is fine.  Local. */
hl_status hl_table_check_reference(const char *path);

/* Can the table be made?  Looks for the rows of reference_scores and the room for EASE, before hours of training
 * rather than after.  Collective. */
hl_status hl_table_check(const hl_job *j);

/* Make the table of the phase of v.  Its rows: the model; where there are ties, the model with the target first and
 * last among them; popularity; chance; EASE where `ease` is on; the rows of the file `reference_scores` where one is
 * configured.  json NULL: rank 0 prints the table; else *json gets the rows.  Collective. */
hl_status hl_table_make(const hl_job *j, const hl_evaluation *v, json_t **json);

#endif
