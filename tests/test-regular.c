/* test-regular.c - what is no file is refused without waiting for it, and what stops being one ends with a sentence. */
#include "tests/check.h"
#include "base/error.h"
#include "io/files/mapped.h"
#include "io/files/regular.h"
#include "io/dataset/shard.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    return path;
}

static void write_bytes(const char *path, size_t n)
{
    FILE *f = fopen(path, "wb");
    for (size_t i = 0; f && i < n; i++) fputc('x', f);
    CHECK(f && fclose(f) == 0);
}

static void a_file_is_opened(void)
{
    int fd;
    struct stat st;
    char byte = 0;
    write_bytes(in_folder("file"), 3);
    CHECK_OK(hl_regular_open(&fd, &st, in_folder("file"), HL_EFORMAT, "nothing"));
    CHECK(st.st_size == 3 && read(fd, &byte, 1) == 1 && byte == 'x');
    close(fd);
    CHECK(hl_regular_is(in_folder("file")));
}

/* Whoever waits for a writer is ended by the alarm, and the suite with it. */
static void what_is_no_file_is_named_at_once(void)
{
    int fd = 0;
    FILE *in;
    CHECK(mkfifo(in_folder("pipe"), 0600) == 0);
    alarm(20);
    CHECK_FAILS(hl_regular_open(&fd, NULL, in_folder("pipe"), HL_ESTORE, "do this"), HL_ESTORE,
                "pipe: is a pipe, not a file; do this");
    CHECK(fd == -1);
    CHECK_FAILS(hl_regular_stream(&in, in_folder("pipe"), HL_EFORMAT, "do this"), HL_EFORMAT, "is a pipe");
    alarm(0);
    CHECK(in == NULL && !hl_regular_is(in_folder("pipe")));
    CHECK_FAILS(hl_regular_open(&fd, NULL, check_folder(), HL_EFORMAT, "do this"), HL_EFORMAT,
                "is a folder, not a file");
    CHECK_FAILS(hl_regular_open(&fd, NULL, "/dev/null", HL_EFORMAT, "do this"), HL_EFORMAT, "is a device, not a file");
    CHECK_FAILS(hl_regular_open(&fd, NULL, in_folder("none"), HL_EFORMAT, "do this"), HL_EFORMAT,
                "none: cannot be opened: No such file or directory; do this");
}

/* The name is right where the machine has no room for one more open file: another name is no remedy. */
static void a_trouble_of_the_machine_has_a_remedy_of_its_own(void)
{
    int fd = 0;
    struct rlimit had;
    write_bytes(in_folder("here"), 3);
    CHECK(getrlimit(RLIMIT_NOFILE, &had) == 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, had.rlim_max}) == 0);
    const hl_status s = hl_regular_open(&fd, NULL, in_folder("here"), HL_EFORMAT, "do this");
    CHECK(setrlimit(RLIMIT_NOFILE, &had) == 0);
    CHECK(fd == -1);
    CHECK_FAILS(s, HL_ESTORE, "here: cannot be opened: Too many open files; raise the limit of open files (ulimit -n)");
}

/* A child maps the file, cuts it and reads behind the cut; its status, and what it says. */
static int status_of_reader(char said[2000])
{
    int wire[2], status = -1;
    ssize_t n = 0, got;
    CHECK(pipe(wire) == 0);
    pid_t child = fork();
    if (child == 0) {
        hl_shard s = {0};
        dup2(wire[1], STDERR_FILENO);
        close(wire[1]);
        if (hl_shard_map(&s, NULL, in_folder("shard"), 1 << 16) != HL_OK || truncate(in_folder("shard"), 1 << 14) != 0)
            _exit(90);
        _exit(s.bytes[1 << 15] == 'x' ? 91 : 92);
    }
    close(wire[1]);
    while (n < 1999 && (got = read(wire[0], said + n, 1999 - (size_t)n)) > 0) n += got;
    said[n] = 0;
    close(wire[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void a_shard_that_is_cut_off_while_it_is_used_ends_with_a_sentence(void)
{
    char said[2000];
    write_bytes(in_folder("shard"), 1 << 16);
    CHECK(status_of_reader(said) == HL_ESTORE);
    CHECK(strncmp(said, "hllm: error: ", 13) == 0 && strstr(said, "/shard: a page of it cannot be read on "));
    CHECK(strchr(said, '\n') == said + strlen(said) - 1);
}

static const test tests[] = {
    {"a file is opened", a_file_is_opened},
    {"what is no file is named at once", what_is_no_file_is_named_at_once},
    {"a trouble of the machine has a remedy of its own", a_trouble_of_the_machine_has_a_remedy_of_its_own},
    {"a shard that is cut off while it is used ends with a sentence",
     a_shard_that_is_cut_off_while_it_is_used_ends_with_a_sentence},
};
HL_TESTS("regular", tests)
