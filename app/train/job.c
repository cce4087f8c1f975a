/* job.c - what training and evaluation share: data, models, layout, weights. */
#include "app/train/job.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/path.h"
#include "app/train/data.h"
#include "app/train/earlier.h"
#include "app/plan/calibration.h"
#include "app/plan/placement.h"
#include "app/plan/rules.h"
#include "app/plan/shapes.h"
#include "app/train/pace.h"
#include "app/train/precision.h"
#include "app/train/preflight.h"
#include "app/config/same.h"
#include "app/train/threads.h"
#include "app/train/weights.h"
#include "io/weights/hf-config.h"
#include "io/weights/hf.h"
#include "io/files/hf-folder.h"
#include "io/weights/safetensors.h"
#include "io/weights/same-weights.h"
#include "io/files/samefile.h"
#include "io/checkpoint/steps.h"
#include "mpi/linalg/blacs.h"
#include "mpi/train/copies.h"
#include "mpi/train/finite.h"
#include "mpi/comm/watch.h"
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Made where it is missing or stale, and opened. */
static hl_status open_data(hl_job *j, bool for_training)
{
    hl_prepare_settings s = hl_data_settings(j->config);
    hl_prepare_report report;
    hl_earlier earlier = {0};
    bool did = false;
    char folder[PATH_MAX];
    HL_TRY(hl_data_folder(folder, j->world, &s));
    if (for_training) HL_TRY(hl_earlier_find(&earlier, j->world, j->config));
    if (earlier.is_there) s.run = j->config->checkpoint_dir, s.run_data = earlier.data;
    HL_TRY(hl_prepare_when_needed(j->world, &s, &report, &did));
    HL_TRY(hl_dataset_open(j->world, folder, &j->data));
    hl_log(HL_INFO, "%s %s: %" PRId64 " items, %" PRId64 " users, %" PRId64 " interactions", did ? "prepared" : "found",
           folder, report.items, report.users_kept, report.interactions_kept);
    hl_data_tell(j->world, hl_dataset_manifest(j->data));
    hl_data_warn(j->world, j->config, hl_dataset_manifest(j->data));
    return HL_OK;
}

/* ---- models */

/* The shape that a folder or the configuration describes; with_weights: the folder must have them too. */
static hl_status shape_of(hl_transformer *shape, const char *folder, const hl_transformer *plain, bool with_weights)
{
    *shape = *plain;
    if (!folder[0]) return HL_OK;
    HL_TRY(hl_hf_config(folder, shape));
    return hl_hf_folder_check(folder, with_weights);
}

/* What needs no data, which may take long to prepare. */
static hl_status shapes_of(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    HL_TRY(shape_of(item, c->item_pretrain_dir, &c->item_llm, c->item_llm_init));
    HL_TRY(shape_of(user, c->user_pretrain_dir, &c->user_llm, c->user_llm_init));
    return hl_shapes_check(c, item, user);
}

/* Machines may have other files of one path. */
static hl_status same_shape(const hl_group *world, const char *folder)
{
    char path[PATH_MAX];
    if (!*folder) return HL_OK;
    hl_path(path, "%s/config.json", folder);
    return hl_samefile_check(world, path);
}

static hl_status same_shapes(const hl_group *world, const hl_config *c)
{
    HL_TRY(same_shape(world, c->item_pretrain_dir));
    return strcmp(c->item_pretrain_dir, c->user_pretrain_dir) == 0 ? HL_OK : same_shape(world, c->user_pretrain_dir);
}

/* Of all items' tokens, of which each rank looks at a part.  Collective. */
static int largest_id(const hl_job *j)
{
    const hl_corpus *c = hl_dataset_corpus(j->data);
    int32_t largest = 0;
    for (int64_t item = j->world->rank; item < c->items; item += j->world->size) {
        int n;
        const int32_t *tokens = c->tokens(c, item, &n);
        for (int i = 0; i < n; i++) largest = tokens[i] > largest ? tokens[i] : largest;
    }
    return (int)hl_group_max(j->world, largest);
}

/* Tokenizers have ids that no text has, as one for padding which was added later; those need no row in the table.
 * Collective. */
static hl_status fit_vocabulary(const hl_job *j, hl_transformer *item, hl_transformer *user)
{
    const hl_config *c = j->config;
    int vocab = hl_dataset_manifest(j->data)->recipe.vocab;
    if (!c->item_pretrain_dir[0]) item->vocab_size = vocab;
    if (!c->user_pretrain_dir[0]) user->vocab_size = vocab;
    HL_TRY(hl_transformer_check(item, "item_llm"));
    HL_TRY(hl_transformer_check(user, "user_llm"));
    if (vocab <= item->vocab_size || largest_id(j) < item->vocab_size) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "the dataset's tokenizer has %d ids, the Item LLM a vocabulary of %d, and a text has an id beyond; "
                   "set tokenizer to the one the model was trained with",
                   vocab, item->vocab_size);
}

