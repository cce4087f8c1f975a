/* folder.c - folders: what is above them, making and removing them. */
#include "io/files/folder.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* "a/b" is in "a", "/b" in "/", "b" in ".". */
void hl_folder_above(char out[PATH_MAX], const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash) snprintf(out, PATH_MAX, ".");
    else snprintf(out, PATH_MAX, "%.*s", slash == path ? 1 : (int)(slash - path), path);
}

static bool is_there(const char *path) { return access(path, F_OK) == 0; }

int hl_folder_existing(char out[PATH_MAX], const char *path)
{
    int n = 0;
    snprintf(out, PATH_MAX, "%s", path);
    while (!is_there(out) && strcmp(out, ".") != 0 && strcmp(out, "/") != 0) {
        char above[PATH_MAX];
        hl_folder_above(above, out);
        strcpy(out, above);
        n++;
    }
    return n;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

hl_status hl_folder_remove(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT) return HL_OK;
    return hl_remedy_fail(path, "remove", errno);
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

hl_status hl_folder_make(const char *path)
{
    char above[PATH_MAX];
    if (is_folder(path)) return HL_OK;
    hl_folder_above(above, path);
    if (strcmp(above, path) != 0 && !is_folder(above)) HL_TRY(hl_folder_make(above));
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && is_folder(path))) return HL_OK;
    return hl_remedy_fail(path, "make this folder", errno);
}
