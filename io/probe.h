/* probe.h - is a folder the same one for all ranks, and may all write there? */
#ifndef IO_PROBE_H
#define IO_PROBE_H
#include "mpi/group.h"
#include <limits.h>

/* Rank 0 writes a small file into the folder, made for it where it is not there; all ranks must find the file, with
 * what is in it, and open it for writing.  A rank looks for some seconds, since file systems of a network show new
 * files late.  Nothing stays, nor do folders that were made for this.  `key`: the option that names the folder, for
 * the sentence.  HL_ESTORE. Collective. */
hl_status hl_probe_folder(const hl_group *g, const char *folder, const char *key);

#endif
