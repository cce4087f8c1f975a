/* probe.c - is a folder the same one for all ranks, and may all write there?
 *
 * A folder of a node's own (/tmp, a local disk) has the same name everywhere, and is another one on each node.  So
 * rank 0 writes a number that nobody else can know, and all others look for it.  The name of the file is new each
 * time: a file system of a network may remember for a while that an old name was not there. */
#include "io/files/probe.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/process.h"
#include "io/files/folder.h"
#include "io/files/reads.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct {
    const char *folder, *key;
    char path[PATH_MAX];
    uint64_t number;
    int made; /* folders that were not there */
} probe;

static const double PATIENCE = 3; /* seconds that a rank looks */

/* ---- rank 0 */

static hl_status note(const probe *p)
{
    char text[17];
    hl_digest_text(text, p->number);
    int fd = open(p->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    bool good = fd >= 0 && write(fd, text, 16) == 16 && fsync(fd) == 0;
    int error = errno;
    if (fd >= 0 && close(fd) != 0) good = false;
    if (good) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s: cannot write a file: %s", p->folder, strerror(error));
}

static hl_status begin(probe *p)
{
    char at[PATH_MAX];
    p->made = hl_folder_existing(at, p->folder);
    hl_status s = hl_folder_make(p->folder);
    if (s == HL_OK) s = note(p);
    if (s == HL_OK) return s;
    return HL_FAIL(s, "%s; set %s to a folder that can be written", hl_error_text(), p->key);
}

/* What was made goes, from the last folder up; one that somebody uses by now stays. */
static void end(const probe *p)
{
    char at[PATH_MAX], above[PATH_MAX];
    unlink(p->path);
    snprintf(at, sizeof at, "%s", p->folder);
    for (int i = 0; i < p->made; i++) {
        rmdir(at);
        hl_folder_above(above, at);
        strcpy(at, above);
    }
}

/* ---- everyone */

/* 0, or why not. */
static int look(const probe *p)
{
    char has[17] = "", wanted[17];
    int fd = open(p->path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return errno;
    hl_reads_opened();
    ssize_t n = read(fd, has, 16);
    int error = n < 0 ? errno : 0;
    close(fd);
    hl_digest_text(wanted, p->number);
    return error ? error : strcmp(has, wanted) == 0 ? 0 : ENOENT;
}

static int look_patiently(const probe *p)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    int error;
    for (double began = hl_seconds(); (error = look(p)) != 0 && hl_seconds() - began < PATIENCE;)
        nanosleep(&pause, NULL);
    return error;
}

static hl_status find(const probe *p, const char *first, int rank)
{
    hl_process me;
    int error = hl_fault("folder-find", rank) ? ENOENT : look_patiently(p);
    if (!error) return HL_OK;
    hl_process_find(&me);
    if (error == ENOENT || error == ESTALE || error == ENOTDIR)
        return HL_FAIL(HL_ESTORE,
                       "%s: rank %d on %s does not find there what rank 0 on %s has written: each has a folder of its "
                       "own by this name; set %s to a folder that all "
                       "machines of the job share",
                       p->folder, rank, me.host, first, p->key);
    return HL_FAIL(
        HL_ESTORE,
        "%s: rank %d on %s cannot write there: %s; set %s to a folder that all machines of the job can write",
        p->folder, rank, me.host, strerror(error), p->key);
}

static void name(probe *p, const hl_group *g)
{
    hl_process me;
    char number[17];
    hl_process_find(&me);
    const struct {
        char host[65];
        long pid;
        double at;
    } known = {.pid = me.pid, .at = hl_seconds()};
    p->number =
        hl_digest_join(hl_digest(&known.at, sizeof known.at),
                       hl_digest_join(hl_digest(&known.pid, sizeof known.pid), hl_digest(me.host, strlen(me.host))));
    hl_group_broadcast(g, &p->number, sizeof p->number, 0);
    hl_digest_text(number, p->number);
    snprintf(p->path, sizeof p->path, "%.*s/.hllm-probe-%s", PATH_MAX - 40, p->folder, number);
}

hl_status hl_probe_folder(const hl_group *g, const char *folder, const char *key)
{
    probe p = {.folder = folder, .key = key};
    hl_process first;
    hl_process_find(&first);
    hl_group_broadcast(g, &first, sizeof first, 0);
    name(&p, g);
    hl_status s = hl_group_agree(g, g->rank == 0 ? begin(&p) : HL_OK);
    if (s == HL_OK) s = hl_group_agree(g, find(&p, first.host, g->rank));
    if (g->rank == 0) end(&p);
    return s;
}
