/* job-layout.c - which rank of a job holds what: placement, mesh, and the forecast of a step. */
#include "app/train/job-layout.h"
#include "app/plan/calibration.h"
#include "app/plan/nearest-fit.h"
#include "app/plan/placement.h"
#include "app/plan/rules.h"
#include "app/train/preflight.h"
#include "base/log.h"
#include "mpi/linalg/blacs.h"
#include <stdio.h>
#include <stdlib.h>

hl_status hl_job_layout_check(const hl_job *j)
{
    hl_layout layout;
    const hl_parallelism wished = hl_rules_parallelism(j->config, HL_COLOCATED);
    return hl_parallelism_layout(&layout, &wished, j->world->size);
}

/* The placement that the forecast finds best, which is the same at every start. */
static void choose(hl_parallelism *taken, const hl_job *j, const hl_forecast_question *q)
{
    hl_placement_candidate list[HL_PLACEMENT_CANDIDATES];
    int n, best = hl_placement_choose(list, &n, q, j->world->size);
    if (best < 0) return;
    *taken = list[best].parallelism;
    for (int i = 0; i < n; i++)
        hl_log(HL_INFO, "%s %s: a step is forecast to take %.3g s",
               i == best ? "placement auto takes" : "  rather than", list[i].text, list[i].step);
}

/* Mean seconds of the ranks in each act, and of the step. */
static void note_forecast(hl_job *j, const hl_forecast *f)
{
    int ranks = f->layout.ranks;
    for (int r = 0; r < ranks; r++)
        for (int a = 0; a < HL_ACTS; a++) j->forecast[a] += f->cost[r].seconds[a] / ranks;
    j->forecast[HL_ACTS] = f->step;
    j->forecast_interval = f->interval;
    for (int r = 0; r < ranks; r++) j->forecast_begin += f->cost[r].begin / ranks;
    const double learned = f->job.machine.learned;
    j->forecast_learned = !*j->config->calibration ? 0 : learned > 0 ? learned : 1;
    j->speed_reference = f->job.machine.speed;
    j->activation_budget = f->budget;
    j->forecast_bytes = hl_forecast_bytes(f, j->world->rank) - HL_FORECAST_PROCESS;
}

/* A number for each machine, by the first of its ranks. */
static void number_nodes(int *node, const hl_group *world)
{
    hl_group here;
    int first = world->rank, nodes = 0;
    hl_group_split_node(&here, world);
    hl_group_broadcast(&here, &first, sizeof first, 0);
    hl_group_close(&here);
    int *one = hl_alloc((size_t)world->size * sizeof *one), *firsts = hl_alloc((size_t)world->size * sizeof *firsts);
    for (int r = 0; r < world->size; r++) one[r] = 1;
    hl_group_all_gather(world, firsts, &first, one, sizeof first);
    for (int r = 0; r < world->size; r++) node[r] = firsts[r] == r ? nodes++ : node[firsts[r]];
    free(firsts);
    free(one);
}

static int most_ranks_of_a_node(const hl_group *world)
{
    hl_group here;
    hl_group_split_node(&here, world);
    const int most = (int)hl_group_max(world, here.size);
    hl_group_close(&here);
    return most;
}

static void tell_mapping(const int *rank, const hl_layout *l)
{
    char list[120] = "";
    size_t at = 0;
    for (int r = 0; r < l->ranks && at + 20 < sizeof list; r++)
        if (hl_layout_has(l, HL_USER, rank[r])) at += (size_t)snprintf(list + at, sizeof list - at, " %d", r);
    hl_log(HL_INFO, "users are on the processes%s%s", list, at + 20 < sizeof list ? "" : " ...");
}

/* The ranks in the order in which the layout means them. */
static const hl_group *map_ranks(hl_job *j, const hl_layout *layout)
{
    const hl_group *world = j->world;
    int *node = hl_alloc((size_t)world->size * sizeof *node), *rank = hl_alloc((size_t)world->size * sizeof *rank);
    number_nodes(node, world);
    hl_rank_mapping_make(rank, layout, j->config->user_ranks, node);
    bool moved = false;
    for (int r = 0; r < world->size; r++) moved |= rank[r] != r;
    if (moved) {
        tell_mapping(rank, layout);
        hl_group_reorder(&j->mapped, world, rank[world->rank]);
    }
    free(rank);
    free(node);
    return moved ? &j->mapped : world;
}

