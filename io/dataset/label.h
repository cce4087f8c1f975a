/* label.h - the column of an interactions file that has labels. */
#ifndef IO_DATASET_LABEL_H
#define IO_DATASET_LABEL_H
#include "data/label-rule.h"
#include "io/dataset/csv.h"
#include "io/files/excerpt.h"
#include "mpi/comm/group.h"
#include <stdint.h>

/* Its name, and which of its numbers are positive (data/label-rule.h).  Borrowed; field NULL or "": there are no
 * labels. */
typedef struct {
    const char *field, *positive;
} hl_label_choice;

/* The column while a rank reads its part of the file.  What is no label is counted, and the file refused when all of
 * it is known. */
typedef struct {
    const char *field; /* NULL: no labels */
    int column;        /* -1: none */
    hl_label_rule rule;
    int64_t rows, positive, bad;
    int64_t line; /* of the first bad one, what it is and why it is no label */
    char text[HL_EXCERPT];
    const char *why;
} hl_label_column;

/* HL_EUSAGE where the choice makes no sense.  hl_label_column_find: once the file is open; HL_EFORMAT where it has no
 * such column. */
hl_status hl_label_column_open(hl_label_column *x, const hl_label_choice *choice);
hl_status hl_label_column_find(hl_label_column *x, const hl_csv *c);

/* The label of a row, 0 or 1; 0 where there is none. */
unsigned hl_label_column_take(hl_label_column *x, const hl_csv_field *row);

/* After all parts were read: HL_EFORMAT on all ranks where labels are missing, with how many, and the first.  Rank 0
 * says how many are positive.  Collective. */
hl_status hl_label_column_judge(const hl_label_column *x, const hl_group *g, const char *path);

/* NULL, or why a field is no label and what to do. */
const char *hl_label_read(uint8_t *label, const hl_label_rule *rule, const char *at, size_t n);

#endif
