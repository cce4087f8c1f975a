/* output.c - the standard streams. */
#include "app/cli/output.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* open gives the lowest number that is free.  Standard output becomes something that refuses to be written, so that
 * figures which go nowhere are noticed. */
static void fill(int stream)
{
    if (fcntl(stream, F_GETFD) != -1 || errno != EBADF) return;
    if (open("/dev/null", stream == STDOUT_FILENO ? O_RDONLY : O_RDWR) < 0)
        return; /* nothing can be done, and nobody told */
}

void hl_output_open(void)
{
    signal(SIGPIPE, SIG_IGN);
    for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) fill(stream);
}

/* File systems of a network tell some errors only when a file is closed; a copy's closing does. */
static bool is_closed_well(int stream)
{
    int copy = dup(stream);
    return copy < 0 || close(copy) == 0;
}

hl_status hl_output_flush(void)
{
    bool lost_before = ferror(stdout);
    errno = 0;
    bool arrives = fflush(stdout) == 0 && is_closed_well(STDOUT_FILENO);
    if (arrives && !lost_before) return HL_OK;
    return HL_FAIL(
        HL_ESTORE,
        "standard output: not all that was printed has arrived: %s; see where it goes: a full disk, a reader that "
        "has ended, a closed stream",
        arrives ? "an earlier write failed" : strerror(errno));
}
