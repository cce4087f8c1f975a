/* stuck.c - ranks that wait for each other for ever are named, and where each waits. */
#include "app/rehearse/stuck.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/log.h"
#include "mpi/comm/standstill.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static hl_acts *acts;
static int all;

static void say(const char *line) { hl_log(HL_ERROR, "%s", line); }

/* Who has finished is no longer there to be waited for. */
static void tell(void)
{
    hl_rank_seen *seen = hl_alloc_zero((size_t)all, sizeof *seen);
    hl_standstill still = {0};
    for (int i = 0; i < all; i++) {
        if (atomic_load(&acts[i].ending)) continue;
        hl_acts_read(&seen[still.n].acts, &acts[i]);
        seen[still.n++].state = 'R';
    }
    if (still.n) {
        hl_log_rank(0, 1);
        hl_log(HL_ERROR, "the rehearsal ends in a deadlock: %d of %d ranks wait for what nobody sends", still.n, all);
        hl_standstill_tell(&still, seen, "the simulation", say);
    }
    free(seen);
    all = 0;
}

static void tell_and_end(int signal_number)
{
    tell();
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void *hl_stuck_open(int ranks)
{
    acts = hl_alloc_zero((size_t)ranks, sizeof *acts);
    all = ranks;
    atexit(tell);
    signal(SIGABRT, tell_and_end);
    return acts;
}

void hl_stuck_use(void *page, int rank)
{
    hl_acts *mine = (hl_acts *)page + rank;
    atomic_store(&mine->rank, rank);
    atomic_store(&mine->pid, getpid());
    hl_acts_into(mine);
}

void hl_stuck_finish(void *page, int rank) { atomic_store(&((hl_acts *)page + rank)->ending, 1); }