static hl_status pretrained(hl_sharding *h, const char *side, bool init, const char *folder)
{
    if (!h->w || !init || !folder[0]) return HL_OK;
    return hl_hf_read(folder, h->table, &h->whole, side, h->w);
}

static hl_status item_vector(hl_engine *e, const char *path)
{
    if (!e->sharding[HL_ITEM].w || !path[0] || !e->item_model.stack.first) return HL_OK;
    if (!e->item_model.item_tokens)
        return HL_FAIL(HL_EUSAGE, "item_emb_pretrain %s is of no use with item_emb_token_n 0; leave it out", path);
    return hl_safetensors_vector(path, (size_t)hl_engine_width(e), e->sharding[HL_ITEM].w + e->item_model.item_at);
}

/* What was read from `path`; "": nothing was. */
static hl_status check_read(const hl_engine *e, bool init, const char *path)
{
    return init && path[0] ? hl_finite_check(e, HL_FINITE_WEIGHTS, path) : HL_OK;
}

/* Of one side: the shares of a copy, added up. */
static uint64_t digest_of_side(const hl_job *j, const hl_sharding *h)
{
    int64_t sum = (int64_t)hl_sharding_digest(h);
    hl_group_all_reduce_int(j->world, &sum, 1);
    return (uint64_t)sum;
}

static uint64_t digest_of(const hl_job *j)
{
    return hl_digest_join(digest_of_side(j, &j->engine.sharding[HL_ITEM]),
                          digest_of_side(j, &j->engine.sharding[HL_USER]));
}

/* Machines may have other files of these paths, which the copies of a tensor show; a share without copies shows only
 * by its file. */
static hl_status check_same(const hl_job *j)
{
    const hl_config *c = j->config;
    const hl_engine *e = &j->engine;
    char where[400];
    snprintf(where, sizeof where,
             "the initial weights (item_pretrain_dir \"%.100s\", user_pretrain_dir \"%.100s\", item_emb_pretrain "
             "\"%.100s\")",
             c->item_pretrain_dir, c->user_pretrain_dir, c->item_emb_pretrain);
    HL_TRY(hl_copies_check(j->world, e, false, where,
                           "copy the files to all machines again, or name those of a folder that they share"));
    hl_status item = e->sharding[HL_ITEM].w && c->item_llm_init && c->item_pretrain_dir[0]
                         ? hl_sameweights_check(&e->mesh->side[HL_ITEM].group, c->item_pretrain_dir)
                         : HL_OK;
    hl_status user = e->sharding[HL_USER].w && c->user_llm_init && c->user_pretrain_dir[0]
                         ? hl_sameweights_check(&e->mesh->side[HL_USER].group, c->user_pretrain_dir)
                         : HL_OK;
    return hl_group_agree(j->world, item != HL_OK ? item : user);
}

static hl_status initial_weights(hl_job *j)
{
    hl_engine *e = &j->engine;
    const hl_config *c = j->config;
    hl_sharding_init(&e->sharding[HL_ITEM], (uint64_t)c->seed);
    hl_sharding_init(&e->sharding[HL_USER], (uint64_t)c->seed);
    HL_TRY_ALL(j->world, pretrained(&e->sharding[HL_ITEM], "item", c->item_llm_init, c->item_pretrain_dir));
    HL_TRY(check_read(e, c->item_llm_init, c->item_pretrain_dir));
    HL_TRY_ALL(j->world, pretrained(&e->sharding[HL_USER], "user", c->user_llm_init, c->user_pretrain_dir));
    HL_TRY(check_read(e, c->user_llm_init, c->user_pretrain_dir));
    HL_TRY_ALL(j->world, item_vector(e, c->item_emb_pretrain));
    HL_TRY(check_read(e, true, c->item_emb_pretrain));
    hl_sharding_reshard(&e->sharding[HL_ITEM]);
    hl_sharding_reshard(&e->sharding[HL_USER]);
    HL_TRY(check_same(j));
    if (c->load_pretrain[0]) HL_TRY(hl_weights_read(j, c->load_pretrain, HL_WEIGHTS_TO_START));
    j->initial_digest = digest_of(j);
    return HL_OK;
}

static void freeze(hl_job *j)
{
    const hl_config *c = j->config;
    for (int i = 0; i < c->freeze_prefix.n; i++) hl_engine_freeze(&j->engine, c->freeze_prefix.at[i]);
    if (c->freeze_ad) hl_engine_freeze(&j->engine, "item_llm."), hl_engine_freeze(&j->engine, "item_emb_tokens");
}

/* ---- layout */

/* Refused early, because data may take long to prepare. */
static hl_status check_layout(const hl_job *j)
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
    j->forecast_bytes = f->state[j->world->rank] + f->saved[j->world->rank];
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

