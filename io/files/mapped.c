/* mapped.c - files in memory, and what is said where one is cut off or unreadable while it is used.
 *
 * The handler may do next to nothing, so what it says is put together when a file is added. */
#include "io/files/mapped.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/error.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/process.h"
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *at;
    size_t size;
    char *sentence; /* a line */
} mapping;

static mapping *mappings;
static int n_mappings;
static size_t room;
static char elsewhere[400]; /* the line where the page is of no file of ours */

static void say(const char *line)
{
    if (write(STDERR_FILENO, line, strlen(line)) < 0) return; /* nobody listens */
}

static const char *sentence_of(const void *at)
{
    for (int i = 0; i < n_mappings; i++)
        if ((const char *)at >= mappings[i].at && (const char *)at < mappings[i].at + mappings[i].size)
            return mappings[i].sentence;
    return NULL;
}

/* The act of the system for what is not ours leaves a core where cores are wanted. */
static void hear(int number, siginfo_t *what, void *context)
{
    (void)context;
    const char *sentence = sentence_of(what->si_addr);
    say(sentence ? sentence : elsewhere);
    if (sentence) _exit(HL_ESTORE);
    signal(number, SIG_DFL);
    raise(number);
}

static void listen(void)
{
    struct sigaction how = {.sa_sigaction = hear, .sa_flags = SA_SIGINFO | SA_NODEFER};
    hl_process me;
    hl_process_find(&me);
    size_t n = hl_log_begin(elsewhere, sizeof elsewhere, HL_ERROR);
    snprintf(elsewhere + n, sizeof elsewhere - n,
             "process %ld on %s cannot have a page of its memory (SIGBUS): is /dev/shm or the memory of its control "
             "group full?\n",
             me.pid, me.host);
    sigaction(SIGBUS, &how, NULL);
}

static char *sentence_about(const char *path)
{
    char line[1200];
    hl_process me;
    hl_process_find(&me);
    size_t n = hl_log_begin(line, sizeof line, HL_ERROR);
    snprintf(line + n, sizeof line - n - 1,
             "%.800s: a page of it cannot be read on %s: the file was cut off while it was used, or its disk fails; "
             "restore the file, then start again",
             path, me.host);
    hl_printable(line + n);
    strcat(line, "\n");
    return hl_alloc_text(line);
}

void hl_mapped_add(const void *at, size_t size, const char *path)
{
    if (!*elsewhere) listen();
    HL_RESERVE(mappings, room, n_mappings + 1);
    mappings[n_mappings++] = (mapping){at, size, sentence_about(path)};
}

void hl_mapped_remove(const void *at)
{
    for (int i = 0; i < n_mappings; i++) {
        if (mappings[i].at != at) continue;
        free(mappings[i].sentence);
        mappings[i] = mappings[--n_mappings];
        break;
    }
    if (n_mappings > 0) return;
    free(mappings);
    mappings = NULL;
    room = 0;
}
