/* fault.h - failures on purpose, so that tests can see what happens after them.
 *
 * A place that can fail asks hl_fault(point, rank) first and, where that is true, fails as it really would.
 * What fails is named by HLLM_FAULT, or by hl_fault_set in a test:
 *
 *     checkpoint-rename          on every rank
 *     checkpoint-rename:1        on rank 1
 *     checkpoint-rename:1:kill   rank 1 is killed there, as by a power cut
 *     checkpoint-rename:1:3      on rank 1, the third time that it is there, and only then
 *
 * Points are named <thing>-<act>; doc/formats.md lists those of files. */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H
#include <stdbool.h>

/* Shall this rank fail here? */
bool hl_fault(const char *point, int rank);

/* Instead of HLLM_FAULT; "" or NULL: nothing fails.  The text is borrowed. */
void hl_fault_set(const char *what);

#endif
