/* windows.c - training samples: windows over the users' sequences. */
#include "data/windows.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/minmax.h"
#include <stdlib.h>

/* Of a training part of so many items. */
static int windows_of(const hl_windows *w, int train)
{
    int whole = w->S + 1;
    if (train < 2) return 0;
    return w->split && train > whole ? train / whole : 1;
}

void hl_windows_open(hl_windows *w, const hl_corpus *corpus, int S, bool split)
{
    HL_CHECK(S >= 1);
    *w = (hl_windows){corpus, S, split, hl_alloc((size_t)(corpus->users + 1) * sizeof *w->first)};
    w->first[0] = 0;
    for (int64_t u = 0; u < corpus->users; u++)
        w->first[u + 1] = w->first[u] + windows_of(w, hl_corpus_parts(corpus, u).train);
}

void hl_windows_close(hl_windows *w)
{
    free(w->first);
    *w = (hl_windows){0};
}

int64_t hl_windows_count(const hl_windows *w) { return w->first[w->corpus->users]; }

/* The user u with first[u] <= i < first[u + 1]. */
static int64_t user_of(const hl_windows *w, int64_t i)
{
    int64_t low = 0, high = w->corpus->users;
    while (high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        if (w->first[middle] <= i) low = middle;
        else high = middle;
    }
    return low;
}

const int32_t *hl_windows_at(const hl_windows *w, int64_t i, int64_t *user, int *n)
{
    HL_CHECK(i >= 0 && i < hl_windows_count(w));
    int train, whole = w->S + 1;
    *user = user_of(w, i);
    const int32_t *items = hl_corpus_training(w->corpus, *user, &train);
    int of_this_user = (int)(w->first[*user + 1] - w->first[*user]), k = (int)(i - w->first[*user]);
    *n = hl_min(train, whole);
    return items + train - (of_this_user - k) * *n;
}
