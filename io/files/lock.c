/* lock.c - a folder that one job has for itself: <folder>/lock.
 *
 * The lock is one of an open file description where the system has those: a lock of the process would be lost with
 * the first other descriptor of the file that it closes.  What the file says serves people only. */
#include "io/files/lock.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "io/files/folder.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOST_BYTES = 1000 };

struct hl_lock {
    int fd; /* -1: not ours */
    char path[PATH_MAX];
    hl_process me;
    bool has_made_folder;
};

typedef enum { HELD, TAKEN, WITHOUT, BROKEN } answer; /* by us; by another; this disk has none; see errno */

static bool means_none(int error)
{
    return error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP || error == ENOTSUP;
}

static answer try(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int failed = fcntl(fd, F_OFD_SETLK, &whole);
    if (failed && errno == EINVAL) failed = fcntl(fd, F_SETLK, &whole);
    if (!failed) return HELD;
    if (errno == EAGAIN || errno == EACCES) return TAKEN;
    return means_none(errno) ? WITHOUT : BROKEN;
}

/* Who has, or had, the folder, in words; false where nobody is named, or where the last one gave it back. */
static bool name_owner(const hl_lock *l, char *out, size_t room)
{
    char text[MOST_BYTES + 1];
    ssize_t n = pread(l->fd, text, MOST_BYTES, 0);
    json_t *o = n > 0 ? json_loadb(text, (size_t)n, 0, NULL) : NULL;
    const char *host, *job, *since;
    json_int_t pid;
    hl_process p = {0};
    bool is_named = o
                    && json_unpack(o, "{ss sI ss si ss}", "host", &host, "pid", &pid, "job", &job, "restarts",
                                   &p.restarts, "since", &since)
                           == 0;
    bool is_over = json_is_string(json_object_get(o, "ended"));
    snprintf(out, room, "somebody whose name cannot be read");
    if (is_named) {
        p.pid = (long)pid;
        snprintf(p.host, sizeof p.host, "%s", host);
        snprintf(p.job, sizeof p.job, "%s", job);
        snprintf(p.since, sizeof p.since, "%s", since);
        hl_process_text(out, room, &p);
    }
    json_decref(o);
    return is_named && !is_over;
}

/* Replaced in place, since the lock is on this very file. */
static void write_owner(const hl_lock *l, const char *ended)
{
    const hl_process *p = &l->me;
    json_t *o = json_pack("{ss sI ss si ss}", "host", p->host, "pid", (json_int_t)p->pid, "job", p->job, "restarts",
                          p->restarts, "since", p->since);
    if (o && ended) json_object_set_new(o, "ended", json_string(ended));
    char *text = o ? json_dumps(o, 0) : NULL;
    bool is_written = text && ftruncate(l->fd, 0) == 0 && pwrite(l->fd, text, strlen(text), 0) == (ssize_t)strlen(text);
    if (!is_written)
        hl_log(HL_WARN, "%s: cannot say who has the folder: %s; others will not be told", l->path, strerror(errno));
    free(text);
    json_decref(o);
}

/* TAKEN only after `patience` seconds. */
static answer wait_for(const hl_lock *l, double patience)
{
    char whose[300];
    double end = hl_seconds() + patience;
    answer a = try(l->fd);
    if (a == TAKEN && patience > 0) {
        name_owner(l, whose, sizeof whose);
        hl_log(HL_INFO, "%s: another job works in this folder: %s; waiting %.0f seconds for its end", l->path, whose,
               patience);
    }
    while (a == TAKEN && hl_seconds() < end) {
        nanosleep(&(struct timespec){.tv_nsec = 100 * 1000 * 1000}, NULL);
        a = try(l->fd);
    }
    return a;
}

static hl_status refuse(const hl_lock *l, answer a)
{
    char whose[300];
    int error = errno;
    if (a == BROKEN)
        return HL_FAIL(HL_ESTORE, "%s: cannot be locked: %s; choose another folder", l->path, strerror(error));
    name_owner(l, whose, sizeof whose);
    return HL_FAIL(HL_EUSAGE,
                   "%s: another job works in this folder: %s; wait until it has ended, or choose another folder",
                   l->path, whose);
}

/* The folder is ours: say what we found, and who we are. */
static void settle(const hl_lock *l, answer a)
{
    char whose[300];
    bool was_left = name_owner(l, whose, sizeof whose);
    if (a == WITHOUT)
        hl_log(HL_WARN,
               "%s: this file system has no locks, so nothing keeps a second job out of the folder; see that there is "
               "none%s%s",
               l->path, was_left ? "; the last that was here: " : "", was_left ? whose : "");
    else if (was_left)
        hl_log(HL_INFO, "%s: taken over from %s, which has ended without giving the folder back", l->path, whose);
    write_owner(l, NULL);
}

/* Is the file that we have open still the one of that name?  Its last owner may have taken it away with the folder. */
static bool is_in_place(const hl_lock *l)
{
    struct stat mine, there;
    return fstat(l->fd, &mine) == 0 && stat(l->path, &there) == 0 && mine.st_ino == there.st_ino;
}

static hl_status open_file(hl_lock *l, const char *folder)
{
    bool is_there = access(folder, F_OK) == 0;
    HL_TRY(hl_folder_make(folder));
    l->has_made_folder |= !is_there;
    l->fd = open(l->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (l->fd >= 0) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s: cannot be made: %s; choose a checkpoint_dir that can be written", l->path,
                   strerror(errno));
}

static void close_file(hl_lock *l)
{
    close(l->fd);
    l->fd = -1;
}

static hl_status take(hl_lock *l, const char *folder, double patience)
{
    for (;;) {
        HL_TRY(open_file(l, folder));
        answer a = wait_for(l, patience);
        bool is_gone = (a == HELD || a == WITHOUT) && !is_in_place(l);
        hl_status s = a == HELD || a == WITHOUT ? HL_OK : refuse(l, a);
        if (s == HL_OK && !is_gone) settle(l, a);
        else close_file(l);
        if (!is_gone) return s;
    }
}

hl_status hl_lock_take(hl_lock **out, const char *folder, double patience)
{
    hl_lock *l = *out = hl_alloc_zero(1, sizeof *l);
    l->fd = -1;
    hl_process_find(&l->me);
    HL_TRY(hl_path_make(l->path, "%s/lock", folder));
    return take(l, folder, patience);
}

static bool is_alone(const char *folder)
{
    int others = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) others += e->d_name[0] != '.' && strcmp(e->d_name, "lock") != 0;
    if (d) closedir(d);
    return d && others == 0;
}

/* A folder that we have made, and in which nothing has happened, goes with its lock. */
static bool take_folder_away(const hl_lock *l)
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", (int)(strlen(l->path) - strlen("/lock")), l->path);
    return l->has_made_folder && is_alone(folder) && unlink(l->path) == 0 && rmdir(folder) == 0;
}

void hl_lock_release(hl_lock *l)
{
    hl_process now;
    if (!l) return;
    if (l->fd >= 0 && !take_folder_away(l)) {
        hl_process_find(&now);
        write_owner(l, now.since);
    }
    if (l->fd >= 0) close_file(l);
    free(l);
}

void hl_lock_release_place(hl_lock *l)
{
    if (l) l->has_made_folder = true;
    hl_lock_release(l);
}
