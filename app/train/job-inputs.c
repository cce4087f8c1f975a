/* job-inputs.c - can what is added to item vectors be read off the data? */
#include "app/train/job-inputs.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/part.h"
#include "data/calendar.h"
#include "mpi/eval/popularity.h"
#include <stdlib.h>

static hl_status fail(const hl_corpus *c, int64_t user, int64_t time)
{
    char called[HL_CALLED];
    hl_corpus_call_user(called, c, user);
    return HL_FAIL(
        HL_EFORMAT,
        "%s has an interaction at %lld, which is no time in seconds since 1970 of the years 1 to %d; correct the "
        "column of times, or set time_embedding: false",
        called, (long long)time, HL_CALENDAR_LAST_YEAR);
}

/* Of my part of the users; first and last become the least and the largest time. */
static hl_status look_at_times(double *first, double *last, const hl_job *j)
{
    const hl_group *g = j->world;
    const hl_corpus *c = j->corpus;
    for (int64_t u = hl_part_begin(c->users, g->size, g->rank); u < hl_part_begin(c->users, g->size, g->rank + 1);
         u++) {
        int n;
        c->sequence(c, u, &n);
        const int64_t *time = c->times(c, u);
        for (int i = 0; i < n; i++) {
            if (!hl_calendar_has(time[i])) return fail(c, u, time[i]);
            *first = hl_min(*first, (double)time[i]);
            *last = hl_max(*last, (double)time[i]);
        }
    }
    return HL_OK;
}

static hl_status check_times(const hl_job *j)
{
    double first = 1e18, last = -1e18;
    HL_TRY_ALL(j->world, look_at_times(&first, &last, j));
    first = -hl_group_max(j->world, -first);
    last = hl_group_max(j->world, last);
    if (first >= last)
        hl_log(HL_WARN, "all interactions have one time, %.0f, of which time_embedding learns nothing", first);
    return HL_OK;
}

/* Their rows are zero at first, and no gradient comes to them. */
static void tell_unmet(const hl_job *j)
{
    const hl_corpus *c = j->corpus;
    int64_t *times = hl_alloc_zero((size_t)c->items, sizeof *times), unmet = 0;
    hl_popularity_count(times, j->world, c);
    for (int64_t i = 1; i < c->items; i++) unmet += times[i] == 0;
    free(times);
    if (unmet)
        hl_log(HL_INFO,
               "id_embedding: %lld of %lld items are in nobody's training part; nothing is added to their vectors",
               (long long)unmet, (long long)(c->items - 1));
}

hl_status hl_job_inputs_check(const hl_job *j)
{
    if (j->config->time_embedding) HL_TRY(check_times(j));
    if (j->config->id_embedding) tell_unmet(j);
    return HL_OK;
}
