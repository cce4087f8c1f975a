/* windows.h - training samples: windows over the users' sequences.
 *
 * Only a user's training part is looked at (data/split.h).  With `split`, a
 * training part longer than S + 1 loses its oldest (length mod (S + 1)) items and is cut into windows of
 * S + 1; without it, or where it is shorter, the last S + 1 items are the one window.  (The public code's
 * data_split.)  A window of one item has no transition to learn from and is left out. */
#ifndef DATA_WINDOWS_H
#define DATA_WINDOWS_H
#include "data/corpus.h"
#include <stdbool.h>

typedef struct {
    const hl_corpus *corpus;
    int S;
    bool split;
    int64_t *first; /* (users + 1) windows before each user */
} hl_windows;

void hl_windows_open(hl_windows *w, const hl_corpus *corpus, int S, bool split);
void hl_windows_close(hl_windows *w);

int64_t hl_windows_count(const hl_windows *w);

/* Window i: whose it is and its n items (2 <= n <= S + 1), oldest first. */
const int32_t *hl_windows_at(const hl_windows *w, int64_t i, int64_t *user, int *n);

#endif
