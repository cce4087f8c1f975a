/* hllm-dict.c - the state dict of the public HLLM code: both models, [ITEM] and the temperature under one roof. */
#include "io/weights/hllm-dict.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/mismatches.h"
#include "io/files/regular.h"
#include "io/weights/hf-together.h"
#include <stdio.h>
#include <string.h>

static const char *const files[] = {"hllm.safetensors", "pytorch_model.bin", "pytorch_model.bin.index.json",
                                    "model.safetensors", "model.safetensors.index.json"};
enum { FILES = sizeof files / sizeof files[0], NAME = 300 };

/* RUN/latest and RUN/best are files that name a checkpoint of ours. */
static bool names_a_step(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    return strcmp(name, "latest") == 0 || strcmp(name, "best") == 0;
}

bool hl_hllm_dict_find(char out[PATH_MAX], const char *path)
{
    if (!hl_path_fits(out, "%s", path)) return false;
    if (hl_regular_is(path)) return !names_a_step(path);
    if (hl_path_is_there(path, "manifest.json") || hl_path_is_there(path, "config.json")) return false;
    for (int i = 0; i < FILES; i++) {
        if (!hl_path_is_there(path, files[i])) continue;
        return i > 0 || hl_path_fits(out, "%s/%s", path, files[i]); /* of the others the folder is opened */
    }
    return false;
}

/* What stands before the item side's tensors in the first name that has one: `table` is "item_llm." of HLLM, or
 * "item_embedding." of models that know items by their ids. */
static bool find_prefix(char out[NAME], const hl_state_dict *s, const char *table)
{
    for (int i = 0; i < hl_state_dict_count(s); i++) {
        const char *name = hl_state_dict_at(s, i)->name, *at = strstr(name, table);
        const size_t n = at ? (size_t)(at - name) : 0;
        if (!at || n >= NAME || (n > 0 && at[-1] != '.')) continue;
        snprintf(out, NAME, "%.*s", (int)n, name);
        return true;
    }
    return false;
}

static bool begins_with(const char *name, const char *begin) { return strncmp(name, begin, strlen(begin)) == 0; }

static bool is_known(const char *name)
{
    static const char *const begins[] = {"item_llm.", "user_llm.", "item_emb_tokens", "item_adapter.", "logit_scale",
                                         /* of items that are known by their ids */
                                         "item_embedding.", "item_id_proj_tower.",
                                         /* of user models, those that stand alone */
                                         "user_time.", "user_id_embedding.", "position_embedding.", "LayerNorm.",
                                         "trm_encoder.", "_hstu.",
                                         /* of labels */
                                         "user_emb_tokens", "label_head."};
    bool is = false;
    for (size_t i = 0; i < sizeof begins / sizeof begins[0] && !is; i++) is = begins_with(name, begins[i]);
    return is;
}

static void tell_of_others(const hl_state_dict *s, const char *prefix, const char *where)
{
    const char *first = NULL;
    int others = 0;
    for (int i = 0; i < hl_state_dict_count(s); i++) {
        const char *name = hl_state_dict_at(s, i)->name;
        if (begins_with(name, prefix) && is_known(name + strlen(prefix))) continue;
        if (others++ == 0) first = name;
    }
    if (others)
        hl_log(HL_WARN, "%s: %d tensors are of no part of HLLM and are not read, the first is %.80s", where, others,
               first);
}

static hl_status read_share(const hl_state_tensor *t, const hl_param *mine, float *w)
{
    for (int64_t i = 0; i < hl_param_stretches(mine); i++) {
        const hl_stretch x = hl_param_stretch(mine, i);
        HL_TRY(hl_state_dict_read_part(t, w + mine->offset + x.local, (size_t)x.global, x.n));
    }
    return HL_OK;
}

/* What is of no LLM, as [ITEM], the temperature and the blocks of SASRec, whatever shape a file gives it. */
static hl_status read_alone(const hl_state_dict *s, const char *prefix, const hl_param *p, const hl_param *mine,
                            float *w, hl_mismatches *list)
{
    char name[NAME + sizeof p->name];
    snprintf(name, sizeof name, "%s%s", prefix, p->name);
    const hl_state_tensor *t = hl_state_dict_find(s, name);
    if (!t) hl_mismatches_add(list, "%s is missing", p->name);
    else if ((int64_t)t->count != hl_param_whole(p))
        hl_mismatches_add(list, "%s has %zu numbers where %lld are wanted", p->name, t->count,
                          (long long)hl_param_whole(p));
    else if (mine) return read_share(t, mine, w);
    return HL_OK;
}

static hl_status read_those_alone(const hl_state_dict *s, const char *prefix, const hl_params *table,
                                  const hl_params *whole, const char *side, float *w, const char *where)
{
    char begin[20];
    hl_mismatches list = {0};
    snprintf(begin, sizeof begin, "%s_llm.", side);
    for (int i = 0; i < whole->n; i++) {
        const hl_param *p = &whole->at[i];
        if (!begins_with(p->name, begin) && !p->outside)
            HL_TRY(read_alone(s, prefix, p, hl_params_find(table, p->name), w, &list));
    }
    return hl_mismatches_verdict(&list, where, "its tensors are not those of the configuration",
                                 "look at item_emb_token_n and the models' folders");
}

/* Are there parameters of an LLM?  Else those of the state dict are left alone. */
static bool has_llm(const hl_params *whole, const char *side)
{
    char begin[20];
    bool has = false;
    snprintf(begin, sizeof begin, "%s_llm.", side);
    for (int i = 0; i < whole->n && !has; i++) has = begins_with(whole->at[i].name, begin);
    return has;
}

static hl_status read_side(const hl_state_dict *s, const char *where, const hl_params *table, const hl_params *whole,
                           const char *side, float *w)
{
    char prefix[NAME], below[NAME + 20];
    hl_state_dict *part;
    if (!find_prefix(prefix, s, "item_llm.") && !find_prefix(prefix, s, "item_embedding."))
        return HL_FAIL(
            HL_EFORMAT,
            "%s: has no tensor item_llm. ... or item_embedding., so it is no state dict of HLLM or of a model "
            "of item ids; a model's folder is named by item_pretrain_dir and user_pretrain_dir",
            where);
    if (strcmp(side, "item") == 0) tell_of_others(s, prefix, where);
    if (!has_llm(whole, side)) return read_those_alone(s, prefix, table, whole, side, w, where);
    snprintf(below, sizeof below, "%s%s_llm.", prefix, side);
    hl_state_dict_under(&part, s, below);
    hl_status status = hl_hf_read_from(part, where, table, whole, side, w);
    hl_state_dict_close(part);
    return status == HL_OK ? read_those_alone(s, prefix, table, whole, side, w, where) : status;
}

hl_status hl_hllm_dict_read_together(const hl_group *g, const char *where, const hl_params *table,
                                     const hl_params *whole, const char *side, float *w)
{
    hl_state_dict *s = NULL;
    hl_status status = hl_hf_open_together(&s, g, where);
    if (status == HL_OK) status = hl_group_agree(g, read_side(s, where, table, whole, side, w));
    hl_state_dict_close(s);
    return status;
}
