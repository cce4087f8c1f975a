/* llama.c - the shape of a Llama-family transformer and the names of its parameters. */
#include "model/llama.h"
#include "base/part.h"
#include <stdio.h>
#include <stdlib.h>

hl_status hl_llama_check(const hl_llama *c, const char *whose)
{
    if (c->hidden_size < 1 || c->intermediate_size < 1 || c->num_hidden_layers < 0 || c->num_attention_heads < 1
        || c->num_key_value_heads < 1 || c->head_dim < 1 || c->vocab_size < 1)
        return HL_FAIL(HL_EUSAGE,
                       "%s: a size is not positive (hidden_size %d, intermediate_size %d, heads %d, kv heads %d, "
                       "head_dim %d, vocab_size %d); correct it",
                       whose, c->hidden_size, c->intermediate_size, c->num_attention_heads, c->num_key_value_heads,
                       c->head_dim, c->vocab_size);
    if (c->num_attention_heads % c->num_key_value_heads)
        return HL_FAIL(HL_EUSAGE,
                       "%s: %d attention heads do not divide into %d key-value heads; correct num_key_value_heads",
                       whose, c->num_attention_heads, c->num_key_value_heads);
    if (c->head_dim % 2)
        return HL_FAIL(
            HL_EUSAGE,
            "%s: head_dim %d is odd and cannot be rotated in halves; correct hidden_size or num_attention_heads", whose,
            c->head_dim);
    const int64_t width = ((int64_t)c->num_attention_heads + 2 * (int64_t)c->num_key_value_heads) * c->head_dim;
    if (width > HL_LLAMA_WIDEST)
        return HL_FAIL(HL_EUSAGE,
                       "%s: %d heads of head_dim %d with their keys and values are %lld numbers a token; the most is "
                       "%d, so correct num_attention_heads or head_dim",
                       whose, c->num_attention_heads, c->head_dim, (long long)width, HL_LLAMA_WIDEST);
    return HL_OK;
}

static hl_cut part_of(int64_t n, int size, int r)
{
    int64_t begin = hl_part_begin(n, size, r), end = hl_part_begin(n, size, r + 1);
    return (hl_cut){begin, end, begin, end};
}

/* The key heads of some query heads.  A rank counts those whose first query head it has. */
static hl_cut key_heads(hl_cut query, int64_t group)
{
    if (query.begin == query.end) return (hl_cut){0};
    return (hl_cut){query.begin / group, (query.end - 1) / group + 1, (query.begin + group - 1) / group,
                    (query.end + group - 1) / group};
}

hl_llama_share hl_llama_share_of(const hl_llama *c, int r, int size)
{
    int group = c->num_attention_heads / c->num_key_value_heads;
    hl_llama_share s = {.query = part_of(c->num_attention_heads, size, r),
                        .width = part_of(c->intermediate_size, size, r),
                        .vocab = part_of(c->vocab_size, size, r)};
    s.key = key_heads(s.query, group);
    s.lead = (int)(s.query.begin - s.key.begin * group) * (s.query.begin < s.query.end);
    return s;
}

/* Does some rank begin inside a group of query heads? */
static bool keys_are_shared(const hl_llama *c, int size)
{
    int64_t group = c->num_attention_heads / c->num_key_value_heads;
    for (int r = 0; r < size; r++)
        if (hl_part_begin(c->num_attention_heads, size, r) % group) return true;
    return false;
}

double hl_llama_layer_flop(const hl_llama *c)
{
    double D = c->hidden_size, d = c->head_dim;
    return 2 * D * ((2.0 * c->num_attention_heads + 2.0 * c->num_key_value_heads) * d + 3.0 * c->intermediate_size);
}

/* One tensor of a layer. */
typedef struct {
    const char *name;
    int ndim;
    int64_t shape[HL_PARAM_DIMS];
    int split_axis;
    hl_cut mine;
    hl_init init;
    bool shared;
    int cross_axis; /* that of what it reads, cut by the rows of a grid */
} tensor;

