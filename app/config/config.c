/* config.c - the configuration of a job: loops over the table of options. */
#include "app/config/config.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/log.h"
#include "data/score.h"
#include "app/config/options.h"
#include "app/config/public-keys.h"
#include "app/config/quote.h"
#include "app/config/unpretrained.h"
#include "app/config/yaml.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char command_line[] = "the command line";

/* The row of a key; a key whose map has a kind is also written as that kind alone: `split: temporal`. */
static int row_of(const char *key)
{
    char kind[80];
    const int i = hl_option_find(key);
    if (i >= 0 || snprintf(kind, sizeof kind, "%s.kind", key) >= (int)sizeof kind) return i;
    return hl_option_find(kind);
}

/* One value; `where` begins sentences, `from` is remembered. */
static hl_status set(hl_config *c, const char *key, const hl_names *value, bool is_list, const char *where,
                     const char *from)
{
    int i = row_of(key);
    if (i < 0 && hl_public_key(key)) {
        HL_TRY(hl_public_key_check(key, value, where));
        hl_names_add(&c->no_effect, key, strlen(key));
        return HL_OK;
    }
    if (i < 0)
        return HL_FAIL(HL_EUSAGE, "%sthere is no option \"%s\"; the nearest is \"%s\"", where, key,
                       hl_option_nearest(key));
    HL_TRY(hl_option_set(c, &hl_options[i], value, is_list, where));
    free(c->from[i]);
    c->from[i] = from ? hl_alloc_text(from) : NULL;
    return HL_OK;
}

static hl_status set_normal(hl_config *c, const hl_option *o)
{
    hl_names value = {.at = (char *[]){(char *)(uintptr_t)o->normal}, .n = 1};
    return hl_option_set(c, o, &value, false, "");
}

void hl_config_defaults(hl_config *c)
{
    memset(c, 0, sizeof *c);
    for (int i = 0; i < hl_options_n; i++)
        if (hl_options[i].key) HL_CHECK(set_normal(c, &hl_options[i]) == HL_OK);
}

void hl_config_free(hl_config *c)
{
    for (int i = 0; i < hl_options_n; i++) {
        hl_option_free(c, &hl_options[i]);
        free(c->from[i]);
        c->from[i] = NULL;
    }
    hl_names_free(&c->no_effect);
}

typedef struct {
    hl_config *config;
    const char *name;
} parse;

/* "key:" without a value leaves what there is. */
static hl_status take(void *self, const hl_yaml_entry *e)
{
    const parse *p = self;
    char from[400], where[404];
    snprintf(from, sizeof from, "%s:%d", p->name, e->line);
    snprintf(where, sizeof where, "%s: ", from);
    if (e->is_null && (hl_option_find(e->key) >= 0 || hl_public_key(e->key))) return HL_OK;
    return set(p->config, e->key, &e->value, e->is_list, where, from);
}

hl_status hl_config_parse(hl_config *c, const char *text, size_t n, const char *name)
{
    return hl_yaml_read(text, n, name, take, &(parse){c, name});
}

/* "{learning_rate: 1e-4}", or the same as JSON: an entry of the command line. */
static hl_status take_argument(void *self, const hl_yaml_entry *e)
{
    if (e->is_null) return HL_OK;
    return set(self, e->key, &e->value, e->is_list, "--", command_line);
}

static hl_status set_map(hl_config *c, const char *key, const char *value)
{
    size_t n = strlen(key) + strlen(value) + 4;
    char *text = hl_alloc(n + 1);
    snprintf(text, n, "%s: %s\n", key, value);
    hl_status s = hl_yaml_read(text, strlen(text), command_line, take_argument, c);
    free(text);
    return s;
}

hl_status hl_config_set(hl_config *c, const char *key, const char *value, const char *from)
{
    bool is_map = *value == '{' && hl_option_find(key) < 0;
    if (is_map && from == command_line) return set_map(c, key, value);
    hl_names one = {.at = (char *[]){(char *)(uintptr_t)value}, .n = 1};
    return set(c, key, &one, false, from == command_line ? "--" : "", from);
}

static hl_status set_argument(hl_config *c, const char *argument, const char *equals, const char *value)
{
    char key[200];
    size_t n = equals ? (size_t)(equals - argument) : strlen(argument);
    if (n >= sizeof key) return HL_FAIL(HL_EUSAGE, "an option of %zu bytes is too long: %.40s...", n, argument);
    memcpy(key, argument, n);
    key[n] = 0;
    return hl_config_set(c, key, value, command_line);
}

