/* cosine.h - HLLM as a scorer: the cosine of a user's vector and an item's.
 *
 * The catalogue's vectors lie in shares on the item ranks where they came out; users are encoded on the user ranks,
 * and their vectors travel to the shares, which are scored in tiles.  A column is a text. */
#ifndef MPI_EVAL_COSINE_H
#define MPI_EVAL_COSINE_H
#include "mpi/eval/catalogue.h"
#include "mpi/eval/evaluate.h"

/* Rank the targets by the vectors of c, which hl_catalogue_check has passed: hl_evaluate with this scorer, whose ranks
 * that count are those that have item vectors.  Collective over all ranks of the mesh. */
hl_status hl_cosine_evaluate(hl_score *score, hl_engine *e, const hl_catalogue *c, const hl_eval_orders *orders);

#endif
