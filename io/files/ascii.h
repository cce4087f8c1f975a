/* ascii.h - how far a text is ASCII. */
#ifndef IO_FILES_ASCII_H
#define IO_FILES_ASCII_H
#include <stddef.h>

/* Bytes of ASCII that text (n) begins with. */
size_t hl_ascii_run(const char *text, size_t n);

#endif
