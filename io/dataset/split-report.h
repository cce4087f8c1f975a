/* split-report.h - what a split makes of a data set: the interactions, users and targets of each part, and what is
 * left out.
 *
 * The counts are kept in the dataset's manifest. */
#ifndef IO_DATASET_SPLIT_REPORT_H
#define IO_DATASET_SPLIT_REPORT_H
#include "data/split.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* All counts, of the users of the dataset. */
typedef struct {
    int64_t train, valid, test;          /* interactions of each part */
    int64_t users_train;                 /* users with an interaction in the training part */
    int64_t items_train;                 /* items with one */
    int64_t ties_valid, ties_test;       /* temporal: as old as the first one behind the cut, and so behind it too */
    int64_t targets_valid, targets_test; /* users who are ranked */
    int64_t without_valid, without_test; /* users without an interaction in the part: not ranked */
    int64_t no_history_valid, no_history_test; /* users whose first interaction would be the target: not ranked */
    int64_t new_valid, new_test;               /* users who are ranked and have nothing in the training part */
    int64_t cold_valid, cold_test;             /* targets whose item no training part has: ranked all the same */
} hl_split_report;
enum { HL_SPLIT_COUNTS = sizeof(hl_split_report) / sizeof(int64_t) };

/* Say on the log what the parts are, and what was left out, where the split is temporal.  For one rank. */
void hl_split_tell(const hl_split *s, const hl_split_report *r);

/* A line a count. */
void hl_split_print(const hl_split *s, const hl_split_report *r, FILE *out);

/* As JSON objects.  hl_split_rule_*: {"kind": "temporal", "valid": 0.1, "test": 0.1}; parse takes NULL for leave two
 * out, and is true where the rule makes sense.  hl_split_*: the cuts and the counts; parse takes NULL for "nobody
 * counted". */
struct json_t *hl_split_rule_json(const hl_split_rule *rule);
bool hl_split_rule_parse(hl_split_rule *rule, const struct json_t *from);
struct json_t *hl_split_json(const hl_split *s, const hl_split_report *r);
bool hl_split_parse(hl_split *s, hl_split_report *r, const struct json_t *from);

#endif
