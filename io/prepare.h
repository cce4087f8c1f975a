/* prepare.h - two CSV files into a dataset folder.
 *
 * Every rank reads both files, keeps the ids of all items and users and, of interactions and texts, only those of
 * its own shards; the folder's bytes do not depend on the number of ranks.  The folder appears whole or not at all. */
#ifndef IO_PREPARE_H
#define IO_PREPARE_H
#include "base/error.h"
#include "io/manifest.h"
#include "io/prepare-current.h"
#include "io/prepare-settings.h"
#include "mpi/group.h"
#include <stdbool.h>

/* Make the dataset, instead of the one that may be there.  Collective over g.
 * HL_EFORMAT: a bad input file, or texts that say nothing (hl_report_check); HL_ESTORE: the folder cannot be
 * written; HL_EUSAGE: settings that cannot be. */
hl_status hl_prepare(const hl_group *g, const hl_prepare_settings *s, hl_prepare_report *r);

/* The same, only where it is not current; *did says which.  Where another run is making it, that is waited for, and
 * taken if it fits.  The report is that of the dataset either way. */
hl_status hl_prepare_when_needed(const hl_group *g, const hl_prepare_settings *s, hl_prepare_report *r, bool *did);

#endif
