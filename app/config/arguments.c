/* arguments.c - what commands do with their arguments. */
#include "app/config/arguments.h"
#include "base/arena.h"
#include "base/log.h"
#include "app/config/same.h"
#include "io/files/reads.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LONGEST_CONFIG = 1 << 20 };

static void drop(int at, int n, int *argc, char **argv)
{
    memmove(argv + at, argv + at + n, sizeof *argv * (size_t)(*argc - at - n));
    *argc -= n;
}

hl_status hl_arguments_take(const char **value, const char *name, int *argc, char **argv)
{
    size_t n = strlen(name);
    *value = NULL;
    for (int i = 0; i < *argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 || strncmp(argv[i] + 2, name, n) != 0) continue;
        char after = argv[i][2 + n];
        if (after == '=') {
            *value = argv[i] + n + 3;
            drop(i, 1, argc, argv);
            return HL_OK;
        }
        if (after) continue; /* a longer name */
        if (i + 1 == *argc) return HL_FAIL(HL_EUSAGE, "--%s: its value is missing; write --%s value", name, name);
        *value = argv[i + 1];
        drop(i, 2, argc, argv);
        return HL_OK;
    }
    return HL_OK;
}

hl_status hl_arguments_take_number(int *n, const char *name, int least, int most, int *argc, char **argv)
{
    const char *text;
    char *end;
    HL_TRY(hl_arguments_take(&text, name, argc, argv));
    if (!text) return HL_OK;
    errno = 0;
    long x = strtol(text, &end, 10);
    if (errno || end == text || *end || x < least || x > most)
        return HL_FAIL(HL_EUSAGE, "--%s %s is not a whole number from %d to %d", name, text, least, most);
    *n = (int)x;
    return HL_OK;
}

hl_status hl_arguments_take_list(int *list, int *n, const char **text, const char *name, int room, int most, int *argc,
                                 char **argv)
{
    char *end;
    *n = 0;
    HL_TRY(hl_arguments_take(text, name, argc, argv));
    for (const char *at = *text; at; at = *end == ',' ? end + 1 : NULL) {
        const long x = strtol(at, &end, 10);
        if (end == at || (*end && *end != ',') || x < 1 || x > most || *n == room)
            return HL_FAIL(HL_EUSAGE, "--%s %s: wants a number from 1 to %d, or at most %d such numbers: 64,256,1024",
                           name, *text, most, room);
        list[(*n)++] = (int)x;
    }
    return HL_OK;
}

bool hl_arguments_take_flag(const char *name, int *argc, char **argv)
{
    for (int i = 0; i < *argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 || strcmp(argv[i] + 2, name) != 0) continue;
        drop(i, 1, argc, argv);
        return true;
    }
    return false;
}

/* Seconds that a pipe may be silent. */
enum { PATIENCE = 10 };

/* A pipe, as of "train <(make-config)", is read while somebody writes it: how many bytes, 0 at the end, -1 with
 * errno. */
static ssize_t read_some(int fd, char *at, size_t room)
{
    struct pollfd here = {.fd = fd, .events = POLLIN};
    if (poll(&here, 1, 1000 * PATIENCE) == 1) return read(fd, at, room);
    errno = ETIMEDOUT;
    return -1;
}

static hl_status read_open(char *text, size_t *n, int fd, const char *path)
{
    ssize_t got;
    for (*n = 0; *n <= LONGEST_CONFIG && (got = read_some(fd, text + *n, LONGEST_CONFIG + 1 - *n)) != 0;) {
        if (got > 0) *n += (size_t)got;
        else if (errno != EINTR && errno != EAGAIN)
            return HL_FAIL(HL_EUSAGE, "%s: cannot be read: %s; name a configuration file", path, strerror(errno));
    }
    if (*n > LONGEST_CONFIG)
        return HL_FAIL(HL_EUSAGE, "%s: longer than %d bytes; this is no configuration", path, LONGEST_CONFIG);
    return HL_OK;
}

