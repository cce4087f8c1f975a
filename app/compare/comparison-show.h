/* comparison-show.h - a comparison for people, for programs and for spreadsheets. */
#ifndef APP_COMPARE_COMPARISON_SHOW_H
#define APP_COMPARE_COMPARISON_SHOW_H
#include "app/compare/comparison.h"
#include <stdio.h>

/* Tables on standard output.  Local. */
void hl_comparison_print(const hl_comparison *c);

/* One object, as doc/formats.md has it; release with json_decref. */
json_t *hl_comparison_json(const hl_comparison *c);

/* A line a mean and a line a difference, whole or not at all.  HL_ESTORE.  Local. */
hl_status hl_comparison_write_csv(const hl_comparison *c, const char *path);

#endif
