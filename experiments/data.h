/* data.h - the dataset that a configuration names. */
#ifndef EXPERIMENTS_DATA_H
#define EXPERIMENTS_DATA_H
#include "experiments/config.h"
#include "io/prepare.h"
#include "mpi/group.h"

/* The settings of c; texts are those of c. */
hl_prepare_settings hl_data_settings(const hl_config *c);

/* Where the dataset of these settings is: rank 0's answer, which the settings have from then on.  Collective. */
hl_status hl_data_folder(char folder[PATH_MAX], const hl_group *world, hl_prepare_settings *s);

/* What was odd about the files that a dataset is made of, and what a temporal split made of them, in the log.  Rank
 * 0 speaks. */
void hl_data_tell(const hl_group *world, const hl_manifest *m);

/* What makes metrics doubtful, as warnings: at the start, and beside the metrics.  Nothing of texts where c's model
 * reads none.  Rank 0 speaks. */
void hl_data_warn(const hl_group *world, const hl_config *c, const hl_manifest *m);

#endif
