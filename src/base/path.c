/* path.c - paths that are put together. */
#include "base/path.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 100 }; /* for the names of our own files */

static bool put(char out[PATH_MAX], const char *format, va_list args)
{
    return vsnprintf(out, PATH_MAX, format, args) < PATH_MAX;
}

void hl_path(char out[PATH_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const bool fits = put(out, format, args);
    va_end(args);
    HL_CHECK(fits);
}

hl_status hl_path_make(char out[PATH_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const bool fits = put(out, format, args);
    va_end(args);
    if (fits) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%.100s...: the path is longer than paths may be; use a shorter one", out);
}

bool hl_path_fits(char out[PATH_MAX], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const bool fits = put(out, format, args);
    va_end(args);
    return fits;
}

hl_status hl_path_check(const char *path)
{
    if (strlen(path) + ROOM < PATH_MAX) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%.100s...: this path has %zu letters, more than files may have; use a shorter one", path,
                   strlen(path));
}

bool hl_path_is_there(const char *folder, const char *name)
{
    char path[PATH_MAX];
    return hl_path_fits(path, "%s/%s", folder, name) && access(path, F_OK) == 0;
}
