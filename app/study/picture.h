/* picture.h - report.svg and report.pdf of a study's folder, by a script of gnuplot. */
#ifndef APP_STUDY_PICTURE_H
#define APP_STUDY_PICTURE_H
#include "base/error.h"
#include <stdio.h>

/* A text in single quotes, in which gnuplot looks for nothing but a quote. */
void hl_picture_text(FILE *out, const char *text);

/* A column of a table that is one text, in double quotes, which have no way to hold one. */
void hl_picture_label(FILE *out, const char *text);

/* Remove the pictures of an earlier report. */
void hl_picture_forget(const char *dir);

/* Draw both; `script` makes a PDF where `pdf` exists in gnuplot, else SVG.  Where there is no gnuplot there is no
 * picture, and a line of the log says so.  HL_EFAIL, HL_ESTORE. */
hl_status hl_picture_draw(const char *dir, char *script);

#endif
