/* config-check.c - do the values of a configuration go together, and what follows from them. */
#include "app/config/options.h"
#include "app/config/nearest.h"
#include "app/config/id-models.h"
#include "app/config/labels.h"
#include "app/config/unpretrained.h"
#include "data/groups.h"
#include "data/metric.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void lower(char *text)
{
    for (; *text; text++) *text = (char)tolower((unsigned char)*text);
}

static hl_status is_set(const char *value, const char *key)
{
    if (*value) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s is not set; write \"%s: ...\" in the configuration or --%s ...", key, key, key);
}

bool hl_config_needs_texts(const hl_config *c)
{
    return hl_model_facts_of[c->model].reads_texts && (!*c->item_cache || hl_config_makes_item_cache(c));
}

static bool has_tokenizer(const hl_config *c) { return *c->tokenizer || *c->item_pretrain_dir; }

bool hl_config_prepares_texts(const hl_config *c) { return *c->text_path && c->text_keys.n > 0 && has_tokenizer(c); }

static hl_status check_texts(const hl_config *c)
{
    HL_TRY(is_set(c->text_path, "text_path"));
    if (c->text_keys.n == 0) return HL_FAIL(HL_EUSAGE, "text_keys is empty; name the columns that make an item's text");
    if (has_tokenizer(c)) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "there is no tokenizer; set tokenizer (bytes needs no file) or item_pretrain_dir");
}

static hl_status check_data(const hl_config *c)
{
    HL_TRY(is_set(c->data_path, "data_path"));
    if (hl_config_needs_texts(c)) HL_TRY(check_texts(c));
    HL_TRY(is_set(c->dataset, "dataset"));
    HL_TRY(is_set(c->checkpoint_dir, "checkpoint_dir"));
    if (strchr(c->dataset, '/'))
        return HL_FAIL(HL_EUSAGE, "dataset: \"%s\" is a path; it is a name, its folder is data_path", c->dataset);
    return HL_OK;
}

/* A step numbers its rows, positions and texts by 32 bits. */
static hl_status check_positions(const hl_config *c)
{
    const int64_t positions = (int64_t)c->batch_size * (c->MAX_ITEM_LIST_LENGTH + 1), most = INT32_MAX / 2;
    if (positions <= most) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "batch_size %d with MAX_ITEM_LIST_LENGTH %d are %lld items a step; the most is %lld, so a batch_size of %lld",
        c->batch_size, c->MAX_ITEM_LIST_LENGTH, (long long)positions, (long long)most,
        (long long)(most / (c->MAX_ITEM_LIST_LENGTH + 1)));
}

/* batch_size, or what train_batch_size and reference_ranks make of it. */
static hl_status settle_batch(hl_config *c)
{
    if (c->train_batch_size) {
        int64_t product = (int64_t)c->train_batch_size * c->reference_ranks;
        bool agree = !hl_config_given(c, "batch_size") || product == c->batch_size;
        if (!agree || product > INT32_MAX)
            return HL_FAIL(HL_EUSAGE,
                           "batch_size %d is not train_batch_size %d times reference_ranks %d; give one or the other",
                           c->batch_size, c->train_batch_size, c->reference_ranks);
        c->batch_size = (int)product;
    }
    HL_TRY(check_positions(c));
    if (c->loss_mean == HL_MEAN_RANK && c->batch_size % c->reference_ranks)
        return HL_FAIL(HL_EUSAGE,
                       "loss_mean rank: a batch_size of %d does not divide into %d reference_ranks; change one of them",
                       c->batch_size, c->reference_ranks);
    return HL_OK;
}

