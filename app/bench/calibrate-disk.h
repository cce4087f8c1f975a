/* calibrate-disk.h - how fast a node writes to a folder and reads from it. */
#ifndef APP_BENCH_CALIBRATE_DISK_H
#define APP_BENCH_CALIBRATE_DISK_H
#include "mpi/comm/group.h"
#include <stdbool.h>

/* Bytes a second of a node, whose ranks work at once; some hundred megabytes are written, flushed, read and removed.
 * False where a rank could not, which says why.  Collective; the same on all ranks. */
bool hl_calibrate_disk(double *write, double *read, const hl_group *ranks, const char *folder, bool quick);

#endif