static bool is_switch(const char *argument)
{
    const int i = hl_option_find(argument);
    return i >= 0 && hl_options[i].type == HL_IS_BOOL;
}

hl_status hl_config_arguments(hl_config *c, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0 || !argv[i][2])
            return HL_FAIL(HL_EUSAGE, "\"%s\" is one argument too many; options look like --key value", argv[i]);
        const char *argument = argv[i] + 2, *equals = strchr(argument, '=');
        bool has_next = i + 1 < argc && strncmp(argv[i + 1], "--", 2) != 0;
        if (!equals && !has_next && !is_switch(argument))
            return HL_FAIL(HL_EUSAGE, "--%s: its value is missing; write --%s value", argument, argument);
        const char *value = equals ? equals + 1 : has_next ? argv[++i] : "true";
        HL_TRY(set_argument(c, argument, equals, value));
    }
    return HL_OK;
}

bool hl_config_given(const hl_config *c, const char *key)
{
    int i = hl_option_find(key);
    HL_CHECK(i >= 0);
    return c->from[i] != NULL;
}

static void lower(char *text)
{
    for (; *text; text++) *text = (char)tolower((unsigned char)*text);
}

static hl_status is_set(const char *value, const char *key)
{
    if (*value) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s is not set; write \"%s: ...\" in the configuration or --%s ...", key, key, key);
}

static hl_status check_data(const hl_config *c)
{
    HL_TRY(is_set(c->data_path, "data_path"));
    HL_TRY(is_set(c->text_path, "text_path"));
    HL_TRY(is_set(c->dataset, "dataset"));
    HL_TRY(is_set(c->checkpoint_dir, "checkpoint_dir"));
    if (strchr(c->dataset, '/'))
        return HL_FAIL(HL_EUSAGE, "dataset: \"%s\" is a path; it is a name, its folder is data_path", c->dataset);
    if (c->text_keys.n == 0) return HL_FAIL(HL_EUSAGE, "text_keys is empty; name the columns that make an item's text");
    if (!*c->tokenizer && !*c->item_pretrain_dir)
        return HL_FAIL(HL_EUSAGE, "there is no tokenizer; set tokenizer (bytes needs no file) or item_pretrain_dir");
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

static hl_status settle_shape(hl_transformer *m, const char *whose)
{
    if (m->num_key_value_heads == 0) m->num_key_value_heads = m->num_attention_heads;
    if (m->head_dim == 0 && m->hidden_size % m->num_attention_heads)
        return HL_FAIL(HL_EUSAGE, "%s: hidden_size %d does not divide into %d heads; change one or give head_dim",
                       whose, m->hidden_size, m->num_attention_heads);
    if (m->head_dim == 0) m->head_dim = m->hidden_size / m->num_attention_heads;
    return HL_OK;
}

/* Shapes that come from folders are checked when the folders are read. */
static hl_status settle_model(hl_config *c)
{
    bool item_is_ours = !*c->item_pretrain_dir, user_is_ours = !*c->user_pretrain_dir;
    if (item_is_ours) HL_TRY(settle_shape(&c->item_llm, "item_llm"));
    if (user_is_ours) HL_TRY(settle_shape(&c->user_llm, "user_llm"));
    if (item_is_ours && user_is_ours && c->item_llm.hidden_size != c->user_llm.hidden_size)
        return HL_FAIL(HL_EUSAGE,
                       "item_llm.hidden_size %d and user_llm.hidden_size %d differ; the User LLM reads what the Item "
                       "LLM writes, make them equal",
                       c->item_llm.hidden_size, c->user_llm.hidden_size);
    if (c->precision != HL_FP32 && c->exact_groups)
        return HL_FAIL(HL_EUSAGE, "precision: bf16 products have no order of their own, which exact.groups promises; "
                                  "set precision: fp32 or exact.groups: 0");
    if (c->model == HL_MODEL_EASE && c->ledger)
        return HL_FAIL(
            HL_EUSAGE,
            "ledger: on writes a line for each step, and EASE, which is fitted at once, has none; set ledger: off");
    return HL_OK;
}

static hl_status check_metric(const char *name)
{
    static const char *const known[] = {"recall", "ndcg", "mrr"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i]) == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "there is no metric \"%s\"; there are recall, ndcg and mrr", name);
}

