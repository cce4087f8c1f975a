/* scorer.c - open and close what ranks the catalogue. */
#include "mpi/eval/scorer.h"

void hl_scorer_open(hl_scorer *s, const hl_scorer_kind *kind, const hl_group *g, const hl_corpus *corpus)
{
    *s = (hl_scorer){.kind = kind, .world = g, .group = g, .corpus = corpus, .most_users = INT64_MAX};
    if (kind->open) kind->open(s);
}

void hl_scorer_close(hl_scorer *s)
{
    if (s->kind && s->kind->close) s->kind->close(s);
    *s = (hl_scorer){0};
}
