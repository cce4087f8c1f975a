/* page.h - report.html: what pages have around their tables. */
#ifndef APP_STUDY_PAGE_H
#define APP_STUDY_PAGE_H
#include "base/error.h"
#include <stddef.h>
#include <stdio.h>

/* Up to the headline, which is the study's name. */
void hl_page_begin(FILE *out, const char *name);

/* report.svg of the folder, where there is one, as a part of the page. */
void hl_page_picture(FILE *out, const char *dir);

/* Close a stream of a page and write DIR/report.html of its text (n bytes), which is freed.  HL_ESTORE. */
hl_status hl_page_end(FILE *out, char *const *text, const size_t *n, const char *dir);

#endif
