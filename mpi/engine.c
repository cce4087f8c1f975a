/* engine.c - both LLMs as this rank holds them: weights, gradients, AdamW moments, memory. */
#include "mpi/engine.h"
#include <stdlib.h>
#include <string.h>

/* Of a token, and never nothing. */
static double work_of(const hl_llama *shape) { return 1 + shape->num_hidden_layers * hl_llama_layer_flop(shape); }

/* Slices of a layer that are one rank's. */
static int slices_of(const hl_engine_rules *rules, const hl_tensor_group *tp)
{
    return rules->plan.groups ? rules->slices / tp->size : 0;
}

void hl_engine_open(hl_engine *e, const hl_mesh *mesh, const hl_corpus *corpus, const hl_llama *item,
                    const hl_llama *user, const hl_engine_rules *rules)
{
    const bool overlap =
        rules->overlap && rules->plan.groups == 0; /* sums of groups are only put together at the end */
    HL_CHECK(item->hidden_size == user->hidden_size);
    *e = (hl_engine){.mesh = mesh, .corpus = corpus, .rules = *rules};
    e->rules.plan.user_cost = work_of(user) / work_of(item);
    hl_item_open(&e->item_model, item, rules->plan.item_tokens, rules->longest_text, &mesh->side[HL_ITEM].tensor_group);
    e->item_model.share_prefix = rules->plan.share_prefix;
    e->item_model.share_tokens = rules->share_tokens;
    e->item_model.stack.slices = slices_of(rules, &mesh->side[HL_ITEM].tensor_group);
    hl_user_open(&e->user_model, user, rules->longest_history, &mesh->side[HL_USER].tensor_group);
    e->user_model.stack.slices = slices_of(rules, &mesh->side[HL_USER].tensor_group);
    hl_item_params(&e->item.whole, item, rules->plan.item_tokens, &hl_alone);
    hl_user_params(&e->user.whole, user, &hl_alone);
    hl_sharding_open(&e->item, &e->item_model.table, &mesh->side[HL_ITEM].group, &mesh->side[HL_ITEM].dp,
                     &mesh->side[HL_ITEM].tensor_group, rules->zero, rules->for_training, overlap);
    hl_sharding_open(&e->user, &e->user_model.table, &mesh->side[HL_USER].group, &mesh->side[HL_USER].dp,
                     &mesh->side[HL_USER].tensor_group, rules->zero, rules->for_training, overlap);
    e->item_model.stack.sharder = &e->item.sharder;
    e->user_model.stack.sharder = &e->user.sharder;
    e->plan = hl_arena_growing("the plan of a step");
    e->saved = hl_arena_growing("saved activations");
    e->scratch = hl_arena_growing("scratch");
    e->wire = hl_arena_growing("rows on the wire");
    e->recomputed = hl_alloc((size_t)mesh->layout.side[HL_ITEM].pp * sizeof *e->recomputed);
    for (int i = 0; i < mesh->layout.side[HL_ITEM].pp; i++)
        e->recomputed[i] = hl_arena_growing("recomputed activations");
    hl_pipe_open(&e->item_pipe, &mesh->side[HL_ITEM].pp);
    hl_pipe_open(&e->user_pipe, &mesh->side[HL_USER].pp);
}

void hl_engine_close(hl_engine *e)
{
    hl_pipe_close(&e->user_pipe);
    hl_pipe_close(&e->item_pipe);
    for (int i = 0; i < e->mesh->layout.side[HL_ITEM].pp; i++) hl_arena_free(&e->recomputed[i]);
    free(e->recomputed);
    hl_sharding_close(&e->item);
    hl_sharding_close(&e->user);
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
    freeze_side(&e->item, prefix);
    freeze_side(&e->user, prefix);
}

int hl_engine_width(const hl_engine *e) { return e->item_model.stack.shape.hidden_size; }
