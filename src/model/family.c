/* family.c - the families of transformers that are here. */
#include "model/family.h"
#include <stddef.h>
#include <string.h>

/* Llama's layer (Touvron et al., arXiv 2302.13971), and what families of its kind add to it. */
static const hl_family_tensor llama_tensors[] = {
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
    {"self_attn.o_proj.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_O_BIAS},
    {"post_attention_layernorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"mlp.gate_proj.weight", {HL_WIDTH, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"mlp.up_proj.weight", {HL_WIDTH, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"mlp.gate_proj.bias", {HL_WIDTH}, HL_CUT_COLUMNS, HL_PART_MLP_BIAS},
    {"mlp.up_proj.bias", {HL_WIDTH}, HL_CUT_COLUMNS, HL_PART_MLP_BIAS},
    {"mlp.down_proj.weight", {HL_HIDDEN, HL_WIDTH}, HL_CUT_ROWS, HL_PART_ALWAYS},
    {"mlp.down_proj.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_MLP_BIAS},
    {0},
};

static const hl_family_linear llama_linears[HL_LINEARS] = {
    [HL_QKV] = {"self_attn.q_proj", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_QUERY_ROWS, HL_KEY_ROWS, HL_KEY_ROWS}, true},
    [HL_Q] = {"self_attn.q_proj", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_QUERY_ROWS}, true},
    [HL_KV] = {"self_attn.k_proj", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_KEY_ROWS, HL_KEY_ROWS}, true},
    [HL_O] = {"self_attn.o_proj", HL_CUT_ROWS, {HL_QUERY_ROWS}, {HL_HIDDEN}, true},
    [HL_GATE_UP] = {"mlp.gate_proj", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_WIDTH, HL_WIDTH}, false},
    [HL_DOWN] = {"mlp.down_proj", HL_CUT_ROWS, {HL_WIDTH}, {HL_HIDDEN}, false},
};

static const hl_family_layer llama = {llama_tensors,
                                      llama_linears,
                                      "input_layernorm.weight",
                                      "post_attention_layernorm.weight",
                                      "self_attn.q_norm.weight",
                                      "self_attn.k_norm.weight"};

/* The first is the family of a shape that is not read from a config.json. */
const hl_family hl_families[] = {
    {"llama", "Llama", &llama, HL_NORM_RMS, HL_NORM_BEFORE, HL_BIASES_NONE, false, HL_MLP_SWIGLU, HL_POSITIONS_ROTARY,
     HL_CAUSAL},
    {"qwen2", "Qwen2", &llama, HL_NORM_RMS, HL_NORM_BEFORE, HL_BIASES_QKV, false, HL_MLP_SWIGLU, HL_POSITIONS_ROTARY,
     HL_CAUSAL},
    {"qwen3", "Qwen3", &llama, HL_NORM_RMS, HL_NORM_BEFORE, HL_BIASES_NONE, true, HL_MLP_SWIGLU, HL_POSITIONS_ROTARY,
     HL_CAUSAL},
    {"mistral", "Mistral", &llama, HL_NORM_RMS, HL_NORM_BEFORE, HL_BIASES_NONE, false, HL_MLP_SWIGLU,
     HL_POSITIONS_ROTARY, HL_CAUSAL},
    {"baichuan", "Baichuan", &llama, HL_NORM_RMS, HL_NORM_BEFORE, HL_BIASES_NONE, false, HL_MLP_SWIGLU,
     HL_POSITIONS_ROTARY, HL_CAUSAL},
};
const int hl_families_count = sizeof hl_families / sizeof hl_families[0];

int hl_family_find(const char *name)
{
    for (int i = 0; name && i < hl_families_count; i++)
        if (strcmp(hl_families[i].name, name) == 0) return i;
    return -1;
}

hl_status hl_family_check(const hl_family *f)
{
    const struct {
        bool has;
        const char *what;
    } absent[] = {
        {f->norm != HL_NORM_RMS, "LayerNorm"},
        {f->order != HL_NORM_BEFORE, "norms after attention and MLP (post-norm)"},
        {f->activation != HL_MLP_SWIGLU, "GELU"},
        {f->positions != HL_POSITIONS_ROTARY, "learned positions"},
        {f->mask != HL_CAUSAL, "attention to later tokens"},
    };
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        if (absent[i].has)
            return HL_FAIL(HL_EUSAGE, "family %s has %s, which is not here; take one of another family", f->name,
                           absent[i].what);
    return HL_OK;
}

bool hl_family_shares_prefix(const hl_family *f) { return f->mask == HL_CAUSAL; }

bool hl_family_shares_tokens(const hl_family *f) { return f->positions == HL_POSITIONS_ROTARY; }
