/* hf-config.c - the shape that a config.json of Hugging Face describes. */
#include "io/weights/hf-config.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/hf-folder.h"
#include "io/files/json.h"
#include "io/weights/hf-rope.h"
#include "model/family.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum { NO_WINDOW, HAS_WINDOW, MAY_HAVE_WINDOW } window_use;

/* What an absent key means, by family (model/family.h): num_key_value_heads (0: all heads), head_dim (0: hidden_size by
 * heads), max_position_embeddings; what the norms' epsilon is called, and is.  Of families that may have a window,
 * use_sliding_window says whether, max_window_layers from which layer. */
static const struct {
    const char *family;
    int kv_heads, head_dim, positions;
    const char *eps;
    double eps_absent;
    window_use window;
} defaults[] = {
    {"llama", 0, 0, 2048, "rms_norm_eps", 1e-6, NO_WINDOW},
    {"mistral", 8, 0, 131072, "rms_norm_eps", 1e-6, HAS_WINDOW},
    {"qwen2", 32, 0, 32768, "rms_norm_eps", 1e-6, MAY_HAVE_WINDOW},
    {"qwen3", 32, 128, 32768, "rms_norm_eps", 1e-6, MAY_HAVE_WINDOW},
    {"baichuan", 0, 0, 4096, "rms_norm_eps", 1e-6, NO_WINDOW},
    {"bert", 0, 0, 512, "layer_norm_eps", 1e-12, NO_WINDOW},
};

/* Sizes; `most` keeps a hostile file from asking for more than any model has. */
static const struct {
    const char *key;
    size_t field;
    bool required;
    json_int_t most;
} sizes[] = {
    {"hidden_size", offsetof(hl_transformer, hidden_size), true, 1 << 20},
    {"intermediate_size", offsetof(hl_transformer, intermediate_size), true, 1 << 22},
    {"num_hidden_layers", offsetof(hl_transformer, num_hidden_layers), true, 1 << 12},
    {"num_attention_heads", offsetof(hl_transformer, num_attention_heads), true, 1 << 16},
    {"num_key_value_heads", offsetof(hl_transformer, num_key_value_heads), false, 1 << 16},
    {"head_dim", offsetof(hl_transformer, head_dim), false, 1 << 16},
    {"vocab_size", offsetof(hl_transformer, vocab_size), true, 1 << 24},
    {"type_vocab_size", offsetof(hl_transformer, type_vocab_size), false, 1 << 16},
    {"max_position_embeddings", offsetof(hl_transformer, max_position_embeddings), false, 1 << 30},
};

static hl_status read_sizes(hl_transformer *out, const json_t *config, const char *path)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const json_t *value = hl_json_get(config, sizes[i].key);
        if (!value && !sizes[i].required) continue;
        if (!value) return HL_FAIL(HL_EFORMAT, "%s: has no %s; name the folder of a whole model", path, sizes[i].key);
        json_int_t n = json_integer_value(value);
        if (!json_is_integer(value) || n < 1 || n > sizes[i].most)
            return HL_FAIL(HL_EFORMAT, "%s: %s is not a whole number from 1 to %lld; correct it", path, sizes[i].key,
                           (long long)sizes[i].most);
        *(int *)((char *)out + sizes[i].field) = (int)n;
    }
    return HL_OK;
}

static hl_status read_number(double *out, const json_t *config, const char *key, double absent, const char *path)
{
    const json_t *value = hl_json_get(config, key);
    *out = value ? json_number_value(value) : absent;
    if ((value && !json_is_number(value)) || !(*out > 0))
        return HL_FAIL(HL_EFORMAT, "%s: %s is not a number above 0; correct it", path, key);
    return HL_OK;
}

static hl_status read_numbers(hl_transformer *out, const json_t *config, int family, const char *path)
{
    HL_TRY(read_number(&out->initializer_range, config, "initializer_range", 0.02, path));
    return read_number(&out->rms_norm_eps, config, defaults[family].eps, defaults[family].eps_absent, path);
}

static int find_family(const char *name)
{
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (name && strcmp(defaults[i].family, name) == 0) return (int)i;
    return -1;
}

