/* remedy.c - the sentence of a call on a file that failed, with what to do about it. */
#include "io/files/remedy.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>

static const struct {
    int error;
    const char *remedy;
} remedies[] = {
    {ENOSPC, "make space there"},
    {EDQUOT, "make space there, or have the quota raised"},
    {EFBIG, "raise the limit of file sizes (ulimit -f) or take another file system"},
    {EACCES, "see who may write there"},
    {EPERM, "see who may write there"},
    {EROFS, "name a place that can be written"},
    {ENOENT, "see whether the path is right"},
    {ESTALE, "see whether it was removed or its server started anew"},
    {ETIMEDOUT, "see whether its server answers"},
    {EMFILE, "raise the limit of open files (ulimit -n)"},
    {ENFILE, "close files of other programs on this machine"},
    {ENOMEM, "use fewer ranks on this machine"},
};

hl_status hl_remedy_fail(const char *path, const char *act, int error)
{
    const char *remedy = "see what the disk says";
    for (size_t i = 0; i < sizeof remedies / sizeof remedies[0]; i++)
        if (remedies[i].error == error) remedy = remedies[i].remedy;
    return HL_FAIL(HL_ESTORE, "%s: cannot %s: %s; %s", path, act, strerror(error), remedy);
}
