/* survey.h - an old file of lines is looked through: which of them stay where a run goes on in it. */
#ifndef IO_RECORD_SURVEY_H
#define IO_RECORD_SURVEY_H
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

/* The first so many lines of a file, and a digest of them in their order.  lines == 0: nothing is known. */
typedef struct {
    int64_t lines;
    uint64_t digest;
} hl_survey_lines;

typedef struct {
    off_t keep; /* bytes up to the end of the last line that stays */
    int lines;
    int between;          /* lines that go and have one behind them that stays */
    int64_t steps;        /* lines that stay and are of a step */
    hl_survey_lines mark; /* of the lines that stay */
    bool torn;            /* a last line without its end, or the zeros that a power cut leaves */
    bool strange;         /* a line that we have not written */
} hl_survey;

/* Add a line of n bytes, its end included, to a mark. */
void hl_survey_mark(hl_survey_lines *m, const char *line, size_t n);

/* Read a stream to its end.  Lines of steps after `after` go, and those of that step whose kind is `redo` (NULL: none),
 * which come again; copy (may be NULL) gets the lines that stay. */
hl_survey hl_survey_take(FILE *f, FILE *copy, int64_t after, const char *redo);

/* Write the lines of path that stay into a new file, to the disk.  HL_ESTORE where that cannot be done. */
hl_status hl_survey_copy(const char *path, const char *copy_path, int64_t after, const char *redo);

/* The mark of the first lines of a stream, at most so many. */
hl_survey_lines hl_survey_mark_first(FILE *f, int64_t lines);

#endif
