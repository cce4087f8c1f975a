/* test-error.c - sentences of failures are kept, and do nothing to a terminal. */
#include "tests/check.h"
#include "base/error.h"
#include "base/log.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void a_failure_keeps_its_sentence(void)
{
    CHECK(HL_FAIL(HL_EFORMAT, "%s:%d: no such column", "x.csv", 3) == HL_EFORMAT);
    CHECK(strcmp(hl_error_text(), "x.csv:3: no such column") == 0);
    CHECK(HL_FAIL(HL_ESTORE, "step 4: %s", hl_error_text()) == HL_ESTORE);
    CHECK(strcmp(hl_error_text(), "step 4: x.csv:3: no such column") == 0);
}

static const struct {
    const char *from, *to;
} texts[] = {
    {"\x1B[2J\x1B]0;title\x07 gone", "?[2J?]0;title? gone"},
    {"a\tb\r\nhllm: done", "a?b??hllm: done"},
    {"\x7F\xC2\x9B"
     "2J",
     "???2J"},
    {"caf\xC3\xA9 \xE2\x82\xAC \xC2\xA0", "caf\xC3\xA9 \xE2\x82\xAC \xC2\xA0"},
    {"\xC2", "\xC2"},
    {"\x9B"
     "2J \xE9 \xE2\x9B",
     "?2J \xE9 \xE2?"}, /* bytes that are no UTF-8 */
    {"\xF0\x9F\x98\x80 \xE2\x80\xAEtxt.exe", "\xF0\x9F\x98\x80 ???txt.exe"},
};

static void control_characters_do_not_reach_a_sentence(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        HL_FAIL(HL_EFORMAT, "%s", texts[i].from);
        CHECK(strcmp(hl_error_text(), texts[i].to) == 0);
    }
}

/* What hl_log writes. */
static void log_line(char *out, size_t room, const char *text)
{
    int pipes[2], before = dup(STDERR_FILENO);
    CHECK(pipe(pipes) == 0);
    dup2(pipes[1], STDERR_FILENO);
    hl_log(HL_WARN, "%s", text);
    dup2(before, STDERR_FILENO);
    ssize_t n = read(pipes[0], out, room - 1);
    out[n > 0 ? n : 0] = 0;
    close(before);
    close(pipes[0]);
    close(pipes[1]);
}

static void control_characters_do_not_reach_the_log(void)
{
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        char line[200], want[200];
        log_line(line, sizeof line, texts[i].from);
        snprintf(want, sizeof want, "hllm: warning: %s\n", texts[i].to);
        CHECK(strcmp(line, want) == 0);
    }
}

static const test tests[] = {
    {"a failure keeps its sentence", a_failure_keeps_its_sentence},
    {"control characters do not reach a sentence", control_characters_do_not_reach_a_sentence},
    {"control characters do not reach the log", control_characters_do_not_reach_the_log},
};
HL_TESTS("error", tests)