/* text (LONGEST_CONFIG + 1) = the file's n bytes. */
static hl_status read_file(char *text, size_t *n, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return HL_FAIL(HL_EUSAGE, "%s: cannot be opened: %s; name a configuration file", path, strerror(errno));
    hl_reads_opened();
    hl_status s = read_open(text, n, fd, path);
    hl_reads_took(*n);
    close(fd);
    return s;
}

/* Rank 0 reads, all parse; the text is theirs in turn. */
static hl_status parse_shared(hl_config *c, const hl_group *world, char *text, const char *path)
{
    size_t n = 0;
    HL_TRY_ALL(world, world->rank == 0 ? read_file(text, &n, path) : HL_OK);
    hl_group_broadcast(world, &n, sizeof n, 0);
    hl_group_broadcast(world, text, n, 0);
    HL_TRY(hl_same_file(world, path, text, n));
    HL_TRY_ALL(world, hl_config_parse(c, text, n, path));
    return HL_OK;
}

static hl_status parse_alone(hl_config *c, char *text, const char *path)
{
    size_t n = 0;
    HL_TRY(read_file(text, &n, path));
    return hl_config_parse(c, text, n, path);
}

static void log_no_effect(const hl_names *keys)
{
    char list[600] = "";
    for (int i = 0; i < keys->n; i++) {
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", keys->at[i]);
    }
    if (keys->n) hl_log(HL_INFO, "without effect here: %s", list);
}

static bool is_option(const char *argument) { return strncmp(argument, "--", 2) == 0; }

/* Take files out of the arguments from `at` on, up to the next option. */
static void take_files_at(int at, hl_names *files, int *argc, char **argv)
{
    while (at < *argc && !is_option(argv[at])) {
        hl_names_add(files, argv[at], strlen(argv[at]));
        drop(at, 1, argc, argv);
    }
}

/* Those that come first, and those of the public code's --config_file A B.  The later, the stronger. */
static void take_files(hl_names *files, int *argc, char **argv)
{
    static const char name[] = "--config_file";
    const size_t n = sizeof name - 1;
    take_files_at(0, files, argc, argv);
    for (int i = 0; i < *argc; i++) {
        if (strncmp(argv[i], name, n) != 0 || (argv[i][n] && argv[i][n] != '=')) continue;
        if (argv[i][n] == '=') argv[i] += n + 1;
        else drop(i, 1, argc, argv);
        take_files_at(i--, files, argc, argv);
    }
}

static hl_status parse_files(hl_config *c, const hl_group *world, const hl_names *files)
{
    char *text = hl_alloc(LONGEST_CONFIG + 1);
    hl_status s = HL_OK;
    if (files->n == 0)
        s = HL_FAIL(HL_EUSAGE, "the configuration is missing; name a YAML file first, as in experiments/configs");
    for (int i = 0; s == HL_OK && i < files->n; i++)
        s = world ? parse_shared(c, world, text, files->at[i]) : parse_alone(c, text, files->at[i]);
    free(text);
    return s;
}

/* world NULL: alone. */
static hl_status load(hl_config *c, const hl_group *world, int argc, char **argv)
{
    hl_names files = {0};
    hl_config_defaults(c);
    take_files(&files, &argc, argv);
    hl_status s = parse_files(c, world, &files);
    hl_names_free(&files);
    if (s == HL_OK) s = hl_config_arguments(c, argc, argv);
    return s == HL_OK ? hl_config_check(c) : s;
}

hl_status hl_arguments_config(hl_config *c, const hl_group *world, int argc, char **argv)
{
    HL_TRY_ALL(world, load(c, world, argc, argv));
    HL_TRY(hl_same_config(world, c));
    log_no_effect(&c->no_effect);
    return HL_OK;
}

hl_status hl_arguments_config_alone(hl_config *c, int argc, char **argv) { return load(c, NULL, argc, argv); }
