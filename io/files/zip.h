/* zip.h - the entries of a zip file that is mapped.
 *
 * libzip reads the directory.  Of an entry that is stored as it is, only the place of its bytes is asked: they are
 * read where they lie, by whoever wants some of them, and their checksum is not looked at.  An entry that is compressed
 * is read whole, and its checksum compared. */
#ifndef IO_FILES_ZIP_H
#define IO_FILES_ZIP_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *name;
    const char *bytes; /* in the map, or in memory of the hl_zip */
    size_t size;
} hl_zip_entry;

typedef struct hl_zip hl_zip;

/* Read the directory of the file `path`, which is mapped: size bytes at map, which outlive *out.  HL_EFORMAT where it
 * is no zip file, is cut off or has encrypted entries.  Local.  Close *out also after a failure. */
hl_status hl_zip_open(hl_zip **out, const char *path, const char *map, size_t size);
void hl_zip_close(hl_zip *z);

int hl_zip_count(const hl_zip *z);
const char *hl_zip_name(const hl_zip *z, int i);

/* The entry of this name; HL_EFORMAT where there is none or it cannot be read.  Its bytes live as long as z. */
hl_status hl_zip_find(hl_zip *z, hl_zip_entry *out, const char *name);

/* HL_EFORMAT where bytes of one stored entry that was found are another's too. */
hl_status hl_zip_check_apart(const hl_zip *z);

/* How many of the entries are compressed. */
int hl_zip_compressed(const hl_zip *z);

#endif
