/* embed-texts.c - a round of texts is encoded as if it were a catalogue. */
#include "app/embed/embed-texts.h"
#include "base/alloc.h"
#include "mpi/eval/catalogue.h"
#include <string.h>

/* Item i + 1 is text i of the round. */
static const int32_t *tokens_of(const hl_corpus *c, int64_t item, int *n)
{
    const hl_embed_texts *t = c->self;
    return t->tokens(t->self, (int)item - 1, n);
}

static int64_t first_of(const hl_corpus *c, int64_t item)
{
    (void)c;
    return item;
}

static void take(hl_embed_part *out, const hl_catalogue *c, const int32_t *list, int D)
{
    const size_t size = (size_t)c->mine * (size_t)D * sizeof *out->vector;
    out->n = c->mine;
    out->vector = hl_alloc(size);
    out->row = hl_alloc((size_t)c->mine * sizeof *out->row);
    if (c->mine) memcpy(out->vector, c->vector, size);
    for (int i = 0; i < c->mine; i++) out->row[i] = list[c->item[c->begin + i] - 1];
}

hl_status hl_embed_texts_encode(hl_embed_source *s, const hl_embed_texts *t, const int32_t *list, int n,
                                hl_embed_part *out)
{
    hl_catalogue c;
    hl_engine *e = &s->job->engine;
    const hl_corpus *all = e->corpus, round = {.items = n + 1, .self = t, .tokens = tokens_of, .first_equal = first_of};
    e->corpus = &round;
    hl_catalogue_open(&c, e);
    e->corpus = all;
    const bool stopped = hl_group_any(s->job->world, c.given_up);
    if (!stopped) take(out, &c, list, hl_engine_width(e));
    hl_catalogue_close(&c);
    return stopped ? HL_ESTOP : HL_OK;
}
