/* windows.h - training samples: windows over the users' sequences.
 *
 * Only a user's training part is looked at (data/split.h).  With `split`, a
 * training part longer than S + 1 loses its oldest (length mod (S + 1)) items and is cut into windows of
 * S + 1; without it, or where it is shorter, the last S + 1 items are the one window.  (The public code's
 * data_split.)  A window of one item has no transition to learn from and is left out.
 *
 * A share of the users may be trained on alone.  Each user draws by itself, so those of a smaller share are among those
 * of a larger one. */
#ifndef DATA_WINDOWS_H
#define DATA_WINDOWS_H
#include "data/corpus.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int S;
    bool split;
    double users;  /* share of those who are trained on; 0: all */
    uint64_t seed; /* of who they are */
} hl_windows_rule;

typedef struct {
    const hl_corpus *corpus;
    hl_windows_rule rule;
    int64_t *first; /* (users + 1) windows before each user */
} hl_windows;

void hl_windows_open(hl_windows *w, const hl_corpus *corpus, const hl_windows_rule *rule);
void hl_windows_close(hl_windows *w);

int64_t hl_windows_count(const hl_windows *w);

/* Users who have one at the least. */
int64_t hl_windows_users(const hl_windows *w);

/* Window i: whose it is and its n items (2 <= n <= S + 1), oldest first. */
const int32_t *hl_windows_at(const hl_windows *w, int64_t i, int64_t *user, int *n);

#endif
