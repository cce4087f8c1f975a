/* staging.c - a folder of files that is written beside its place and takes it when it is whole. */
#include "io/files/staging.h"
#include "base/log.h"
#include "base/stop.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LONGEST_NAME = 64 }; /* of a file inside, with what hl_atomic_write adds */

static bool is_ours(const hl_staging *d, const char *name)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) return true;
    for (int i = 0; i < d->n; i++)
        if (fnmatch(d->patterns[i], name, 0) == 0) return true;
    return false;
}

/* Remove the files of a folder, unless there are others; a folder that is not there is empty. */
static hl_status clear(const hl_staging *d, const char *path)
{
    DIR *dir = opendir(path);
    if (!dir) return errno == ENOENT ? HL_OK : HL_FAIL(HL_ESTORE, "%s: cannot be listed: %s", path, strerror(errno));
    hl_status s = HL_OK;
    const struct dirent *e;
    while (s == HL_OK && (e = readdir(dir)))
        if (!is_ours(d, e->d_name))
            s = HL_FAIL(HL_EUSAGE, "%s: holds %.60s, which is not of a dataset; it is in the way: move it", path,
                        e->d_name);
    rewinddir(dir);
    while (s == HL_OK && (e = readdir(dir))) unlinkat(dirfd(dir), e->d_name, 0); /* the two dots stay */
    closedir(dir);
    return s;
}

/* The lock is on the folder itself and ends with the process; a disk without locks goes without. */
static hl_status lock(hl_staging *d)
{
    struct stat mine, there;
    d->lock = open(d->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->lock < 0) return HL_FAIL(HL_ESTORE, "%s: cannot be opened: %s", d->path, strerror(errno));
    bool is_taken = flock(d->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    bool is_there =
        !is_taken && fstat(d->lock, &mine) == 0 && stat(d->path, &there) == 0 && mine.st_ino == there.st_ino;
    if (is_there) return HL_OK;
    close(d->lock);
    d->lock = -1;
    d->is_taken = true;
    return HL_FAIL(HL_EUSAGE, "%s: another run is making this dataset; start again when it has finished", d->place);
}

static void name(hl_staging *d, const char *folder)
{
    snprintf(d->place, sizeof d->place, "%s", folder);
    for (size_t last = strlen(folder); last > 1 && d->place[last - 1] == '/'; last--) d->place[last - 1] = 0;
    snprintf(d->path, sizeof d->path, "%.*s.tmp", PATH_MAX - 5, d->place);
}

hl_status hl_staging_wait(const char *folder)
{
    hl_staging d;
    name(&d, folder);
    int fd = open(d.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    hl_status s = HL_OK;
    bool is_taken = fd >= 0;
    if (is_taken) hl_log(HL_INFO, "%s: another run is making this dataset; waiting for it", d.place);
    while (is_taken && s == HL_OK) {
        nanosleep(&(struct timespec){.tv_nsec = 200 * 1000 * 1000}, NULL);
        s = hl_stop_check("waiting for a dataset");
        is_taken = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    }
    if (fd >= 0) close(fd);
    return s;
}

hl_status hl_staging_begin(hl_staging *d, const char *folder, const char *const *patterns, int n)
{
    *d = (hl_staging){.patterns = patterns, .n = n, .lock = -1};
    if (strlen(folder) + LONGEST_NAME > PATH_MAX) return HL_FAIL(HL_EUSAGE, "%.60s...: the path is too long", folder);
    name(d, folder);
    HL_TRY(hl_folder_make(d->path));
    HL_TRY(lock(d));
    return clear(d, d->path);
}

hl_status hl_staging_place(hl_staging *d)
{
    char old[PATH_MAX];
    snprintf(old, sizeof old, "%.*s.old", PATH_MAX - 5, d->place);
    HL_TRY(hl_atomic_sync(d->path));
    HL_TRY(clear(d, old));
    bool stands = access(d->place, F_OK) == 0;
    if (stands) HL_TRY(hl_atomic_move(d->place, old));
    hl_status s = hl_atomic_move(d->path, d->place);
    if (s != HL_OK && stands) rename(old, d->place);
    if (s != HL_OK) return s;
    close(d->lock);
    d->lock = -1;
    clear(d, old);
    rmdir(old);
    return HL_OK;
}

void hl_staging_close(hl_staging *d)
{
    if (d->lock < 0) return;
    clear(d, d->path);
    rmdir(d->path);
    close(d->lock);
    d->lock = -1;
}
