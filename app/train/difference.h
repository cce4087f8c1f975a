/* difference.h - where two lines of ledgers differ, and by how much. */
#ifndef APP_TRAIN_DIFFERENCE_H
#define APP_TRAIN_DIFFERENCE_H
#include "io/record/ledger-read.h"

/* In the order in which a step makes them. */
typedef enum { HL_IN_LOSS, HL_IN_GRADIENTS, HL_IN_WEIGHTS, HL_IN_PHASES } hl_in_phase;
extern const char *const hl_in_phase_name[HL_IN_PHASES];

/* How a phase differs between two lines, as relative differences.  The loss is exact, tensors are estimated
 * (hl_sketch_difference).  Infinite where a number is not finite, or a tensor is missing in one of the lines.  Names
 * belong to the lines. */
typedef struct {
    int tensors, differ;         /* tensors of both lines; tensors beyond the tolerance.  For the loss: 1; 0 or 1 */
    const char *first, *largest; /* tensors beyond the tolerance; NULL for the loss */
    double first_by, largest_by;
    const char *close; /* the largest of the others whose digests differ; NULL where there is none, and for the loss */
    double close_by;   /* 0 where there is none */
} hl_difference;

/* Compare a phase.  Numbers nearer than the tolerance are equal; below 0, one bit is a difference. */
hl_difference hl_difference_in(hl_in_phase phase, const hl_ledger_line *a, const hl_ledger_line *b, double tolerance);

#endif
