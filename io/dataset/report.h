/* report.h - what a preparation read and what was odd about it: counts, and an example of some.
 *
 * The facts are kept in the dataset's manifest, so that whoever uses the dataset later can say them too. */
#ifndef IO_DATASET_REPORT_H
#define IO_DATASET_REPORT_H
#include "base/error.h"
#include "io/files/excerpt.h"
#include "mpi/comm/group.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* All counts. */
typedef struct {
    int64_t interactions, interactions_kept;       /* rows; those of users who are kept */
    int64_t interactions_repeated;                 /* kept, with the item, the user and the time of another one */
    int64_t users_seen, users_kept, users_dropped; /* dropped: fewer than three interactions */
    int64_t users_equal_times; /* kept, two interactions at the same time: in the order of the file */
    int64_t users_one_time;    /* kept, all interactions at the same time */
    /* interactions of a user or an item whose id is a word for a missing value (io/dataset/missing.h) */
    int64_t ids_missing;
    int64_t times_apart;                /* interactions on the smaller side of a gap of a thousandfold between times */
    int64_t sequence_min, sequence_max; /* interactions of a kept user */
    int64_t items;                      /* without the padding */
    int64_t items_without_text;         /* no row in the text file */
    /* items without text that have one but for the form of the id (io/dataset/idform.h) */
    int64_t ids_blanks, ids_decimal, ids_zeros, ids_case, ids_forms;
    int64_t items_equal; /* same token ids as an earlier item or the padding */
    /* unused: no such item; repeated: a later row of the item counts */
    int64_t text_rows, text_rows_unused, text_rows_repeated;
    int64_t texts_equal; /* items with a row, and the token ids of an earlier item with one */
    int64_t texts_empty; /* items whose row has no value: the prompt alone */
    int64_t texts_truncated;
    int64_t texts_end_cut;   /* truncated, so that the tokenizer's special tokens behind a text are not all there */
    int64_t texts_in_prompt; /* truncated before the first value: in the prompt, or in the name of its key */
    /* texts with characters that no token stands for, and how many: the tokenizer has neither unk_token nor bytes */
    int64_t texts_dropped, characters_dropped;
    int64_t tokens, text_min, text_max; /* of items, after truncation */
} hl_prepare_report;
enum { HL_REPORT_COUNTS = sizeof(hl_prepare_report) / sizeof(int64_t) };

/* Counts that have two examples.  For a form of ids: one id of the interactions, one of the texts. */
typedef enum {
    HL_EXAMPLE_WITHOUT_TEXT,
    HL_EXAMPLE_UNUSED,
    HL_EXAMPLE_BLANKS,
    HL_EXAMPLE_DECIMAL,
    HL_EXAMPLE_ZEROS,
    HL_EXAMPLE_CASE,
    HL_EXAMPLE_FORMS,
    HL_EXAMPLE_TIMES,
    HL_EXAMPLE_MISSING, /* such a user, such an item */
    HL_EXAMPLES
} hl_example;

/* As hl_excerpt shows them; empty where there is none. */
typedef struct {
    char of[HL_EXAMPLES][2][HL_EXCERPT];
} hl_prepare_examples;

/* The counts of all ranks: sums, where whoever does not know a count has zero, and the least and the most of text_min
 * (who has no text: INT64_MAX) and text_max.  Collective. */
void hl_report_join(const hl_group *g, hl_prepare_report *r);

/* Is there something to learn from the texts?  HL_EFORMAT with the one reason where not: no item has a row of text,
 * no row has a value, all texts end inside the prompt, or all texts are equal.  texts: the path of the text file,
 * for the sentence. */
hl_status hl_report_check(const hl_prepare_report *r, const hl_prepare_examples *e, const char *texts);

/* Say on the log what was odd: the counts that are not zero, in a line for interactions and a line for texts.  One
 * rank calls it. */
void hl_report_tell(const hl_prepare_report *r, const hl_prepare_examples *e);

/* Say the line for texts alone, of a table of items that is not the dataset's; from: its path.  One rank calls it. */
void hl_report_tell_table(const hl_prepare_report *r, const hl_prepare_examples *e, const char *from);

/* Warn of what makes metrics doubtful; one rank calls it.  Of texts: many items without text, ids that differ in
 * form alone, texts that end inside the prompt, that lack characters or what stands behind every text, more equal texts
 * than others.  Of interactions: ids that are words
 * for a missing value, times with a gap of a thousandfold, times that are all equal, many repeated rows.
 * from: the path of the table of texts; NULL: the dataset's. */
void hl_report_warn_of_texts(const hl_prepare_report *r, const hl_prepare_examples *e, const char *from);
void hl_report_warn_of_interactions(const hl_prepare_report *r, const hl_prepare_examples *e);

/* A line a count. */
void hl_report_print(const hl_prepare_report *r, const hl_prepare_examples *e, FILE *out);

/* As JSON objects.  hl_report_parse is true where all counts are there; counts that earlier versions did not have
 * may be missing and are 0. */
struct json_t *hl_report_json(const hl_prepare_report *r);
bool hl_report_parse(hl_prepare_report *r, const struct json_t *from);
struct json_t *hl_examples_json(const hl_prepare_examples *e);
void hl_examples_parse(hl_prepare_examples *e, const struct json_t *from);

#endif
