/* startup.h - where the time goes until the first step, and what is opened and read for it.
 *
 * A start is a row of phases, each of which ends where the next begins; every rank notes its own, and at the end they
 * are put together: seconds, files opened, bytes read (io/files/reads.h says what counts). */
#ifndef APP_TRAIN_STARTUP_H
#define APP_TRAIN_STARTUP_H
#include "mpi/comm/group.h"
#include "mpi/train/tally.h"

typedef enum {
    HL_STARTUP_LAUNCH,        /* MPI finds all ranks */
    HL_STARTUP_CONFIGURATION, /* it is read, and the same on all ranks */
    HL_STARTUP_CHECKS,        /* run folder, processors, shapes, memory: what can go wrong */
    HL_STARTUP_PREPARE, /* is the dataset there current?  Its tokenizer and sources are looked at; or it is made */
    HL_STARTUP_DATASET, /* shards are mapped and checked */
    HL_STARTUP_LAYOUT,  /* the forecast of a step, groups of ranks, arrays */
    HL_STARTUP_WEIGHTS, /* drawn or read */
    HL_STARTUP_RESUME,  /* the checkpoint that the run goes on from, and its records */
    HL_STARTUPS
} hl_startup_phase;
extern const char *const hl_startup_name[HL_STARTUPS];

/* What ranks have in common in each phase: least, sum and most of each figure. */
typedef enum { HL_STARTUP_SECONDS, HL_STARTUP_OPENS, HL_STARTUP_BYTES, HL_STARTUP_FIGURES } hl_startup_figure;
extern const char *const hl_startup_figure_name[HL_STARTUP_FIGURES];

typedef struct {
    hl_fact phase[HL_STARTUP_FIGURES][HL_STARTUPS];
    hl_fact whole[HL_STARTUP_FIGURES]; /* all phases of a rank together */
    hl_fact waited;                    /* of the seconds, those of waits for other ranks */
} hl_startup;

/* From here on seconds, files and bytes are of this phase; the first call begins the start.  Local. */
void hl_startup_enter(hl_startup_phase phase);

/* The start is over: *s is that of all ranks.  Collective. */
void hl_startup_end(hl_startup *s, const hl_group *world);

/* "started in 3.1 s: launch 0.2, ... (0.4 waiting); files opened, bytes read": means over the ranks.  Local. */
void hl_startup_text(char *out, size_t room, const hl_startup *s, int ranks);

#endif
