/* child.c - a program that is started, waited for, and ended where this one is asked to stop.
 *
 * It gets a process group of its own, so that a key of the terminal reaches this process alone, which then ends all of
 * the group in order: first by asking, so that a launcher can end its ranks.  Where this process is killed, the system
 * asks instead. */
#include "app/study/child.h"
#include "base/clock.h"
#include "base/stop.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const double PATIENCE = 15;          /* seconds that it has to end when it is asked to */
static const useconds_t LOOK_EVERY = 20000; /* microseconds */

/* ---- in the child: system calls alone */

static void become(char *const argv[], int out, int err, int trouble)
{
    int in = open("/dev/null", O_RDONLY);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_DFL);
    bool is_ready = dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0;
    if (is_ready) execvp(argv[0], argv);
    ssize_t told = write(trouble, &errno, sizeof errno);
    _exit(told == sizeof errno ? 127 : 126);
}

/* ---- here */

static void end(pid_t child)
{
    const double began = hl_seconds();
    kill(-child, SIGTERM);
    while (waitpid(child, NULL, WNOHANG) == 0 && hl_seconds() - began < PATIENCE) usleep(LOOK_EVERY);
    kill(-child, SIGKILL); /* whoever is left of the group */
    waitpid(child, NULL, 0);
}

static hl_status wait_for(int *status, pid_t child)
{
    int how = 0;
    pid_t ended;
    while ((ended = waitpid(child, &how, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        hl_status s = hl_stop_check("a point was measured");
        if (s != HL_OK) {
            end(child);
            return s;
        }
        usleep(LOOK_EVERY);
    }
    if (how) HL_TRY(hl_stop_check("a point was measured")); /* whoever asks us to stop may have ended it too */
    *status = WIFSIGNALED(how) ? 128 + WTERMSIG(how) : WEXITSTATUS(how);
    return HL_OK;
}

/* The pipe closes without a word where the program has begun. */
static hl_status start(pid_t *child, char *const argv[], int out, int err)
{
    int trouble[2], reason = 0;
    if (pipe2(trouble, O_CLOEXEC) != 0) return HL_FAIL(HL_EFAIL, "no pipe: %s", strerror(errno));
    *child = fork();
    if (*child == 0) become(argv, out, err, trouble[1]);
    int no_child = *child < 0 ? errno : 0;
    close(trouble[1]);
    ssize_t told = no_child ? 0 : read(trouble[0], &reason, sizeof reason);
    close(trouble[0]);
    if (no_child) return HL_FAIL(HL_EFAIL, "no process can be started: %s", strerror(no_child));
    if (told != sizeof reason) return HL_OK;
    waitpid(*child, NULL, 0);
    return HL_FAIL(HL_EUSAGE, "%s cannot be started: %s", argv[0], strerror(reason));
}

static hl_status run(int *status, char *const argv[], int out, int err)
{
    pid_t child = -1;
    HL_TRY(start(&child, argv, out, err));
    return wait_for(status, child);
}

static int create(const char *path) { return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666); }

hl_status hl_child_run(int *status, char *const argv[], const char *out, const char *err)
{
    int to = create(out), and_to = to < 0 ? -1 : create(err);
    hl_status s = and_to < 0 ? hl_remedy_fail(to < 0 ? out : err, "create", errno) : run(status, argv, to, and_to);
    if (to >= 0) close(to);
    if (and_to >= 0) close(and_to);
    return s;
}
