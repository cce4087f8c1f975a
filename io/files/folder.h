/* folder.h - folders: what is above them, making and removing them.
 *
 * All functions are local; they fail with HL_ESTORE and a sentence that names the path and the system's reason. */
#ifndef IO_FILES_FOLDER_H
#define IO_FILES_FOLDER_H
#include "base/error.h"
#include <limits.h>

/* The folder that holds `path`. */
void hl_folder_above(char out[PATH_MAX], const char *path);

/* The nearest folder at or above `path` that exists; returns how many folders of the path do not. */
int hl_folder_existing(char out[PATH_MAX], const char *path);

/* Make a folder, and those above it; that it exists is fine. */
hl_status hl_folder_make(const char *path);

/* Remove a folder and what it holds; that it does not exist is fine. */
hl_status hl_folder_remove(const char *path);

#endif
