/* difference.h - where two lines of ledgers differ, and by how much. */
#ifndef EXPERIMENTS_DIFFERENCE_H
#define EXPERIMENTS_DIFFERENCE_H
#include "io/ledger-read.h"

/* In the order in which a step makes them. */
typedef enum { HL_IN_LOSS, HL_IN_GRADIENTS, HL_IN_WEIGHTS, HL_IN_PHASES } hl_in_phase;
extern const char *const hl_in_phase_name[HL_IN_PHASES];

/* Relative differences: of the loss exact, of tensors estimated (hl_sketch_difference); infinite where a number is
 * not finite, or a tensor is missing in one of the lines.  Names are the lines'. */
typedef struct {
    int tensors, differ;         /* of both lines; of these, those beyond the tolerance.  Of the loss 1 and 0 or 1 */
    const char *first, *largest; /* of those that differ; NULL for the loss */
    double first_by, largest_by;
    const char *close; /* the largest of the others whose digests differ; NULL where there is none, and for the loss */
    double close_by;   /* 0 where there is none */
} hl_difference;

/* What is nearer than the tolerance is no difference; below 0 one bit is. */
hl_difference hl_difference_in(hl_in_phase phase, const hl_ledger_line *a, const hl_ledger_line *b, double tolerance);

#endif
