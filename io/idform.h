/* idform.h - ids that are the same but for their form, as two programs write them.
 *
 * A spreadsheet makes 17.0 of 17 and drops the zeros of 0017; an export leaves a blank, a quote or a byte order mark
 * around an id; one side writes capital letters.  Such ids are different items to us: here is what tells people why
 * nothing matches. */
#ifndef IO_IDFORM_H
#define IO_IDFORM_H
#include <stddef.h>

/* How two ids differ; in the order of the counts ids_* of io/report.h. */
typedef enum {
    HL_FORM_BLANKS,  /* blanks of all kinds, marks without a width, quotes around it */
    HL_FORM_DECIMAL, /* .0 behind it */
    HL_FORM_ZEROS,   /* zeros before it */
    HL_FORM_CASE,    /* capital letters, ASCII's */
    HL_FORM_SEVERAL, /* more than one of these */
    HL_FORMS
} hl_form;

enum { HL_FORM_LONGEST = 256 }; /* longer ids are left as they are */

/* The id without any of the differences; its length. */
size_t hl_id_plain(char out[HL_FORM_LONGEST], const char *id, size_t n);

/* How two different ids with equal plain forms differ. */
hl_form hl_id_difference(const char *a, size_t a_bytes, const char *b, size_t b_bytes);

#endif
