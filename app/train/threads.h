/* threads.h - how many threads each rank computes with, and whether its machine has processors for all of them. */
#ifndef APP_TRAIN_THREADS_H
#define APP_TRAIN_THREADS_H
#include "mpi/comm/group.h"
#include "mpi/comm/launch.h"

/* The processors and threads of a rank and its machine. */
typedef struct {
    int wanted, threads; /* that somebody asked for, 0: nobody; that it computes with */
    int bound, sharers;  /* processors that it may use; ranks that may use one of them, with itself */
    int ranks, all;      /* ranks of the machine; processors that any of them may use */
    int total;           /* threads of these ranks */
    int online;          /* processors of the machine */
    double cpus;         /* processors' worth of time that the control group allows; INFINITY: any */
} hl_binding;

/* Find the binding of this rank.  Collective over world. */
void hl_binding_find(hl_binding *s, const hl_group *world, int wanted);

/* The worst thing that is wrong with a binding, and its remedy; NULL where nothing is.  Both texts are valid until
 * the next call.  Local. */
const char *hl_binding_trouble(const hl_binding *s, hl_launcher by, const char **remedy);

/* Under srun ranks that are bound onto one another, while processors stay idle, are refused: HL_EUSAGE.  A job there
 * has processors of its own, so that is a mistake in its options; elsewhere it is a warning.  Local. */
hl_status hl_binding_check(const hl_binding *s, hl_launcher by);

/* Set the threads of this process.  wanted 0: OMP_NUM_THREADS, or without it the processors that this rank may use,
 * divided among the ranks of its machine that may use the same ones.  Warns once where ranks share processors or are
 * bound more tightly than they need be.  HL_EUSAGE where no machine of the kind has use for so many threads and,
 * without `force`, by hl_binding_check.  *threads: those of this rank.  Collective. */
hl_status hl_threads_set(int *threads, const hl_group *world, int wanted, bool force);

/* Are so many threads beyond reason on a machine of so many processors?  HL_EUSAGE.  Local. */
hl_status hl_threads_check(int wanted, int online);

/* The number of threads that OMP_NUM_THREADS says; 0 where it says none. */
int hl_threads_of_environment(void);

#endif
