/* shapes.c - the shapes of the models of a configuration, before there are data. */
#include "app/plan/shapes.h"
#include "app/plan/rules.h"
#include "io/tokenizer/tokenizer.h"
#include "io/weights/hf-config.h"
#include "model/item.h"
#include "model/user.h"
#include <string.h>

static hl_status vocabulary(int *n, const hl_config *c)
{
    hl_tokenizer *t;
    hl_status s = hl_tokenizer_open(&t, *c->tokenizer ? c->tokenizer : c->item_pretrain_dir);
    if (s == HL_OK) *n = hl_tokenizer_vocab(t);
    hl_tokenizer_close(t);
    return s;
}

hl_status hl_shapes_read(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    *item = c->item_llm;
    *user = c->user_llm;
    if (*c->item_pretrain_dir) HL_TRY(hl_hf_config(c->item_pretrain_dir, item));
    else HL_TRY(vocabulary(&item->vocab_size, c));
    if (*c->user_pretrain_dir) HL_TRY(hl_hf_config(c->user_pretrain_dir, user));
    else user->vocab_size = item->vocab_size;
    HL_TRY(hl_transformer_check(item, "item_llm"));
    return hl_transformer_check(user, "user_llm");
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
    hl_item_params(&t, item, c->item_emb_token_n, &hl_alone);
    hl_user_params(&t, user, &hl_alone);
    const hl_status s = check_names(&c->freeze_prefix, &t);
    hl_params_free(&t);
    return s;
}

hl_status hl_shapes_check(const hl_config *c, const hl_transformer *item, const hl_transformer *user)
{
    const hl_parallelism p = hl_rules_parallelism(c, HL_COLOCATED);
    HL_TRY(hl_parallelism_check(&p, item, user));
    return check_frozen(c, item, user);
}
