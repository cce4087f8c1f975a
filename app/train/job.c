/* job.c - what training and evaluation share: data, models, layout, weights. */
#include "app/train/job.h"
#include "app/config/same.h"
#include "app/plan/rules.h"
#include "app/train/data.h"
#include "app/train/earlier.h"
#include "app/train/job-inputs.h"
#include "app/train/job-labels.h"
#include "app/train/job-layout.h"
#include "app/train/job-models.h"
#include "app/train/job-weights.h"
#include "app/train/pace.h"
#include "app/train/precision.h"
#include "app/train/preflight.h"
#include "app/train/startup.h"
#include "app/train/threads.h"
#include "base/log.h"
#include "mpi/comm/watch.h"
#include <inttypes.h>
#include <limits.h>

/* Made where it is missing or stale, and opened. */
static hl_status open_data(hl_job *j, bool for_training)
{
    hl_prepare_settings s = hl_data_settings(j->config);
    hl_prepare_report report;
    hl_earlier earlier = {0};
    bool did = false;
    char folder[PATH_MAX];
    hl_startup_enter(HL_STARTUP_PREPARE);
    HL_TRY(hl_data_folder(folder, j->world, &s));
    if (for_training) HL_TRY(hl_earlier_find(&earlier, j->world, j->config));
    if (earlier.is_there) s.run = j->config->checkpoint_dir, s.run_data = earlier.data;
    HL_TRY(hl_prepare_when_needed(j->world, &s, &report, &did));
    hl_startup_enter(HL_STARTUP_DATASET);
    HL_TRY(hl_dataset_open(j->world, folder, &j->data));
    hl_log(HL_INFO, "%s %s: %" PRId64 " items, %" PRId64 " users, %" PRId64 " interactions", did ? "prepared" : "found",
           folder, report.items, report.users_kept, report.interactions_kept);
    hl_data_tell(j->world, hl_dataset_manifest(j->data));
    hl_data_warn(j->world, j->config, hl_dataset_manifest(j->data));
    return HL_OK;
}

static hl_engine_rules rules_of(const hl_job *j, bool for_training)
{
    const hl_config *c = j->config;
    return (hl_engine_rules){.plan = hl_rules_plan(c),
                             .share_tokens = c->share_tokens,
                             .criterion = hl_criteria[c->loss],
                             .nce_thres = (float)c->nce_thres,
                             .weight_decay = c->optim_args_weight_decay,
                             .clip_grad_norm = c->clip_grad_norm,
                             .activation_budget = j->activation_budget,
                             .for_training = for_training,
                             .zero = c->zero,
                             .overlap = c->overlap,
                             .slices = c->exact_tp,
                             .longest_text = c->MAX_TEXT_LENGTH,
                             .longest_history = hl_rules_longest_history(c),
                             .seed = (uint64_t)c->seed};
}

/* What the model reads of the data: texts, or numbers of items. */
static const hl_corpus *take_corpus(hl_job *j)
{
    const hl_corpus *corpus = hl_dataset_corpus(j->data);
    if (!hl_config_reads_ids(j->config)) return corpus;
    hl_id_corpus_open(&j->ids, corpus);
    return &j->ids.corpus;
}

/* The model whose layers take the time. */
static const hl_transformer *large_shape(const hl_job *j)
{
    return j->item_shape.num_hidden_layers > 0 ? &j->item_shape : &j->user_shape;
}

hl_status hl_job_open(hl_job *j, const hl_group *world, const hl_config *config, bool for_training)
{
    *j = (hl_job){.config = config, .world = world};
    hl_watch_patience(hl_pace_patience(config->hang_timeout, 0));
    HL_TRY(hl_threads_set(&j->threads, world, config->threads, config->force));
    hl_same_machines(world, j->threads);
    HL_TRY(hl_preflight(world, config, for_training));
    if (hl_model_facts_of[config->model].no_steps) {
        hl_job_layout_ease(j);
        return open_data(j, for_training);
    }
    HL_TRY(hl_job_layout_check(j));
    HL_TRY(hl_job_models_find(j));
    HL_TRY(open_data(j, for_training));
    HL_TRY(hl_group_may_go_on(world, "opening the data"));
    hl_startup_enter(HL_STARTUP_LAYOUT);
    HL_TRY(hl_job_models_fit(j));
    HL_TRY_ALL(world, hl_precision_set(config, large_shape(j)));
    j->corpus = take_corpus(j);
    HL_TRY(hl_job_inputs_check(j));
    hl_pool_open(&j->pool, j->corpus);
    const hl_windows_rule rule = hl_rules_windows(config);
    hl_windows_open(&j->windows, j->corpus, &rule);
    hl_job_labels_tell(j);
    HL_TRY(hl_job_layout_open(j, for_training));
    const hl_engine_rules rules = rules_of(j, for_training);
    if (for_training) hl_preflight_forecast(world, j->forecast_bytes);
    j->sampler = (hl_sampler){&j->windows,        (uint64_t)config->seed,
                              config->batch_size, config->num_negatives,
                              &j->pool,           config->negatives == HL_NEGATIVES_OWN};
    hl_engine_open(&j->engine, &j->mesh, j->corpus, &j->item_shape, &j->user_shape, &rules);
    HL_TRY(hl_group_may_go_on(world, "laying out the models"));
    hl_startup_enter(HL_STARTUP_WEIGHTS);
    HL_TRY(hl_job_weights_begin(j));
    HL_TRY(hl_group_may_go_on(world, "making the initial weights"));
    hl_job_weights_freeze(j);
    return HL_OK;
}

void hl_job_close(hl_job *j)
{
    if (j->engine.mesh) hl_engine_close(&j->engine);
    for (int phase = 0; phase < 2; phase++) hl_user_ranks_close(&j->ranks[phase]);
    json_decref(j->details);
    hl_windows_close(&j->windows);
    hl_pool_close(&j->pool);
    if (j->mesh.world.size) hl_mesh_close(&j->mesh);
    if (hl_group_has_me(&j->mapped)) hl_group_close(&j->mapped);
    hl_id_corpus_close(&j->ids);
    hl_dataset_close(j->data);
    *j = (hl_job){0};
}
