/* compare.h - is a study as fast as another, or as a table of one: points by their names. */
#ifndef APP_STUDY_COMPARE_H
#define APP_STUDY_COMPARE_H
#include "app/study/outcome.h"
#include <stdio.h>

/* A point, as a report has it; low and high are NaN where one run has no interval. */
typedef struct {
    char *name;
    int users; /* of a step */
    double seconds, low, high;
} hl_compare_row;

typedef struct {
    hl_compare_row *at;
    int n;
    size_t room;
} hl_compare_rows;

/* Points with runs; release either with hl_compare_free, also after a failure.  Of a text in the form of report.csv,
 * which is named `path`: HL_EFORMAT, with path and line, where it has another form. */
void hl_compare_outcomes(hl_compare_rows *r, const hl_outcomes *o);
hl_status hl_compare_parse(hl_compare_rows *r, const char *text, const char *path);
hl_status hl_compare_read(hl_compare_rows *r, const char *path);
void hl_compare_free(hl_compare_rows *r);

typedef enum {
    HL_COMPARE_SAME,
    HL_COMPARE_SLOWER,
    HL_COMPARE_FASTER,
    HL_COMPARE_OTHER_WORK,
    HL_COMPARE_ABSENT
} hl_compare_finding;

typedef struct {
    double ratio, low, high; /* of seconds; low and high: from the ends of both intervals */
    hl_compare_finding finding;
} hl_compare_result;

/* x beside the row of its name: it is slower or faster where the ratio's interval leaves 1 out.  Without both intervals
 * the ratio itself is all that is known, and 5 % are the same. */
hl_compare_result hl_compare_row_with(const hl_compare_row *x, const hl_compare_rows *reference);

/* A line a point, and those of the reference that are not there.  How many are not the same. */
int hl_compare_print(FILE *out, const hl_compare_rows *rows, const hl_compare_rows *reference);

#endif
