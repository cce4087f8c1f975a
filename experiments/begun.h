/* begun.h - an evaluation as a checkpoint keeps it: of the first users where a signal has stopped it, of all where
 * it is the test. */
#ifndef EXPERIMENTS_BEGUN_H
#define EXPERIMENTS_BEGUN_H
#include "model/score.h"
#include <jansson.h>
#include <stdbool.h>

typedef struct {
    bool is_there;
    hl_phase phase;
    hl_score score; /* of the first score.users users; exact */
    bool is_whole;  /* these are all */
} hl_begun;

/* An object, or null where there is none. */
json_t *hl_begun_json(const hl_begun *b);

/* From such an object; false, and none, where it is something else. */
bool hl_begun_read(hl_begun *b, const json_t *x);

/* What an evaluation of this phase at these cuts, which ascend, can go on from; NULL where that is nothing. */
const hl_score *hl_begun_for(const hl_begun *b, hl_phase phase, const int *cut, int cuts);

#endif
