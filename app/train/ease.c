/* ease.c - EASE of a job's data: the penalty chosen on validation, and its metrics. */
#include "app/train/ease.h"
#include "base/clock.h"
#include "base/log.h"
#include "app/train/metrics.h"
#include "mpi/eval/ease.h"

static hl_status rank_users(hl_evaluation *v, const hl_job *j, hl_ease *e, int l2, hl_phase phase, hl_user_ranks *to)
{
    const double began = hl_seconds();
    hl_eval_orders orders = hl_evaluation_orders(j->config, phase);
    orders.rank = to->rank, orders.ties = to->ties;
    *v = (hl_evaluation){.phase = phase, .l2 = l2};
    const hl_status s = hl_ease_score(&v->score, e, &orders);
    v->seconds = hl_seconds() - began;
    return s;
}

/* One penalty; where it is the best so far, v becomes its metrics and ranks its ranks.  spare: room for those of one
 * more. */
static hl_status try_penalty(hl_evaluation v[2], double *best, const hl_job *j, hl_ease *e, int l2,
                             hl_user_ranks ranks[2], hl_user_ranks *spare)
{
    hl_evaluation valid;
    double began = hl_seconds();
    HL_TRY(hl_group_may_go_on(j->world, "fitting EASE"));
    HL_TRY(hl_ease_fit(e, l2));
    double fitted = hl_seconds();
    HL_TRY(rank_users(&valid, j, e, l2, HL_VALID, spare));
    double value = hl_metrics_value(&valid.score, j->config->valid_metric);
    bool better = value > *best;
    hl_log(HL_INFO, "EASE with a penalty of %d: valid %s %.4f%s, %.1f s", l2, j->config->valid_metric, value,
           better ? " (the best so far)" : "", hl_seconds() - began);
    if (!better) return HL_OK;
    *best = value;
    v[HL_VALID] = valid;
    v[HL_VALID].seconds += fitted - began;
    const hl_user_ranks better_ones = *spare;
    *spare = ranks[HL_VALID];
    ranks[HL_VALID] = better_ones;
    return rank_users(&v[HL_TEST], j, e, l2, HL_TEST, &ranks[HL_TEST]);
}

hl_status hl_ease_evaluate(hl_evaluation v[2], const hl_job *j, hl_user_ranks ranks[2])
{
    hl_ease e;
    hl_user_ranks spare = {0};
    hl_status s = HL_OK;
    double best = -1;
    if (ranks[HL_VALID].rank) hl_user_ranks_open(&spare, hl_dataset_corpus(j->data)->users);
    hl_ease_open(&e, j->world, hl_dataset_corpus(j->data));
    hl_log(HL_INFO, "EASE: %d x %d weights on a grid of %d x %d ranks, %.0f MB on the first", e.b.row.n, e.b.row.n,
           e.grid.rows, e.grid.columns, 8e-6 * e.b.rows * e.b.columns);
    for (int i = 0; i < j->config->ease_l2.n && s == HL_OK; i++)
        s = try_penalty(v, &best, j, &e, j->config->ease_l2.at[i], ranks, &spare);
    hl_user_ranks_close(&spare);
    hl_ease_close(&e);
    return s;
}
