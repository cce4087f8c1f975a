/* ranks-file.h - the ranks of an evaluation as a file, with all that tells what they are of. */
#ifndef APP_TRAIN_RANKS_FILE_H
#define APP_TRAIN_RANKS_FILE_H
#include "app/train/evaluation.h"

/* Write the ranks of the phase of v, which the job has (hl_job.ranks), to a file (io/dataset/target-ranks.h).
 * checkpoint: whose weights were evaluated; NULL: the initial ones.  HL_ESTORE.  Collective. */
hl_status hl_ranks_file_write(const hl_job *j, const hl_evaluation *v, const char *checkpoint, const char *path);

#endif
