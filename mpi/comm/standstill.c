/* standstill.c - does anything move on a machine, and who waits for whom? */
#include "mpi/comm/standstill.h"
#include "base/arena.h"
#include "base/sentence.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hl_standstill_open(hl_standstill *s, int n, bool is_whole_job)
{
    *s = (hl_standstill){.n = n, .is_whole_job = is_whole_job};
    s->moves = hl_alloc_zero((size_t)n, sizeof *s->moves);
    s->stopped = hl_alloc_zero((size_t)n, sizeof *s->stopped);
    s->is_told = hl_alloc_zero((size_t)n, sizeof *s->is_told);
}

void hl_standstill_close(hl_standstill *s)
{
    free(s->moves);
    free(s->stopped);
    free(s->is_told);
    *s = (hl_standstill){0};
}

static bool is_waiting(const hl_rank_seen *r) { return r->acts.waits != HL_WAITS_NOT; }

static bool is_running(const hl_rank_seen *r) { return r->state == 'R' || r->state == 'S' || r->state == 'D'; }

/* ---- what a look finds */

static bool has_moved(hl_standstill *s, const hl_rank_seen *seen)
{
    bool moved = false;
    for (int i = 0; i < s->n; i++) {
        moved |= seen[i].acts.moves != s->moves[i];
        s->moves[i] = seen[i].acts.moves;
    }
    return moved;
}

/* May it be good that nothing moves? */
static bool may_last(const hl_standstill *s, const hl_rank_seen *seen)
{
    bool all_wait = true;
    for (int i = 0; i < s->n; i++) {
        if (is_running(&seen[i]) && seen[i].acts.is_long) return true;
        all_wait &= is_running(&seen[i]) && is_waiting(&seen[i]);
    }
    return all_wait && !s->is_whole_job; /* for ranks of other machines, whose watchers know more */
}

static int find_stopped(hl_standstill *s, const hl_rank_seen *seen, double seconds)
{
    int found = -1, waiting = 0;
    for (int i = 0; i < s->n; i++) waiting += is_running(&seen[i]) && is_waiting(&seen[i]);
    for (int i = 0; i < s->n; i++) {
        s->stopped[i] = seen[i].state == 'T' ? s->stopped[i] + seconds : 0;
        s->is_told[i] = s->is_told[i] && s->stopped[i] > 0;
        if (found < 0 && waiting && s->stopped[i] >= HL_STOP_TOLD && !s->is_told[i]) found = i;
    }
    if (found >= 0) s->is_told[found] = true;
    return found;
}

hl_verdict hl_standstill_look(hl_standstill *s, int *stopped, const hl_rank_seen *seen, double seconds, double patience)
{
    const bool moved = has_moved(s, seen);
    *stopped = find_stopped(s, seen, seconds);
    s->still = moved ? 0 : s->still + seconds;
    s->is_told_of_all &= !moved;
    if (patience <= 0 || s->still < patience) return HL_SOMETHING_MOVES;
    if (!may_last(s, seen) || s->still >= HL_LASTING * patience) return HL_JOB_HANGS;
    const bool is_new = !s->is_told_of_all;
    s->is_told_of_all = true;
    return is_new ? HL_NOTHING_MOVES : HL_SOMETHING_MOVES;
}

/* ---- the picture */

static const struct {
    char state;
    const char *words; /* after "is", "has" ... */
} states[] = {
    {'T', "is stopped by a signal (SIGSTOP)"},
    {'t', "is stopped by a debugger"},
    {'D', "is inside of a call of the system that cannot be interrupted (a disk, a network file system)"},
    {'Z', "has ended"},
    {'?', "is gone"},
};

static const char *words_of(const hl_rank_seen *r)
{
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (states[i].state == r->state) return states[i].words;
    return r->acts.is_long ? "is inside of a call that may take long"
           : is_waiting(r) ? "waits"
                           : "does not wait for others";
}

