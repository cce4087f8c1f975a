/* search.c - the best layouts of all that fit: placement, tensor parallelism, stages, ZeRO, and what is saved. */
#include "app/plan/search.h"
#include "app/plan/rules.h"
#include "base/minmax.h"
#include <stdio.h>

enum { FURTHER = 3 }; /* of the best so far, that are changed further */

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
    c->item_tp = x->side[HL_ITEM].tp, c->user_tp = x->side[HL_USER].tp;
    c->item_pp = x->side[HL_ITEM].pp, c->user_pp = x->side[HL_USER].pp;
    c->item_rows = x->side[HL_ITEM].rows, c->user_rows = x->side[HL_USER].rows;
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

static size_t write_side(char *to, size_t room, const hl_search_layout *x, hl_side side)
{
    const char *name = side == HL_USER ? "user" : "item";
    const int tp = x->side[side].tp, pp = x->side[side].pp, rows = x->side[side].rows;
    size_t at = 0;
    if (rows) at += (size_t)snprintf(to, room, " --%s.tp %d,%d", name, rows, tp / rows);
    else if (tp > 1) at += (size_t)snprintf(to, room, " --%s.tp %d", name, tp);
    if (pp > 1) at += (size_t)snprintf(to + at, room - at, " --%s.pp %d", name, pp);
    return at;
}

static void write_keys(hl_search_layout *x)
{
    size_t at = (size_t)snprintf(x->keys, sizeof x->keys, "--placement %s", name_of(x->placement));
    if (x->users) at += (size_t)snprintf(x->keys + at, sizeof x->keys - at, " --user.dp %d", x->users);
    for (hl_side i = 0; i < HL_SIDES; i++) at += write_side(x->keys + at, sizeof x->keys - at, x, i);
    snprintf(x->keys + at, sizeof x->keys - at, " --zero %d", x->zero);
}

/* Of the fullest rank. */
static double memory_of(const hl_forecast *f)
{
    double most = f->least;
    for (int r = 0; r < f->layout.ranks; r++) most = hl_max(most, hl_forecast_bytes(f, r));
    return most;
}

static void fill(hl_search_layout *x, const hl_forecast *f)
{
    x->step = f->step;
    x->recomputed = hl_forecast_recomputed(f);
    x->memory = memory_of(f);
    hl_layout_text(x->layout, sizeof x->layout, &f->layout);
    write_keys(x);
}

/* Is it possible, and have its ranks room? */
static bool forecast(search *s, hl_search_layout *x)
{
    hl_config c = *s->q->config; /* what it points to stays the caller's */
    hl_forecast_question q = *s->q;
    hl_forecast f;
    hl_search_take(&c, x);
    q.config = &c;
    const hl_parallelism p = hl_rules_parallelism(&c, HL_COLOCATED);
    if (hl_parallelism_check(&p, q.item, q.user) != HL_OK) return false;
    s->tried++;
    const bool is_right = hl_forecast_open(&f, &q, s->ranks, &p) == HL_OK;
    const bool fits = is_right && (q.room <= 0 || memory_of(&f) <= q.room);
    if (fits) fill(x, &f);
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

/* The faster of the lowest level that fits and the next; of two that are as fast the one that takes less memory. */
static void try_levels(search *s, hl_search_layout x)
{
    hl_search_layout best = {0};
    for (int zero = s->q->config->zero, fit = 0; zero <= 3 && fit < 2; zero++) {
        hl_search_layout mine = x;
        mine.zero = zero;
        if (!forecast(s, &mine)) continue;
        const bool as_fast = mine.step <= 1.001 * best.step,
                   is_better = mine.step < best.step || mine.memory < best.memory;
        if (fit++ == 0 || (as_fast && is_better)) best = mine;
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
        hl_search_layout x = *of;
        x.placement = others[i].placement;
        x.users = others[i].users;
        if (x.users * x.side[HL_USER].tp * x.side[HL_USER].pp < s->ranks && forecast(s, &x)) keep(s, &x);
    }
}

/* What a configuration gives of the User LLM stays. */
static void set_user(search *s, hl_search_layout *x, int tp, int pp)
{
    const hl_config *c = s->q->config;
    x->side[HL_USER].tp = c->user_tp > 1 ? c->user_tp : tp;
    x->side[HL_USER].pp = hl_min(c->user_pp > 1 ? c->user_pp : pp, s->q->user->num_hidden_layers);
    x->side[HL_USER].rows = c->user_rows;
}

/* The User LLM on a rank each, or with the other one's ranks a stage, or stages, alone. */
static void try_users(search *s, const hl_search_layout *of)
{
    const int tp = of->side[HL_ITEM].tp, pp = of->side[HL_ITEM].pp;
    const int other[][2] = {{1, 1}, {tp, 1}, {1, pp}};
    for (int i = 0; i < (tp > 1 && pp > 1 ? 3 : 1); i++) {
        hl_search_layout x = *of;
        set_user(s, &x, other[i][0], other[i][1]);
        if (x.side[HL_USER].tp != of->side[HL_USER].tp || x.side[HL_USER].pp != of->side[HL_USER].pp) try_levels(s, x);
    }
}

/* Ranks a stage as a grid, of the User LLM too where it has as many; not where ranks a stage are given. */
static void try_grids(search *s, const hl_search_layout *of)
{
    const hl_config *c = s->q->config;
    const int tp = of->side[HL_ITEM].tp;
    for (int rows = 2; rows <= tp && c->item_tp <= 1 && c->precision == HL_FP32; rows *= 2) {
        hl_search_layout x = *of;
        x.side[HL_ITEM].rows = rows;
        if (c->user_tp <= 1 && x.side[HL_USER].tp == tp) x.side[HL_USER].rows = rows;
        try_levels(s, x);
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
        for (int pp = first_of(c->item_pp); pp <= most_pp && tp * pp <= ranks; pp = next_of(pp, c->item_pp, most_pp)) {
            hl_search_layout x = {.placement = HL_PLACE_COLOCATED, .side[HL_ITEM] = {tp, pp, c->item_rows}};
            set_user(&s, &x, tp, pp);
            try_levels(&s, x);
        }
    static void (*const further[])(search * s, const hl_search_layout *of) = {try_users, try_grids, try_placements};
    for (size_t k = 0; k < sizeof further / sizeof further[0]; k++) {
        hl_search_layout colocated[FURTHER];
        int kept = 0;
        for (int i = 0; i < s.n && kept < FURTHER; i++)
            if (best[i].placement == HL_PLACE_COLOCATED) colocated[kept++] = best[i];
        for (int i = 0; i < kept; i++) further[k](&s, &colocated[i]);
    }
    *n = s.n;
    return s.tried;
}