/* The seconds and bytes of a step, for the watch and the record. */
static hl_status forecast(hl_job *j, const hl_forecast_question *q, const hl_parallelism *p)
{
    hl_forecast f;
    const hl_status s = hl_forecast_open(&f, q, j->world->size, p);
    if (s == HL_OK) note_forecast(j, &f);
    hl_forecast_close(&f);
    return s;
}

static hl_status lay_out(hl_job *j, const hl_transformer *item, const hl_transformer *user)
{
    const hl_config *c = j->config;
    const bool has_steps = hl_windows_count(&j->windows) > 0;
    hl_layout layout;
    hl_parallelism p = hl_rules_parallelism(c, HL_COLOCATED);
    hl_forecast_question q = {c, item, user, hl_dataset_corpus(j->data), hl_calibration_usual(j->threads)};
    if (*c->calibration) HL_TRY_ALL(j->world, hl_calibration_read(&q.machine, c->calibration, item->hidden_size));
    if (c->placement == HL_PLACE_AUTO && j->world->size > 1 && has_steps) choose(&p, j, &q);
    HL_TRY(hl_parallelism_layout(&layout, &p, j->world->size));
    if (has_steps) HL_TRY(forecast(j, &q, &p));
    hl_layout_text(j->layout, sizeof j->layout, &layout);
    hl_mesh_open(&j->mesh, map_ranks(j, &layout), &layout);
    return HL_OK;
}

/* EASE has neither models nor weights. */
static void lay_out_ease(hl_job *j)
{
    int rows, columns;
    hl_grid_shape(&rows, &columns, j->world->size);
    snprintf(j->layout, sizeof j->layout, "EASE on a grid of %d x %d ranks, %d left over", rows, columns,
             j->world->size - rows * columns);
}

static hl_engine_rules rules_of(const hl_config *c, bool for_training)
{
    return (hl_engine_rules){.plan = hl_rules_plan(c),
                             .share_tokens = c->share_tokens,
                             .criterion = hl_criteria[c->loss],
                             .nce_thres = (float)c->nce_thres,
                             .weight_decay = c->optim_args_weight_decay,
                             .clip_grad_norm = c->clip_grad_norm,
                             .activation_budget = c->activation_budget,
                             .for_training = for_training,
                             .zero = c->zero,
                             .overlap = c->overlap,
                             .slices = c->exact_tp,
                             .longest_text = c->MAX_TEXT_LENGTH,
                             .longest_history = hl_rules_longest_history(c)};
}

hl_status hl_job_open(hl_job *j, const hl_group *world, const hl_config *config, bool for_training)
{
    *j = (hl_job){.config = config, .world = world};
    hl_transformer *item = &j->item_shape, *user = &j->user_shape;
    hl_watch_patience(hl_pace_patience(config->hang_timeout, 0));
    HL_TRY(hl_threads_set(&j->threads, world, config->threads));
    hl_same_machines(world, j->threads);
    HL_TRY(hl_preflight(world, config, for_training));
    if (config->model == HL_MODEL_EASE) {
        lay_out_ease(j);
        return open_data(j, for_training);
    }
    HL_TRY(check_layout(j));
    HL_TRY_ALL(world, shapes_of(item, user, config));
    HL_TRY(same_shapes(world, config));
    HL_TRY(open_data(j, for_training));
    HL_TRY(hl_group_may_go_on(world, "opening the data"));
    HL_TRY(fit_vocabulary(j, item, user));
    HL_TRY_ALL(world, hl_precision_set(config, item));
    const hl_corpus *corpus = hl_dataset_corpus(j->data);
    const hl_engine_rules rules = rules_of(config, for_training);
    hl_pool_open(&j->pool, corpus);
    hl_windows_open(&j->windows, corpus, config->MAX_ITEM_LIST_LENGTH, config->data_split);
    HL_TRY(lay_out(j, item, user));
    if (for_training) hl_preflight_forecast(world, j->forecast_bytes);
    j->sampler = (hl_sampler){&j->windows, (uint64_t)config->seed, config->batch_size, config->num_negatives, &j->pool};
    hl_engine_open(&j->engine, &j->mesh, corpus, item, user, &rules);
    HL_TRY(hl_group_may_go_on(world, "laying out the models"));
    HL_TRY(initial_weights(j));
    HL_TRY(hl_group_may_go_on(world, "making the initial weights"));
    freeze(j);
    return HL_OK;
}

void hl_job_close(hl_job *j)
{
    if (j->engine.mesh) hl_engine_close(&j->engine);
    hl_windows_close(&j->windows);
    hl_pool_close(&j->pool);
    if (j->mesh.world.size) hl_mesh_close(&j->mesh);
    if (hl_group_has_me(&j->mapped)) hl_group_close(&j->mapped);
    hl_dataset_close(j->data);
    *j = (hl_job){0};
}
