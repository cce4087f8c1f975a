/* details.h - what an evaluation says of users apart: metrics of groups of them, and intervals of the metrics. */
#ifndef APP_TRAIN_DETAILS_H
#define APP_TRAIN_DETAILS_H
#include "app/train/evaluation.h"

/* Before the evaluation of a phase: room for what the details are made of, where the configuration asks for some. */
void hl_details_prepare(hl_job *j, hl_phase phase);

/* What the configuration asks for (`by`, `intervals`) of a phase that was evaluated, as j->details, in the words of
 * doc/formats.md.  Nothing where it asks for nothing.  Collective. */
void hl_details_make(hl_job *j, hl_phase phase);

/* Print them for people.  Local. */
void hl_details_print(const hl_job *j);

#endif
