/* shared-file.h - a text file that all ranks write together, whole or not at all.
 *
 * A rank adds bytes to the section that it is in.  The file has the sections one after the other, and of each section
 * the bytes of rank 0, rank 1 and so on.  Until it is whole, each rank keeps its bytes in a file of its own beside it,
 * NAME.new.RANK; one rank alone writes NAME.new.  All ranks must see one folder. */
#ifndef IO_FILES_SHARED_FILE_H
#define IO_FILES_SHARED_FILE_H
#include "mpi/comm/group.h"
#include <stddef.h>
#include <stdint.h>

typedef struct hl_shared_file hl_shared_file;

/* Begin the file `path`, in section 0 of so many.  g is borrowed.  HL_ESTORE where it cannot be written.  Collective.
 * Close *out also after a failure. */
hl_status hl_shared_file_open(hl_shared_file **out, const hl_group *g, const char *path, int sections);

/* Add bytes to the section at hand.  Local. */
hl_status hl_shared_file_add(hl_shared_file *f, const void *bytes, size_t n);

/* What is added from now on is of the next section.  Local. */
void hl_shared_file_next(hl_shared_file *f);

/* Put the file at its place; it replaces one that is there.  Collective. */
hl_status hl_shared_file_place(hl_shared_file *f);

/* Forget it, and remove what was not placed.  Local. */
void hl_shared_file_close(hl_shared_file *f);

#endif
