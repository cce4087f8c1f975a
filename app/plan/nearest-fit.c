/* nearest-fit.c - what to change in a job that does not fit into memory, so that it does. */
#include "app/plan/nearest-fit.h"
#include "app/plan/rules.h"
#include "base/minmax.h"
#include <stdio.h>

/* A change: ZeRO, how often chunks are halved, ranks that share an Item LLM's layers. */
typedef struct {
    int zero, halvings, tp;
} change;

static const change changes[] = {{1, 0, 1}, {0, 2, 1}, {1, 2, 1}, {2, 0, 1}, {2, 2, 1}, {3, 0, 1},
                                 {3, 2, 1}, {3, 4, 1}, {1, 0, 2}, {1, 2, 4}, {3, 2, 4}, {3, 4, 8}};

/* Is it a change, and one that leaves the rest as it is? */
static bool is_open(const change *x, const hl_config *c, int ranks)
{
    const bool is_cut = c->item_tp > 1 || c->user_tp > 1 || c->exact_groups > 0;
    return x->zero >= c->zero && (x->tp == 1 || (!is_cut && ranks % x->tp == 0))
           && (x->halvings == 0 || c->chunk_tokens >> x->halvings >= c->MAX_TEXT_LENGTH);
}

static bool fits(const hl_forecast_question *q, const hl_config *c, const hl_forecast *f)
{
    hl_forecast tried;
    hl_forecast_question mine = *q;
    const hl_parallelism p = hl_rules_parallelism(c, f->layout.kind);
    mine.config = c;
    if (hl_parallelism_check(&p, q->item, q->user) != HL_OK) return false;
    const bool does = hl_forecast_open(&tried, &mine, f->layout.ranks, &p) == HL_OK && tried.least <= q->room;
    hl_forecast_close(&tried);
    return does;
}

static void name(char *out, size_t n, const change *x, const hl_config *c)
{
    size_t at = 0;
    int keys = 0;
    if (x->zero > c->zero) at += (size_t)snprintf(out + at, n - at, "zero: %d", x->zero), keys++;
    if (x->halvings)
        at += (size_t)snprintf(out + at, n - at, "%schunk_tokens: %d", keys++ ? " and " : "",
                               c->chunk_tokens >> x->halvings);
    if (x->tp > 1)
        at += (size_t)snprintf(out + at, n - at, "%sitem.tp: %d and user.tp: %d", keys++ ? " and " : "", x->tp, x->tp);
    snprintf(out + at, n - at, keys == 1 ? " fits" : " fit");
}

void hl_nearest_fit(char *out, size_t n, const hl_forecast_question *q, const hl_forecast *f)
{
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const change *x = &changes[i];
        hl_config c = *q->config; /* what it points to stays the caller's */
        if (!is_open(x, &c, f->layout.ranks)) continue;
        c.zero = x->zero;
        c.chunk_tokens >>= x->halvings;
        if (x->tp > 1) c.item_tp = c.user_tp = x->tp;
        if (!fits(q, &c, f)) continue;
        name(out, n, x, q->config);
        return;
    }
    snprintf(out, n, "use fewer ranks on each machine, more machines, or smaller models");
}
