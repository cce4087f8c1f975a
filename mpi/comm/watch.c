/* watch.c - a job that hangs says who waits where, and ends.
 *
 * The page is memory without a name in any folder (memfd_create): the first rank of the machine makes it, the others
 * reach it through /proc/PID/fd.  So neither a full /dev/shm nor a killed job matters.
 *
 * A job is ended by the processes themselves: the watcher puts the status into every record of the machine, each
 * thread that finds one there ends its process, and the launcher ends the rest.  Who is stopped finds nothing and is
 * killed.  MPI_Abort is for the thread that calls MPI, which hangs. */
#include "mpi/comm/watch.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/process.h"
#include "mpi/comm/standstill.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const double EVERY = 0.5; /* seconds between looks */
enum { SILENT = 4 };             /* looks after which a rank before this one does not watch any more */

typedef struct {
    hl_acts *page; /* (n) ranks of this machine */
    int n, me;     /* me: among them */
    size_t bytes;  /* of the page; 0: it is the process's own record */
    bool is_whole_job, is_running;
    _Atomic double patience;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t over; /* is_running has ended */
    hl_standstill still;
    hl_rank_seen *seen; /* (n) */
    uint64_t *beats;    /* (n) at the last look */
    int *silent;        /* (n) looks since each thread has last beaten */
    char host[65];
} watcher;

static watcher w = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the page */

static void *map(int fd, size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return at == MAP_FAILED ? NULL : at;
}

static int new_page(size_t bytes)
{
    const int fd = memfd_create("hllm acts", MFD_CLOEXEC);
    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0) return fd;
    if (fd >= 0) close(fd);
    return -1;
}

static int open_page(const int64_t where[2])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%lld/fd/%lld", (long long)where[0], (long long)where[1]);
    return open(path, O_RDWR | O_CLOEXEC);
}

/* The same on all ranks of the machine: a page, or none. */
static hl_acts *share_page(const hl_group *node, size_t bytes)
{
    int fd = node->rank == 0 ? new_page(bytes) : -1;
    int64_t where[2] = {getpid(), fd};
    hl_group_broadcast(node, where, sizeof where, 0);
    if (node->rank > 0 && where[1] >= 0) fd = open_page(where);
    hl_acts *page = fd >= 0 ? map(fd, bytes) : NULL;
    const bool misses = hl_group_any(node, !page);
    if (fd >= 0) close(fd);
    if (page && misses) munmap(page, bytes);
    return misses ? NULL : page;
}

static void open_records(const hl_group *world)
{
    hl_group node;
    hl_group_split_node(&node, world);
    w.bytes = (size_t)node.size * sizeof *w.page;
    w.page = share_page(&node, w.bytes);
    w.n = w.page ? node.size : 1;
    w.me = w.page ? node.rank : 0;
    w.is_whole_job = w.n == world->size;
    if (!w.page && node.rank == 0)
        hl_log(HL_WARN,
               "the ranks of this machine cannot share memory through /proc (%s): each watches for itself whether it "
               "moves, and not who waits for whom",
               strerror(errno));
    if (!w.page) w.bytes = 0;
    hl_group_close(&node);
    hl_acts_into(w.page ? &w.page[w.me] : NULL);
    if (!w.page) w.page = hl_acts_mine();
    atomic_store(&w.page[w.me].rank, world->rank);
    atomic_store(&w.page[w.me].pid, getpid());
}

/* ---- looking */

static char state_of(int64_t pid)
{
    char path[40], text[512], state = '?';
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    FILE *f = fopen(path, "re");
    if (!f) return '?';
    const size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    const char *end = strrchr(text, ')'); /* of the name, which may hold anything */
    if (end) sscanf(end + 1, " %c", &state);
    return state;
}

static void see(void)
{
    for (int i = 0; i < w.n; i++) {
        hl_acts_read(&w.seen[i].acts, &w.page[i]);
        w.seen[i].state = i == w.me ? 'R' : state_of(w.seen[i].acts.pid);
    }
}

/* Does a rank before this one look? */
static bool another_watches(void)
{
    bool does = false;
    for (int i = 0; i < w.n; i++) {
        const uint64_t beats = atomic_load_explicit(&w.page[i].beats, memory_order_relaxed);
        w.silent[i] = beats == w.beats[i] ? w.silent[i] + 1 : 0;
        w.beats[i] = beats;
        does |= i < w.me && w.silent[i] < SILENT;
    }
    return does;
}