/* A batch of own negatives is drawn by 32-bit numbers too. */
static hl_status settle_negatives(hl_config *c)
{
    const int64_t positions = (int64_t)c->batch_size * c->MAX_ITEM_LIST_LENGTH;
    if (c->negatives == HL_NEGATIVES_AUTO) {
        const bool own = hl_model_reads_ids(c->model) && c->num_negatives > 0;
        c->negatives = own ? HL_NEGATIVES_OWN : HL_NEGATIVES_SHARED;
        c->because[hl_option_find("negatives")] = "auto";
    }
    if (c->negatives == HL_NEGATIVES_SHARED) return HL_OK;
    if (c->num_negatives == 0)
        return HL_FAIL(HL_EUSAGE, "negatives: own needs num_negatives, how many each position has; give it");
    if (c->exact_groups)
        return HL_FAIL(HL_EUSAGE, "exact.groups: sums over negatives of each position's own have no order to promise; "
                                  "set negatives: shared");
    if (positions * c->num_negatives <= INT32_MAX / 2) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "num_negatives %d of each of %lld positions of a batch are too many; lower batch_size",
                   c->num_negatives, (long long)positions);
}

static hl_status settle_shape(hl_transformer *m, const char *whose)
{
    if (m->num_key_value_heads == 0) m->num_key_value_heads = m->num_attention_heads;
    if (m->head_dim == 0 && m->hidden_size % m->num_attention_heads)
        return HL_FAIL(HL_EUSAGE, "%s: hidden_size %d does not divide into %d heads; change one or give head_dim",
                       whose, m->hidden_size, m->num_attention_heads);
    if (m->head_dim == 0) m->head_dim = m->hidden_size / m->num_attention_heads;
    return HL_OK;
}

/* Where both are given they must say the same. */
static hl_status settle_pooling(hl_config *c)
{
    const int tokens = c->pooling == HL_ITEM_TOKEN;
    if (c->pooling == HL_BY_ITEM_TOKENS) return HL_OK;
    if (hl_config_given(c, "item_emb_token_n") && c->item_emb_token_n != tokens)
        return HL_FAIL(HL_EUSAGE, "item_emb_token_n %d and pooling say two things; leave item_emb_token_n out",
                       c->item_emb_token_n);
    c->item_emb_token_n = tokens;
    return HL_OK;
}

/* Of shapes of no folder. */
static hl_status check_widths(const hl_config *c)
{
    const char *key;
    const int width = hl_id_models_user_width(c, &key);
    const bool user_has_folder = hl_config_has_user_llm(c) && *c->user_pretrain_dir;
    if (*c->item_cache || *c->item_pretrain_dir || user_has_folder || c->adapter || c->item_llm.hidden_size == width)
        return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "item_llm.hidden_size %d and %s %d differ; the user model reads what the Item LLM writes, make them "
                   "equal or set adapter: linear",
                   c->item_llm.hidden_size, key, width);
}

/* Shapes that come from folders are checked when the folders are read. */
static hl_status settle_model(hl_config *c)
{
    if (!*c->item_pretrain_dir) HL_TRY(settle_shape(&c->item_llm, "item_llm"));
    if (!*c->user_pretrain_dir) HL_TRY(settle_shape(&c->user_llm, "user_llm"));
    if (hl_model_facts_of[c->model].reads_texts) {
        HL_TRY(settle_pooling(c));
        HL_TRY(check_widths(c));
    }
    if (c->precision != HL_FP32 && c->exact_groups)
        return HL_FAIL(HL_EUSAGE, "precision: bf16 products have no order of their own, which exact.groups promises; "
                                  "set precision: fp32 or exact.groups: 0");
    const char *no_steps = hl_model_facts_of[c->model].no_steps;
    if (no_steps && c->train_users < 1)
        return HL_FAIL(HL_EUSAGE, "train_users: is for models that are trained in steps, and %s; leave it out",
                       no_steps);
    if (no_steps && c->ledger)
        return HL_FAIL(HL_EUSAGE, "ledger: on writes a line for each step, and %s; set ledger: off", no_steps);
    return HL_OK;
}