static void add_act(hl_sentence *line, const hl_rank_seen *r)
{
    if (!*r->acts.act) return;
    hl_sentence_add(line, ", act %s", r->acts.act);
    if (r->acts.micro_batch >= 0) hl_sentence_add(line, " of chunk %d", r->acts.micro_batch);
}

static void add_call(hl_sentence *line, const hl_rank_seen *r)
{
    hl_sentence_add(line, "%s (group %s", hl_wait_name[r->acts.waits], r->acts.group);
    if (r->acts.call) hl_sentence_add(line, ", call %" PRIu64, r->acts.call);
    hl_sentence_add(line, ")");
    add_act(line, r);
}

/* Waits, as nearly all do. */
static bool is_plain(const hl_rank_seen *r) { return is_waiting(r) && (r->state == 'R' || r->state == 'S'); }

static bool wait_together(const hl_rank_seen *a, const hl_rank_seen *b)
{
    return is_plain(a) && is_plain(b) && a->acts.waits == b->acts.waits && a->acts.call == b->acts.call
           && a->acts.micro_batch == b->acts.micro_batch && strcmp(a->acts.group, b->acts.group) == 0
           && strcmp(a->acts.act, b->acts.act) == 0;
}

static bool has_one_before(const hl_rank_seen *seen, int i)
{
    for (int k = 0; k < i; k++)
        if (wait_together(&seen[k], &seen[i])) return true;
    return false;
}

/* "ranks 0, 2-5": all that wait together with i.  Ranks of a machine are in order. */
static int add_ranks(hl_sentence *line, const hl_rank_seen *seen, int n, int i)
{
    int count = 0, begin = -1, end = -2;
    for (int k = i; k <= n; k++) {
        const bool belongs = k < n && (k == i || wait_together(&seen[i], &seen[k]));
        const int rank = belongs ? seen[k].acts.rank : -1;
        count += belongs;
        if (belongs && rank == end + 1) {
            end = rank;
            continue;
        }
        if (!belongs && k < n) continue;
        if (begin >= 0 && end > begin) hl_sentence_add(line, "%s%d", end == begin + 1 ? ", " : "-", end);
        if (belongs) hl_sentence_add(line, "%s%d", begin < 0 ? "" : ", ", rank);
        begin = end = rank;
    }
    return count;
}

static void tell_waiting(const hl_rank_seen *seen, int n, int i, void (*say)(const char *line))
{
    hl_sentence ranks = {0}, line = {0};
    const int count = add_ranks(&ranks, seen, n, i);
    hl_sentence_add(&line, "rank%s %s wait%s ", count > 1 ? "s" : "", ranks.text, count > 1 ? "" : "s");
    add_call(&line, &seen[i]);
    say(line.text);
}

static void add_name(hl_sentence *line, const hl_rank_seen *r, const char *host)
{
    hl_sentence_add(line, "rank %d (process %" PRId64 " on %s) %s", r->acts.rank, r->acts.pid, host, words_of(r));
}

static void tell_other(const hl_rank_seen *r, const char *host, void (*say)(const char *line))
{
    hl_sentence line = {0};
    add_name(&line, r, host);
    if (is_waiting(r)) hl_sentence_add(&line, ", ");
    if (is_waiting(r)) add_call(&line, r);
    else add_act(&line, r);
    say(line.text);
}

void hl_standstill_tell(const hl_standstill *s, const hl_rank_seen *seen, const char *host,
                        void (*say)(const char *line))
{
    for (int i = 0; i < s->n; i++) {
        if (!is_plain(&seen[i])) tell_other(&seen[i], host, say);
        else if (!has_one_before(seen, i)) tell_waiting(seen, s->n, i, say);
    }
}

void hl_standstill_tell_stopped(char *line, size_t room, const hl_rank_seen *seen, const char *host)
{
    hl_sentence name = {0};
    add_name(&name, seen, host);
    snprintf(line, room, "%s; kill -CONT %" PRId64 " lets it go on", name.text, seen->acts.pid);
}