static void say_error(const char *line) { hl_log(HL_ERROR, "%s", line); }

static void say_warning(const char *line) { hl_log(HL_WARN, "%s", line); }

static void wait_looks(int n)
{
    const double seconds = n * EVERY;
    nanosleep(
        &(struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))},
        NULL);
}

_Noreturn static void end_job(void)
{
    hl_log(HL_ERROR, "no rank of %s has moved for %.0f seconds (hang_timeout):", w.host, w.still.still);
    hl_standstill_tell(&w.still, w.seen, w.host, say_error);
    hl_log(HL_ERROR, "the job is ended; the same command goes on from its last checkpoint, where there is one");
    for (int i = 0; i < w.n; i++) atomic_store(&w.page[i].ending, HL_EFAIL + 1);
    wait_looks(2);
    for (int i = 0; i < w.n; i++)
        if (i != w.me && (w.seen[i].state == 'T' || w.seen[i].state == 't')) kill((pid_t)w.seen[i].acts.pid, SIGKILL);
    _exit(HL_EFAIL);
}

static void look(void)
{
    char line[400];
    int stopped;
    see();
    const hl_verdict verdict = hl_standstill_look(&w.still, &stopped, w.seen, EVERY, atomic_load(&w.patience));
    if (stopped >= 0) {
        hl_standstill_tell_stopped(line, sizeof line, &w.seen[stopped], w.host);
        hl_log(HL_WARN, "%s; others wait for it", line);
    }
    if (verdict == HL_JOB_HANGS) end_job();
    if (verdict != HL_NOTHING_MOVES) return;
    hl_log(HL_WARN,
           "no rank of %s has moved for %.0f seconds, which may be good, so the job is not ended before %.0f:", w.host,
           w.still.still, HL_LASTING * atomic_load(&w.patience));
    hl_standstill_tell(&w.still, w.seen, w.host, say_warning);
}

/* ---- the thread */

/* True until hl_watch_stop. */
static bool sleep_a_while(void)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(1e9 * EVERY);
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&w.lock);
    if (w.is_running) pthread_cond_timedwait(&w.over, &w.lock, &until);
    const bool goes_on = w.is_running;
    pthread_mutex_unlock(&w.lock);
    return goes_on;
}

static void *watch(void *unused)
{
    hl_acts *mine = &w.page[w.me];
    (void)unused;
    while (sleep_a_while()) {
        const int ending = atomic_load(&mine->ending);
        if (ending) _exit(ending - 1);
        atomic_fetch_add_explicit(&mine->beats, 1, memory_order_relaxed);
        if (!another_watches()) look();
    }
    return NULL;
}

static bool start_thread(void)
{
    sigset_t all, mine;
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&w.over, &clock);
    pthread_condattr_destroy(&clock);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mine); /* signals are for the thread that works */
    const bool is_started = pthread_create(&w.thread, NULL, watch, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
    return is_started;
}

void hl_watch_start(const hl_group *world)
{
    hl_process me;
    hl_process_find(&me);
    memcpy(w.host, me.host, sizeof w.host);
    open_records(world);
    hl_standstill_open(&w.still, w.n, w.is_whole_job);
    w.seen = hl_alloc_zero((size_t)w.n, sizeof *w.seen);
    w.beats = hl_alloc_zero((size_t)w.n, sizeof *w.beats);
    w.silent = hl_alloc_zero((size_t)w.n, sizeof *w.silent);
    w.is_running = true;
    if (!start_thread()) {
        hl_log(
            HL_WARN,
            "no thread can be started that watches whether the ranks move; see the limits of this machine (ulimit -u)");
        w.is_running = false;
    }
}

void hl_watch_patience(double seconds) { atomic_store(&w.patience, seconds); }

/* The page stays mapped until the process ends: another one may look at it. */
void hl_watch_stop(void)
{
    if (!w.page) return;
    pthread_mutex_lock(&w.lock);
    const bool was_running = w.is_running;
    w.is_running = false;
    if (was_running) pthread_cond_signal(&w.over);
    pthread_mutex_unlock(&w.lock);
    if (was_running) pthread_join(w.thread, NULL);
    hl_acts_into(NULL);
    if (w.bytes) munmap(w.page, w.bytes);
    hl_standstill_close(&w.still);
    free(w.seen);
    free(w.beats);
    free(w.silent);
    w.page = NULL;
    hl_watch_patience(0);
}
