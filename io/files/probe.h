/* probe.h - is a folder the same one for all ranks, and may all write there? */
#ifndef IO_FILES_PROBE_H
#define IO_FILES_PROBE_H
#include "mpi/comm/group.h"
#include <limits.h>

/* Rank 0 writes a small file into the folder; all ranks must find it with the same content and be able to open it
 * for writing.  The folder is made where it is not there.  A rank looks for some seconds, since network file systems
 * show new files late.  The file and folders made for it are removed.  key: the option that names the folder, for
 * the sentence.  HL_ESTORE.  Collective. */
hl_status hl_probe_folder(const hl_group *g, const char *folder, const char *key);

#endif
