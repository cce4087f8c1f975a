/* targets.h - whom an evaluation ranks: the users who have a target in a phase (data/split.h), in the order of the
 * corpus. */
#ifndef DATA_TARGETS_H
#define DATA_TARGETS_H
#include "data/score.h"
#include <stdbool.h>

typedef struct {
    const hl_corpus *corpus;
    hl_phase phase;
    int64_t n;
    int32_t *user; /* (n); NULL: every user has a target, and target i is user i's */
    bool whole;    /* targets are yet to come: all items of the users are history */
} hl_targets;

/* Looks at all users where the split is temporal.  The corpus stays the caller's.  Local. */
void hl_targets_open(hl_targets *t, const hl_corpus *corpus, hl_phase phase);

/* Everybody, with a target that is yet to come. */
void hl_targets_open_whole(hl_targets *t, const hl_corpus *corpus);
void hl_targets_close(hl_targets *t);

/* How many there are. */
int64_t hl_targets_count(const hl_corpus *corpus, hl_phase phase);

/* Whose target i is. */
int64_t hl_targets_user(const hl_targets *t, int64_t i);

/* Target i and the user's n items before it, oldest first; the target stands behind them, unless it is 0: yet to
 * come. */
int32_t hl_targets_at(const hl_targets *t, int64_t i, const int32_t **history, int *n);

#endif
