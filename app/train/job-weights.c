/* job-weights.c - the weights that a job begins with, and a digest of those that it has. */
#include "app/train/job-weights.h"
#include "app/train/item-cache.h"
#include "app/train/weights.h"
#include "base/digest.h"
#include "base/log.h"
#include "io/weights/hf-together.h"
#include "io/weights/hllm-dict.h"
#include "io/weights/state-dict.h"
#include "mpi/train/copies.h"
#include "mpi/train/finite.h"
#include <limits.h>
#include <math.h>
#include <stdio.h>

/* "item" or "user", and what the configuration says of the side's folder. */
typedef struct {
    const char *name, *tensors; /* as their names begin */
    const char *folder;         /* "": its weights are drawn */
} origin;

static origin origin_of(const hl_config *c, hl_side side)
{
    const bool is_item = side == HL_ITEM, reads_texts = hl_config_reads_texts(c),
               is_read = is_item ? reads_texts && c->item_llm_init : hl_config_has_user_llm(c) && c->user_llm_init;
    const char *folder = is_item ? c->item_pretrain_dir : c->user_pretrain_dir;
    return (origin){is_item ? "item" : "user", is_item ? "item_llm." : "user_llm.", is_read ? folder : ""};
}

/* The first replica reads, each rank its share, and gives it to the others: a number is read once in all, however many
 * replicas there are. */
static hl_status pretrained(const hl_group *world, hl_sharding *h, const origin *o)
{
    hl_group readers;
    hl_status s = HL_OK;
    if (!*o->folder) return HL_OK;
    hl_group_subset(&readers, world, h->w && h->dp->rank == 0);
    if (hl_group_has_me(&readers)) s = hl_hf_read_together(&readers, o->folder, h->table, &h->whole, o->name, h->w);
    hl_group_close(&readers);
    HL_TRY_ALL(world, s);
    hl_sharding_share(h, 0, h->table->count);
    return HL_OK;
}

/* On the ranks that have it; the first replica reads it. */
static hl_status read_item_vector(hl_engine *e, const hl_param *p, const char *path)
{
    const hl_sharding *h = &e->sharding[HL_ITEM];
    if (h->dp->rank > 0) return HL_OK;
    return hl_state_dict_vector(path, (size_t)hl_engine_width(e), h->w + p->offset);
}

static hl_status item_vector(hl_job *j, const char *path)
{
    const hl_group *world = j->world;
    hl_engine *e = &j->engine;
    hl_sharding *h = &e->sharding[HL_ITEM];
    const hl_param *p = hl_params_find(h->table, "item_emb_tokens");
    const bool has = h->w && path[0] && e->model[HL_ITEM].first;
    if (*j->config->item_cache) return HL_OK;
    if (path[0] && !e->rules.plan.item_tokens)
        return HL_FAIL(HL_EUSAGE, "item_emb_pretrain %s is of no use with item_emb_token_n 0; leave it out", path);
    HL_TRY_ALL(world, has ? read_item_vector(e, p, path) : HL_OK);
    if (has) hl_sharding_share(h, p->offset, p->count);
    return HL_OK;
}

/* What was read from `path`; "": nothing was. */
static hl_status check_read(const hl_engine *e, const char *path)
{
    return path[0] ? hl_finite_check(e, HL_FINITE_WEIGHTS, path) : HL_OK;
}

/* Of one side: the shares of a copy, added up. */
static uint64_t digest_of_side(const hl_job *j, const hl_sharding *h)
{
    int64_t sum = (int64_t)hl_sharding_digest(h);
    hl_group_all_reduce_int(j->world, &sum, 1);
    return (uint64_t)sum;
}

static bool fixes_temperature(const hl_config *c) { return c->fix_temp && hl_model_reads_ids(c->model); }

uint64_t hl_job_weights_digest(const hl_job *j)
{
    return hl_digest_join(digest_of_side(j, &j->engine.sharding[HL_ITEM]),
                          digest_of_side(j, &j->engine.sharding[HL_USER]));
}

