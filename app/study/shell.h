/* shell.h - words of a command as a shell reads them. */
#ifndef APP_STUDY_SHELL_H
#define APP_STUDY_SHELL_H
#include <stdio.h>

/* One word, in quotes where a shell would read it otherwise. */
void hl_shell_word(FILE *out, const char *word);

#endif
