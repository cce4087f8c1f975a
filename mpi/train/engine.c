/* engine.c - both LLMs as this rank holds them: weights, gradients, AdamW moments, memory. */
#include "mpi/train/engine.h"
#include "step/plan-rules.h"
#include <stdlib.h>
#include <string.h>

/* Slices of a layer that are one rank's. */
static int slices_of(const hl_engine_rules *rules, const hl_tensor_group *tp)
{
    return rules->plan.groups ? rules->slices / tp->size : 0;
}

static void open_models(hl_engine *e, const hl_transformer *item, const hl_transformer *user,
                        const hl_engine_rules *rules)
{
    const hl_tensor_group *item_tp = &e->mesh->side[HL_ITEM].tensor_group,
                          *user_tp = &e->mesh->side[HL_USER].tensor_group;
    hl_item_open(&e->item_model, item,
                 &(hl_item_settings){.item_tokens = rules->plan.item_tokens,
                                     .longest = rules->longest_text,
                                     .share_prefix = rules->plan.share_prefix,
                                     .share_tokens = rules->share_tokens,
                                     .slices = slices_of(rules, item_tp),
                                     .sharder = &e->sharding[HL_ITEM].sharder},
                 item_tp);
    e->stack[HL_ITEM] = &e->item_model.stack;
    hl_item_params(&e->sharding[HL_ITEM].whole, item, rules->plan.item_tokens, &hl_alone);
    hl_user_open(&e->user_model, user,
                 &(hl_stack_settings){rules->longest_history, slices_of(rules, user_tp), &e->sharding[HL_USER].sharder},
                 user_tp);
    e->stack[HL_USER] = &e->user_model.stack;
    hl_user_params(&e->sharding[HL_USER].whole, user, &hl_alone);
}

static void open_side(hl_engine *e, hl_side side, const hl_params *table)
{
    const hl_engine_rules *rules = &e->rules;
    const hl_mesh_side *mesh = &e->mesh->side[side];
    const bool overlap = rules->overlap && rules->plan.groups == 0; /* sums of groups are put together at the end */
    hl_sharding_open(&e->sharding[side], table, &mesh->group, &mesh->dp, &mesh->tensor_group, rules->zero,
                     rules->for_training, overlap);
    hl_pipe_open(&e->pipe[side], &mesh->pp);
}

void hl_engine_open(hl_engine *e, const hl_mesh *mesh, const hl_corpus *corpus, const hl_transformer *item,
                    const hl_transformer *user, const hl_engine_rules *rules)
{
    const int stages = mesh->layout.side[HL_ITEM].pp;
    HL_CHECK(item->hidden_size == user->hidden_size);
    *e = (hl_engine){.mesh = mesh, .corpus = corpus, .rules = *rules};
    if (!e->rules.criterion) e->rules.criterion = &hl_criterion_nce;
    e->rules.plan = hl_plan_rules_for(&rules->plan, &mesh->layout, item, user);
    open_models(e, item, user, &e->rules);
    open_side(e, HL_ITEM, &e->item_model.table);
    open_side(e, HL_USER, &e->user_model.table);
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
    }
    hl_item_close(&e->item_model);
    hl_user_close(&e->user_model);
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

int hl_engine_width(const hl_engine *e) { return e->item_model.stack.shape.hidden_size; }
