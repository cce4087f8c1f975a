/* process.h - who a process is: machine, number, batch job, and since when; and whether its launcher still lives. */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H
#include <stddef.h>

typedef struct {
    char host[65], job[65]; /* job: its number in the batch system (SLURM_JOB_ID ...); empty outside of one */
    char since[24];         /* when these facts were taken, "2026-01-31T12:00:00Z" */
    long pid;
    int restarts; /* how often the batch system has started the job again (SLURM_RESTART_COUNT) */
} hl_process;

/* This process, now. */
void hl_process_find(hl_process *p);

/* The name of this machine alone. */
void hl_process_host(char host[65]);

/* The model of its processor; "unknown processor" where the system does not say. */
void hl_process_processor(char *out, size_t room);

/* "process 123 on node7, of job 42 (restart 2), since 2026-01-31T12:00:00Z". */
void hl_process_text(char *out, size_t room, const hl_process *p);

/* Remember who has started this process.  The first lines of main; later the launcher may be gone already. */
void hl_process_remember_launcher(void);

/* Where a launcher of ranks (mpirun, srun) has started this process: end it, with a sentence, soon after the
 * launcher is gone, since nobody can stop it any more, and a new start may want its files.  A thread looks twice a
 * second, so that also a rank ends that waits for another one.  `patience`: seconds to live on after that.  A
 * process that nobody launched as a rank may outlive its shell. */
void hl_process_watch_launcher(double patience);

#endif
