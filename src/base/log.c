/* log.c - what the program tells people, on standard error. */
#include "base/log.h"
#include "base/printable.h"
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static int my_rank, all_ranks = 1;
static hl_level least_level = HL_INFO;
static bool line_is_open; /* a transient line stands on the terminal */

static const char *const names[] = {"debug: ", "", "warning: ", "error: "};

void hl_log_rank(int rank, int ranks)
{
    my_rank = rank;
    all_ranks = ranks;
}

void hl_log_level(hl_level least) { least_level = least; }

bool hl_log_is_live(void) { return my_rank == 0 && isatty(STDERR_FILENO); }

size_t hl_log_begin(char *line, size_t room, hl_level level)
{
    const bool names_rank = level >= HL_WARN && all_ranks > 1;
    if (names_rank) return (size_t)snprintf(line, room, "hllm: %srank %d: ", names[level], my_rank);
    return (size_t)snprintf(line, room, "hllm: %s", names[level]);
}

/* One write a line, so that lines of several ranks do not mix. */
void hl_log(hl_level level, const char *format, ...)
{
    char line[1400];
    int n = 0;
    if (level < least_level || (level <= HL_INFO && my_rank != 0)) return;
    if (line_is_open) n += snprintf(line, sizeof line, "\r\033[K");
    line_is_open = false;
    n += (int)hl_log_begin(line + n, sizeof line - (size_t)n, level);
    va_list args;
    va_start(args, format);
    int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, format, args);
    va_end(args);
    hl_printable(line + n);
    n += m;
    if (n > (int)sizeof line - 2) n = (int)sizeof line - 2;
    line[n++] = '\n';
    if (write(STDERR_FILENO, line, (size_t)n) < 0) return; /* nobody listens; nothing to tell them */
}

void hl_log_transient(const char *format, ...)
{
    char line[400];
    if (!hl_log_is_live()) return;
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    hl_printable(line);
    fprintf(stderr, "\r\033[K%s", line);
    fflush(stderr);
    line_is_open = true;
}
