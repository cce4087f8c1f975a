/* question.c - structs in files. */
#include "app/rehearse/question.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

hl_status hl_question_write(const char *path, const void *bytes, size_t n)
{
    FILE *f = fopen(path, "we");
    const bool is_written = f && fwrite(bytes, n, 1, f) == 1, is_closed = f && fclose(f) == 0;
    if (is_written && is_closed) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s: cannot be written: %s; set TMPDIR to another folder", path, strerror(errno));
}

hl_status hl_question_read(void *bytes, size_t n, const char *path)
{
    FILE *f = fopen(path, "re");
    const bool is_read = f && fread(bytes, n, 1, f) == 1 && fgetc(f) == EOF;
    if (f) fclose(f);
    if (is_read) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: is not what hllm and hllm-rehearse of one build write; build both again", path);
}
