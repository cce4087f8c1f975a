/* idform.h - ids that are the same but for their form, as two programs write them.
 *
 * A spreadsheet writes 17.0 for 17 and drops the zeros of 0017; an export leaves a blank, a quote or a byte order
 * mark around an id; one file writes capital letters.  Ids of different forms are different items: this header only
 * finds out why nothing matches, so that the log can say it. */
#ifndef IO_DATASET_IDFORM_H
#define IO_DATASET_IDFORM_H
#include <stddef.h>

/* How two ids differ; in the order of the counts ids_* of io/dataset/report.h. */
typedef enum {
    HL_FORM_BLANKS,  /* blanks of all kinds, marks without a width, quotes around it */
    HL_FORM_DECIMAL, /* .0 behind it */
    HL_FORM_ZEROS,   /* zeros before it */
    HL_FORM_CASE,    /* capital letters, ASCII's */
    HL_FORM_SEVERAL, /* more than one of these */
    HL_FORMS
} hl_form;

enum { HL_FORM_LONGEST = 256 }; /* longer ids are left as they are */

/* out = the plain form of the id, without any of the differences of hl_form; returns its length. */
size_t hl_id_plain(char out[HL_FORM_LONGEST], const char *id, size_t n);

/* How two different ids with one plain form differ. */
hl_form hl_id_difference(const char *a, size_t a_bytes, const char *b, size_t b_bytes);

#endif
