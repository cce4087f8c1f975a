/* markup.h - texts and numbers on a page of HTML, which is XML too. */
#ifndef APP_STUDY_MARKUP_H
#define APP_STUDY_MARKUP_H
#include "app/study/statistics.h"
#include <stdio.h>

/* A text as it is, whatever stands in it. */
void hl_markup_text(FILE *out, const char *text);

/* A cell of a table; a dash where the number is not known.  unit: behind it, with a blank. */
void hl_markup_number(FILE *out, double x, const char *unit);
void hl_markup_interval(FILE *out, double x, hl_statistics_interval i);

/* The first row of a table, n cells. */
void hl_markup_heads(FILE *out, const char *const *heads, size_t n);

#endif
