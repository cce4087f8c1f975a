/* origin.c - what weights were trained with, as the state in their checkpoint says it, and whether a job may use
 * them. */
#include "app/train/origin.h"
#include "app/train/item-cache.h"
#include "base/digest.h"
#include "base/log.h"
#include "io/files/regular.h"
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { USED_MOST = 1 << 20, LIST = 700 };

/* Numbers of a shape, by their names in config.json. */
static const struct {
    const char *name;
    size_t offset;
    bool is_real;
} numbers[] = {
    {"hidden_size", offsetof(hl_transformer, hidden_size), false},
    {"intermediate_size", offsetof(hl_transformer, intermediate_size), false},
    {"num_hidden_layers", offsetof(hl_transformer, num_hidden_layers), false},
    {"num_attention_heads", offsetof(hl_transformer, num_attention_heads), false},
    {"num_key_value_heads", offsetof(hl_transformer, num_key_value_heads), false},
    {"head_dim", offsetof(hl_transformer, head_dim), false},
    {"sliding_window", offsetof(hl_transformer, sliding_window), false},
    {"rms_norm_eps", offsetof(hl_transformer, rms_norm_eps), true},
    {"rope_theta", offsetof(hl_transformer, rope_theta), true},
    {"rope_scaling.factor", offsetof(hl_transformer, rope.factor), true},
    {"original_max_position_embeddings", offsetof(hl_transformer, rope.original), true},
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

static double number_of(const hl_transformer *m, int i)
{
    const char *at = (const char *)m + numbers[i].offset;
    return numbers[i].is_real ? *(const double *)(const void *)at : *(const int *)(const void *)at;
}

/* What is computed with them, by name. */
static const char *family_of(const hl_transformer *m) { return hl_transformer_family(m)->name; }
static const char *scaling_of(const hl_transformer *m) { return hl_rope_scalings[m->rope.kind].name; }

static const struct {
    const char *name;
    const char *(*of)(const hl_transformer *m);
} words[] = {{"model_type", family_of}, {"rope_scaling.type", scaling_of}};
enum { WORDS = sizeof words / sizeof words[0] };

static json_t *shape_json(const hl_transformer *m)
{
    json_t *o = json_object();
    for (int i = 0; i < NUMBERS; i++) {
        double x = number_of(m, i);
        json_object_set_new(o, numbers[i].name, numbers[i].is_real ? json_real(x) : json_integer((json_int_t)x));
    }
    for (int i = 0; i < WORDS; i++) json_object_set_new(o, words[i].name, json_string(words[i].of(m)));
    return o;
}

json_t *hl_origin_json(const hl_job *j)
{
    char tokenizer[17], *options = hl_config_text(j->config);
    hl_digest_text(tokenizer, hl_dataset_manifest(j->data)->recipe.tokenizer_digest);
    json_t *o = json_pack("{ss ss so so}", "options", options, "tokenizer", tokenizer, "item",
                          shape_json(&j->item_shape), "user", shape_json(&j->user_shape));
    json_t *cache = hl_item_cache_json(j);
    if (cache) json_object_set_new(o, "item_cache", cache);
    free(options);
    return o;
}

/* ---- comparing */

/* The origin in a state, NULL where it has none. */
static json_t *origin_of(const char *state)
{
    json_t *root = json_loads(state, 0, NULL), *o = json_incref(json_object_get(root, "origin"));
    json_decref(root);
    return o;
}

/* used.yaml stands beside the folder step-N. */
static bool read_used(hl_config *was, const char *path)
{
    char used[PATH_MAX], *text = NULL;
    const char *slash = strrchr(path, '/');
    size_t n = 0;
    snprintf(used, sizeof used, "%.*sused.yaml", slash ? (int)(slash + 1 - path) : 0, path);
    bool is_read = hl_regular_read(used, USED_MOST, &text, &n) == HL_OK && hl_config_parse(was, text, n, used) == HL_OK;
    free(text);
    return is_read;
}

bool hl_origin_options(hl_config *was, const char *state, const char *path)
{
    json_t *o = origin_of(state);
    const char *text = json_string_value(json_object_get(o, "options"));
    hl_config_defaults(was);
    bool is_read = text ? hl_config_parse(was, text, strlen(text), path) == HL_OK : read_used(was, path);
    json_decref(o);
    return is_read;
}

static hl_status verdict(const char *list, bool force, const char *path)
{
    if (!*list) return HL_OK;
    if (!force)
        return HL_FAIL(
            HL_EUSAGE,
            "%s: was trained with other values: %s; take the former values, or use it all the same with --force", path,
            list);
    hl_log(HL_WARN, "%s: was trained with other values, so these are not its metrics: %s", path, list);
    return HL_OK;
}

hl_status hl_origin_check_options(const hl_config *c, const char *state, const char *path)
{
    char list[LIST] = "";
    hl_config was;
    if (hl_origin_options(&was, state, path)) hl_config_other_vectors(list, sizeof list, c, &was);
    else
        hl_log(HL_WARN,
               "%s: does not say what it was trained with, so it is not known whether this configuration is the same",
               path);
    hl_config_free(&was);
    return verdict(list, c->force, path);
}

__attribute__((format(printf, 2, 3))) static void add(char list[LIST], const char *format, ...)
{
    va_list args;
    size_t n = strlen(list);
    if (n) n += (size_t)snprintf(list + n, LIST - n, ", ");
    if (n >= LIST) return;
    va_start(args, format);
    vsnprintf(list + n, LIST - n, format, args);
    va_end(args);
}

static void compare_shapes(char list[LIST], const char *side, const json_t *was, const hl_transformer *is)
{
    for (int i = 0; i < NUMBERS; i++) {
        const json_t *x = json_object_get(was, numbers[i].name);
        double then = json_number_value(x), now = number_of(is, i);
        if (json_is_number(x) && then != now)
            add(list, "%s of the %s LLM was %g and is %g", numbers[i].name, side, then, now);
    }
    for (int i = 0; i < WORDS; i++) {
        const char *then = json_string_value(json_object_get(was, words[i].name)), *now = words[i].of(is);
        if (then && strcmp(then, now) != 0)
            add(list, "%s of the %s LLM was %.20s and is %s", words[i].name, side, then, now);
    }
}

hl_status hl_origin_check_items(const hl_job *j, const char *state, const char *path)
{
    json_t *o = origin_of(state);
    const hl_status s = hl_item_cache_check_same(j, o, path);
    json_decref(o);
    return s;
}

/* Those of an older checkpoint are known where used.yaml gave them. */
static void compare_with_options(char list[LIST], const hl_job *j, const char *state, const char *path)
{
    hl_config was;
    if (hl_origin_options(&was, state, path) && hl_config_check(&was) == HL_OK) {
        json_t *item = shape_json(&was.item_llm), *user = shape_json(&was.user_llm);
        if (!*was.item_pretrain_dir) compare_shapes(list, "Item", item, &j->item_shape);
        if (!*was.user_pretrain_dir) compare_shapes(list, "User", user, &j->user_shape);
        json_decref(item);
        json_decref(user);
    }
    hl_config_free(&was);
}

static void tell_of_other_data(const hl_job *j, const char *state, const char *path)
{
    json_t *root = json_loads(state, 0, NULL);
    const char *data = json_string_value(json_object_get(root, "data"));
    bool differ = data && strtoull(data, NULL, 16) != hl_dataset_digest(j->data);
    json_decref(root);
    if (differ)
        hl_log(HL_WARN, "%s: was trained on other data than this job has (%s): other users, items or texts", path,
               j->config->dataset);
}

hl_status hl_origin_check_models(const hl_job *j, bool with_texts, const char *state, const char *path)
{
    char list[LIST] = "", now[17];
    json_t *o = origin_of(state);
    const char *tokenizer = json_string_value(json_object_get(o, "tokenizer"));
    hl_digest_text(now, hl_dataset_manifest(j->data)->recipe.tokenizer_digest);
    if (with_texts && hl_config_reads_texts(j->config) && tokenizer && strcmp(tokenizer, now) != 0)
        add(list, "the tokenizer was another one");
    if (!j->item_shape.cached) compare_shapes(list, "Item", json_object_get(o, "item"), &j->item_shape);
    compare_shapes(list, "User", json_object_get(o, "user"), &j->user_shape);
    if (!o) compare_with_options(list, j, state, path);
    hl_status s = hl_item_cache_check_items(j, o, path);
    if (s == HL_OK && with_texts && json_object_get(o, "item_cache") && !j->config->force)
        s = hl_item_cache_check_same(j, o, path);
    json_decref(o);
    HL_TRY(s);
    if (with_texts) tell_of_other_data(j, state, path);
    return verdict(list, j->config->force, path);
}
