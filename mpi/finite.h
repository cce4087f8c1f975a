/* finite.h - numbers that are not finite: which tensor, item or user has the first of them, said the same on every
 * rank.
 *
 * A search is only as long as the numbers are: weights are searched when they were read, everything else when a sum of
 * a step or of a round shows that something is wrong. */
#ifndef MPI_FINITE_H
#define MPI_FINITE_H
#include "mpi/engine.h"
#include "mpi/first.h"

typedef enum { HL_FINITE_WEIGHTS, HL_FINITE_MOMENTS, HL_FINITE_GRADIENTS } hl_finite_array;

/* HL_ENUMERIC with a sentence where a number that a rank holds of the array is not finite: `where` ("model/",
 * "step-12") comes first, then tensor, place, rank.  Of gradients those of frozen tensors do not matter.  Collective
 * over all ranks of the mesh. */
hl_status hl_finite_check(const hl_engine *e, hl_finite_array array, const char *where);

/* HL_ENUMERIC with a sentence that names the first item (f->number, of f->count of so many texts) or user whose vector
 * is not finite, the rank that has it, and the first weight that is not finite or that all are.  Collective over all
 * ranks of the mesh. */
hl_status hl_finite_tell_item(const hl_engine *e, const hl_first *f, int texts);
hl_status hl_finite_tell_user(const hl_engine *e, const hl_first *f, const char *user);

/* Why a vector is not finite: the first weight that is not, or that all are.  Collective over all ranks of the mesh. */
enum { HL_WHY = 700 };
void hl_finite_why(char why[HL_WHY], const hl_engine *e);

#endif
