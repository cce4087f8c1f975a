/* quote.h - print any bytes as a scalar of YAML that reads back the same. */
#ifndef APP_CONFIG_QUOTE_H
#define APP_CONFIG_QUOTE_H
#include <stdbool.h>
#include <stdio.h>

/* Print text in double quotes, as YAML and JSON have them, on one line of printable UTF-8.  Text that is not UTF-8
 * is printed as !!binary "...", its bytes in base64. */
void hl_quote(const char *text, FILE *out);

/* Print text for a comment, on one line, with ? for what is not printable UTF-8. */
void hl_quote_line(const char *text, FILE *out);

/* The bytes of a base64 text, with a 0 after them; release with free.  NULL where it is not base64, or holds a NUL
 * byte. */
char *hl_quote_decode(const char *base64);

#endif
