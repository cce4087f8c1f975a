/* search.c - the best layouts of all that fit: placement, tensor parallelism, stages, ZeRO, and what is saved. */
#include "app/plan/search.h"
#include "app/plan/rules.h"
#include "base/minmax.h"
#include <stdio.h>

typedef struct {
    hl_search_layout *best;
    int n, tried;
    const hl_forecast_question *q;
    int ranks;
} search;

/* ---- one layout */

void hl_search_take(hl_config *c, const hl_search_layout *x)
{
    c->placement = x->placement;
    c->user_dp = x->users;
    c->item_tp = x->tp;
    c->item_pp = x->pp;
    if (c->user_tp == 1) c->user_tp = x->tp;
    if (c->user_pp == 1) c->user_pp = hl_min(x->pp, x->user_layers);
    c->zero = x->zero;
}

static const char *name_of(hl_placement p)
{
    static const char *const names[] = {[HL_PLACE_AUTO] = "auto",
                                        [HL_PLACE_SEPARATE] = "separate",
                                        [HL_PLACE_COLOCATED] = "colocated",
                                        [HL_PLACE_HYBRID] = "hybrid"};
    return names[p];
}

static void write_keys(hl_search_layout *x, const hl_config *c)
{
    size_t at = (size_t)snprintf(x->keys, sizeof x->keys, "--placement %s", name_of(x->placement));
    if (x->users) at += (size_t)snprintf(x->keys + at, sizeof x->keys - at, " --user.dp %d", x->users);
    if (x->tp > 1)
        at += (size_t)snprintf(x->keys + at, sizeof x->keys - at, " --item.tp %d --user.tp %d", x->tp, c->user_tp);
    if (x->pp > 1)
        at += (size_t)snprintf(x->keys + at, sizeof x->keys - at, " --item.pp %d --user.pp %d", x->pp, c->user_pp);
    snprintf(x->keys + at, sizeof x->keys - at, " --zero %d", x->zero);
}

/* Of the fullest rank. */
static double memory_of(const hl_forecast *f)
{
    double most = f->least;
    for (int r = 0; r < f->layout.ranks; r++) most = hl_max(most, hl_forecast_bytes(f, r));
    return most;
}

static void fill(hl_search_layout *x, const hl_forecast *f, const hl_config *c)
{
    x->step = f->step;
    x->recomputed = hl_forecast_recomputed(f);
    x->memory = memory_of(f);
    hl_layout_text(x->layout, sizeof x->layout, &f->layout);
    write_keys(x, c);
}

/* Is it possible, and have its ranks room? */
static bool forecast(search *s, hl_search_layout *x)
{
    hl_config c = *s->q->config; /* what it points to stays the caller's */
    hl_forecast_question q = *s->q;
    hl_forecast f;
    x->user_layers = q.user->num_hidden_layers;
    hl_search_take(&c, x);
    q.config = &c;
    const hl_parallelism p = hl_rules_parallelism(&c, HL_COLOCATED);
    if (hl_parallelism_check(&p, q.item, q.user) != HL_OK) return false;
    s->tried++;
    const bool is_right = hl_forecast_open(&f, &q, s->ranks, &p) == HL_OK;
    const bool fits = is_right && (q.room <= 0 || memory_of(&f) <= q.room);
    if (fits) fill(x, &f, &c);
    hl_forecast_close(&f);
    return fits;
}

/* ---- all of them */

static void keep(search *s, const hl_search_layout *x)
{
    int at = s->n < HL_SEARCH_BEST ? s->n++ : HL_SEARCH_BEST;
    for (; at > 0 && x->step < s->best[at - 1].step; at--)
        if (at < HL_SEARCH_BEST) s->best[at] = s->best[at - 1];
    if (at < HL_SEARCH_BEST) s->best[at] = *x;
}

/* The faster of the lowest level that fits and the next; of two that are as fast the higher one, which takes less
 * memory. */
static void try_levels(search *s, hl_search_layout x)
{
    hl_search_layout best = {0};
    for (int zero = s->q->config->zero, fit = 0; zero <= 3 && fit < 2; zero++) {
        hl_search_layout mine = x;
        mine.zero = zero;
        if (!forecast(s, &mine)) continue;
        if (fit++ == 0 || mine.step <= 1.001 * best.step) best = mine;
    }
    if (best.step > 0) keep(s, &best);
}

static void try_placements(search *s, const hl_search_layout *of)
{
    static const struct {
        hl_placement placement;
        int users;
    } others[] = {{HL_PLACE_HYBRID, 1},   {HL_PLACE_HYBRID, 2},   {HL_PLACE_HYBRID, 8},
                  {HL_PLACE_SEPARATE, 1}, {HL_PLACE_SEPARATE, 2}, {HL_PLACE_SEPARATE, 8}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        hl_search_layout x = {
            .placement = others[i].placement, .users = others[i].users, .tp = of->tp, .pp = of->pp, .zero = of->zero};
        if (x.users * x.tp * x.pp < s->ranks && forecast(s, &x)) keep(s, &x);
    }
}

/* The sizes that are tried: what is given, or all powers of two up to the most. */
static int first_of(int given) { return hl_max(given, 1); }
static int next_of(int size, int given, int most) { return given > 1 ? most + 1 : 2 * size; }

int hl_search(hl_search_layout best[HL_SEARCH_BEST], int *n, const hl_forecast_question *q, int ranks,
              int ranks_per_node)
{
    const hl_config *c = q->config;
    search s = {.best = best, .q = q, .ranks = ranks};
    const int most_tp = hl_min(hl_min(ranks, ranks_per_node ? ranks_per_node : ranks), q->item->num_attention_heads),
              most_pp = hl_min(ranks, q->item->num_hidden_layers);
    for (int tp = first_of(c->item_tp); tp <= most_tp || tp == c->item_tp; tp = next_of(tp, c->item_tp, most_tp))
        for (int pp = first_of(c->item_pp); pp <= most_pp && tp * pp <= ranks; pp = next_of(pp, c->item_pp, most_pp))
            try_levels(&s, (hl_search_layout){.placement = HL_PLACE_COLOCATED, .tp = tp, .pp = pp});
    hl_search_layout colocated[HL_SEARCH_BEST];
    const int kept = hl_min(s.n, 2); /* whose users are moved */
    for (int i = 0; i < kept; i++) colocated[i] = best[i];
    for (int i = 0; i < kept; i++) try_placements(&s, &colocated[i]);
    *n = s.n;
    return s.tried;
}
