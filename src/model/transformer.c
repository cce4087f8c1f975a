/* transformer.c - the shape of a transformer and the names of its parameters. */
#include "model/transformer.h"
#include "base/part.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hl_status hl_transformer_check(const hl_transformer *c, const char *whose)
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
    if (c->head_dim % 2 && hl_transformer_turns(c))
        return HL_FAIL(
            HL_EUSAGE,
            "%s: head_dim %d is odd and cannot be rotated in halves; correct hidden_size or num_attention_heads", whose,
            c->head_dim);
    const int64_t width = ((int64_t)c->num_attention_heads + 2 * (int64_t)c->num_key_value_heads) * c->head_dim;
    if (width > HL_TRANSFORMER_WIDEST)
        return HL_FAIL(HL_EUSAGE,
                       "%s: %d heads of head_dim %d with their keys and values are %lld numbers a token; the most is "
                       "%d, so correct num_attention_heads or head_dim",
                       whose, c->num_attention_heads, c->head_dim, (long long)width, HL_TRANSFORMER_WIDEST);
    return HL_OK;
}

bool hl_transformer_has(const hl_transformer *c, hl_family_part part)
{
    const hl_family *f = hl_transformer_family(c);
    switch (part) {
    case HL_PART_QKV_BIAS: return f->biases != HL_BIASES_NONE || c->attention_bias;
    case HL_PART_O_BIAS: return f->biases == HL_BIASES_ALL || c->attention_bias;
    case HL_PART_MLP_BIAS: return f->biases == HL_BIASES_ALL || c->mlp_bias;
    case HL_PART_HEAD_NORM: return f->head_norm;
    default: return true;
    }
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

hl_transformer_share hl_transformer_share_of(const hl_transformer *c, int r, int size)
{
    int group = c->num_attention_heads / c->num_key_value_heads;
    hl_transformer_share s = {.query = part_of(c->num_attention_heads, size, r),
                              .width = part_of(c->intermediate_size, size, r),
                              .vocab = part_of(c->vocab_size, size, r)};
    s.key = key_heads(s.query, group);
    s.lead = (int)(s.query.begin - s.key.begin * group) * (s.query.begin < s.query.end);
    return s;
}

static hl_cut times(hl_cut x, int64_t n) { return (hl_cut){x.begin * n, x.end * n, x.own_begin * n, x.own_end * n}; }

hl_cut hl_transformer_cut(const hl_transformer *c, hl_length axis, int r, int size)
{
    const hl_transformer_share s = hl_transformer_share_of(c, r, size);
    switch (axis) {
    case HL_HIDDEN: return part_of(c->hidden_size, size, r);
    case HL_WIDTH: return s.width;
    case HL_QUERIES: return s.query;
    case HL_KEYS: return s.key;
    case HL_HEAD: return part_of(c->head_dim, 1, 0);
    case HL_QUERY_ROWS: return times(s.query, c->head_dim);
    case HL_KEY_ROWS: return times(s.key, c->head_dim);
    case HL_PLACES: return part_of(c->max_position_embeddings, 1, 0);
    case HL_TYPES: return part_of(c->type_vocab_size, 1, 0);
    default: return (hl_cut){0};
    }
}

static int64_t length_of(const hl_transformer *c, hl_length axis) { return hl_transformer_cut(c, axis, 0, 1).end; }

/* Does some rank begin inside a group of query heads? */
static bool keys_are_shared(const hl_transformer *c, int size)
{
    int64_t group = c->num_attention_heads / c->num_key_value_heads;
    for (int r = 0; r < size; r++)
        if (hl_part_begin(c->num_attention_heads, size, r) % group) return true;
    return false;
}

static double matrices_of_mlp(const hl_transformer *c)
{
    static const double matrices[] = {[HL_MLP_SWIGLU] = 3, [HL_MLP_GELU] = 2, [HL_MLP_GATE] = 1};
    return matrices[hl_transformer_family(c)->activation];
}

double hl_transformer_layer_flop(const hl_transformer *c)
{
    double D = c->hidden_size, d = c->head_dim;
    return 2 * D
           * ((2.0 * c->num_attention_heads + 2.0 * c->num_key_value_heads) * d
              + matrices_of_mlp(c) * c->intermediate_size);
}

hl_transformer_layers hl_transformer_layers_of(const hl_transformer *c, int stage, int stages, double last_cost)
{
    int n = c->num_hidden_layers;
    if (stages <= 1) return (hl_transformer_layers){0, n};
    double *cost = hl_alloc((size_t)n * sizeof *cost);
    int *begin = hl_alloc((size_t)(stages + 1) * sizeof *begin);
    for (int i = 0; i < n; i++) cost[i] = i == n - 1 ? last_cost : 1;
    hl_part_run(begin, cost, n, stages);
    const hl_transformer_layers mine = {begin[stage], begin[stage + 1]};
    free(begin);
    free(cost);
    return mine;
}

double hl_transformer_last_cost(const hl_transformer *c, double n)
{
    double D = c->hidden_size, d = c->head_dim, kv = 2 * D * c->num_key_value_heads * d,
           rest = 2 * D * c->num_attention_heads * d + matrices_of_mlp(c) * D * c->intermediate_size;
    return (kv + rest / n) / (kv + rest);
}

/* Whose parameters, and what of them is mine. */
typedef struct {
    hl_params *table;
    const hl_transformer *c;
    const char *side;
    const hl_tensor_group *tp;
    bool keys_are_shared;
} naming;

/* Mine of an axis that columns divide. */
static hl_cut cut_of(const naming *x, hl_length axis)
{
    return hl_transformer_cut(x->c, axis, hl_tensor_group_column(x->tp), hl_tensor_group_columns(x->tp));
}

void hl_transformer_name(char name[HL_TRANSFORMER_NAME], const hl_family_layer *f, const char *side, int layer,
                         const char *tensor, const char *part)
{
    char before[16] = "", prefix[32] = "";
    if (!f->alone) snprintf(before, sizeof before, "%s_llm.", side);
    if (layer >= 0) snprintf(prefix, sizeof prefix, "%s%d.", f->layers, layer);
    snprintf(name, HL_TRANSFORMER_NAME, "%s%s%s%s%s", before, f->root, prefix, tensor, part);
}

static bool is_weight(const char *name)
{
    const size_t n = strlen(name), end = strlen(".weight");
    return n > end && strcmp(name + n - end, ".weight") == 0;
}

/* The logical tensor of a weight is named without ".weight". */
static hl_param *add(const naming *x, const char *name, int layer, const int64_t *shape, int split_axis, hl_cut mine)
{
    char full[HL_TRANSFORMER_NAME], stack[64];
    const int ndim = shape[1] ? shape[2] ? 3 : 2 : 1;
    const size_t bare = is_weight(name) ? strlen(name) - strlen(".weight") : strlen(name);
    hl_transformer_name(full, hl_transformer_family(x->c)->layer, x->side, layer, name, "");
    snprintf(stack, sizeof stack, "%s_llm/%s%.*s", x->side, layer >= 0 ? "layers." : "", (int)bare, name);
    const hl_param_name names = {full, stack, layer, layer >= 0 ? x->c->num_hidden_layers : 1};
    hl_param *p = hl_params_add_cut(x->table, &names, ndim, shape, split_axis, &mine);
    p->std = (float)x->c->initializer_range;
    return p;
}

/* A tensor that everyone has whole, ones or, of a bias, zeros at first.  Where ranks divide rows each has a part of the
 * gradient; of norms of heads not. */
static void add_whole(const naming *x, const char *name, int layer, int64_t n, bool of_rows)
{
    const hl_cut whole = {0, 1, 0, x->tp->rank == 0};
    hl_param *p = add(x, name, layer, (int64_t[]){n, 0, 0}, -1, whole);
    if (is_weight(name)) p->init = HL_INIT_ONES;
    p->shared = of_rows && (x->tp->rows > 0 || x->tp->sequence_parallel);
}

/* A table that everyone has whole, and whose gradient is the same everywhere. */
static void add_table(const naming *x, const hl_family_tensor *t, int layer)
{
    const hl_cut whole = {0, 1, 0, x->tp->rank == 0};
    const int64_t shape[] = {length_of(x->c, t->shape[0]), length_of(x->c, t->shape[1]), 0};
    add(x, t->name, layer, shape, -1, whole)->init = HL_INIT_NORMAL;
}

/* The bias of a column-parallel layer, zero at first: cut as what it is added to; of the rows of a grid, which all have
 * it, the first counts it. */
static void add_bias(const naming *x, const hl_family_tensor *t, int layer)
{
    hl_cut mine = cut_of(x, t->shape[0]);
    if (hl_tensor_group_row(x->tp) > 0) mine.own_end = mine.own_begin;
    hl_param *p = add(x, t->name, layer, (int64_t[]){length_of(x->c, t->shape[0]), 0, 0}, 0, mine);
    p->shared = x->tp->rows > 0 || (t->shape[0] == HL_KEY_ROWS && x->keys_are_shared);
}

/* On a grid a weight is cut along what comes out by the columns, along what it reads by the rows. */
static void add_weight(const naming *x, const hl_family_tensor *t, int layer)
{
    int64_t shape[HL_PARAM_DIMS] = {0};
    const bool grid = x->tp->rows > 0, columns = grid || t->way == HL_CUT_COLUMNS;
    const int reads = t->way == HL_CUT_ROWS || t->shape[2] == HL_NO_LENGTH ? 1 : 2, split = columns ? 0 : reads;
    for (int i = 0; i < HL_PARAM_DIMS; i++) shape[i] = length_of(x->c, t->shape[i]);
    hl_param *p = add(x, t->name, layer, shape, split, cut_of(x, t->shape[split]));
    p->init = HL_INIT_NORMAL;
    p->shared = t->shape[0] == HL_KEYS && x->keys_are_shared;
    if (!grid) return;
    const hl_cut cross = part_of(shape[reads], x->tp->rows, hl_tensor_group_row(x->tp));
    hl_params_cross(x->table, reads, &cross);
}

static void add_tensor(const naming *x, const hl_family_tensor *t, int layer)
{
    if (t->way == HL_CUT_NONE && t->shape[1] != HL_NO_LENGTH) add_table(x, t, layer);
    else if (t->way == HL_CUT_NONE)
        add_whole(x, t->name, layer, length_of(x->c, t->shape[0]), t->shape[0] == HL_HIDDEN);
    else if (t->shape[1] == HL_NO_LENGTH) add_bias(x, t, layer);
    else add_weight(x, t, layer);
}

/* What goes in: the token table, of which each has some rows, and what is added to tokens, or to vectors. */
static void add_input(const naming *x, bool with_tokens)
{
    const hl_transformer *c = x->c;
    const hl_family_layer *f = hl_transformer_family(c)->layer;
    const hl_cut rows = part_of(c->vocab_size, x->tp->size, x->tp->rank);
    if (with_tokens) {
        hl_param *p = add(x, f->tokens, -1, (int64_t[]){c->vocab_size, c->hidden_size, 0}, 0, rows);
        p->init = c->truncated ? HL_INIT_TRUNCATED : HL_INIT_NORMAL;
        p->row_sparse = !hl_family_has_blocks(hl_transformer_family(c)) && !c->cached;
        p->outside = c->cached;
    }
    for (const hl_family_tensor *k = f->input; k && k->name; k++) add_tensor(x, k, -1);
}

void hl_transformer_params(hl_params *t, const hl_transformer *c, const char *side, bool with_tokens,
                           hl_transformer_layers layers, const hl_tensor_group *tp)
{
    const naming x = {t, c, side, tp, keys_are_shared(c, hl_tensor_group_columns(tp))};
    const hl_family_layer *f = hl_transformer_family(c)->layer;
    if (layers.begin == 0) add_input(&x, with_tokens);
    for (int i = layers.begin; i < layers.end; i++)
        for (const hl_family_tensor *k = f->tensor; k->name; k++)
            if (hl_transformer_has(c, k->part)) add_tensor(&x, k, i);
    if (layers.end == c->num_hidden_layers && f->last_norm) add_whole(&x, f->last_norm, -1, c->hidden_size, true);
}
