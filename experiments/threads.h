/* threads.h - how many threads each rank computes with, and whether its machine has processors for them. */
#ifndef EXPERIMENTS_THREADS_H
#define EXPERIMENTS_THREADS_H
#include "mpi/group.h"
#include "mpi/launch.h"

/* What a rank finds on its machine. */
typedef struct {
    int wanted, threads; /* that somebody asked for, 0: nobody; that it computes with */
    int bound, sharers;  /* processors that it may use; ranks that may use one of them, with itself */
    int ranks, all;      /* ranks of the machine; processors that any of them may use */
    int total;           /* threads of these ranks */
    int online;          /* processors of the machine */
    double cpus;         /* processors' worth of time that the control group allows; INFINITY: any */
} hl_binding;

/* Collective over world. */
void hl_binding_find(hl_binding *s, const hl_group *world, int wanted);

/* What is wrong with it, the worst first, and what to change; NULL: nothing.  Both are the callee's until the next
 * call. Local. */
const char *hl_binding_trouble(const hl_binding *s, hl_launcher by, const char **remedy);

/* Set the threads of this process; wanted 0: what OMP_NUM_THREADS says, or else the processors that this rank may use,
 * shared with the other ranks of its machine that may use the same ones.  One warning where ranks are in each
 * other's way or bound more tightly than they need; HL_EUSAGE where the threads are more than any machine of the
 * kind has use for.
 * *threads are those of this rank.  Collective. */
hl_status hl_threads_set(int *threads, const hl_group *world, int wanted);

/* Are so many threads beyond reason on a machine of so many processors?  HL_EUSAGE.  Local. */
hl_status hl_threads_check(int wanted, int online);

/* The threads that OMP_NUM_THREADS says; 0: nothing. */
int hl_threads_of_environment(void);

#endif
