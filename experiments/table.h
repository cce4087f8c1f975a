/* table.h - the metrics of a model beside those of what needs no model. */
#ifndef EXPERIMENTS_TABLE_H
#define EXPERIMENTS_TABLE_H
#include "experiments/evaluation.h"

/* HL_EFORMAT where `path` is no file of rows whose metrics are fractions; "" is fine.  Local. */
hl_status hl_table_check_reference(const char *path);

/* Can the table be made?  Asks for the rows of reference_scores and the room for EASE, before hours of training
 * rather than after.  Collective. */
hl_status hl_table_check(const hl_job *j);

/* A table of the phase on standard output, rank 0: the model, where there are ties also with the target first and
 * last among them, popularity, chance, EASE where `ease` is on, and the rows of the file `reference_scores` where
 * one is configured;
 * *json, where not NULL, gets the same rows.  Collective. */
hl_status hl_table_make(const hl_job *j, const hl_evaluation *v, json_t **json);

#endif
