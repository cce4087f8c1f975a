/* samefile.h - is a file the same on all machines?
 *
 * A path may be in a folder that all machines share, or each machine may have a copy.  Ranks that see one file read it
 * together, a part each.  Whether ranks of several machines do, number, size and time say where the file system is one
 * of a network (io/files/filesystem.h); else each machine's counts as a copy. */
#ifndef IO_FILES_SAMEFILE_H
#define IO_FILES_SAMEFILE_H
#include "mpi/comm/group.h"

/* The group of the ranks for which `path` is the same file as for this rank, in the order of their ranks.  Close with
 * hl_group_close.  HL_EFORMAT where a rank has no file there.  Collective over g. */
hl_status hl_samefile_group(hl_group *out, const hl_group *g, const char *path);

/* HL_EFORMAT on all ranks where the contents differ, with the path, both ranks and hosts.  Where all ranks see one
 * file, nothing is read.  Collective over g. */
hl_status hl_samefile_check(const hl_group *g, const char *path);

#endif
