/* label-rule.h - which numbers of a column are positive labels. */
#ifndef DATA_LABEL_RULE_H
#define DATA_LABEL_RULE_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef enum { HL_LABEL_AS_IS, HL_LABEL_GE, HL_LABEL_GT, HL_LABEL_LE, HL_LABEL_LT, HL_LABEL_EQ } hl_label_compare;
typedef struct {
    hl_label_compare compare;
    double number;
} hl_label_rule;

/* As the option says it: ">= 4", "> 0", "<= 2", "< 1", "= 1"; "": the column has 0 and 1.  HL_EUSAGE with a sentence
 * where the text is none of these. */
hl_status hl_label_rule_read(hl_label_rule *rule, const char *positive);

/* The label of a number, 0 or 1; -1: where the column is to have 0 and 1, it is neither. */
int hl_label_rule_of(const hl_label_rule *rule, double number);

/* A finite number and nothing else, as digits with a sign, a point and an exponent. */
bool hl_label_number(double *number, const char *at, size_t n);

#endif
