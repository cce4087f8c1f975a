/* report.h - the report of a study.  Of trainings: app/study/quality.h.  Of steps: report.csv and report-phases.csv
 * for machines, report.svg and report.pdf to look at, report.html with all in one file, report.tex for a paper,
 * report.extrap.jsonl for Extra-P.
 *
 * FLOP/s of a core comes first: the larger a batch, the more of its items are the same and encoded once, so users a
 * second grow where each core does no more than before. */
#ifndef APP_STUDY_REPORT_H
#define APP_STUDY_REPORT_H
#include "app/study/outcome.h"
#include <stdio.h>

/* Read what is in the folder of a study and write the report into it.  Without gnuplot there is no picture, and a line
 * of the log says so.  HL_EFORMAT where the folder has no study, HL_ESTORE. */
hl_status hl_report_write(const char *dir);

/* Its parts.  hl_report_plot leaves no report.svg and no report.pdf where they cannot be drawn. */
hl_status hl_report_csv(const hl_outcomes *o, const char *dir);
hl_status hl_report_phases(const hl_outcomes *o, const char *dir);
hl_status hl_report_extrap(const hl_outcomes *o, const char *dir);
hl_status hl_report_tex(const hl_outcomes *o, const hl_study *s, const char *dir);
hl_status hl_report_plot(const hl_outcomes *o, const hl_study *s, const char *dir);
hl_status hl_report_page(const hl_outcomes *o, const hl_study *s, const char *dir);

/* Of the page: efficiencies of all points, phases and bytes of a typical run of each. */
void hl_report_details(FILE *out, const hl_outcomes *o);

/* A field of CSV, in quotes where it needs them. */
void hl_report_field(FILE *out, const char *text);

#endif
