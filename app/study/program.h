/* program.h - where the program itself is: what it was started by may be another's name for it. */
#ifndef APP_STUDY_PROGRAM_H
#define APP_STUDY_PROGRAM_H
#include <limits.h>

void hl_program_path(char out[PATH_MAX]);

#endif
