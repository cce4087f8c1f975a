/* error.c - how things fail: a status with a sentence, or an end. */
#include "base/error.h"
#include "base/log.h"
#include "base/printable.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static _Thread_local char text[1000];
static void (*end_of_job)(int status);

hl_status hl_fail(hl_status status, const char *format, ...)
{
    char sentence[sizeof text]; /* an argument may be hl_error_text() itself */
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    hl_error_set(sentence);
    return status;
}

void hl_error_set(const char *sentence)
{
    snprintf(text, sizeof text, "%s", sentence);
    hl_printable(text);
}

const char *hl_error_text(void) { return text; }

void hl_error_broken_promise(const char *file, int line, const char *promise)
{
    char sentence[400];
    snprintf(sentence, sizeof sentence, "%s:%d: broken promise: %s; this is a bug of the program", file, line, promise);
    hl_error_end_job(HL_EFAIL, sentence);
}

void hl_error_end_job(hl_status status, const char *sentence)
{
    hl_log(HL_ERROR, "%s", sentence);
    if (end_of_job) end_of_job((int)status);
    _exit((int)status);
}

void hl_error_end_job_with(void (*end)(int status)) { end_of_job = end; }
