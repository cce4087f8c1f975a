/* synth-oracle.h - how well the next item of a made-up user can be foretold; for experiments/synth.c. */
#ifndef EXPERIMENTS_SYNTH_ORACLE_H
#define EXPERIMENTS_SYNTH_ORACLE_H
#include "experiments/synth-world.h"

/* Fill the report from a world. */
void hl_synth_judge(hl_synth_report *report, const hl_synth_world *w);

#endif
