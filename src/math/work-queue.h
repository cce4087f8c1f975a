/* work-queue.h - a queue of jobs that the threads of a parallel region take one after the other.
 *
 * Unlike the loops of OpenMP nobody waits at the end for who is held up: each goes on with other jobs, and waits
 * where it needs that all of some are done.  A thread that waits gives its core away after a while, since there may
 * be more threads than cores. */
#ifndef MATH_WORK_QUEUE_H
#define MATH_WORK_QUEUE_H
#include "base/arena.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef struct {
    _Alignas(64) atomic_int taken, done;
} hl_work_queue;

/* So many, each for jobs of its own, none taken yet. */
static inline hl_work_queue *hl_work_queue_lay(int n, hl_arena *room) { return HL_TAKE_ZERO(room, hl_work_queue, n); }

/* The next few of `jobs`: [*begin, *end), to be told when they are done.  False if none is left. */
static inline bool hl_work_queue_take(hl_work_queue *t, int jobs, int few, int *begin, int *end)
{
    *begin = atomic_fetch_add_explicit(&t->taken, few, memory_order_relaxed);
    *end = *begin + few < jobs ? *begin + few : jobs;
    return *begin < jobs;
}

static inline void hl_work_queue_done(hl_work_queue *t, int n)
{
    atomic_fetch_add_explicit(&t->done, n, memory_order_release);
}

/* Until all jobs are done; what they wrote can be read then. */
static inline void hl_work_queue_wait(hl_work_queue *t, int jobs)
{
    enum { PATIENCE = 2000 };
    for (int looks = 0; atomic_load_explicit(&t->done, memory_order_acquire) < jobs;) {
        if (looks == PATIENCE) sched_yield();
        else looks++;
#if defined __x86_64__
        __builtin_ia32_pause();
#endif
    }
}

#endif
