/* user-ranks.h - where every user's target was ranked, for whatever looks at users apart: a file, groups of users,
 * intervals. */
#ifndef APP_TRAIN_USER_RANKS_H
#define APP_TRAIN_USER_RANKS_H
#include "app/config/config.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t *rank, *ties; /* (users of the corpus) the same on every rank; NULL: nobody wants them */
} hl_user_ranks;

/* Does the configuration ask for what needs them? */
bool hl_user_ranks_are_wanted(const hl_config *c);

void hl_user_ranks_open(hl_user_ranks *u, int64_t users);
void hl_user_ranks_close(hl_user_ranks *u);

#endif
