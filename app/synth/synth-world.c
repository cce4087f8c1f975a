/* synth-world.c - made-up items, and users who walk among their topics. */
#include "app/synth/synth-world.h"
#include "base/arena.h"
#include "base/part.h"
#include "base/rng.h"
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

/* The last one catches what rounding leaves of the number. */
static int draw_move(const hl_synth_world *w, hl_rng *r)
{
    double x = hl_rng_uniform(r);
    int m = 0;
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
    int topic = (int)hl_rng_below(&r, (uint64_t)w->settings.topics);
    for (int64_t i = 0; i < n; i++) {
        if (i) topic = hl_synth_step(w, topic, draw_move(w, &r));
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
