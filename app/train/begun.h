/* begun.h - an evaluation as a checkpoint keeps it: of the first users where a signal stopped it, of all users where
 * it is the test. */
#ifndef APP_TRAIN_BEGUN_H
#define APP_TRAIN_BEGUN_H
#include "data/score.h"
#include <jansson.h>
#include <stdbool.h>

typedef struct {
    bool is_there;
    hl_phase phase;
    hl_score score; /* of the first score.users users; exact */
    bool is_whole;  /* these are all */
} hl_begun;

/* As a JSON object; null where there is no evaluation. */
json_t *hl_begun_json(const hl_begun *b);

/* Read the object; false, and b without an evaluation, where x is something else. */
bool hl_begun_read(hl_begun *b, const json_t *x);

/* The score from which an evaluation of this phase at these cuts can go on; the cuts ascend.  NULL where b has none. */
const hl_score *hl_begun_for(const hl_begun *b, hl_phase phase, const int *cut, int cuts);

#endif
