/* preflight.c - what can be known to go wrong before the data are prepared. */
#include "app/train/preflight.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "app/train/data.h"
#include "app/plan/calibration.h"
#include "app/plan/forecast.h"
#include "app/plan/outlook.h"
#include "app/plan/rules.h"
#include "app/plan/shapes.h"
#include "app/train/state.h"
#include "app/train/table.h"
#include "io/checkpoint/checkpoint.h"
#include "io/files/probe.h"
#include "io/checkpoint/steps.h"
#include "io/files/source.h"
#include "step/cost.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    hl_transformer item, user;
} shapes;

/* ---- files */

static hl_status check_readable(const char *key, const char *path)
{
    if (!*path || access(path, R_OK) == 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: %s cannot be read: %s; name another or leave it out", path, key, strerror(errno));
}

/* A dataset that was made from them before does without its sources. */
static hl_status check_sources(const hl_config *c)
{
    char path[PATH_MAX];
    const hl_prepare_settings s = hl_data_settings(c);
    HL_TRY(hl_prepare_folder(path, &s));
    if (access(path, F_OK) == 0) return HL_OK;
    for (int i = 0; i < hl_prepare_sources(&s); i++) {
        hl_source file;
        HL_TRY(hl_prepare_find_source(path, &s, i));
        const hl_status found = hl_source_open(&file, path);
        hl_source_close(&file);
        HL_TRY(found);
    }
    return HL_OK;
}

static hl_status check_files(const hl_config *c)
{
    HL_TRY(check_sources(c));
    HL_TRY(check_readable("item_emb_pretrain", c->item_emb_pretrain));
    HL_TRY(check_readable("calibration", c->calibration));
    HL_TRY(check_readable("load_pretrain", c->load_pretrain));
    if (!hl_config_makes_item_cache(c)) HL_TRY(check_readable("item_cache", c->item_cache));
    return hl_table_check_reference(c->reference_scores);
}

/* ---- models */

static hl_status find_shapes(shapes *s, const hl_config *c)
{
    hl_machine any;
    HL_TRY(hl_shapes_read(&s->item, &s->user, c));
    HL_TRY(hl_shapes_check(c, &s->item, &s->user));
    return *c->calibration ? hl_calibration_read(&any, c->calibration, s->item.hidden_size) : HL_OK;
}

static hl_status share_shapes(shapes *s, const hl_group *world, const hl_config *c)
{
    HL_TRY_ALL(world, world->rank == 0 ? find_shapes(s, c) : HL_OK);
    hl_group_broadcast(world, s, sizeof *s, 0);
    return HL_OK;
}

/* ---- memory */

static double weights_bytes(const hl_cost_job *j, const hl_stage_params shares[HL_SIDES], int rank)
{
    size_t n = 0;
    for (hl_side i = 0; i < HL_SIDES; i++)
        n += hl_layout_has(j->layout, i, rank) ? hl_stage_params_of(&shares[i], rank)->count : 0;
    return sizeof(float) * (double)n;
}

static double state_bytes(const hl_cost_job *j, int rank, bool for_training)
{
    hl_stage_params shares[HL_SIDES];
    for (hl_side i = 0; i < HL_SIDES; i++) hl_stage_params_open(&shares[i], j->layout, i, j->shape[i], j->item_tokens);
    const double bytes = for_training ? hl_cost_state_bytes(j, shares, rank) : weights_bytes(j, shares, rank);
    for (hl_side i = 0; i < HL_SIDES; i++) hl_stage_params_close(&shares[i]);
    return bytes;
}

/* The least bytes that weights, gradients and moments of both models take on a rank, whatever the placement; without
 * for_training weights alone. */
static hl_status least_bytes(double *bytes, const hl_config *c, const hl_transformer *item, const hl_transformer *user,
                             int ranks, int rank, bool for_training)
{
    static const hl_layout_kind kinds[] = {HL_COLOCATED, HL_HYBRID, HL_SEPARATE};
    hl_status s = HL_OK;
    *bytes = INFINITY;
    for (size_t i = 0; i < (c->placement == HL_PLACE_AUTO && ranks > 1 ? sizeof kinds / sizeof kinds[0] : 1); i++) {
        hl_layout l;
        const hl_parallelism p = hl_rules_parallelism(c, kinds[i]);
        const hl_plan plan = {.groups = c->exact_groups};
        const hl_cost_job j = {.layout = &l,
                               .plan = &plan,
                               .shape = {item, user},
                               .item_tokens = hl_rules_item_tokens(c),
                               .zero = c->zero};
        hl_status fits = hl_parallelism_layout(&l, &p, ranks);
        if (fits == HL_OK) fits = hl_parallelism_check_replicas(&p, &l);
        if (fits == HL_OK) *bytes = fmin(*bytes, state_bytes(&j, rank, for_training));
        if (i == 0 || fits == HL_OK) s = fits;
    }
    return s;
}

/* What the ranks of this machine may have together, and who says so. */
static double memory_of_node(const char **who)
{
    hl_cgroup group;
    const double available = hl_limits_memory_available(hl_limits_root());
    hl_cgroup_find(&group, hl_limits_root());
    *who = group.memory < available ? "its control group allows" : "is available";
    return available > 0 ? fmin(available, group.memory) : group.memory;
}

static hl_status compare_memory(double needed, const hl_group *node, bool for_training)
{
    const char *who;
    hl_process me;
    const double has = memory_of_node(&who);
    if (needed <= has) return HL_OK;
    hl_process_find(&me);
    return HL_FAIL(HL_EUSAGE,
                   "memory: %s of the models take %.4g GB at the least on %s (%d rank%s, %.4g GB each), and %.4g GB "
                   "%s; use more machines, fewer ranks on each, zero: 3, "
                   "item.tp or item.pp, or smaller models (--force goes ahead)",
                   for_training ? "weights, gradients and moments" : "weights", needed / 1e9, me.host, node->size,
                   node->size == 1 ? "" : "s", needed / 1e9 / node->size, has / 1e9, who);
}

static hl_status check_memory(const hl_group *world, const hl_config *c, const shapes *s, bool for_training)
{
    hl_group node;
    double bytes;
    HL_TRY_ALL(world, least_bytes(&bytes, c, &s->item, &s->user, world->size, world->rank, for_training));
    hl_group_split_node(&node, world);
    hl_group_all_reduce_double(&node, &bytes, 1);
    const hl_status mine = c->force ? HL_OK : compare_memory(bytes, &node, for_training);
    hl_group_close(&node);
    return hl_group_agree(world, mine);
}

double hl_preflight_room(const hl_group *world)
{
    hl_group node;
    const char *who;
    hl_group_split_node(&node, world);
    const double room = -hl_group_max(world, -memory_of_node(&who) / node.size);
    hl_group_close(&node);
    return isfinite(room) ? room + HL_FORECAST_PROCESS : 0;
}

/* The first machine that has too little speaks. */
void hl_preflight_forecast(const hl_group *world, double bytes)
{
    hl_group node;
    hl_process me;
    const char *who;
    const double has = memory_of_node(&who);
    hl_group_split_node(&node, world);
    hl_group_all_reduce_double(&node, &bytes, 1);
    const bool speaks = bytes > has && node.rank == 0;
    const int first = -(int)hl_group_max(world, speaks ? -world->rank : -world->size);
    hl_process_find(&me);
    if (first == world->rank)
        hl_log(HL_WARN,
               "models and activations are forecast to take %.4g GB on %s, and %.4g GB %s: the job may be killed; set "
               "activation_budget, or use more machines",
               bytes / 1e9, me.host, has / 1e9, who);
    hl_group_close(&node);
}

/* ---- the whole */

hl_status hl_preflight(const hl_group *world, const hl_config *c, bool for_training)
{
    shapes s;
    HL_TRY_ALL(world, world->rank == 0 ? check_files(c) : HL_OK);
    if (hl_model_facts_of[c->model].no_steps) return HL_OK;
    HL_TRY(share_shapes(&s, world, c));
    return check_memory(world, c, &s, for_training);
}

static hl_status checkpoint_bytes(double *bytes, const hl_config *c)
{
    shapes s;
    HL_TRY(hl_shapes_read(&s.item, &s.user, c));
    *bytes = hl_outlook_checkpoint_bytes(&s.item, &s.user, hl_rules_item_tokens(c));
    return HL_OK;
}

hl_status hl_preflight_space(const hl_config *c)
{
    double bytes = 0;
    if (!hl_model_facts_of[c->model].no_steps) HL_TRY(checkpoint_bytes(&bytes, c));
    return hl_checkpoint_space(c->checkpoint_dir, bytes);
}

/* Rank 0: does the newest checkpoint have the run's test? */
static bool is_tested(const hl_config *c)
{
    int64_t *steps;
    char path[PATH_MAX], *text = NULL;
    hl_state state = {0};
    if (!c->resume || hl_path_check(c->checkpoint_dir) != HL_OK) return false;
    const int n = hl_steps_list(c->checkpoint_dir, &steps);
    if (n > 0) hl_step_path(path, c->checkpoint_dir, steps[0], "");
    const bool is_read =
        n > 0 && hl_checkpoint_peek(&text, path) == HL_OK && hl_state_read(&state, text, path) == HL_OK;
    free(text);
    free(steps);
    return is_read && state.begun.is_whole;
}

hl_status hl_preflight_folder(const hl_group *world, const hl_config *c)
{
    bool tested = world->rank == 0 && is_tested(c);
    hl_group_broadcast(world, &tested, sizeof tested, 0);
    if (tested) return HL_OK;
    HL_TRY(hl_probe_folder(world, c->checkpoint_dir, "checkpoint_dir"));
    HL_TRY_ALL(world, world->rank == 0 ? hl_preflight_space(c) : HL_OK);
    return HL_OK;
}
