/* job-weights.c - the weights that a job begins with. */
#include "app/train/job-weights.h"
#include "app/train/weights.h"
#include "base/digest.h"
#include "io/weights/hf.h"
#include "io/weights/safetensors.h"
#include "io/weights/same-weights.h"
#include "mpi/train/copies.h"
#include "mpi/train/finite.h"
#include <string.h>

static hl_status pretrained(hl_sharding *h, const char *side, bool init, const char *folder)
{
    if (!h->w || !init || !folder[0]) return HL_OK;
    return hl_hf_read(folder, h->table, &h->whole, side, h->w);
}

static hl_status item_vector(hl_engine *e, const char *path)
{
    if (!e->sharding[HL_ITEM].w || !path[0] || !e->model[HL_ITEM].first) return HL_OK;
    if (!e->rules.plan.item_tokens)
        return HL_FAIL(HL_EUSAGE, "item_emb_pretrain %s is of no use with item_emb_token_n 0; leave it out", path);
    const hl_param *p = hl_params_find(e->sharding[HL_ITEM].table, "item_emb_tokens");
    return hl_safetensors_vector(path, (size_t)hl_engine_width(e), e->sharding[HL_ITEM].w + p->offset);
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

hl_status hl_job_weights_begin(hl_job *j)
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

void hl_job_weights_freeze(hl_job *j)
{
    const hl_config *c = j->config;
    for (int i = 0; i < c->freeze_prefix.n; i++) hl_engine_freeze(&j->engine, c->freeze_prefix.at[i]);
    if (c->freeze_ad) hl_engine_freeze(&j->engine, "item_llm."), hl_engine_freeze(&j->engine, "item_emb_tokens");
}