static hl_status refuse_family(const json_t *type, const char *path)
{
    char list[200] = "";
    for (size_t i = 0, n = sizeof defaults / sizeof defaults[0]; i < n; i++) {
        const size_t at = strlen(list);
        snprintf(list + at, sizeof list - at, "%s%s", i == 0 ? "" : i + 1 < n ? ", " : " and ", defaults[i].family);
    }
    return HL_FAIL(HL_EFORMAT, "%s: model_type is %.40s; supported are %s, so name such a model", path,
                   json_is_string(type) ? json_string_value(type) : "missing", list);
}

/* ---- what our transformer has no part for */

static bool is_boolean(const json_t *value) { return json_is_boolean(value); }

static bool is_true(const json_t *value) { return json_is_true(value); }

static bool is_one(const json_t *value) { return json_is_number(value) && json_number_value(value) == 1; }

static bool is_absolute(const json_t *value)
{
    const char *kind = json_string_value(value);
    return kind && strcmp(kind, "absolute") == 0;
}

static bool is_false(const json_t *value) { return json_is_false(value); }

static bool is_never(const json_t *value)
{
    (void)value;
    return false;
}

static const struct {
    const char *key;
    bool (*is_ours)(const json_t *value);
    const char *why;
} parts[] = {
    {"attention_bias", is_boolean, "it is true or false"},
    {"mlp_bias", is_boolean, "it is true or false"},
    {"partial_rotary_factor", is_one, "heads that are rotated in part are not supported"},
    {"is_causal", is_true, "only attention to tokens before is supported"},
    {"is_decoder", is_false, "only encoders of this kind are supported"},
    {"add_cross_attention", is_false, "attention to another text is not supported"},
    {"position_embedding_type", is_absolute, "only positions of their own (absolute) are supported"},
    {"quantization_config", is_never, "quantized weights are not supported"},
};

static hl_status refuse(const json_t *value, const char *key, const char *why, const char *path)
{
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    const char *shown = json_is_string(value) ? json_string_value(value) : text;
    hl_status s = HL_FAIL(HL_EFORMAT, "%s: %s is %.60s, and %s; name another model", path, key,
                          shown ? shown : "not a value", why);
    free(text);
    return s;
}

static hl_status refuse_others(const json_t *config, const char *path)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const json_t *value = hl_json_get(config, parts[i].key);
        if (value && !parts[i].is_ours(value)) return refuse(value, parts[i].key, parts[i].why, path);
    }
    return HL_OK;
}

/* Biases beside those that a family always has; other families have no such key, and the library ignores it. */
static const struct {
    const char *family, *key;
    size_t field;
} biases[] = {
    {"llama", "attention_bias", offsetof(hl_transformer, attention_bias)},
    {"llama", "mlp_bias", offsetof(hl_transformer, mlp_bias)},
    {"qwen3", "attention_bias", offsetof(hl_transformer, attention_bias)},
};

static void read_biases(hl_transformer *out, const json_t *config)
{
    const char *family = hl_transformer_family(out)->name;
    for (size_t i = 0; i < sizeof biases / sizeof biases[0]; i++)
        if (strcmp(biases[i].family, family) == 0)
            *(bool *)((char *)out + biases[i].field) = json_is_true(hl_json_get(config, biases[i].key));
}

/* What an MLP does between its products, of families with gates and of those without. */
static const struct {
    const char *name;
    bool gates, tanh;
} activations[] = {
    {"silu", true, false},
    {"swish", true, false},
    {"gelu", false, false},
    {"gelu_new", false, true},
    {"gelu_pytorch_tanh", false, true},
};

static hl_status read_activation(hl_transformer *out, const json_t *config, const char *path)
{
    const json_t *value = hl_json_get(config, "hidden_act");
    const char *name = json_string_value(value);
    const bool gates = hl_transformer_has_gates(out);
    if (!value) return HL_OK;
    for (size_t i = 0; name && i < sizeof activations / sizeof activations[0]; i++) {
        if (gates != activations[i].gates || strcmp(activations[i].name, name) != 0) continue;
        out->gelu_tanh = activations[i].tanh;
        return HL_OK;
    }
    return refuse(value, "hidden_act",
                  gates ? "only silu is supported" : "only gelu, gelu_new and gelu_pytorch_tanh are supported", path);
}

