/* targets.c - whom an evaluation ranks. */
#include "data/targets.h"
#include "base/arena.h"
#include "base/error.h"
#include <stdlib.h>

void hl_targets_open(hl_targets *t, const hl_corpus *corpus, hl_phase phase)
{
    const int32_t *history;
    int n;
    *t = (hl_targets){.corpus = corpus, .phase = phase, .n = corpus->users};
    if (corpus->split.rule.kind == HL_LEAVE_TWO_OUT) return;
    t->user = hl_alloc((size_t)corpus->users * sizeof *t->user);
    t->n = 0;
    for (int64_t u = 0; u < corpus->users; u++)
        if (hl_phase_target(corpus, u, phase, &history, &n) > 0) t->user[t->n++] = (int32_t)u;
}

void hl_targets_open_whole(hl_targets *t, const hl_corpus *corpus)
{
    *t = (hl_targets){.corpus = corpus, .phase = HL_TEST, .n = corpus->users, .whole = true};
}

void hl_targets_close(hl_targets *t)
{
    free(t->user);
    *t = (hl_targets){0};
}

int64_t hl_targets_count(const hl_corpus *corpus, hl_phase phase)
{
    hl_targets t;
    hl_targets_open(&t, corpus, phase);
    const int64_t n = t.n;
    hl_targets_close(&t);
    return n;
}

int64_t hl_targets_user(const hl_targets *t, int64_t i)
{
    HL_CHECK(i >= 0 && i < t->n);
    return t->user ? t->user[i] : i;
}

int32_t hl_targets_at(const hl_targets *t, int64_t i, const int32_t **history, int *n)
{
    const int64_t user = hl_targets_user(t, i);
    if (!t->whole) return hl_phase_target(t->corpus, user, t->phase, history, n);
    *history = t->corpus->sequence(t->corpus, user, n);
    return 0;
}