/* What a calibration does not know of messages between these ranks. */
static void tell_guess(const hl_forecast_question *q, const hl_group *world)
{
    const char *guess = hl_calibration_guess(&q->machine, world->size);
    if (guess && world->rank == 0) hl_log(HL_INFO, "%s: %s", q->config->calibration, guess);
}

/* What activation_budget auto has come to. */
static void tell_budget(const hl_forecast *f, const hl_forecast_question *q)
{
    if (q->config->activation_budget != HL_BUDGET_AUTO || f->budget < 0) return;
    const bool again = hl_forecast_recomputed(f) > 0;
    hl_log(
        again ? HL_WARN : HL_INFO,
        "activation_budget auto: %.4g GB a rank, memory_share %g of %.4g GB less weights, gradients, moments and what "
        "is at hand; %s",
        (double)f->budget / 1e9, q->config->memory_share, q->room / 1e9,
        again ? "what does not fit is recomputed, which costs time and changes no number" : "all activations fit");
}

/* What a rank holds though it saves nothing is more than it can have. */
static hl_status check_room(const hl_forecast *f, const hl_forecast_question *q)
{
    char fits[160];
    if (q->room <= 0 || f->least <= q->room || q->config->force) return HL_OK;
    hl_nearest_fit(fits, sizeof fits, q, f);
    return HL_FAIL(HL_EUSAGE,
                   "memory: rank %d takes %.4g GB at the least (weights, gradients, moments, users, and the texts at "
                   "hand), and can have %.4g GB; %s (--force goes ahead)",
                   f->least_rank, f->least / 1e9, q->room / 1e9, fits);
}

/* The seconds and bytes of a step, for the watch and the record. */
static hl_status forecast(hl_job *j, const hl_forecast_question *q, const hl_parallelism *p, bool for_training)
{
    hl_forecast f;
    hl_status s = hl_forecast_open(&f, q, j->world->size, p);
    if (s == HL_OK && for_training) s = check_room(&f, q);
    if (s == HL_OK) note_forecast(j, &f);
    if (s == HL_OK && for_training) tell_budget(&f, q);
    if (s == HL_OK && for_training) tell_guess(q, j->world);
    hl_forecast_close(&f);
    return s;
}

hl_status hl_job_layout_open(hl_job *j, bool for_training)
{
    const hl_config *c = j->config;
    const bool has_steps = hl_windows_count(&j->windows) > 0;
    hl_layout layout;
    hl_parallelism p = hl_rules_parallelism(c, HL_COLOCATED);
    hl_forecast_question q = {
        c,   &j->item_shape, &j->user_shape, j->corpus, hl_calibration_usual(j->threads), hl_preflight_room(j->world),
        NULL};
    j->activation_budget = -1;
    if (*c->calibration)
        HL_TRY_ALL(j->world, hl_calibration_read(&q.machine, c->calibration, j->item_shape.hidden_size));
    q.machine.ranks_per_node = most_ranks_of_a_node(j->world);
    if (c->placement == HL_PLACE_AUTO && j->world->size > 1 && has_steps) choose(&p, j, &q);
    HL_TRY(hl_parallelism_layout(&layout, &p, j->world->size));
    if (has_steps) HL_TRY(forecast(j, &q, &p, for_training));
    hl_layout_text(j->layout, sizeof j->layout, &layout);
    hl_mesh_open(&j->mesh, map_ranks(j, &layout), &layout);
    return HL_OK;
}

void hl_job_layout_ease(hl_job *j)
{
    int rows, columns;
    hl_grid_shape(&rows, &columns, j->world->size);
    snprintf(j->layout, sizeof j->layout, "EASE on a grid of %d x %d ranks, %d left over", rows, columns,
             j->world->size - rows * columns);
}
