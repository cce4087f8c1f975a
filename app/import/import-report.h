/* import-report.h - what an import has read, left out and written. */
#ifndef APP_IMPORT_IMPORT_REPORT_H
#define APP_IMPORT_IMPORT_REPORT_H
#include "mpi/comm/group.h"
#include <stdint.h>
#include <stdio.h>

/* Name, and what it counts; of each rank alone, until hl_import_report_add adds them up. */
#define HL_IMPORT_COUNTS(COUNT)                                                                     \
    COUNT(rows, "records of interactions that were read")                                           \
    COUNT(dropped_bad, "left out: lines that cannot be read")                                       \
    COUNT(dropped_no_item, "left out: records without an item")                                     \
    COUNT(dropped_no_user, "left out: records without a user")                                      \
    COUNT(dropped_no_time, "left out: records without a timestamp")                                 \
    COUNT(dropped_no_rating, "left out: records without a rating, where one is asked for")          \
    COUNT(dropped_low_rating, "left out: interactions that are rated lower than asked for")         \
    COUNT(users_read, "users of the others")                                                        \
    COUNT(items_read, "items of the others")                                                        \
    COUNT(dropped_rare_item, "left out: interactions of items that have too few")                   \
    COUNT(dropped_rare_user, "left out: interactions of users who have too few")                    \
    COUNT(rounds, "times that the filter has counted")                                              \
    COUNT(interactions, "interactions written")                                                     \
    COUNT(repeated, "of them with the item, the user and the time of another one")                  \
    COUNT(users, "users of the interactions written")                                               \
    COUNT(items, "items of the interactions written")                                               \
    COUNT(times_apart, "interactions on the smaller side of a gap of a thousandfold between times") \
    COUNT(text_rows, "records of texts that were read")                                             \
    COUNT(texts_bad, "left out: lines of texts that cannot be read")                                \
    COUNT(texts_no_item, "left out: texts without an item")                                         \
    COUNT(texts_unused, "left out: texts of items that no interaction written has")                 \
    COUNT(texts, "texts written")                                                                   \
    COUNT(texts_empty, "of them without any value")                                                 \
    COUNT(texts_repeated, "of them for an item that has one before; the last counts")               \
    COUNT(items_without_text, "items of the interactions written that have no text")                \
    COUNT(zeros, "values with a NUL, of which a U+FFFD was made")                                   \
    COUNT(latin1, "values that were not UTF-8 and were read as Latin-1")                            \
    COUNT(quoted, "values with quotes around them in files whose quotes are letters: are they of the kind csv?")

#define HL_IMPORT_COUNT(name, help) int64_t name;
typedef struct {
    HL_IMPORT_COUNTS(HL_IMPORT_COUNT)
} hl_import_report;
#undef HL_IMPORT_COUNT

/* Add up what each rank alone has counted.  Collective. */
void hl_import_report_add(hl_import_report *r, const hl_group *g);

/* A line a count that is not 0; as one JSON object with all. */
void hl_import_report_print(const hl_import_report *r, FILE *out);
void hl_import_report_json(const hl_import_report *r, FILE *out);

#endif