static hl_status check_metric(const char *name)
{
    const hl_metric *near = &hl_metric_table[0];
    if (hl_metric_find(name)) return HL_OK;
    for (int i = 1; i < hl_metric_table_n; i++)
        if (hl_nearest_distance(hl_metric_table[i].name, name) < hl_nearest_distance(near->name, name))
            near = &hl_metric_table[i];
    return HL_FAIL(HL_EUSAGE, "there is no metric \"%s\"; the nearest is \"%s\", and hllm eval --help lists all", name,
                   near->name);
}

/* valid_metric is "name@k" with k of topk, or the name of one that whole lists have. */
static hl_status check_valid_metric(const hl_config *c)
{
    char name[40];
    const char *at = strchr(c->valid_metric, '@');
    size_t n = at ? (size_t)(at - c->valid_metric) : strlen(c->valid_metric);
    snprintf(name, sizeof name, "%.*s", (int)n, c->valid_metric);
    if (hl_labels_is_metric(c->valid_metric)) return hl_labels_check_metric(c, c->valid_metric);
    HL_TRY(check_metric(name));
    if (hl_metric_find(name)->of_lists)
        return HL_FAIL(HL_EUSAGE, "valid_metric: \"%s\" says nothing of how good a model is; name another, as ndcg@%d",
                       c->valid_metric, c->topk.n ? c->topk.at[c->topk.n - 1] : 10);
    if (!at && hl_metric_find(name)->whole) return HL_OK;
    for (int i = 0; at && i < c->topk.n; i++) {
        char *end;
        long k = strtol(at + 1, &end, 10);
        if (end != at + 1 && !*end && k == c->topk.at[i]) return HL_OK;
    }
    return HL_FAIL(HL_EUSAGE, "valid_metric: \"%s\" is not a metric at a length of topk, as %s@%d", c->valid_metric,
                   name, c->topk.n ? c->topk.at[c->topk.n - 1] : 10);
}

static hl_status check_by(const char *name)
{
    const char *near = hl_groupings[0].name;
    if (hl_grouping_find(name)) return HL_OK;
    for (int i = 1; i < HL_GROUPINGS; i++)
        if (hl_nearest_distance(hl_groupings[i].name, name) < hl_nearest_distance(near, name))
            near = hl_groupings[i].name;
    return HL_FAIL(HL_EUSAGE, "by: there are no groups by \"%s\"; the nearest is \"%s\"", name, near);
}

/* Edges ascend, and leave room for the group below them. */
static hl_status check_edges(const hl_ints *edges, const char *name)
{
    if (edges->n >= HL_GROUPS_MOST)
        return HL_FAIL(HL_EUSAGE, "by_edges.%s has %d edges; give fewer than %d", name, edges->n, HL_GROUPS_MOST);
    for (int i = 1; i < edges->n; i++)
        if (edges->at[i] <= edges->at[i - 1])
            return HL_FAIL(HL_EUSAGE, "by_edges.%s: %d comes after %d; edges must ascend", name, edges->at[i],
                           edges->at[i - 1]);
    return HL_OK;
}

static hl_status settle_groups(hl_config *c)
{
    for (int i = 0; i < c->by.n; i++) {
        lower(c->by.at[i]);
        HL_TRY(check_by(c->by.at[i]));
    }
    for (int i = 0; i < HL_GROUPINGS; i++) HL_TRY(check_edges(&c->by_edges[i], hl_groupings[i].name));
    return HL_OK;
}

/* A metric or a length that is there twice would have two columns and one name. */
static hl_status check_lists(const hl_config *c)
{
    if (c->metrics.n == 0) return HL_FAIL(HL_EUSAGE, "metrics is empty; give at least one, as metrics: [Recall, NDCG]");
    for (int i = 0; i < c->metrics.n; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(c->metrics.at[i], c->metrics.at[k]) == 0)
                return HL_FAIL(HL_EUSAGE, "metrics has %s twice; leave one out", c->metrics.at[i]);
    for (int i = 0; i < c->topk.n; i++)
        for (int k = 0; k < i; k++)
            if (c->topk.at[i] == c->topk.at[k])
                return HL_FAIL(HL_EUSAGE, "topk has %d twice; leave one out", c->topk.at[i]);
    return HL_OK;
}

