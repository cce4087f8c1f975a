/* filesystem.h - the kind of file system that a path is on. */
#ifndef IO_FILES_FILESYSTEM_H
#define IO_FILES_FILESYSTEM_H
#include <stdbool.h>

typedef struct {
    unsigned long type; /* f_type of statfs(2) */
    const char *name;
    bool is_shared; /* all machines that have it mounted see the same files */
} hl_filesystem;

/* The row of a type; NULL where it is not known. */
const hl_filesystem *hl_filesystem_of_type(unsigned long type);

/* The row of the file system of a path; NULL where it is not known. */
const hl_filesystem *hl_filesystem_of(const char *path);

#endif
