/* aside.c - the run that is in a folder goes into a folder old-N inside it.
 *
 * Inside, since a run folder may be a mount or a link, and the log of a job may stand there.  The files go one by
 * one into old-N.part, which is renamed when all are there: a kill in the midst leaves a name that says so. */
#include "io/checkpoint/aside.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/checkpoint/steps.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char PART[] = ".part";

static bool exists(const char *path) { return access(path, F_OK) == 0; }

/* N of "old-N" with this ending, -1 for any other name. */
static int old_of(const char *name, const char *ending)
{
    int n = 0, length = 0;
    bool fits = sscanf(name, "old-%9d%n", &n, &length) == 1 && n > 0 && strcmp(name + length, ending) == 0;
    return fits ? n : -1;
}

/* The largest N of the old-N in a folder, -1 where there is none. */
static int largest_old(const char *folder, const char *ending)
{
    int most = -1;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        int n = old_of(e->d_name, ending);
        if (n > most) most = n;
    }
    if (d) closedir(d);
    return most;
}

static hl_status move_into(const char *to, const char *folder, const char *name)
{
    char here[PATH_MAX], there[PATH_MAX];
    hl_path(here, "%s/%s", folder, name);
    hl_path(there, "%s/%s", to, name);
    return exists(here) ? hl_atomic_move(here, there) : HL_OK;
}

static hl_status move_steps(const char *to, const char *folder)
{
    int64_t *steps;
    hl_status s = HL_OK;
    int n = hl_steps_list(folder, &steps);
    for (int i = 0; i < n && s == HL_OK; i++) {
        char name[32];
        snprintf(name, sizeof name, "step-%lld", (long long)steps[i]);
        s = move_into(to, folder, name);
    }
    free(steps);
    return s;
}

/* The part's name says that it is not done, so that the next start ends what a kill has interrupted. */
static hl_status move_all(char out[PATH_MAX], const char *folder, int number, const char *const *names, int n)
{
    char part[PATH_MAX];
    hl_path(part, "%s/old-%d%s", folder, number, PART);
    hl_path(out, "%s/old-%d", folder, number);
    HL_TRY(hl_folder_make(part));
    HL_TRY(hl_atomic_sync(folder));
    HL_TRY(move_steps(part, folder));
    HL_TRY(move_into(part, folder, "latest"));
    HL_TRY(move_into(part, folder, "best"));
    for (int i = 0; i < n; i++) HL_TRY(move_into(part, folder, names[i]));
    HL_TRY(hl_atomic_sync(folder));
    return hl_atomic_move(part, out);
}

static bool has_any(const char *folder, const char *const *names, int n)
{
    int64_t *steps;
    char path[PATH_MAX];
    bool any = hl_steps_list(folder, &steps) > 0;
    free(steps);
    for (int i = 0; i < n && !any; i++) {
        hl_path(path, "%s/%s", folder, names[i]);
        any = exists(path);
    }
    return any;
}

hl_status hl_aside_move(char out[PATH_MAX], const char *folder, const char *const *names, int n)
{
    int whole = largest_old(folder, ""), part = largest_old(folder, PART);
    *out = 0;
    if (part < 0 && !has_any(folder, names, n)) return HL_OK;
    return move_all(out, folder, part > 0 ? part : whole < 0 ? 1 : whole + 1, names, n);
}

bool hl_aside_is_unfinished(const char *folder) { return largest_old(folder, PART) > 0; }
