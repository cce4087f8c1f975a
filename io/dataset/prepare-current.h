/* prepare-current.h - does an existing dataset still fit its settings and sources? */
#ifndef IO_DATASET_PREPARE_CURRENT_H
#define IO_DATASET_PREPARE_CURRENT_H
#include "base/error.h"
#include "io/dataset/prepare-settings.h"
#include "mpi/comm/group.h"
#include <stdbool.h>

/* Is there a dataset that was made with these settings from these files as they are now?  Where not, the log says
 * why.  A file that is no longer there counts as unchanged.  r: the report of a current dataset.  HL_EFORMAT where
 * its texts say nothing (hl_report_check); HL_EUSAGE where something else stands at the folder's path, or where the
 * dataset is not current and the run of the settings was trained on it.  Collective. */
hl_status hl_prepare_is_current(const hl_group *g, const hl_prepare_settings *s, bool *is_current,
                                hl_prepare_report *r);

#endif
