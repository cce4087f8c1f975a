/* reference.h - scorers that need nothing but the corpus: rows beside the model in the table of an evaluation. */
#ifndef MPI_EVAL_REFERENCE_H
#define MPI_EVAL_REFERENCE_H
#include "mpi/eval/scorer.h"

/* Items in the order of how often they occur in the training parts of all users. */
extern const hl_scorer_kind hl_reference_popularity;

/* All items alike: its metrics are the expected ones of a random order of the items that are not left out. */
extern const hl_scorer_kind hl_reference_chance;

/* The rows, in the order of the table; open each with hl_scorer_open. */
enum { HL_REFERENCES = 2 };
extern const hl_scorer_kind *const hl_references[HL_REFERENCES];

#endif