static void add(hl_params *t, const hl_llama *c, const char *side, const char *prefix, int layer, const tensor *x,
                const hl_tensor_group *tp)
{
    char name[112], stack[64];
    snprintf(name, sizeof name, "%s_llm.model.%s%s.weight", side, prefix, x->name);
    snprintf(stack, sizeof stack, "%s_llm/%s%s", side, layer >= 0 ? "layers." : "", x->name);
    hl_param *p = hl_params_add_cut(t, name, stack, layer, layer >= 0 ? c->num_hidden_layers : 1, x->ndim, x->shape,
                                    x->split_axis, &x->mine);
    p->init = x->init;
    p->shared = x->shared;
    p->std = (float)c->initializer_range;
    if (!tp->rows || x->cross_axis < 0) return;
    const hl_cut cross = part_of(x->shape[x->cross_axis], tp->rows, hl_tensor_group_row(tp));
    hl_params_cross(t, x->cross_axis, &cross);
}

hl_llama_layers hl_llama_layers_of(const hl_llama *c, int stage, int stages, double last_cost)
{
    int n = c->num_hidden_layers;
    if (stages <= 1) return (hl_llama_layers){0, n};
    double *cost = hl_alloc((size_t)n * sizeof *cost);
    int *begin = hl_alloc((size_t)(stages + 1) * sizeof *begin);
    for (int i = 0; i < n; i++) cost[i] = i == n - 1 ? last_cost : 1;
    hl_part_run(begin, cost, n, stages);
    const hl_llama_layers mine = {begin[stage], begin[stage + 1]};
    free(begin);
    free(cost);
    return mine;
}

double hl_llama_last_cost(const hl_llama *c, double n)
{
    double D = c->hidden_size, d = c->head_dim, kv = 2 * D * c->num_key_value_heads * d,
           rest = 2 * D * c->num_attention_heads * d + 3 * D * c->intermediate_size;
    return (kv + rest / n) / (kv + rest);
}

void hl_llama_params(hl_params *t, const hl_llama *c, const char *side, bool with_tokens, hl_llama_layers layers,
                     const hl_tensor_group *tp)
{
    int64_t D = c->hidden_size, F = c->intermediate_size, H = c->num_attention_heads, K = c->num_key_value_heads,
            d = c->head_dim;
    const int columns = hl_tensor_group_columns(tp);
    const hl_llama_share s = hl_llama_share_of(c, hl_tensor_group_column(tp), columns);
    const hl_cut whole = {0, 1, 0, tp->rank == 0}, vocab = part_of(c->vocab_size, tp->size, tp->rank);
    const hl_cut hidden = part_of(D, columns, hl_tensor_group_column(tp));
    const bool shared = keys_are_shared(c, columns), grid = tp->rows > 0, parts = grid || tp->sequence_parallel;
    const tensor tokens = {"embed_tokens", 2, {c->vocab_size, D, 0}, 0, vocab, HL_INIT_NORMAL, false, -1};
    const tensor last = {"norm", 1, {D, 0, 0}, -1, whole, HL_INIT_ONES, parts, -1};
    const tensor layer[] = {
        {"input_layernorm", 1, {D, 0, 0}, -1, whole, HL_INIT_ONES, parts, -1},
        {"self_attn.q_proj", 3, {H, d, D}, 0, s.query, HL_INIT_NORMAL, false, 2},
        {"self_attn.k_proj", 3, {K, d, D}, 0, s.key, HL_INIT_NORMAL, shared, 2},
        {"self_attn.v_proj", 3, {K, d, D}, 0, s.key, HL_INIT_NORMAL, shared, 2},
        {"self_attn.o_proj", 3, {D, H, d}, grid ? 0 : 1, grid ? hidden : s.query, HL_INIT_NORMAL, false, 1},
        {"post_attention_layernorm", 1, {D, 0, 0}, -1, whole, HL_INIT_ONES, parts, -1},
        {"mlp.gate_proj", 2, {F, D, 0}, 0, s.width, HL_INIT_NORMAL, false, 1},
        {"mlp.up_proj", 2, {F, D, 0}, 0, s.width, HL_INIT_NORMAL, false, 1},
        {"mlp.down_proj", 2, {D, F, 0}, grid ? 0 : 1, grid ? hidden : s.width, HL_INIT_NORMAL, false, 1},
    };
    if (with_tokens && layers.begin == 0) add(t, c, side, "", -1, &tokens, tp);
    for (int i = layers.begin; i < layers.end; i++) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "layers.%d.", i);
        for (size_t k = 0; k < sizeof layer / sizeof layer[0]; k++) add(t, c, side, prefix, i, &layer[k], tp);
    }
    if (layers.end == c->num_hidden_layers) add(t, c, side, "", -1, &last, tp);
}
