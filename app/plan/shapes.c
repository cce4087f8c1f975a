/* shapes.c - the shapes of the models of a configuration, before there are data. */
#include "app/plan/shapes.h"
#include "app/plan/cached-items.h"
#include "app/plan/id-shapes.h"
#include "app/plan/rules.h"
#include "io/tokenizer/tokenizer.h"
#include "io/weights/hf-config.h"
#include "model/models.h"
#include <string.h>

static hl_status vocabulary(int *n, const hl_config *c)
{
    hl_tokenizer *t;
    hl_status s = hl_tokenizer_open(&t, *c->tokenizer ? c->tokenizer : c->item_pretrain_dir);
    if (s == HL_OK) *n = hl_tokenizer_vocab(t);
    hl_tokenizer_close(t);
    return s;
}

void hl_shapes_join(hl_transformer *item, const hl_transformer *user, const hl_config *c)
{
    item->pooling = c->pooling == HL_LAST_TOKEN ? HL_POOL_LAST : c->pooling == HL_CLS ? HL_POOL_FIRST : HL_POOL_MEAN;
    item->vector_size = c->adapter ? user->hidden_size : 0;
    item->positions_end = c->item_positions;
}

void hl_shapes_feed(hl_transformer *user, const hl_config *c)
{
    user->time_size = c->time_embedding ? c->time_embedding_size : 0;
    user->id_rows = c->id_embedding;
    user->fusion = c->fusion;
    user->head_size = c->head_size;
}

hl_status hl_shapes_settle(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    if (hl_config_reads_texts(c)) {
        hl_id_shapes_make_user(user, c);
        hl_shapes_join(item, user, c);
    } else if (*c->item_cache) HL_TRY(hl_cached_items_shape(item, user, c));
    else hl_id_shapes_make(item, user, c);
    hl_shapes_feed(user, c);
    return HL_OK;
}

static hl_status read_of_ids(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    if (hl_config_has_user_llm(c) && *c->user_pretrain_dir) HL_TRY(hl_hf_config(c->user_pretrain_dir, user));
    HL_TRY(hl_shapes_settle(item, user, c));
    HL_TRY(hl_transformer_check(item, "the table of items"));
    return hl_transformer_check(user, "the user model");
}

hl_status hl_shapes_read(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    *item = c->item_llm;
    *user = c->user_llm;
    if (!hl_config_reads_texts(c)) return read_of_ids(item, user, c);
    if (*c->item_pretrain_dir) HL_TRY(hl_hf_config(c->item_pretrain_dir, item));
    else HL_TRY(vocabulary(&item->vocab_size, c));
    if (!hl_config_has_user_llm(c)) hl_id_shapes_make_user(user, c);
    else if (*c->user_pretrain_dir) HL_TRY(hl_hf_config(c->user_pretrain_dir, user));
    else user->vocab_size = item->vocab_size;
    HL_TRY(hl_shapes_settle(item, user, c));
    HL_TRY(hl_transformer_check(item, "item_llm"));
    return hl_transformer_check(user, hl_config_has_user_llm(c) ? "user_llm" : "the user model");
}

/* ---- names that begin so */

static bool begins_some(const hl_params *t, const char *prefix)
{
    bool found = false;
    for (int i = 0; i < t->n && !found; i++) found = strncmp(t->at[i].name, prefix, strlen(prefix)) == 0;
    return found;
}

static hl_status check_names(const hl_names *prefixes, const hl_params *t)
{
    for (int i = 0; i < prefixes->n; i++)
        if (!begins_some(t, prefixes->at[i]))
            return HL_FAIL(HL_EUSAGE,
                           "freeze_prefix %s begins no parameter's name; names are like item_llm.model.layers.0.",
                           prefixes->at[i]);
    return HL_OK;
}

