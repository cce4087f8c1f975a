/* prepare.h - two CSV files into a dataset folder, or one where no model reads texts.
 *
 * Every rank reads the files and keeps the ids of all items and users, but interactions and texts of its own shards
 * alone.  The folder's bytes do not depend on the number of ranks.  The folder appears whole or not at all. */
#ifndef IO_DATASET_PREPARE_H
#define IO_DATASET_PREPARE_H
#include "base/error.h"
#include "io/dataset/manifest.h"
#include "io/dataset/prepare-current.h"
#include "io/dataset/prepare-settings.h"
#include "mpi/comm/group.h"
#include <stdbool.h>

/* Make the dataset; it replaces one that is there.  HL_EFORMAT: a bad input file, or texts that say nothing
 * (hl_report_check).  HL_ESTORE: the folder cannot be written.  HL_EUSAGE: impossible settings.  Collective over g. */
hl_status hl_prepare(const hl_group *g, const hl_prepare_settings *s, hl_prepare_report *r);

/* Make the dataset unless it is current; *did says whether it was made.  While another run is making it, wait, and
 * take that dataset if it fits.  The report is that of the dataset either way. */
hl_status hl_prepare_when_needed(const hl_group *g, const hl_prepare_settings *s, hl_prepare_report *r, bool *did);

#endif
