/* ease.c - EASE of a job's data: the penalty chosen on validation, and its metrics. */
#include "app/train/ease.h"
#include "base/clock.h"
#include "base/log.h"
#include "app/train/metrics.h"
#include "mpi/eval/ease.h"

static hl_status rank_users(hl_evaluation *v, const hl_job *j, hl_ease *e, int l2, hl_phase phase)
{
    const double began = hl_seconds();
    const hl_eval_orders orders = hl_evaluation_orders(j->config, phase);
    *v = (hl_evaluation){.phase = phase, .l2 = l2};
    const hl_status s = hl_ease_score(&v->score, e, &orders);
    v->seconds = hl_seconds() - began;
    return s;
}

/* One penalty; where it is the best so far, v becomes its metrics. */
static hl_status try_penalty(hl_evaluation v[2], double *best, const hl_job *j, hl_ease *e, int l2)
{
    hl_evaluation valid;
    double began = hl_seconds();
    HL_TRY(hl_group_may_go_on(j->world, "fitting EASE"));
    HL_TRY(hl_ease_fit(e, l2));
    double fitted = hl_seconds();
    HL_TRY(rank_users(&valid, j, e, l2, HL_VALID));
    double value = hl_metrics_value(&valid.score, j->config->valid_metric);
    bool better = value > *best;
    hl_log(HL_INFO, "EASE with a penalty of %d: valid %s %.4f%s, %.1f s", l2, j->config->valid_metric, value,
           better ? " (the best so far)" : "", hl_seconds() - began);
    if (!better) return HL_OK;
    *best = value;
    v[HL_VALID] = valid;
    v[HL_VALID].seconds += fitted - began;
    return rank_users(&v[HL_TEST], j, e, l2, HL_TEST);
}

hl_status hl_ease_evaluate(hl_evaluation v[2], const hl_job *j)
{
    hl_ease e;
    hl_status s = HL_OK;
    double best = -1;
    hl_ease_open(&e, j->world, hl_dataset_corpus(j->data));
    hl_log(HL_INFO, "EASE: %d x %d weights on a grid of %d x %d ranks, %.0f MB on the first", e.b.row.n, e.b.row.n,
           e.grid.rows, e.grid.columns, 8e-6 * e.b.rows * e.b.columns);
    for (int i = 0; i < j->config->ease_l2.n && s == HL_OK; i++)
        s = try_penalty(v, &best, j, &e, j->config->ease_l2.at[i]);
    hl_ease_close(&e);
    return s;
}
