/* synth-oracle.h - how well the next item of a made-up user can be predicted; for app/synth/synth.c. */
#ifndef APP_SYNTH_SYNTH_ORACLE_H
#define APP_SYNTH_SYNTH_ORACLE_H
#include "app/synth/synth-world.h"

enum { HL_SYNTH_CUTOFFS = 3 };
extern const int hl_synth_cutoffs[HL_SYNTH_CUTOFFS]; /* 5, 10, 50 */

/* Fractions over all users, of test targets: the last interaction of each. */
typedef struct {
    double recall[HL_SYNTH_CUTOFFS];
    double ndcg_10;
} hl_synth_scores;

/* Each of the three ranks the items that occur, without those that the user had before; rank = 1 + the number of
 * better ones. */
typedef struct {
    int catalogue; /* items that occur */
    int64_t interactions;
    hl_synth_scores oracle; /* knows the topics and how users walk: nobody can do better, but by luck */
    bool has_rhythm;
    hl_synth_scores without_times; /* with a daily rhythm: knows the same but for the times; else 0 */
    hl_synth_scores popularity;    /* counts interactions but for the last two of each user */
    hl_synth_scores random;        /* as expected */
} hl_synth_report;

/* Fill the report from a world. */
void hl_synth_judge(hl_synth_report *report, const hl_synth_world *w);

#endif