/* Rows that are added to every token, and the one that is not trained. */
static hl_status complete_learned(hl_transformer *out, const json_t *config, const char *path)
{
    const json_t *padding = hl_json_get(config, "pad_token_id");
    const json_int_t id = json_integer_value(padding);
    if (padding && (!json_is_integer(padding) || id < 0 || id >= out->vocab_size))
        return HL_FAIL(HL_EFORMAT, "%s: pad_token_id is no token of the vocabulary; correct it", path);
    if (!out->type_vocab_size) out->type_vocab_size = 2;
    out->padding = json_is_null(json_object_get(config, "pad_token_id")) ? 0 : (int)id + 1;
    out->num_key_value_heads = out->num_attention_heads;
    out->head_dim = out->hidden_size / out->num_attention_heads;
    if (out->hidden_size % out->num_attention_heads == 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: hidden_size %d does not divide into %d heads; correct it", path, out->hidden_size,
                   out->num_attention_heads);
}

/* The larger Baichuan models have no rotary positions (but ALiBi), which their config.json does not say.  The smaller
 * ones have as many key heads as query heads, and a theta of 1e4, whatever their config.json says: their code knows no
 * such keys. */
static hl_status complete_baichuan(hl_transformer *out, const json_t *config, const char *path)
{
    enum { WIDE = 5120 };
    const bool says_positions = hl_json_get(config, "max_position_embeddings") != NULL;
    if (out->hidden_size >= WIDE || (!says_positions && hl_json_get(config, "model_max_length")))
        return HL_FAIL(
            HL_EFORMAT,
            "%s: a Baichuan model without rotary positions (the 13B has ALiBi), which is not supported; name "
            "a 7B model",
            path);
    out->num_key_value_heads = out->num_attention_heads;
    out->head_dim = out->hidden_size / out->num_attention_heads;
    out->rope_theta = 1e4;
    return HL_OK;
}

static bool is_baichuan(const hl_transformer *c) { return strcmp(hl_transformer_family(c)->name, "baichuan") == 0; }

static hl_status read_positions(hl_transformer *out, const json_t *config, const char *path)
{
    if (hl_transformer_learns_positions(out)) return complete_learned(out, config, path);
    return is_baichuan(out) ? complete_baichuan(out, config, path) : hl_hf_rope(out, config, path);
}

/* architectures names the class that was saved: its family's, whatever head was on it. */
static hl_status check_architecture(const json_t *config, const hl_family *family, const char *path)
{
    static const char *const heads[] = {
        "ForCausalLM", "Model",          "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
        "ForMaskedLM", "ForPreTraining", "ForNextSentencePrediction"};
    const char *name = json_string_value(json_array_get(hl_json_get(config, "architectures"), 0));
    size_t n = strlen(family->class);
    if (!name) return HL_OK;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++)
        if (strncmp(name, family->class, n) == 0 && strcmp(name + n, heads[i]) == 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: architectures is %.60s, where model_type %s means %sForCausalLM; name another model", path,
                   name, family->name, family->class);
}

static void warn_of_the_rest(const json_t *config, const char *path)
{
    static const char *const dropouts[] = {"attention_dropout", "attention_probs_dropout_prob", "hidden_dropout_prob"};
    for (size_t i = 0; i < sizeof dropouts / sizeof dropouts[0]; i++)
        if (json_number_value(json_object_get(config, dropouts[i])) > 0)
            hl_log(HL_WARN, "%s: %s is not applied: nothing is dropped in training", path, dropouts[i]);
    if (hl_json_get(config, "auto_map"))
        hl_log(HL_WARN, "%s: auto_map names code of the model's own, which is not run", path);
}

/* num_key_value_heads: null means all heads; a family may mean another number where the key is absent. */
static hl_status fill_absent(hl_transformer *out, const json_t *config, int family, const char *path)
{
    bool is_null = json_is_null(json_object_get(config, "num_key_value_heads"));
    int absent = is_null ? 0 : defaults[family].kv_heads;
    if (!out->max_position_embeddings) out->max_position_embeddings = defaults[family].positions;
    if (!out->num_key_value_heads) out->num_key_value_heads = absent ? absent : out->num_attention_heads;
    if (!out->head_dim && !json_is_null(json_object_get(config, "head_dim"))) out->head_dim = defaults[family].head_dim;
    if (out->head_dim) return HL_OK;
    if (out->hidden_size % out->num_attention_heads)
        return HL_FAIL(HL_EFORMAT,
                       "%s: hidden_size %d does not divide into %d heads, and there is no head_dim; correct it", path,
                       out->hidden_size, out->num_attention_heads);
    out->head_dim = out->hidden_size / out->num_attention_heads;
    return HL_OK;
}

