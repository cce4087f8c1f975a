/* score.c - what a rank is worth. */
#include "data/score.h"
#include "base/error.h"
#include "data/places.h"
#include <string.h>

const char *const hl_phase_name[2] = {"valid", "test"};

int32_t hl_phase_target(const hl_corpus *c, int64_t user, hl_phase phase, const int32_t **history, int *n)
{
    int length;
    const hl_split_parts parts = hl_corpus_parts(c, user);
    *history = c->sequence(c, user, &length);
    *n = phase == HL_TEST ? hl_split_target(parts.valid, parts.n) : hl_split_target(parts.train, parts.valid);
    return *n < 0 ? 0 : (*history)[*n];
}

hl_score hl_score_at(const int *cut, int cuts)
{
    HL_CHECK(cuts <= HL_CUTS);
    hl_score s = {.cuts = cuts};
    memcpy(s.cut, cut, (size_t)cuts * sizeof *cut);
    return s;
}

/* The target's place is uniform over [first, first + places): what that is worth on average. */
static void add_places(hl_gains *g, const hl_score *s, int64_t first, int64_t places)
{
    const int64_t end = first + places;
    const double n = (double)places;
    double gain = 0, inverse = 0;
    int64_t seen = first; /* places before it are in gain and inverse */
    for (int k = 0; k < s->cuts; k++) {
        int64_t behind = s->cut[k] + (int64_t)1 < end ? s->cut[k] + (int64_t)1 : end;
        if (behind > seen) {
            gain += hl_places_gain(seen, behind);
            inverse += hl_places_inverse(seen, behind);
            seen = behind;
        }
        g->recall[k] += (double)(seen - first) / n;
        g->ndcg[k] += gain / n;
        g->mrr_at[k] += inverse / n;
    }
    g->mrr += hl_places_inverse(first, end) / n;
}

void hl_score_add(hl_score *s, int64_t rank, int64_t ties)
{
    s->users++;
    if (rank == 0) {
        s->repeated++;
        return;
    }
    s->tied += ties > 0;
    s->ties += (double)ties;
    add_places(&s->gains[HL_TIES_RANDOM], s, rank, ties + 1);
    add_places(&s->gains[HL_TIES_FIRST], s, rank, 1);
    add_places(&s->gains[HL_TIES_LAST], s, rank + ties, 1);
}
