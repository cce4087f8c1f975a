/* family.c - the families of transformers that are here. */
#include "model/family.h"
#include <stddef.h>
#include <string.h>

/* Llama's layer (Touvron et al., arXiv 2302.13971), and what families of its kind add to it. */
static const hl_family_tensor llama[] = {
    {"input_layernorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"self_attn.q_proj.weight", {HL_QUERIES, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"self_attn.k_proj.weight", {HL_KEYS, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"self_attn.v_proj.weight", {HL_KEYS, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"self_attn.q_proj.bias", {HL_QUERY_ROWS}, HL_CUT_COLUMNS, HL_PART_QKV_BIAS},
    {"self_attn.k_proj.bias", {HL_KEY_ROWS}, HL_CUT_COLUMNS, HL_PART_QKV_BIAS},
    {"self_attn.v_proj.bias", {HL_KEY_ROWS}, HL_CUT_COLUMNS, HL_PART_QKV_BIAS},
    {"self_attn.q_norm.weight", {HL_HEAD}, HL_CUT_NONE, HL_PART_HEAD_NORM},
    {"self_attn.k_norm.weight", {HL_HEAD}, HL_CUT_NONE, HL_PART_HEAD_NORM},
    {"self_attn.o_proj.weight", {HL_HIDDEN, HL_QUERIES, HL_HEAD}, HL_CUT_ROWS, HL_PART_ALWAYS},
    {"post_attention_layernorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"mlp.gate_proj.weight", {HL_WIDTH, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"mlp.up_proj.weight", {HL_WIDTH, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"mlp.down_proj.weight", {HL_HIDDEN, HL_WIDTH}, HL_CUT_ROWS, HL_PART_ALWAYS},
    {0},
};

/* The first is the family of a shape that is not read from a config.json. */
const hl_family hl_families[] = {
    {"llama", "Llama", llama, HL_PART_ALWAYS, HL_POSITIONS_ROTARY, HL_SEES_EARLIER},
    {"qwen2", "Qwen2", llama, HL_PART_QKV_BIAS, HL_POSITIONS_ROTARY, HL_SEES_EARLIER},
    {"qwen3", "Qwen3", llama, HL_PART_HEAD_NORM, HL_POSITIONS_ROTARY, HL_SEES_EARLIER},
    {"mistral", "Mistral", llama, HL_PART_ALWAYS, HL_POSITIONS_ROTARY, HL_SEES_EARLIER},
};
const int hl_families_count = sizeof hl_families / sizeof hl_families[0];

int hl_family_find(const char *name)
{
    for (int i = 0; name && i < hl_families_count; i++)
        if (strcmp(hl_families[i].name, name) == 0) return i;
    return -1;
}

bool hl_family_shares_prefix(const hl_family *f) { return f->sight == HL_SEES_EARLIER; }

bool hl_family_shares_tokens(const hl_family *f) { return f->positions == HL_POSITIONS_ROTARY; }
