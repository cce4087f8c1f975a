/* points-forecast.c - what a step of each point would take, as hllm plan says. */
#include "app/study/points.h"
#include "base/arena.h"
#include "app/plan/calibration.h"
#include "app/plan/forecast.h"
#include "app/plan/placement.h"
#include "app/plan/rules.h"
#include "app/plan/shapes.h"
#include <stdio.h>

/* A larger batch takes long to be made up. */
enum { MOST_ITEMS = 4000000 };

static hl_status check_batch(const hl_config *c)
{
    const int64_t items = (int64_t)c->batch_size * (c->MAX_ITEM_LIST_LENGTH + 1) + c->num_negatives;
    return items <= MOST_ITEMS
               ? HL_OK
               : HL_FAIL(HL_EUSAGE, "a batch of %lld items is too large to be forecast", (long long)items);
}

static hl_parallelism parallelism_of(const hl_forecast_question *q, int ranks)
{
    hl_placement_candidate list[HL_PLACEMENT_CANDIDATES];
    int n = 0, best = -1;
    if (q->config->placement == HL_PLACE_AUTO && ranks > 1) best = hl_placement_choose(list, &n, q, ranks);
    return best >= 0 ? list[best].parallelism : hl_rules_parallelism(q->config, HL_COLOCATED);
}

/* Has it steps that can be forecast? */
static hl_status check_steps(const hl_config *c)
{
    const char *no_steps = hl_model_facts_of[c->model].no_steps;
    return no_steps ? HL_FAIL(HL_EUSAGE, "%s", no_steps) : check_batch(c);
}

static hl_status forecast(hl_point *p, const hl_config *c)
{
    hl_transformer item, user;
    hl_forecast f;
    hl_forecast_question q = {c, &item, &user, NULL, hl_calibration_usual(p->threads), 0, NULL};
    p->may_run = check_steps(c) != HL_OK;
    HL_TRY(check_steps(c));
    HL_TRY(hl_shapes_read(&item, &user, c));
    HL_TRY(hl_shapes_check(c, &item, &user));
    if (*c->calibration) HL_TRY(hl_calibration_read(&q.machine, c->calibration, item.hidden_size));
    if (p->nodes) q.machine.ranks_per_node = p->ranks_per_node;
    const hl_parallelism how = parallelism_of(&q, p->ranks);
    hl_status s = hl_forecast_open(&f, &q, p->ranks, &how);
    if (s == HL_OK) hl_layout_text(p->layout, sizeof p->layout, &f.layout);
    if (s == HL_OK) p->seconds = f.step, p->between = f.interval, p->is_measured = *c->calibration != 0;
    hl_forecast_close(&f);
    return s;
}

static void forecast_point(hl_point *p)
{
    hl_config c;
    hl_status s = hl_points_config(&c, p);
    if (s == HL_OK) s = forecast(p, &c);
    if (s != HL_OK) p->reason = hl_alloc_text(hl_error_text());
    hl_config_free(&c);
}

void hl_points_forecast(hl_points *p)
{
    if (p->candidates) hl_points_forecast(p->candidates);
    for (int i = 0; i < p->n; i++) forecast_point(&p->at[i]);
}
