/* made-up.c - a corpus for forecasts where there are no data. */
#include "app/plan/made-up.h"
#include "base/alloc.h"
#include "base/rng.h"
#include <stdlib.h>

static const int32_t *tokens_of(const hl_corpus *c, int64_t item, int *n)
{
    const hl_made_up *x = c->self;
    *n = x->length;
    return x->token + item;
}

static int64_t itself(const hl_corpus *c, int64_t item)
{
    (void)c;
    return item;
}

static const int32_t *sequence_of(const hl_corpus *c, int64_t user, int *n)
{
    const hl_made_up *x = c->self;
    *n = x->history;
    return x->item + user * x->history;
}

/* A day between any two. */
static const int64_t *times_of(const hl_corpus *c, int64_t user)
{
    (void)user;
    return ((const hl_made_up *)c->self)->time;
}

/* Every other item is liked. */
static const uint8_t *labels_of(const hl_corpus *c, int64_t user)
{
    (void)user;
    return ((const hl_made_up *)c->self)->label;
}

void hl_made_up_open(hl_made_up *x, const hl_config *c, int64_t has)
{
    const int length = hl_config_reads_ids(c) ? 1 : c->MAX_TEXT_LENGTH;
    const int64_t history = c->MAX_ITEM_LIST_LENGTH + 3, users = c->batch_size,
                  items = has > 1 ? has : 20 * users * history + 1, tokens = items + length;
    hl_rng r = hl_rng_at(1, HL_FOR_SYNTH, 0, 0);
    *x = (hl_made_up){.corpus = {.items = items,
                                 .users = users,
                                 .self = x,
                                 .tokens = tokens_of,
                                 .first_equal = itself,
                                 .sequence = sequence_of,
                                 .times = times_of,
                                 .labels = labels_of},
                      .token = hl_alloc((size_t)tokens * sizeof *x->token),
                      .item = hl_alloc((size_t)(users * history) * sizeof *x->item),
                      .time = hl_alloc((size_t)history * sizeof *x->time),
                      .label = hl_alloc((size_t)history * sizeof *x->label),
                      .length = length,
                      .history = (int)history};
    for (int64_t i = 0; i < tokens; i++) x->token[i] = (int32_t)i;
    for (int64_t i = 0; i < history; i++) x->time[i] = i * 86400, x->label[i] = (uint8_t)(i % 2);
    for (int64_t i = 0; i < users * history; i++) x->item[i] = 1 + (int32_t)hl_rng_below(&r, (uint64_t)items - 1);
}

void hl_made_up_close(hl_made_up *x)
{
    free(x->token);
    free(x->label);
    free(x->item);
    free(x->time);
    *x = (hl_made_up){0};
}
