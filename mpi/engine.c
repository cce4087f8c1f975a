/* engine.c - both LLMs as this rank holds them: weights, gradients, AdamW moments, memory. */
#include "mpi/engine.h"
#include <stdlib.h>
#include <string.h>

/* Whose part of the array each copy updates. */
static void cut_blocks(hl_holding *h, bool zero)
{
    int p = h->copies->size, me = h->copies->rank;
    h->block = hl_alloc((size_t)(p + 1) * sizeof *h->block);
    for (int r = 0; r <= p; r++) h->block[r] = hl_params_block_begin(h->table, p, r);
    h->begin = zero ? h->block[me] : 0;
    h->end = zero ? h->block[me + 1] : h->table->count;
}

static void hold(hl_holding *h, const hl_params *table, const hl_group *group, const hl_group *copies, const hl_peers *peers, const hl_engine_rules *rules)
{
    *h = (hl_holding){.table = table, .whole = h->whole, .group = group, .copies = copies, .peers = peers};
    h->frozen = hl_alloc_zero((size_t)table->n, sizeof *h->frozen);
    if (!hl_group_has_me(group)) return;
    cut_blocks(h, rules->zero > 0);
    h->w = hl_alloc_zero(table->count, sizeof *h->w);
    if (!rules->for_training) return;
    h->g = hl_alloc_zero(table->count, sizeof *h->g);
    h->m = hl_alloc_zero(h->end - h->begin, sizeof *h->m);
    h->v = hl_alloc_zero(h->end - h->begin, sizeof *h->v);
}

static void let_go(hl_holding *h)
{
    free(h->w);
    free(h->g);
    free(h->m);
    free(h->v);
    free(h->block);
    free(h->frozen);
    hl_params_free(&h->whole);
    *h = (hl_holding){0};
}

/* Of a token, and never nothing. */
static double work_of(const hl_llama *shape)
{
    return 1 + shape->num_hidden_layers * hl_llama_layer_flop(shape);
}

void hl_engine_open(hl_engine *e, const hl_mesh *mesh, const hl_corpus *corpus, const hl_llama *item, const hl_llama *user, const hl_engine_rules *rules)
{
    HL_CHECK(item->hidden_size == user->hidden_size);
    *e = (hl_engine){.mesh = mesh, .corpus = corpus, .rules = *rules};
    e->rules.plan.user_cost = work_of(user) / work_of(item);
    hl_item_open(&e->item_model, item, rules->plan.item_tokens, rules->longest_text, &mesh->item_peers);
    hl_user_open(&e->user_model, user, rules->longest_history, &mesh->user_peers);
    hl_item_params(&e->item.whole, item, rules->plan.item_tokens, &hl_alone);
    hl_user_params(&e->user.whole, user, &hl_alone);
    hold(&e->item, &e->item_model.table, &mesh->item, &mesh->item_dp, &mesh->item_peers, rules);
    hold(&e->user, &e->user_model.table, &mesh->user, &mesh->user_dp, &mesh->user_peers, rules);
    e->plan = hl_arena_growing("the plan of a step");
    e->kept = hl_arena_growing("kept activations");
    e->scratch = hl_arena_growing("scratch");
    e->wire = hl_arena_growing("rows on the wire");
    e->again = hl_alloc((size_t)mesh->layout.item_pp * sizeof *e->again);
    for (int i = 0; i < mesh->layout.item_pp; i++) e->again[i] = hl_arena_growing("activations of a second forward");
    hl_pipe_open(&e->item_pipe, &mesh->item_pp);
    hl_pipe_open(&e->user_pipe, &mesh->user_pp);
}

void hl_engine_close(hl_engine *e)
{
    hl_pipe_close(&e->user_pipe);
    hl_pipe_close(&e->item_pipe);
    for (int i = 0; i < e->mesh->layout.item_pp; i++) hl_arena_free(&e->again[i]);
    free(e->again);
    let_go(&e->item);
    let_go(&e->user);
    hl_item_close(&e->item_model);
    hl_user_close(&e->user_model);
    hl_arena_free(&e->plan);
    hl_arena_free(&e->kept);
    hl_arena_free(&e->scratch);
    hl_arena_free(&e->wire);
    *e = (hl_engine){0};
}

static bool begins_with(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static int freeze_side(hl_holding *h, const char *prefix)
{
    int n = 0;
    for (int i = 0; i < h->table->n; i++) h->frozen[i] |= begins_with(h->table->at[i].name, prefix);
    for (int i = 0; i < h->whole.n; i++) n += begins_with(h->whole.at[i].name, prefix);
    return n;
}

int hl_engine_freeze(hl_engine *e, const char *prefix)
{
    return freeze_side(&e->item, prefix) + freeze_side(&e->user, prefix);
}

int hl_engine_width(const hl_engine *e)
{
    return e->item_model.stack.shape.hidden_size;
}
