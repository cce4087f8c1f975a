/* synth-world.c - made-up items, and users who walk among their topics. */
#include "app/synth/synth-world.h"
#include "base/arena.h"
#include "base/part.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void set_moves(hl_synth_world *w)
{
    const hl_synth_settings *s = &w->settings;
    double share = 1, all = 0;
    for (int m = 1; m <= s->successors; m++, share /= 3) all += w->move[m] = share;
    for (int m = 1; m <= s->successors; m++) w->move[m] *= (1 - s->stay) / all;
    w->move[0] = s->stay;
}

static void stand_in_a_ring(hl_synth_world *w)
{
    int n = w->settings.topics;
    w->place = hl_alloc((size_t)n * sizeof *w->place);
    w->topic_at = hl_alloc((size_t)n * sizeof *w->topic_at);
    for (int t = 0; t < n; t++) {
        w->place[t] = (int32_t)hl_permute(w->seed, HL_FOR_SYNTH, HL_SYNTH_RING, (uint64_t)n, (uint64_t)t);
        w->topic_at[w->place[t]] = t;
    }
}

/* Items are numbered at random: neither topic nor rank shows in the number. */
static void deal_items(hl_synth_world *w)
{
    int n = w->settings.items, topics = w->settings.topics;
    w->topic = hl_alloc((size_t)n * sizeof *w->topic);
    w->weight = hl_alloc((size_t)n * sizeof *w->weight);
    w->member = hl_alloc((size_t)n * sizeof *w->member);
    for (int i = 0; i < n; i++) {
        int64_t slot = (int64_t)hl_permute(w->seed, HL_FOR_SYNTH, HL_SYNTH_ITEMS, (uint64_t)n, (uint64_t)i);
        w->topic[i] = hl_part_owner(n, topics, slot);
        w->weight[i] = pow((double)(slot - hl_part_begin(n, topics, w->topic[i])) + 1, -w->settings.skew);
        w->member[slot] = i;
    }
}

const int32_t *hl_synth_members(const hl_synth_world *w, int topic, int *n)
{
    *n = (int)hl_part_count(w->settings.items, w->settings.topics, topic);
    return w->member + hl_part_begin(w->settings.items, w->settings.topics, topic);
}

int hl_synth_step(const hl_synth_world *w, int topic, int steps)
{
    return w->topic_at[(w->place[topic] + steps) % w->settings.topics];
}

bool hl_synth_has(const int32_t *list, int64_t n, int32_t item)
{
    for (int64_t i = 0; i < n; i++)
        if (list[i] == item) return true;
    return false;
}

double hl_synth_weight_left(const hl_synth_world *w, int topic, const int32_t *taken, int64_t n)
{
    int members;
    const int32_t *member = hl_synth_members(w, topic, &members);
    double left = 0;
    for (int i = 0; i < members; i++)
        if (!hl_synth_has(taken, n, member[i])) left += w->weight[member[i]];
    return left;
}

/* ---- times */

enum { HOUR = 3600, DAY = 24 * HOUR, YEAR = 365 * DAY, FIRST_DAY = 1577836800 /* 2020 */, WEEK = 7, DAY_PARTS = 4 };

hl_synth_clock hl_synth_clock_of(const hl_synth_world *w, int user)
{
    hl_synth_clock c = {.rng = hl_rng_at(w->seed, HL_FOR_SYNTH, HL_SYNTH_TIMES, (uint32_t)user)};
    c.time = FIRST_DAY + (int64_t)hl_rng_below(&c.rng, YEAR);
    return c;
}

void hl_synth_clock_next(hl_synth_clock *c) { c->time += 1 + (int64_t)hl_rng_below(&c->rng, 3 * DAY); }

static int habit_of(const hl_synth_world *w, int part, bool weekend)
{
    return (part + weekend) % (w->settings.successors + 1);
}

/* 1970 began on a Thursday. */
int hl_synth_habit(const hl_synth_world *w, int64_t time)
{
    const bool weekend = (time / DAY + 3) % WEEK >= 5;
    return habit_of(w, (int)(time % DAY / (DAY / DAY_PARTS)), weekend);
}

