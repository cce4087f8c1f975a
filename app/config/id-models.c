/* id-models.c - what a configuration means to models that know items by their ids.
 *
 * Their defaults are those of the public code's configurations (overall/ID.yaml, IDNet/llama_id.yaml). */
#include "app/config/id-models.h"
#include "app/config/options.h"
#include "base/path.h"
#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    hl_model_choice model;
    const char *key, *value;
} rows[] = {
    {HL_MODEL_SASRec, "optim_args.weight_decay", "0.1"},
    {HL_MODEL_LLMIDRec, "optim_args.weight_decay", "0.1"},
    {HL_MODEL_HSTU, "optim_args.weight_decay", "0.1"},
    {HL_MODEL_SASRec, "scheduler_args.type", "constant"},
    {HL_MODEL_HSTU, "scheduler_args.type", "constant"},
    {HL_MODEL_LLMIDRec, "scheduler_args.warmup", "0"},
    {HL_MODEL_SASRec, "stopping_step", "10"},
    {HL_MODEL_HSTU, "stopping_step", "10"},
    {HL_MODEL_LLMIDRec, "stopping_step", "10"},
    {HL_MODEL_LLMIDRec, "user_llm_init", "false"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

static void fill(hl_config *c)
{
    for (int i = 0; i < ROWS; i++) {
        if (rows[i].model != c->model || hl_config_given(c, rows[i].key)) continue;
        const int at = hl_option_find(rows[i].key);
        hl_names value = {.at = (char *[]){(char *)(uintptr_t)rows[i].value}, .n = 1};
        HL_CHECK(hl_option_set(c, &hl_options[at], &value, false, "") == HL_OK);
        c->because[at] = "default of models of item ids";
    }
    c->item_emb_token_n = 0;
    c->because[hl_option_find("item_emb_token_n")] = "items have ids, no tokens";
}

/* Of the models with layers of their own: the activation, and the width that heads divide. */
static const struct {
    hl_hidden_act act;
    const char *act_name, *key;
    size_t width;
} facts[HL_MODELS_TO_CHOOSE] = {
    [HL_MODEL_SASRec] = {HL_ACT_GELU, "gelu", "embedding_size", offsetof(hl_config, embedding_size)},
    [HL_MODEL_HSTU] = {HL_ACT_SILU, "silu", "hstu_embedding_size", offsetof(hl_config, hstu_embedding_size)}};

static int width_of(const hl_config *c, hl_model_choice model)
{
    return *(const int *)(const void *)((const char *)c + facts[model].width);
}

static hl_status check_layers(const hl_config *c)
{
    const hl_model_choice model = hl_config_user_model(c);
    const char *act = facts[model].act_name;
    if (!act) return HL_OK;
    if (c->hidden_act != HL_ACT_AUTO && c->hidden_act != facts[model].act)
        return HL_FAIL(HL_EUSAGE, "hidden_act: %s has %s in its layers; leave it out", hl_model_facts_of[model].name,
                       act);
    if (width_of(c, model) % c->n_heads == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s %d does not divide into n_heads %d; change one of them", facts[model].key,
                   width_of(c, model), c->n_heads);
}

static void note(hl_config *c, const char *key) { hl_names_add(&c->no_effect, key, strlen(key)); }

/* A model of texts, whose user model may be that of a model of ids. */
static hl_status settle_texts(hl_config *c)
{
    if (c->fix_temp) note(c, "fix_temp");
    if (!hl_config_has_user_llm(c) && *c->user_pretrain_dir) note(c, "user_pretrain_dir");
    return hl_model_facts_of[c->model].no_steps ? HL_OK : check_layers(c);
}

int hl_id_models_user_width(const hl_config *c, const char **key)
{
    const hl_model_choice model = hl_config_user_model(c);
    *key = facts[model].key ? facts[model].key : "user_llm.hidden_size";
    return facts[model].key ? width_of(c, model) : c->user_llm.hidden_size;
}

hl_status hl_id_models_settle(hl_config *c)
{
    const char *name = hl_model_facts_of[c->model].name;
    if (!hl_model_reads_ids(c->model)) return settle_texts(c);
    fill(c);
    if (c->freeze_ad)
        return HL_FAIL(HL_EUSAGE,
                       "freeze_ad: true freezes the Item LLM, and %s has none; freeze_prefix: [item_embedding] freezes "
                       "the items' rows",
                       name);
    if (*c->item_cache)
        return HL_FAIL(HL_EUSAGE, "item_cache: %s has vectors of texts, and %s has rows of its own; leave it out",
                       c->item_cache, name);
    if (c->id_embedding)
        return HL_FAIL(HL_EUSAGE,
                       "id_embedding: true gives items of texts rows of their own, and those of %s have them", name);
    return check_layers(c);
}

bool hl_id_models_words(char *words, size_t room, const char *key)
{
    size_t n = 0;
    *words = 0;
    for (int i = 0; i < ROWS && n < room; i++)
        if (strcmp(rows[i].key, key) == 0)
            n += (size_t)snprintf(words + n, room - n, n ? ", %s" : "%2$s with %1$s",
                                  hl_model_facts_of[rows[i].model].name, rows[i].value);
    return n > 0;
}

bool hl_config_makes_item_cache(const hl_config *c) { return strcmp(c->item_cache, "auto") == 0; }

void hl_config_item_cache(const hl_config *c, char path[PATH_MAX])
{
    if (!hl_config_makes_item_cache(c) || hl_path_check(c->checkpoint_dir) != HL_OK)
        snprintf(path, PATH_MAX, "%s", c->item_cache);
    else hl_path(path, "%s/items.h5", c->checkpoint_dir);
}
