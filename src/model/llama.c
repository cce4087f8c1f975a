/* llama.c - the shape of a Llama-family transformer and the names of its parameters. */
#include "model/llama.h"
#include <stdio.h>

hl_status hl_llama_check(const hl_llama *c, const char *whose)
{
    if (c->hidden_size < 1 || c->intermediate_size < 1 || c->num_hidden_layers < 0 || c->num_attention_heads < 1
        || c->num_key_value_heads < 1 || c->head_dim < 1 || c->vocab_size < 1)
        return HL_FAIL(HL_EUSAGE, "%s: a size is not positive (hidden_size %d, intermediate_size %d, heads %d, kv heads %d, head_dim %d, vocab_size %d); correct it",
                       whose, c->hidden_size, c->intermediate_size, c->num_attention_heads, c->num_key_value_heads, c->head_dim, c->vocab_size);
    if (c->num_attention_heads % c->num_key_value_heads)
        return HL_FAIL(HL_EUSAGE, "%s: %d attention heads do not divide into %d key-value heads; correct num_key_value_heads",
                       whose, c->num_attention_heads, c->num_key_value_heads);
    if (c->head_dim % 2)
        return HL_FAIL(HL_EUSAGE, "%s: head_dim %d is odd and cannot be rotated in halves; correct hidden_size or num_attention_heads", whose, c->head_dim);
    return HL_OK;
}

/* One tensor of a layer. */
typedef struct {
    const char *name;
    int ndim;
    int64_t shape[HL_PARAM_DIMS];
    int split_axis;
    hl_init init;
} tensor;

static void add(hl_params *t, const hl_llama *c, const char *side, const char *prefix, int layer, const tensor *x)
{
    char name[112], stack[64];
    snprintf(name, sizeof name, "%s_llm.model.%s%s.weight", side, prefix, x->name);
    snprintf(stack, sizeof stack, "%s_llm/%s%s", side, layer >= 0 ? "layers." : "", x->name);
    hl_param *p = hl_params_add(t, name, stack, layer, layer >= 0 ? c->num_hidden_layers : 1, x->ndim, x->shape);
    p->split_axis = x->split_axis;
    p->init = x->init;
    p->std = (float)c->initializer_range;
}

void hl_llama_params(hl_params *t, const hl_llama *c, const char *side, bool with_tokens)
{
    int64_t D = c->hidden_size, F = c->intermediate_size, H = c->num_attention_heads, K = c->num_key_value_heads, d = c->head_dim;
    const tensor tokens = {"embed_tokens", 2, {c->vocab_size, D, 0}, 0, HL_INIT_NORMAL}, last = {"norm", 1, {D, 0, 0}, -1, HL_INIT_ONES};
    const tensor layer[] = {
        {"input_layernorm", 1, {D, 0, 0}, -1, HL_INIT_ONES},
        {"self_attn.q_proj", 3, {H, d, D}, 0, HL_INIT_NORMAL},
        {"self_attn.k_proj", 3, {K, d, D}, 0, HL_INIT_NORMAL},
        {"self_attn.v_proj", 3, {K, d, D}, 0, HL_INIT_NORMAL},
        {"self_attn.o_proj", 3, {D, H, d}, 1, HL_INIT_NORMAL},
        {"post_attention_layernorm", 1, {D, 0, 0}, -1, HL_INIT_ONES},
        {"mlp.gate_proj", 2, {F, D, 0}, 0, HL_INIT_NORMAL},
        {"mlp.up_proj", 2, {F, D, 0}, 0, HL_INIT_NORMAL},
        {"mlp.down_proj", 2, {D, F, 0}, 1, HL_INIT_NORMAL},
    };
    if (with_tokens) add(t, c, side, "", -1, &tokens);
    for (int i = 0; i < c->num_hidden_layers; i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "layers.%d.", i);
        for (size_t k = 0; k < sizeof layer / sizeof layer[0]; k++) add(t, c, side, prefix, i, &layer[k]);
    }
    add(t, c, side, "", -1, &last);
}
