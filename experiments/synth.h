/* synth.h - texts and interactions with a planted structure, and how well it can be known.
 *
 * Each topic has words of its own, made up and pronounceable; a title holds three of them and one that all
 * topics share, so a text tells its topic to whoever can read.  How users walk is in synth-world.h.  Two runs
 * with the same settings write the same bytes. */
#ifndef EXPERIMENTS_SYNTH_H
#define EXPERIMENTS_SYNTH_H
#include "experiments/synth-oracle.h"
#include <stdio.h>

/* Write folder/dataset/<name>.csv, folder/information/<name>.csv and folder/oracle.json, and fill the report.
 * HL_EUSAGE where the settings are impossible, or where one of the files is there with other contents. */
hl_status hl_synth_write(const hl_synth_settings *s, const char *folder, hl_synth_report *report);

/* The report as one JSON object, what oracle.json holds; free it.  Its "oracle" is a row for the option
 * reference_scores of training and evaluation. */
char *hl_synth_json(const hl_synth_settings *s, const hl_synth_report *report);

/* The report as a table for people. */
void hl_synth_print(FILE *out, const hl_synth_report *report);

#endif