/* Which layers have a window: of layer_types, those of the one kind, then those of the other. */
static hl_status read_layer_types(hl_transformer *out, const json_t *types, bool has_window, const char *path)
{
    const int n = (int)json_array_size(types);
    int full = 0, sliding = 0;
    for (int i = 0; i < n; i++) {
        const char *kind = json_string_value(json_array_get(types, (size_t)i));
        if (kind && strcmp(kind, "full_attention") == 0 && sliding == 0) full++;
        if (kind && strcmp(kind, "sliding_attention") == 0 && has_window) sliding++;
    }
    if (!json_is_array(types) || full + sliding != n || (sliding && n != out->num_hidden_layers))
        return refuse(types, "layer_types",
                      has_window ? "only layers of full_attention, then of sliding_attention are supported"
                                 : "only layers of full_attention are supported",
                      path);
    out->window_from = full;
    if (sliding == 0) out->sliding_window = 0;
    return HL_OK;
}

static hl_status read_window_layers(hl_transformer *out, const json_t *config, const char *path)
{
    enum { ABSENT = 28 };
    const json_t *from = hl_json_get(config, "max_window_layers");
    const json_int_t n = from ? json_integer_value(from) : ABSENT;
    if (from && (!json_is_integer(from) || n < 0))
        return HL_FAIL(HL_EFORMAT, "%s: max_window_layers is not a whole number; correct it", path);
    if (!json_is_true(hl_json_get(config, "use_sliding_window"))) out->sliding_window = 0;
    out->window_from = n < INT_MAX ? (int)n : INT_MAX;
    return HL_OK;
}

/* Families without windows ignore the key. */
static hl_status read_window(hl_transformer *out, const json_t *config, int family, const char *path)
{
    enum { ABSENT = 4096 };
    const json_t *window = json_object_get(config, "sliding_window"), *types = hl_json_get(config, "layer_types");
    const bool has_window = defaults[family].window != NO_WINDOW && !json_is_null(window);
    json_int_t n = json_integer_value(window);
    if (has_window && window && (!json_is_integer(window) || n < 1))
        return HL_FAIL(HL_EFORMAT, "%s: sliding_window is neither null nor a whole number above 0; correct it", path);
    if (has_window) out->sliding_window = !window ? ABSENT : n < INT_MAX ? (int)n : INT_MAX;
    if (defaults[family].window == MAY_HAVE_WINDOW) HL_TRY(read_window_layers(out, config, path));
    return types ? read_layer_types(out, types, has_window, path) : HL_OK;
}

static hl_status read_config(hl_transformer *out, const json_t *config, const char *path)
{
    const json_t *type = hl_json_get(config, "model_type");
    int family = find_family(json_string_value(type));
    if (family < 0) return refuse_family(type, path);
    out->family = hl_family_find(defaults[family].family);
    HL_TRY(check_architecture(config, hl_transformer_family(out), path));
    HL_TRY(refuse_others(config, path));
    HL_TRY(read_activation(out, config, path));
    read_biases(out, config);
    HL_TRY(read_sizes(out, config, path));
    HL_TRY(read_numbers(out, config, family, path));
    HL_TRY(fill_absent(out, config, family, path));
    HL_TRY(read_positions(out, config, path));
    HL_TRY(read_window(out, config, family, path));
    warn_of_the_rest(config, path);
    return hl_transformer_check(out, path) == HL_OK ? HL_OK : HL_FAIL(HL_EFORMAT, "%s", hl_error_text());
}

hl_status hl_hf_config(const char *folder, hl_transformer *out)
{
    enum { MOST = 1 << 20 };
    char path[PATH_MAX];
    json_t *config;
    *out = (hl_transformer){0};
    HL_TRY(hl_path_make(path, "%s/config.json", folder));
    HL_TRY(hl_hf_folder_check(folder, false));
    hl_status status = hl_json_read(path, MOST, &config);
    if (status == HL_OK) status = read_config(out, config, path);
    json_decref(config);
    return status;
}
