/* data.h - the dataset that a configuration names. */
#ifndef APP_TRAIN_DATA_H
#define APP_TRAIN_DATA_H
#include "app/config/config.h"
#include "io/dataset/prepare.h"
#include "mpi/comm/group.h"

/* The settings of c for hl_prepare.  Their texts belong to c. */
hl_prepare_settings hl_data_settings(const hl_config *c);

/* Find the folder of the dataset of these settings: rank 0 answers, and s->folder becomes the answer.  Collective. */
hl_status hl_data_folder(char folder[PATH_MAX], const hl_group *world, hl_prepare_settings *s);

/* Say in the log what was odd about the source files of a dataset, and what a temporal split made of them.  Rank 0
 * speaks. */
void hl_data_tell(const hl_group *world, const hl_manifest *m);

/* Warn of what makes metrics doubtful: at the start, and beside the metrics.  Texts are left out where c's model
 * reads none.  Rank 0 speaks. */
void hl_data_warn(const hl_group *world, const hl_config *c, const hl_manifest *m);

#endif
