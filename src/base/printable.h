/* printable.h - sentences may hold names and ids from files of others: nothing in them shall move a terminal's cursor.
 */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H
#include <stdio.h>

/* Replace control characters by question marks: also those of 128 to 159, in UTF-8 or as bytes by themselves, and marks
 * that turn the direction of writing. */
void hl_printable(char *text);

/* Print text of any length so. */
void hl_print_text(FILE *out, const char *text);

#endif
