/* hf-names.c - where a parameter is in a folder's files: under which name, and which part of that tensor. */
#include "io/weights/hf-names.h"
#include <stdio.h>
#include <string.h>

/* What a parameter's name ends with, and what the tensor's may. */
static const struct {
    const char *ours, *theirs;
    int part, parts;
} others[] = {
    {".self_attn.q_proj.weight", ".self_attn.W_pack.weight", 0, 3}, /* Baichuan */
    {".self_attn.k_proj.weight", ".self_attn.W_pack.weight", 1, 3},
    {".self_attn.v_proj.weight", ".self_attn.W_pack.weight", 2, 3},
    {".LayerNorm.weight", ".LayerNorm.gamma", 0, 1}, /* old files of BERT */
    {".LayerNorm.bias", ".LayerNorm.beta", 0, 1},
};
enum { OTHERS = sizeof others / sizeof others[0], NAME = 200 };

static const char HEAD[] = "model.", BERT[] = "bert.";

static bool begins_with(const char *name, const char *begin) { return strncmp(name, begin, strlen(begin)) == 0; }

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

/* As it is, as a class without a head saves it, or as one with a head does. */
static const hl_state_tensor *find(const hl_state_dict *s, const char *name)
{
    char longer[NAME + sizeof BERT];
    const hl_state_tensor *t = hl_state_dict_find(s, name);
    if (t) return t;
    if (begins_with(name, HEAD)) return hl_state_dict_find(s, name + strlen(HEAD));
    snprintf(longer, sizeof longer, "%s%s", BERT, name);
    return hl_state_dict_find(s, longer);
}

hl_hf_place hl_hf_names_find(const hl_state_dict *s, const char *name)
{
    hl_hf_place x = {find(s, name), 0, 1};
    for (int i = 0; i < OTHERS && !x.tensor; i++) {
        char theirs[NAME];
        if (!ends_with(name, others[i].ours)) continue;
        snprintf(theirs, sizeof theirs, "%.*s%s", (int)(strlen(name) - strlen(others[i].ours)), name, others[i].theirs);
        x = (hl_hf_place){find(s, theirs), others[i].part, others[i].parts};
    }
    return x;
}

bool hl_hf_names_is_idle(const char *name)
{
    const char *bare = begins_with(name, BERT) ? name + strlen(BERT) : name;
    return begins_with(name, "lm_head.") || begins_with(name, "cls.") /* heads of language models */
           || begins_with(bare, "pooler.")                            /* of a classifier */
           || ends_with(name, "embed_tokens.weight")                  /* a User LLM reads vectors, not tokens */
           || ends_with(name, "rotary_emb.inv_freq")                  /* computed */
           || strcmp(bare, "embeddings.position_ids") == 0;           /* counted */
}
