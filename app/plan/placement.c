/* placement.c - placement auto: which placement a forecast finds best. */
#include "app/plan/placement.h"
#include "app/plan/rules.h"

static void try_candidate(hl_placement_candidate *x, const hl_forecast_question *q, int ranks)
{
    hl_forecast f;
    hl_status s = hl_forecast_open(&f, q, ranks, &x->parallelism);
    x->step = s == HL_OK ? f.step : -1;
    if (s == HL_OK) hl_layout_text(x->text, sizeof x->text, &f.layout);
    hl_forecast_close(&f);
}

/* Colocated first, which is also what is taken where others are as good. */
int hl_placement_choose(hl_placement_candidate list[HL_PLACEMENT_CANDIDATES], int *n, const hl_forecast_question *q,
                        int ranks)
{
    static const struct {
        hl_layout_kind kind;
        int users;
    } kinds[HL_PLACEMENT_CANDIDATES] = {{HL_COLOCATED, 0}, {HL_HYBRID, 1},   {HL_HYBRID, 2},
                                        {HL_SEPARATE, 1},  {HL_SEPARATE, 2}, {HL_SEPARATE, 4}};
    const bool given = q->config->user_dp > 0;
    int best = -1;
    *n = 0;
    for (int i = 0; i < HL_PLACEMENT_CANDIDATES; i++) {
        hl_placement_candidate x = {.parallelism = hl_rules_parallelism(q->config, kinds[i].kind)};
        if (given && kinds[i].users > 1) continue;
        if (!given) x.parallelism.wish.side[HL_USER].dp = kinds[i].users;
        try_candidate(&x, q, ranks);
        if (x.step < 0) continue;
        list[*n] = x;
        if (best < 0 || x.step < 0.98 * list[best].step) best = *n;
        ++*n;
    }
    return best;
}
