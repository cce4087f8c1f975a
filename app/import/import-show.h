/* import-show.h - what a file to import is: how it is packed, how many lines it has, which kinds it fits. */
#ifndef APP_IMPORT_IMPORT_SHOW_H
#define APP_IMPORT_IMPORT_SHOW_H
#include "base/error.h"
#include <stdbool.h>
#include <stdio.h>

/* Print it: lines for people, or one JSON object.  HL_EFORMAT where there is no such file, or one that holds no lines.
 * Local. */
hl_status hl_import_show(const char *path, FILE *out, bool json);

#endif
