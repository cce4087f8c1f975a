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

static const hl_family_layer llama = {.tensor = llama_tensors,
                                      .linear = llama_linears,
                                      .norm = "input_layernorm.weight",
                                      .mlp_norm = "post_attention_layernorm.weight",
                                      .q_norm = "self_attn.q_norm.weight",
                                      .k_norm = "self_attn.k_norm.weight",
                                      .root = "model.",
                                      .layers = "layers.",
                                      .tokens = "embed_tokens.weight",
                                      .last_norm = "norm.weight"};

/* BERT's (Devlin et al., arXiv 1810.04805). */
static const hl_family_tensor bert_tensors[] = {
    {"attention.self.query.weight", {HL_QUERIES, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"attention.self.key.weight", {HL_KEYS, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"attention.self.value.weight", {HL_KEYS, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"attention.self.query.bias", {HL_QUERY_ROWS}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"attention.self.key.bias", {HL_KEY_ROWS}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"attention.self.value.bias", {HL_KEY_ROWS}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"attention.output.dense.weight", {HL_HIDDEN, HL_QUERIES, HL_HEAD}, HL_CUT_ROWS, HL_PART_ALWAYS},
    {"attention.output.dense.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"attention.output.LayerNorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"attention.output.LayerNorm.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"intermediate.dense.weight", {HL_WIDTH, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"intermediate.dense.bias", {HL_WIDTH}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"output.dense.weight", {HL_HIDDEN, HL_WIDTH}, HL_CUT_ROWS, HL_PART_ALWAYS},
    {"output.dense.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"output.LayerNorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"output.LayerNorm.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {0},
};

static const hl_family_linear bert_linears[HL_LINEARS] = {
    [HL_QKV] = {"attention.self.query", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_QUERY_ROWS, HL_KEY_ROWS, HL_KEY_ROWS}, true},
    [HL_Q] = {"attention.self.query", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_QUERY_ROWS}, true},
    [HL_KV] = {"attention.self.key", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_KEY_ROWS, HL_KEY_ROWS}, true},
    [HL_O] = {"attention.output.dense", HL_CUT_ROWS, {HL_QUERY_ROWS}, {HL_HIDDEN}, true},
    [HL_GATE_UP] = {"intermediate.dense", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_WIDTH}, false},
    [HL_DOWN] = {"output.dense", HL_CUT_ROWS, {HL_WIDTH}, {HL_HIDDEN}, false},
};

static const hl_family_tensor bert_input[] = {
    {"embeddings.position_embeddings.weight", {HL_PLACES, HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"embeddings.token_type_embeddings.weight", {HL_TYPES, HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"embeddings.LayerNorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"embeddings.LayerNorm.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {0},
};

static const hl_family_layer bert = {.tensor = bert_tensors,
                                     .linear = bert_linears,
                                     .mlp_norm = "attention.output.LayerNorm.weight",
                                     .out_norm = "output.LayerNorm.weight",
                                     .root = "",
                                     .layers = "encoder.layer.",
                                     .tokens = "embeddings.word_embeddings.weight",
                                     .input = bert_input,
                                     .places = "embeddings.position_embeddings.weight",
                                     .types = "embeddings.token_type_embeddings.weight",
                                     .input_norm = "embeddings.LayerNorm.weight"};

/* A row for each item, and nothing else: the item model of models that know items by their ids.  Item i is token i. */
static const hl_family_tensor no_tensors[] = {{0}};
static const hl_family_layer table = {.tensor = no_tensors,
                                      .root = "",
                                      .tokens = "item_embedding.weight",
                                      .adapter = "item_id_proj_tower.weight",
                                      .alone = true};

/* SASRec's (Kang, McAuley, arXiv 1808.09781), as the public code of HLLM has it: BERT's blocks. */
static const hl_family_tensor sasrec_tensors[] = {
    {"multi_head_attention.query.weight", {HL_QUERIES, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"multi_head_attention.key.weight", {HL_KEYS, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"multi_head_attention.value.weight", {HL_KEYS, HL_HEAD, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"multi_head_attention.query.bias", {HL_QUERY_ROWS}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"multi_head_attention.key.bias", {HL_KEY_ROWS}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"multi_head_attention.value.bias", {HL_KEY_ROWS}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"multi_head_attention.dense.weight", {HL_HIDDEN, HL_QUERIES, HL_HEAD}, HL_CUT_ROWS, HL_PART_ALWAYS},
    {"multi_head_attention.dense.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"multi_head_attention.LayerNorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"multi_head_attention.LayerNorm.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"feed_forward.dense_1.weight", {HL_WIDTH, HL_HIDDEN}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"feed_forward.dense_1.bias", {HL_WIDTH}, HL_CUT_COLUMNS, HL_PART_ALWAYS},
    {"feed_forward.dense_2.weight", {HL_HIDDEN, HL_WIDTH}, HL_CUT_ROWS, HL_PART_ALWAYS},
    {"feed_forward.dense_2.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"feed_forward.LayerNorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"feed_forward.LayerNorm.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {0},
};

static const hl_family_linear sasrec_linears[HL_LINEARS] = {
    [HL_QKV] =
        {"multi_head_attention.query", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_QUERY_ROWS, HL_KEY_ROWS, HL_KEY_ROWS}, true},
    [HL_Q] = {"multi_head_attention.query", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_QUERY_ROWS}, true},
    [HL_KV] = {"multi_head_attention.key", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_KEY_ROWS, HL_KEY_ROWS}, true},
    [HL_O] = {"multi_head_attention.dense", HL_CUT_ROWS, {HL_QUERY_ROWS}, {HL_HIDDEN}, true},
    [HL_GATE_UP] = {"feed_forward.dense_1", HL_CUT_COLUMNS, {HL_HIDDEN}, {HL_WIDTH}, false},
    [HL_DOWN] = {"feed_forward.dense_2", HL_CUT_ROWS, {HL_WIDTH}, {HL_HIDDEN}, false},
};

static const hl_family_tensor sasrec_input[] = {
    {"position_embedding.weight", {HL_PLACES, HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"LayerNorm.weight", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {"LayerNorm.bias", {HL_HIDDEN}, HL_CUT_NONE, HL_PART_ALWAYS},
    {0},
};

static const hl_family_layer sasrec = {.tensor = sasrec_tensors,
                                       .linear = sasrec_linears,
                                       .mlp_norm = "multi_head_attention.LayerNorm.weight",
                                       .out_norm = "feed_forward.LayerNorm.weight",
                                       .root = "",
                                       .layers = "trm_encoder.layer.",
                                       .input = sasrec_input,
                                       .places = "position_embedding.weight",
                                       .input_norm = "LayerNorm.weight",
                                       .alone = true};

/* HSTU has layers of its own (model/hstu.c). */
static const hl_family_layer hstu = {
    .tensor = no_tensors, .root = "", .places = "position_embedding.weight", .alone = true};

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
    {"bert", "Bert", &bert, HL_NORM_LAYER, HL_NORM_AFTER, HL_BIASES_ALL, false, HL_MLP_GELU, HL_POSITIONS_LEARNED,
     HL_BIDIRECTIONAL},
    {"table", NULL, &table, HL_NORM_RMS, HL_NORM_BEFORE, HL_BIASES_NONE, false, HL_MLP_GELU, HL_POSITIONS_NONE,
     HL_CAUSAL},
    {"sasrec", NULL, &sasrec, HL_NORM_LAYER, HL_NORM_AFTER, HL_BIASES_ALL, false, HL_MLP_GELU, HL_POSITIONS_SLOTS,
     HL_CAUSAL},
    {"hstu", NULL, &hstu, HL_NORM_LAYER, HL_NORM_BEFORE, HL_BIASES_ALL, false, HL_MLP_GATE, HL_POSITIONS_SLOTS,
     HL_CAUSAL},
};
const int hl_families_count = sizeof hl_families / sizeof hl_families[0];

int hl_family_find(const char *name)
{
    for (int i = 0; name && i < hl_families_count; i++)
        if (strcmp(hl_families[i].name, name) == 0) return i;
    return -1;
}

bool hl_family_shares_prefix(const hl_family *f) { return f->mask == HL_CAUSAL; }

bool hl_family_shares_tokens(const hl_family *f) { return f->positions == HL_POSITIONS_ROTARY; }

bool hl_family_has_blocks(const hl_family *f) { return f->layer->linear != NULL; }

bool hl_family_reads_vectors(const hl_family *f)
{
    return f->mask == HL_CAUSAL && (f->positions == HL_POSITIONS_ROTARY || f->positions == HL_POSITIONS_SLOTS);
}