/* The shares of a temporal split stand in vain beside another one. */
static hl_status check_split(const hl_config *c)
{
    static const double normal = 0.1;
    const hl_split_rule rule = {c->split_kind, c->split_valid, c->split_test};
    if (c->split_kind != HL_TEMPORAL && (c->split_valid != normal || c->split_test != normal))
        return HL_FAIL(HL_EUSAGE,
                       "split.valid and split.test are of a temporal split, and split.kind is %s; leave them out, "
                       "or set split.kind: temporal",
                       hl_split_name[c->split_kind]);
    return hl_split_check(&rule);
}

static hl_status settle_evaluation(hl_config *c)
{
    for (int i = 0; i < c->metrics.n; i++) {
        lower(c->metrics.at[i]);
        HL_TRY(check_metric(c->metrics.at[i]));
    }
    HL_TRY(check_lists(c));
    HL_TRY(settle_groups(c));
    if (c->topk.n > HL_CUTS) return HL_FAIL(HL_EUSAGE, "topk has %d lengths; give at most %d", c->topk.n, HL_CUTS);
    if (c->ease_l2.n == 0) return HL_FAIL(HL_EUSAGE, "ease_l2 is empty; give at least one penalty, as ease_l2: [100]");
    if (c->topk.n == 0) return HL_FAIL(HL_EUSAGE, "topk is empty; give at least one length, as topk: [10]");
    lower(c->valid_metric);
    HL_TRY(check_valid_metric(c));
    if (c->MAX_ITEM_LIST_LENGTH_TEST == 0) c->MAX_ITEM_LIST_LENGTH_TEST = c->MAX_ITEM_LIST_LENGTH;
    return HL_OK;
}

/* "4" or "[2, 2]". */
static hl_status settle_ranks(int *tp, int *rows, const hl_ints *ranks, const char *key)
{
    enum { MOST = 1000000 };
    if (ranks->n < 1 || ranks->n > 2)
        return HL_FAIL(HL_EUSAGE,
                       "%s has %d numbers; give how many ranks, as 4, or rows and columns of a grid of them, as [2, 2]",
                       key, ranks->n);
    *rows = ranks->n == 2 ? ranks->at[0] : 0;
    if (*rows && ranks->at[1] > MOST / *rows)
        return HL_FAIL(HL_EUSAGE, "%s: a grid of %d x %d is out of range; it has %d ranks at most", key, *rows,
                       ranks->at[1], MOST);
    *tp = *rows ? *rows * ranks->at[1] : ranks->at[0];
    return HL_OK;
}

static hl_status settle_layout(hl_config *c)
{
    HL_TRY(settle_ranks(&c->item_tp, &c->item_rows, &c->item_grid, "item.tp"));
    HL_TRY(settle_ranks(&c->user_tp, &c->user_rows, &c->user_grid, "user.tp"));
    if (c->precision != HL_FP32 && (c->item_rows || c->user_rows))
        return HL_FAIL(HL_EUSAGE,
                       "precision: layers on a grid are multiplied in fp32 only; set precision: fp32, or %s.tp: %d",
                       c->item_rows ? "item" : "user", c->item_rows ? c->item_tp : c->user_tp);
    if (c->gradient_checkpointing && !hl_config_given(c, "activation_budget")) c->activation_budget = 0;
    return HL_OK;
}

hl_status hl_config_check(hl_config *c)
{
    HL_TRY(check_data(c));
    HL_TRY(settle_batch(c));
    hl_unpretrained_fill(c);
    HL_TRY(hl_id_models_settle(c));
    HL_TRY(hl_labels_settle(c));
    HL_TRY(settle_model(c));
    HL_TRY(settle_negatives(c));
    HL_TRY(check_split(c));
    HL_TRY(settle_evaluation(c));
    HL_TRY(settle_layout(c));
    if (c->nce_thres == 0) c->nce_thres = 0.99;
    return HL_OK;
}
