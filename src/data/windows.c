/* windows.c - training samples: windows over the users' sequences. */
#include "data/windows.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/minmax.h"
#include "base/rng.h"
#include <stdlib.h>

/* Of a training part of so many items. */
static int windows_of(const hl_windows *w, int train)
{
    int whole = w->rule.S + 1;
    if (train < 2) return 0;
    return w->rule.split && train > whole ? train / whole : 1;
}

static bool is_trained_on(const hl_windows_rule *rule, int64_t user)
{
    if (rule->users <= 0 || rule->users >= 1) return true;
    hl_rng r = hl_rng_at(rule->seed, HL_FOR_USERS, (uint64_t)user, 0);
    return hl_rng_uniform(&r) < rule->users;
}

void hl_windows_open(hl_windows *w, const hl_corpus *corpus, const hl_windows_rule *rule)
{
    HL_CHECK(rule->S >= 1);
    *w = (hl_windows){corpus, *rule, hl_alloc((size_t)(corpus->users + 1) * sizeof *w->first)};
    w->first[0] = 0;
    for (int64_t u = 0; u < corpus->users; u++)
        w->first[u + 1] = w->first[u] + (is_trained_on(rule, u) ? windows_of(w, hl_corpus_parts(corpus, u).train) : 0);
}

void hl_windows_close(hl_windows *w)
{
    free(w->first);
    *w = (hl_windows){0};
}

int64_t hl_windows_count(const hl_windows *w) { return w->first[w->corpus->users]; }

int64_t hl_windows_users(const hl_windows *w)
{
    int64_t n = 0;
    for (int64_t u = 0; u < w->corpus->users; u++) n += w->first[u + 1] > w->first[u];
    return n;
}

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
    int train, whole = w->rule.S + 1;
    *user = user_of(w, i);
    const int32_t *items = hl_corpus_training(w->corpus, *user, &train);
    int of_this_user = (int)(w->first[*user + 1] - w->first[*user]), k = (int)(i - w->first[*user]);
    *n = hl_min(train, whole);
    return items + train - (of_this_user - k) * *n;
}
