/* engine.c - both models as this rank holds them: weights, gradients, AdamW moments, memory. */
#include "mpi/train/engine.h"
#include "step/plan-rules.h"
#include <stdlib.h>
#include <string.h>

/* Slices of a layer that are one rank's. */
static int slices_of(const hl_engine_rules *rules, const hl_tensor_group *tp)
{
    return rules->plan.groups ? rules->slices / tp->size : 0;
}

static hl_model_settings settings_of(const hl_engine *e, hl_side side, const hl_transformer *shape)
{
    const hl_engine_rules *rules = &e->rules;
    return (hl_model_settings){.shape = shape,
                               .longest = side == HL_ITEM ? rules->longest_text : rules->longest_history,
                               .item_tokens = rules->plan.item_tokens,
                               .share_prefix = rules->plan.share_prefix,
                               .share_tokens = rules->share_tokens,
                               .slices = slices_of(rules, &e->mesh->side[side].tensor_group),
                               .sharder = &e->sharding[side].sharder};
}

static void open_model(hl_engine *e, hl_side side, const hl_transformer *shape)
{
    const hl_models *models = e->rules.models;
    const hl_model_kind *kind = models ? models->side[side] : hl_models_kind_for(side, shape);
    const hl_model_settings settings = settings_of(e, side, shape);
    hl_model_open(&e->model[side], kind, &settings, &e->mesh->side[side].tensor_group);
    kind->params(&e->sharding[side].whole, &settings, &hl_alone);
}

static void open_side(hl_engine *e, hl_side side)
{
    const hl_engine_rules *rules = &e->rules;
    const hl_mesh_side *mesh = &e->mesh->side[side];
    const bool overlap = rules->overlap && rules->plan.groups == 0; /* sums of groups are put together at the end */
    hl_sharding_open(&e->sharding[side], e->model[side].table, &mesh->group, &mesh->dp, &mesh->tensor_group,
                     rules->zero, rules->for_training, overlap);
    hl_pipe_open(&e->pipe[side], &mesh->pp);
}

/* The temperature is trained all the same. */
static void freeze_items(hl_engine *e)
{
    hl_sharding *h = &e->sharding[HL_ITEM];
    h->still = true;
    for (int i = 0; i < h->table->n; i++) h->frozen[i] = strcmp(h->table->at[i].name, "logit_scale") != 0;
}

void hl_engine_open(hl_engine *e, const hl_mesh *mesh, const hl_corpus *corpus, const hl_transformer *item,
                    const hl_transformer *user, const hl_engine_rules *rules)
{
    const int stages = mesh->layout.side[HL_ITEM].pp;
    HL_CHECK(hl_transformer_vector_size(item) == user->hidden_size);
    *e = (hl_engine){.mesh = mesh, .corpus = corpus, .rules = *rules};
    if (!e->rules.criterion) e->rules.criterion = &hl_criterion_nce;
    e->rules.plan = hl_plan_rules_for(&rules->plan, &mesh->layout, item, user);
    open_model(e, HL_ITEM, item);
    open_model(e, HL_USER, user);
    for (hl_side i = 0; i < HL_SIDES; i++) open_side(e, i);
    if (e->rules.plan.items_frozen) freeze_items(e);
    hl_sharding_share_pages(&e->sharding[HL_USER], &e->sharding[HL_ITEM]);
    e->plan = hl_arena_growing("the plan of a step");
    e->saved = hl_arena_growing("saved activations");
    e->scratch = hl_arena_growing("scratch");
    e->wire = hl_arena_growing("rows on the wire");
    e->recomputed = hl_alloc((size_t)stages * sizeof *e->recomputed);
    for (int i = 0; i < stages; i++) e->recomputed[i] = hl_arena_growing("recomputed activations");
}

void hl_engine_close(hl_engine *e)
{
    for (int i = 0; i < e->mesh->layout.side[HL_ITEM].pp; i++) hl_arena_free(&e->recomputed[i]);
    free(e->recomputed);
    for (hl_side i = 0; i < HL_SIDES; i++) {
        hl_pipe_close(&e->pipe[i]);
        hl_sharding_close(&e->sharding[i]);
        hl_model_close(&e->model[i]);
    }
    hl_arena_free(&e->plan);
    hl_arena_free(&e->saved);
    hl_arena_free(&e->scratch);
    hl_arena_free(&e->wire);
    *e = (hl_engine){0};
}

static bool begins_with(const char *name, const char *prefix) { return strncmp(name, prefix, strlen(prefix)) == 0; }

static void freeze_side(hl_sharding *h, const char *prefix)
{
    for (int i = 0; i < h->table->n; i++) h->frozen[i] |= begins_with(h->table->at[i].name, prefix);
}

void hl_engine_freeze(hl_engine *e, const char *prefix)
{
    for (hl_side i = 0; i < HL_SIDES; i++) freeze_side(&e->sharding[i], prefix);
}

int hl_engine_width(const hl_engine *e) { return e->model[HL_ITEM].width; }
