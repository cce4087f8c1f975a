/* path.c - paths that are put together. */
#include "io/path.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { ROOM = 100 }; /* for the names of our own files */

void hl_path(char out[PATH_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out, PATH_MAX, format, args);
    va_end(args);
    HL_CHECK(n < PATH_MAX);
}

hl_status hl_path_check(const char *path)
{
    if (strlen(path) + ROOM < PATH_MAX) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%.100s...: this path has %zu letters, more than files may have; use a shorter one", path,
                   strlen(path));
}
