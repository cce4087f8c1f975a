/* printable.h - sentences may hold names and ids from files of others: nothing in them shall move a terminal's cursor.
 */
#ifndef BASE_PRINTABLE_H
#define BASE_PRINTABLE_H

/* Replace control characters, also those of 128 to 159 in UTF-8, by question marks. */
void hl_printable(char *text);

#endif