static double blend(const hl_synth_world *w, int m, double habit)
{
    const double rhythm = w->settings.daily_rhythm;
    return (1 - rhythm) * w->move[m] + rhythm * habit;
}

double hl_synth_move(const hl_synth_world *w, int m, int64_t time)
{
    return blend(w, m, hl_synth_habit(w, time) == m ? 1 : 0);
}

double hl_synth_move_at_any_time(const hl_synth_world *w, int m)
{
    double habit = 0;
    for (int part = 0; part < DAY_PARTS; part++) {
        habit += habit_of(w, part, false) == m ? 5.0 / (WEEK * DAY_PARTS) : 0;
        habit += habit_of(w, part, true) == m ? 2.0 / (WEEK * DAY_PARTS) : 0;
    }
    return blend(w, m, habit);
}

/* ---- walks */

/* After an interaction at `time`.  The last move catches what rounding leaves of the number. */
static int draw_move(const hl_synth_world *w, hl_rng *r, int64_t time)
{
    const double rhythm = w->settings.daily_rhythm;
    double x = hl_rng_uniform(r);
    int m = 0;
    if (x < rhythm) return hl_synth_habit(w, time);
    x = (x - rhythm) / (1 - rhythm);
    while (m < w->settings.successors && (x -= w->move[m]) >= 0) m++;
    return m;
}

static int32_t draw_item(const hl_synth_world *w, hl_rng *r, int topic, const int32_t *taken, int64_t n)
{
    int members;
    const int32_t *member = hl_synth_members(w, topic, &members);
    double x = hl_rng_uniform(r) * hl_synth_weight_left(w, topic, taken, n);
    int32_t item = -1;
    for (int i = 0; i < members && (item < 0 || x >= 0); i++) {
        if (hl_synth_has(taken, n, member[i])) continue;
        item = member[i];
        x -= w->weight[item];
    }
    return item;
}

static void walk(const hl_synth_world *w, int user)
{
    hl_rng r = hl_rng_at(w->seed, HL_FOR_SYNTH, HL_SYNTH_WALKS, (uint32_t)user);
    int32_t *taken = w->sequence + w->begin[user];
    int64_t n = w->begin[user + 1] - w->begin[user];
    hl_synth_clock clock = hl_synth_clock_of(w, user);
    int topic = (int)hl_rng_below(&r, (uint64_t)w->settings.topics);
    for (int64_t i = 0; i < n; i++) {
        if (i) {
            topic = hl_synth_step(w, topic, draw_move(w, &r, clock.time));
            hl_synth_clock_next(&clock);
        }
        taken[i] = draw_item(w, &r, topic, taken, i);
    }
}

/* Uniform from the shortest to the longest, the mean in the middle. */
static void choose_lengths(hl_synth_world *w)
{
    int shortest = HL_SYNTH_SHORTEST, longest = hl_synth_longest(&w->settings);
    hl_rng r = hl_rng_at(w->seed, HL_FOR_SYNTH, HL_SYNTH_LENGTHS, 0);
    w->begin = hl_alloc(((size_t)w->settings.users + 1) * sizeof *w->begin);
    w->begin[0] = 0;
    for (int u = 0; u < w->settings.users; u++)
        w->begin[u + 1] = w->begin[u] + shortest + (int64_t)hl_rng_below(&r, (uint64_t)(longest - shortest + 1));
}

void hl_synth_world_make(hl_synth_world *w, const hl_synth_settings *s)
{
    *w = (hl_synth_world){.settings = *s, .seed = (uint64_t)s->seed};
    set_moves(w);
    stand_in_a_ring(w);
    deal_items(w);
    choose_lengths(w);
    w->sequence = hl_alloc((size_t)w->begin[s->users] * sizeof *w->sequence);
    for (int u = 0; u < s->users; u++) walk(w, u);
}

void hl_synth_world_free(hl_synth_world *w)
{
    free(w->place);
    free(w->topic_at);
    free(w->topic);
    free(w->weight);
    free(w->member);
    free(w->begin);
    free(w->sequence);
    *w = (hl_synth_world){0};
}
