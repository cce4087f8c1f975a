/* tally.h - the small facts of a step, agreed by all ranks in one reduction.
 *
 * Losses, counts, a stop signal, something that is not a number, the seconds of each phase: every rank adds what
 * it knows, and after hl_tally_agree all ranks hold the same sums and extremes and so act alike. */
#ifndef MPI_TRAIN_TALLY_H
#define MPI_TRAIN_TALLY_H
#include "step/schedule.h"
#include "mpi/train/mesh.h"

typedef struct {
    double sum, min, max;
    double who; /* the rank of the max, the lowest where several have it */
} hl_fact;

typedef enum {
    HL_FACT_LOSS,
    HL_FACT_LABEL_LOSS, /* that of the labels, which is beside it */
    HL_FACT_KEPT,       /* negatives that counted, over all rows */
    HL_FACT_MASKED,     /* negatives left out as false ones */
    HL_FACT_HITS,       /* rows whose target is in the top k: as many facts as HL_TOPS */
    HL_FACT_HITS_END = HL_FACT_HITS + 5,
    HL_FACT_DSCALE = HL_FACT_HITS_END, /* dLoss/d logit_scale */
    HL_FACT_SQUARES,                   /* of all other gradients */
    HL_FACT_SAVE,                      /* it is time for a checkpoint */
    HL_FACT_STOP,                      /* a signal asked to stop */
    HL_FACT_ODD,                       /* vectors that are not finite */
    HL_FACT_ZERO,                      /* targets and negatives whose vector is zero */
    HL_FACT_DIFFER,                    /* are two vectors of a rank different? */
    HL_FACT_GIVEN_UP,                  /* and something of the step was not computed */
    HL_FACT_FLOP,
    HL_FACT_BYTES, /* of item vectors and their gradients, to other ranks */
    HL_FACT_SENT,  /* bytes in each group of the mesh: as many facts as HL_MESH_GROUPS */
    HL_FACT_MESSAGES = HL_FACT_SENT + HL_MESH_GROUPS,   /* ... and messages */
    HL_FACT_PHASES = HL_FACT_MESSAGES + HL_MESH_GROUPS, /* seconds of each act: as many facts as HL_ACTS */
    HL_FACTS = HL_FACT_PHASES + HL_ACTS
} hl_fact_name;

typedef struct {
    hl_fact fact[HL_FACTS];
} hl_tally;

/* A fact as rank `who` knows it. */
hl_fact hl_fact_of(double value, int who);

/* Everything zero, known by this rank. */
void hl_tally_clear(hl_tally *t, int rank);

/* Set what this rank knows. */
void hl_tally_put(hl_tally *t, int fact, double value);

/* n facts that every rank knows its own of become those of all.  Collective. */
void hl_facts_agree(hl_fact *fact, size_t n, const hl_group *g);

/* Collective. */
void hl_tally_agree(hl_tally *t, const hl_group *g);

static inline double hl_tally_sum(const hl_tally *t, int fact) { return t->fact[fact].sum; }

#endif