/* A broadcast that went wrong would make a model of two. */
static hl_status check_same(const hl_job *j)
{
    const hl_config *c = j->config;
    char where[400];
    snprintf(where, sizeof where,
             "the initial weights (item_pretrain_dir \"%.100s\", user_pretrain_dir \"%.100s\", item_emb_pretrain "
             "\"%.100s\")",
             c->item_pretrain_dir, c->user_pretrain_dir, c->item_emb_pretrain);
    return hl_copies_check(j->world, &j->engine, false, where,
                           "they were drawn alike, or read once and given to all: test these machines");
}

/* Of a state dict of the public HLLM code, read as a folder is. */
static hl_status from_dict(hl_job *j, hl_side side, const char *where)
{
    const origin o = origin_of(j->config, side);
    hl_sharding *h = &j->engine.sharding[side];
    hl_group readers;
    hl_status s = HL_OK;
    hl_group_subset(&readers, j->world, h->w && h->dp->rank == 0);
    if (hl_group_has_me(&readers)) s = hl_hllm_dict_read_together(&readers, where, h->table, &h->whole, o.name, h->w);
    hl_group_close(&readers);
    HL_TRY_ALL(j->world, s);
    hl_sharding_share(h, 0, h->table->count);
    return check_read(&j->engine, where);
}

/* Where load_pretrain names a state dict, what to open; "": it names a checkpoint, or nothing. */
static void find_dict(char where[PATH_MAX], const hl_job *j)
{
    const char *path = j->config->load_pretrain;
    *where = 0;
    if (j->world->rank == 0 && *path && !hl_hllm_dict_find(where, path)) *where = 0;
    hl_group_broadcast(j->world, where, PATH_MAX, 0);
}

/* fix_temp: logits are cosines times 20, the public code's number; hl_job_weights_freeze keeps it. */
static void fix_temperature(hl_job *j)
{
    const hl_sharding *h = &j->engine.sharding[HL_ITEM];
    const int64_t at = j->engine.model[HL_ITEM].scale_at;
    if (fixes_temperature(j->config) && h->w && at >= 0) h->w[at] = logf(20.0f);
}

static hl_status begin_side(hl_job *j, hl_side side)
{
    const origin o = origin_of(j->config, side);
    hl_sharding *h = &j->engine.sharding[side];
    const bool is_cached = side == HL_ITEM && *j->config->item_cache;
    hl_sharding_init_but(h, (uint64_t)j->config->seed, is_cached ? "item_embedding" : *o.folder ? o.tensors : NULL);
    HL_TRY(pretrained(j->world, h, &o));
    return check_read(&j->engine, o.folder);
}

hl_status hl_job_weights_begin(hl_job *j)
{
    hl_engine *e = &j->engine;
    const hl_config *c = j->config;
    char dict[PATH_MAX];
    find_dict(dict, j);
    for (hl_side i = 0; i < HL_SIDES; i++) HL_TRY(begin_side(j, i));
    fix_temperature(j);
    HL_TRY(hl_item_cache_read(j));
    HL_TRY(check_read(e, c->item_cache));
    HL_TRY(item_vector(j, c->item_emb_pretrain));
    HL_TRY(check_read(e, c->item_emb_pretrain));
    for (hl_side i = 0; i < HL_SIDES && *dict; i++) HL_TRY(from_dict(j, i, dict));
    if (*dict) hl_log(HL_INFO, "weights of %s; it does not say what they were trained with", dict);
    hl_sharding_reshard(&e->sharding[HL_ITEM]);
    hl_sharding_reshard(&e->sharding[HL_USER]);
    HL_TRY(check_same(j));
    if (c->load_pretrain[0] && !*dict) HL_TRY(hl_weights_read(j, c->load_pretrain, HL_WEIGHTS_TO_START));
    j->initial_digest = hl_job_weights_digest(j);
    return HL_OK;
}

void hl_job_weights_freeze(hl_job *j)
{
    const hl_config *c = j->config;
    for (int i = 0; i < c->freeze_prefix.n; i++) hl_engine_freeze(&j->engine, c->freeze_prefix.at[i]);
    if (fixes_temperature(c)) hl_engine_freeze(&j->engine, "logit_scale");
    if (c->freeze_ad) hl_engine_freeze(&j->engine, "item_llm."), hl_engine_freeze(&j->engine, "item_emb_tokens");
}
