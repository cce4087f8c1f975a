/* stop.h - signals that ask a job to stop: SIGTERM, SIGINT, SIGUSR1 (what Slurm sends before a time limit). */
#ifndef EXPERIMENTS_STOP_H
#define EXPERIMENTS_STOP_H
#include <stdbool.h>

/* From now on these signals only set a flag; the second one ends the process as usual. */
void hl_stop_listen(void);
bool hl_stop_is_asked(void);

#endif