/* valid_metric is "name@k" with k of topk, or mrr, which has none. */
static hl_status check_valid_metric(const hl_config *c)
{
    char name[40];
    const char *at = strchr(c->valid_metric, '@');
    size_t n = at ? (size_t)(at - c->valid_metric) : strlen(c->valid_metric);
    snprintf(name, sizeof name, "%.*s", (int)n, c->valid_metric);
    HL_TRY(check_metric(name));
    if (strcmp(c->valid_metric, "mrr") == 0) return HL_OK;
    for (int i = 0; at && i < c->topk.n; i++) {
        char *end;
        long k = strtol(at + 1, &end, 10);
        if (end != at + 1 && !*end && k == c->topk.at[i]) return HL_OK;
    }
    return HL_FAIL(HL_EUSAGE, "valid_metric: \"%s\" is not a metric at a length of topk, as %s@%d", c->valid_metric,
                   name, c->topk.n ? c->topk.at[c->topk.n - 1] : 10);
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
    HL_TRY(settle_model(c));
    HL_TRY(check_split(c));
    HL_TRY(settle_evaluation(c));
    HL_TRY(settle_layout(c));
    if (c->nce_thres == 0) c->nce_thres = 0.99;
    return HL_OK;
}

void hl_config_write_yaml(const hl_config *c, FILE *out)
{
    for (int i = 0; i < hl_options_n; i++) {
        const hl_option *o = &hl_options[i];
        if (!o->key) {
            fprintf(out, "%s# %s\n", i ? "\n" : "", o->help);
            continue;
        }
        fprintf(out, "%s: ", o->key);
        hl_option_print(c, o, out);
        fputs("  # ", out);
        hl_quote_line(c->from[i] ? c->from[i] : c->because[i] ? c->because[i] : "default", out);
        fputc('\n', out);
    }
}

static bool changes_numbers(const hl_option *o)
{
    return o->effect == HL_CHANGES_NUMBERS || o->effect == HL_CHANGES_VECTORS;
}

uint64_t hl_config_digest(const hl_config *c)
{
    uint64_t d = 0;
    for (int i = 0; i < hl_options_n; i++) {
        const hl_option *o = &hl_options[i];
        if (!o->key || !changes_numbers(o)) continue;
        char *text = hl_option_text(c, o);
        d = hl_digest_join(d, hl_digest(o->key, strlen(o->key)));
        d = hl_digest_join(d, hl_digest(text, strlen(text)));
        free(text);
    }
    return d;
}

char *hl_config_text(const hl_config *c)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = hl_alloc_stream(&text, &n);
    for (int i = 0; i < hl_options_n; i++) {
        if (!hl_options[i].key) continue;
        fprintf(out, "%s: ", hl_options[i].key);
        hl_option_print(c, &hl_options[i], out);
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

/* Does one option differ?  Then it stands in the list where it is listed, else, if wanted, in the log. */
static void compare(const hl_config *was, const hl_config *is, const hl_option *o, bool is_listed, bool is_logged,
                    char *list, size_t room)
{
    char *old = hl_option_text(was, o), *now = hl_option_text(is, o);
    size_t n = strlen(list);
    bool differs = strcmp(old, now) != 0;
    if (differs && is_listed) snprintf(list + n, room - n, "%s%s was %s and is %s", n ? ", " : "", o->key, old, now);
    else if (differs && is_logged) hl_log(HL_INFO, "%s was %s and is %s", o->key, old, now);
    free(old);
    free(now);
}

hl_status hl_config_may_resume(const hl_config *c, const hl_config *was, const char *name, bool tell)
{
    char list[700] = "";
    for (int i = 0; i < hl_options_n; i++)
        if (hl_options[i].key)
            compare(was, c, &hl_options[i], changes_numbers(&hl_options[i]), tell, list, sizeof list);
    if (!*list) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "%s: this run was started with other values: %s; take the former values or choose another checkpoint_dir", name,
        list);
}

void hl_config_other_vectors(char *list, size_t room, const hl_config *c, const hl_config *was)
{
    *list = 0;
    for (int i = 0; i < hl_options_n; i++) {
        bool matters = hl_options[i].key && hl_options[i].effect == HL_CHANGES_VECTORS;
        if (matters) compare(was, c, &hl_options[i], true, false, list, room);
    }
}