static hl_status check_frozen(const hl_config *c, const hl_transformer *item, const hl_transformer *user)
{
    hl_params t = {0};
    if (c->freeze_prefix.n == 0) return HL_OK;
    const hl_transformer *const shape[HL_SIDES] = {[HL_ITEM] = item, [HL_USER] = user};
    for (hl_side i = 0; i < HL_SIDES; i++)
        hl_models_kind_for(i, shape[i])
            ->params(&t, &(hl_model_settings){.shape = shape[i], .item_tokens = hl_rules_item_tokens(c)}, &hl_alone);
    const hl_status s = check_names(&c->freeze_prefix, &t);
    hl_params_free(&t);
    return s;
}

/* ---- families that see both ways, with learned positions */

static hl_status check_user(const hl_config *c, const hl_transformer *user)
{
    const hl_family *f = hl_transformer_family(user);
    if (hl_family_reads_vectors(f)) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "user_pretrain_dir %s: a model of the family %s reads tokens and sees later ones; the User LLM reads "
        "vectors and must not, so name a folder of Llama, Mistral, Qwen or Baichuan",
        c->user_pretrain_dir, f->name);
}

static hl_status check_sharing(const hl_config *c, const hl_transformer *item)
{
    const hl_family *f = hl_transformer_family(item);
    const struct {
        const char *key;
        bool is_wanted, is_possible;
    } options[] = {{"share_prefix", c->share_prefix, hl_family_shares_prefix(f)},
                   {"share_tokens", c->share_tokens, hl_family_shares_tokens(f)}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (options[i].is_wanted && !options[i].is_possible && hl_config_given(c, options[i].key))
            return HL_FAIL(HL_EUSAGE,
                           "%s: true is not possible with an Item LLM of the family %s, whose tokens are different in "
                           "each place and see later ones; leave it out",
                           options[i].key, f->name);
    return HL_OK;
}

static hl_status check_positions(const hl_config *c, const hl_transformer *item)
{
    const int needed = c->MAX_TEXT_LENGTH + c->item_emb_token_n;
    if (!hl_transformer_learns_positions(item) || needed <= item->max_position_embeddings) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "MAX_TEXT_LENGTH %d needs %d positions, the [ITEM] token's included, and the Item LLM has learned %d; "
        "lower MAX_TEXT_LENGTH",
        c->MAX_TEXT_LENGTH, needed, item->max_position_embeddings);
}

/* The first token of a text sees itself alone, so that texts which begin alike would have one vector. */
static hl_status check_pooling(const hl_config *c, const hl_transformer *item)
{
    const hl_family *f = hl_transformer_family(item);
    if (c->pooling != HL_CLS || f->mask == HL_BIDIRECTIONAL) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "pooling: cls takes the first token, which sees no later one in the family %s; take last_token or "
                   "item_token",
                   f->name);
}

static hl_status check_texts(const hl_config *c, const hl_transformer *item)
{
    HL_TRY(check_sharing(c, item));
    HL_TRY(check_positions(c, item));
    return check_pooling(c, item);
}

/* Slots are learned from windows as long as those of training. */
static hl_status check_slots(const hl_config *c, const hl_transformer *user)
{
    if (hl_transformer_slots(user) == 0 || hl_rules_longest_history(c) <= hl_transformer_slots(user)) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "MAX_ITEM_LIST_LENGTH_TEST %d: %s learns a position for each of the %d slots of "
                   "MAX_ITEM_LIST_LENGTH and has none beyond; lower it",
                   c->MAX_ITEM_LIST_LENGTH_TEST, hl_model_facts_of[hl_config_user_model(c)].name,
                   hl_transformer_slots(user));
}

hl_status hl_shapes_check(const hl_config *c, const hl_transformer *item, const hl_transformer *user)
{
    HL_TRY(check_user(c, user));
    if (hl_config_reads_texts(c)) HL_TRY(check_texts(c, item));
    HL_TRY(check_slots(c, user));
    const hl_parallelism p = hl_rules_parallelism(c, HL_COLOCATED);
    HL_TRY(hl_parallelism_check(&p, item, user));
    return check_frozen(c, item, user);
}
