/* child.h - a program that is started, waited for, and ended where this one is asked to stop. */
#ifndef APP_STUDY_CHILD_H
#define APP_STUDY_CHILD_H
#include "base/error.h"

/* Run argv, which ends with NULL, and write what it prints into the files out and err.  *status: its exit status, or
 * 128 and the number of the signal that ended it.  HL_ESTORE where the files cannot be made, HL_EUSAGE where there is
 * no such program, HL_ESTOP where a signal asked this process to stop (base/stop.h): the program is ended first. */
hl_status hl_child_run(int *status, char *const argv[], const char *out, const char *err);

#endif
