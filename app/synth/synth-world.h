/* synth-world.h - made-up items, and users who walk among their topics; for the files app/synth/synth*.c.
 *
 * Topics stand in a ring, in random order.  A user begins at any topic.  Before each item the user stays at the topic
 * with probability `stay`, or moves 1, 2, ...  `successors` places along the ring, each number of places a third as
 * likely as the one before.  The item of rank r (from 0) within a topic has the weight 1 / (r + 1)^skew, and a user
 * takes no item twice.  With probability `daily_rhythm` a move is not drawn: hour and weekday of the interaction
 * before it say how many places it goes (hl_synth_habit).  The ring looks alike from everywhere, so topics are
 * equally popular: what makes an item popular is its rank. */
#ifndef APP_SYNTH_SYNTH_WORLD_H
#define APP_SYNTH_SYNTH_WORLD_H
#include "app/synth/synth-settings.h"
#include "base/rng.h"
#include <stdbool.h>
#include <stdint.h>

/* What random numbers are for; part of a stream's name, never renumbered. */
enum {
    HL_SYNTH_RING = 1,
    HL_SYNTH_ITEMS,
    HL_SYNTH_WALKS,
    HL_SYNTH_LENGTHS,
    HL_SYNTH_WORDS,
    HL_SYNTH_TEXTS,
    HL_SYNTH_TIMES
};

typedef struct {
    hl_synth_settings settings;
    uint64_t seed;
    double move[HL_SYNTH_MOST_SUCCESSORS + 1]; /* probability of that many steps along the ring */
    int32_t *place;                            /* (topics) of a topic in the ring */
    int32_t *topic_at;                         /* (topics) and back */
    int32_t *topic;                            /* (items) */
    double *weight;                            /* (items) */
    int32_t *member;                           /* (items) topic by topic, the most wanted first */
    int64_t *begin; /* (users + 1) user u took sequence[begin[u]] ... sequence[begin[u + 1] - 1], in this order */
    int32_t *sequence;
} hl_synth_world;

/* The settings must be possible (hl_synth_check).  Release with hl_synth_world_free. */
void hl_synth_world_make(hl_synth_world *w, const hl_synth_settings *s);
void hl_synth_world_free(hl_synth_world *w);

/* When a user took one item after the other: seconds since 1970.  The first is on some day of 2020, each other one
 * within three days of the one before. */
typedef struct {
    hl_rng rng;
    int64_t time;
} hl_synth_clock;
hl_synth_clock hl_synth_clock_of(const hl_synth_world *w, int user);
void hl_synth_clock_next(hl_synth_clock *c);

/* Places along the ring that the rhythm asks for after an interaction at this time: one for each six hours of the day
 * (UTC), and one more on Saturday and Sunday; of successors + 1 places it begins again at 0. */
int hl_synth_habit(const hl_synth_world *w, int64_t time);

/* Probability of m places after an interaction at this time; and for whoever does not know the time. */
double hl_synth_move(const hl_synth_world *w, int m, int64_t time);
double hl_synth_move_at_any_time(const hl_synth_world *w, int m);

/* The items of a topic, the most wanted first, and their number. */
const int32_t *hl_synth_members(const hl_synth_world *w, int topic, int *n);

/* The topic that is `steps` places along the ring from `topic`. */
int hl_synth_step(const hl_synth_world *w, int topic, int steps);

/* Is the item in the list (n)? */
bool hl_synth_has(const int32_t *list, int64_t n, int32_t item);

/* The weight that is left in a topic for a user who took these n items. */
double hl_synth_weight_left(const hl_synth_world *w, int topic, const int32_t *taken, int64_t n);

#endif
