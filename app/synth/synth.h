/* synth.h - texts and interactions with a planted structure, and how well the next item can be predicted.
 *
 * Each topic has words of its own, made up and pronounceable.  A title holds three words of its topic and one that
 * all topics share, so whoever can read it knows its topic.  synth-world.h says how users walk.  Two runs with the
 * same settings write the same bytes. */
#ifndef APP_SYNTH_SYNTH_H
#define APP_SYNTH_SYNTH_H
#include "app/synth/synth-oracle.h"
#include <stdio.h>

/* Write folder/dataset/<name>.csv, folder/information/<name>.csv and folder/oracle.json, and fill the report.
 * HL_EUSAGE where the settings are impossible, or where one of the files exists with other contents. */
hl_status hl_synth_write(const hl_synth_settings *s, const char *folder, hl_synth_report *report);

/* The report as one JSON object, the content of oracle.json; release with free.  Its "oracle" is a row for the
 * option reference_scores of training and evaluation. */
char *hl_synth_json(const hl_synth_settings *s, const hl_synth_report *report);

/* The report as a table for people. */
void hl_synth_print(FILE *out, const hl_synth_report *report);

#endif
