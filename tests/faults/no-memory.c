/* no-memory.c - preload: from one allocation of the program on there is no memory.
 *
 * HLLM_NO_MEMORY_AT     the first malloc, calloc or realloc, asked for by hllm itself, that fails; 0: none
 * HLLM_NO_MEMORY_RANK   on this rank; without it on rank 0
 * HLLM_NO_MEMORY_COUNT  a file that gets a line at the end: how many there were */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);

static long at = -1, calls;
static bool is_set_up;
static unsigned long from, to; /* where the program's own code is */

/* The first lines of the map are the program's. */
static void find_program(void)
{
    char text[4096], name[400];
    const int fd = open("/proc/self/maps", O_RDONLY);
    const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1),
                  length = readlink("/proc/self/exe", name, sizeof name - 1);
    if (fd >= 0) close(fd);
    if (n <= 0 || length <= 4 || memcmp(name + length - 4, "hllm", 4) != 0) return;
    text[n] = name[length] = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = 0;
        if (!strstr(line, name)) continue;
        const unsigned long begin = strtoul(line, NULL, 16), after = strtoul(strchr(line, '-') + 1, NULL, 16);
        if (!from) from = begin;
        to = after;
    }
}

static void set_up(void)
{
    const char *first = getenv("HLLM_NO_MEMORY_AT"), *rank = getenv("HLLM_NO_MEMORY_RANK"),
               *mine = getenv("OMPI_COMM_WORLD_RANK");
    is_set_up = true;
    if (!first || strcmp(rank ? rank : "0", mine ? mine : "0") != 0) return;
    find_program();
    at = from ? atol(first) : -1;
}

static bool fails(const void *caller)
{
    if (!is_set_up) set_up();
    if (at < 0 || (unsigned long)caller < from || (unsigned long)caller >= to) return false;
    return ++calls >= at && at > 0;
}

__attribute__((destructor)) static void tell(void)
{
    char line[30];
    const char *file = getenv("HLLM_NO_MEMORY_COUNT");
    if (at < 0 || !file) return;
    const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0666), n = snprintf(line, sizeof line, "%ld\n", calls);
    if (fd >= 0 && write(fd, line, (size_t)n) == n) close(fd);
}

static void *nothing(void)
{
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t n) { return fails(__builtin_return_address(0)) ? nothing() : __libc_malloc(n); }
void *calloc(size_t count, size_t n)
{
    return fails(__builtin_return_address(0)) ? nothing() : __libc_calloc(count, n);
}
void *realloc(void *p, size_t n) { return fails(__builtin_return_address(0)) ? nothing() : __libc_realloc(p, n); }
