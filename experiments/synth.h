/* synth.h - texts and interactions with a planted structure, and how well it can be known.
 *
 * Each topic has words of its own, made up and pronounceable; a title holds three of them and one that all
 * topics share, so a text tells its topic to whoever can read.  How users walk is in synth-world.h.  Two runs
 * with the same settings write the same bytes. */
#ifndef EXPERIMENTS_SYNTH_H
#define EXPERIMENTS_SYNTH_H
#include "base/error.h"
#include <stdint.h>
#include <stdio.h>

enum { HL_SYNTH_MOST_SUCCESSORS = 16 };

/* The settings that are numbers: name, default, least, most, what it is.  With the defaults a tiny model learns much of
 * what the oracle knows in a minute, and popularity tells little. */
#define HL_SYNTH_NUMBERS(INT, REAL)                                                                                 \
    INT(items, 800, 1, 1000000000, "items in the catalogue")                                                        \
    INT(users, 2000, 1, 100000000, "users")                                                                         \
    INT(topics, 50, 2, 10000, "topics, each with words of its own")                                                 \
    INT(mean_length, 10, HL_SYNTH_SHORTEST, 1000, "interactions of a user on average")                              \
    INT(successors, 2, 1, HL_SYNTH_MOST_SUCCESSORS, "topics that can follow a topic, besides itself")               \
    REAL(stay, 0.2, 0, 1, "probability to stay with a topic")                                                       \
    REAL(skew, 1.2, 0, 10, "of popularity within a topic: exponent of Zipf's law, 0: all alike")                    \
    INT(seed, 1, 0, 2147483647, "another seed, another world")

#define HL_SYNTH_INT(name, normal, least, most, help) int name;
#define HL_SYNTH_REAL(name, normal, least, most, help) double name;
typedef struct {
    const char *name; /* of the CSV files */
    HL_SYNTH_NUMBERS(HL_SYNTH_INT, HL_SYNTH_REAL)
} hl_synth_settings;

enum {
    HL_SYNTH_SHORTEST = 5,     /* interactions that each user has at least */
    HL_SYNTH_TOPIC_WORDS = 8,  /* of each topic alone */
    HL_SYNTH_COMMON_WORDS = 12 /* of all topics */
};

/* What random numbers are for; part of a stream's name, never renumbered. */
enum { HL_SYNTH_RING = 1, HL_SYNTH_ITEMS, HL_SYNTH_WALKS, HL_SYNTH_LENGTHS, HL_SYNTH_WORDS, HL_SYNTH_TEXTS, HL_SYNTH_TIMES };

enum { HL_SYNTH_CUTOFFS = 3 };
extern const int hl_synth_cutoffs[HL_SYNTH_CUTOFFS]; /* 5, 10, 50 */

/* Fractions over all users, of test targets: the last interaction of each. */
typedef struct {
    double recall[HL_SYNTH_CUTOFFS];
    double ndcg_10;
} hl_synth_scores;

/* Every one ranks the items that occur, without those the user had before; rank = 1 + number strictly better. */
typedef struct {
    int catalogue;          /* items that occur */
    int64_t interactions;
    hl_synth_scores oracle; /* knows the topics and how users walk: nobody can do better, but by luck */
    hl_synth_scores popularity; /* counts interactions but for the last two of each user */
    hl_synth_scores random; /* as expected */
} hl_synth_report;

hl_synth_settings hl_synth_defaults(void);
int hl_synth_longest(const hl_synth_settings *s); /* interactions that a user has at most */

/* Write folder/dataset/<name>.csv, folder/information/<name>.csv and folder/oracle.json, and fill the report.
 * HL_EUSAGE where the settings are impossible, or where one of the files is there with other contents. */
hl_status hl_synth_write(const hl_synth_settings *s, const char *folder, hl_synth_report *report);

/* The report as one JSON object, what oracle.json holds; free it.  Its "oracle" is a row for the option
 * reference_scores of training and evaluation. */
char *hl_synth_json(const hl_synth_settings *s, const hl_synth_report *report);

/* The report as a table for people. */
void hl_synth_print(FILE *out, const hl_synth_report *report);

#endif
