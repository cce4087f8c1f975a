/* synth-settings.h - how large a made-up world is, and of what kind. */
#ifndef APP_SYNTH_SYNTH_SETTINGS_H
#define APP_SYNTH_SYNTH_SETTINGS_H
#include "base/error.h"
#include <stdbool.h>

enum {
    HL_SYNTH_SHORTEST = 5, /* interactions that each user has at least */
    HL_SYNTH_MOST_SUCCESSORS = 16
};

/* The settings that are numbers: name, default, least, most, what it is.  With the defaults a tiny model learns much of
 * what the oracle knows in a minute, and popularity tells little. */
#define HL_SYNTH_NUMBERS(INT, REAL)                                                                            \
    INT(items, 800, 1, 1000000000, "items in the catalogue")                                                   \
    INT(users, 2000, 1, 100000000, "users")                                                                    \
    INT(topics, 50, 2, 10000, "topics, each with words of its own")                                            \
    INT(mean_length, 10, HL_SYNTH_SHORTEST, 1000, "interactions of a user on average")                         \
    INT(successors, 2, 1, HL_SYNTH_MOST_SUCCESSORS, "topics that can follow a topic, besides itself")          \
    REAL(stay, 0.2, 0, 1, "probability to stay with a topic")                                                  \
    REAL(skew, 1.2, 0, 10, "of popularity within a topic: exponent of Zipf's law, 0: all alike")               \
    REAL(daily_rhythm, 0, 0, 1, "probability that hour and weekday of an interaction say which topic follows") \
    INT(seed, 1, 0, 2147483647, "another seed, another world")

#define HL_SYNTH_INT(name, normal, least, most, help) int name;
#define HL_SYNTH_REAL(name, normal, least, most, help) double name;
typedef struct {
    const char *name; /* of the CSV files */
    HL_SYNTH_NUMBERS(HL_SYNTH_INT, HL_SYNTH_REAL)
} hl_synth_settings;

hl_synth_settings hl_synth_defaults(void);
int hl_synth_longest(const hl_synth_settings *s); /* interactions that a user has at most */

/* Give a world of `users` this many items a user, and as many topics as the default world has for its items, where
 * `topics` is not given. */
void hl_synth_items_per_user(hl_synth_settings *s, double items, bool has_topics);

enum { HL_SYNTH_NAME = 101 };

/* The settings of the world that is in a folder (oracle.json), with users, items and topics times as many; so a batch
 * of times as many users has as many different items a user.  The name is in `name`.  HL_EFORMAT where the folder is
 * none of hllm synth, HL_EUSAGE where that would be too many.  Local. */
hl_status hl_synth_like(hl_synth_settings *s, char name[HL_SYNTH_NAME], const char *folder, int times);

/* HL_EUSAGE where no world is like that. */
hl_status hl_synth_check(const hl_synth_settings *s);

#endif
