/* finite.h - which tensor, item or user has the first number that is not finite, said the same on every rank.
 *
 * A search reads all the numbers.  So weights are searched when they were read, and everything else only when a sum
 * of a step or of a round is not finite. */
#ifndef MPI_TRAIN_FINITE_H
#define MPI_TRAIN_FINITE_H
#include "mpi/train/engine.h"
#include "mpi/comm/first.h"

typedef enum { HL_FINITE_WEIGHTS, HL_FINITE_MOMENTS, HL_FINITE_GRADIENTS } hl_finite_array;

/* HL_ENUMERIC where a number of the array is not finite on any rank; the sentence has `where` ("model/", "step-12"),
 * tensor, place and rank.  Gradients of frozen tensors do not count.  Collective over all ranks of the mesh. */
hl_status hl_finite_check(const hl_engine *e, hl_finite_array array, const char *where);

/* HL_ENUMERIC with a sentence: the first item (f->number, of f->count among so many texts) or the user whose vector
 * is not finite, the rank that has it, and why (hl_finite_why).  Collective over all ranks of the mesh. */
hl_status hl_finite_tell_item(const hl_engine *e, const hl_first *f, int texts);
hl_status hl_finite_tell_user(const hl_engine *e, const hl_first *f, const char *user);

/* Why a vector is not finite: the first weight that is not finite, or that all weights are.  Collective over all
 * ranks of the mesh. */
enum { HL_WHY = 700 };
void hl_finite_why(char why[HL_WHY], const hl_engine *e);

#endif
