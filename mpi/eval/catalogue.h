/* catalogue.h - every item's vector, each text encoded once, shared out over the item ranks.
 *
 * Texts are numbered by their first item; the i-th of the p ranks of last stages
 * (hl_layout_last_stage_rank) keeps the texts of hl_part (texts, p, i).  The ranks of a replica encode all their
 * texts together. */
#ifndef MPI_EVAL_CATALOGUE_H
#define MPI_EVAL_CATALOGUE_H
#include "mpi/train/engine.h"

typedef struct {
    int texts;
    int32_t *item;   /* (texts) first item of each text */
    int *weight;     /* (texts) items of the catalogue that have it, the padding not counted */
    int *text;       /* (items) text of each item that is the first of its text; use hl_catalogue_text */
    int begin, mine; /* my texts; 0 mine on other ranks */
    float *vector;   /* (mine, D) */
    float *scale;    /* (mine) 1 / length of the vector; 0 of a zero vector, which has no direction and scores 0 */
    int64_t tokens;  /* of my texts */
    bool given_up; /* a signal has stopped it here: its vectors are not all there, though others may not know it yet */
} hl_catalogue;

/* Encode the catalogue with the engine's weights.  Collective over the item group. */
void hl_catalogue_open(hl_catalogue *c, hl_engine *e);

/* Are the vectors fit to be compared?  HL_ENUMERIC, naming the first item, where one is not finite or so long that
 * products overflow, and where all are equal; HL_ESTOP where a signal has stopped the encoding.  *zeros: items whose
 * vector is zero.  Collective over all ranks of the mesh. */
hl_status hl_catalogue_check(const hl_catalogue *c, hl_engine *e, int64_t *zeros);
void hl_catalogue_close(hl_catalogue *c);

/* The text of an item. */
int hl_catalogue_text(const hl_catalogue *c, const hl_corpus *corpus, int64_t item);

#endif
