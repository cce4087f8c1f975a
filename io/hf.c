/* hf.c - a model folder in Hugging Face's form: config.json and safetensors. */
#include "io/hf.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/stop.h"
#include "io/atomic.h"
#include "io/complaints.h"
#include "io/safetensors.h"
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Families that our transformer computes; kv_heads is what an absent num_key_value_heads means (0: all heads). */
static const struct {
    const char *name;
    int kv_heads;
} families[] = {
    {"llama", 0},
    {"mistral", 8},
};

/* Sizes; `most` keeps a hostile file from asking for more than any model has. */
static const struct {
    const char *key;
    size_t field;
    bool required;
    json_int_t most;
} sizes[] = {
    {"hidden_size", offsetof(hl_llama, hidden_size), true, 1 << 20},
    {"intermediate_size", offsetof(hl_llama, intermediate_size), true, 1 << 22},
    {"num_hidden_layers", offsetof(hl_llama, num_hidden_layers), true, 1 << 12},
    {"num_attention_heads", offsetof(hl_llama, num_attention_heads), true, 1 << 16},
    {"num_key_value_heads", offsetof(hl_llama, num_key_value_heads), false, 1 << 16},
    {"head_dim", offsetof(hl_llama, head_dim), false, 1 << 16},
    {"vocab_size", offsetof(hl_llama, vocab_size), true, 1 << 24},
};

static const struct {
    const char *key;
    size_t field;
    double absent;
} numbers[] = {
    {"rms_norm_eps", offsetof(hl_llama, rms_norm_eps), 1e-6},
    {"rope_theta", offsetof(hl_llama, rope_theta), 1e4},
    {"initializer_range", offsetof(hl_llama, initializer_range), 0.02},
};

/* A key that is null is as good as absent. */
static json_t *get(const json_t *config, const char *key)
{
    json_t *value = json_object_get(config, key);
    return json_is_null(value) ? NULL : value;
}

static hl_status read_sizes(hl_llama *out, const json_t *config, const char *path)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const json_t *value = get(config, sizes[i].key);
        if (!value && !sizes[i].required) continue;
        if (!value) return HL_FAIL(HL_EFORMAT, "%s: has no %s; name the folder of a whole model", path, sizes[i].key);
        json_int_t n = json_integer_value(value);
        if (!json_is_integer(value) || n < 1 || n > sizes[i].most)
            return HL_FAIL(HL_EFORMAT, "%s: %s is not a whole number from 1 to %lld; correct it", path, sizes[i].key, (long long)sizes[i].most);
        *(int *)((char *)out + sizes[i].field) = (int)n;
    }
    return HL_OK;
}

static hl_status read_numbers(hl_llama *out, const json_t *config, const json_t *rope, const char *path)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        const json_t *value = get(config, numbers[i].key);
        if (!value) value = get(rope, numbers[i].key);
        double x = value ? json_number_value(value) : numbers[i].absent;
        if ((value && !json_is_number(value)) || !(x > 0)) return HL_FAIL(HL_EFORMAT, "%s: %s is not a number above 0; correct it", path, numbers[i].key);
        *(double *)((char *)out + numbers[i].field) = x;
    }
    return HL_OK;
}

static int find_family(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (name && strcmp(families[i].name, name) == 0) return (int)i;
    return -1;
}

/* Newer files call it rope_parameters and keep the theta in it. */
static const json_t *rope_of(const json_t *config)
{
    const json_t *rope = get(config, "rope_scaling");
    return rope ? rope : get(config, "rope_parameters");
}

static bool rope_is_plain(const json_t *rope)
{
    const json_t *kind = get(rope, "rope_type");
    if (!kind) kind = get(rope, "type");
    return !rope || (json_is_object(rope) && json_is_string(kind) && strcmp(json_string_value(kind), "default") == 0);
}

/* What our transformer has no part for. */
static hl_status refuse_others(const json_t *config, const char *path)
{
    static const char *const biases[] = {"attention_bias", "mlp_bias"};
    for (size_t i = 0; i < sizeof biases / sizeof biases[0]; i++) {
        const json_t *value = get(config, biases[i]);
        if (value && !json_is_false(value)) return HL_FAIL(HL_EFORMAT, "%s: %s is not false, and biases are not supported; name another model", path, biases[i]);
    }
    const json_t *act = get(config, "hidden_act");
    if (act && (!json_is_string(act) || strcmp(json_string_value(act), "silu") != 0))
        return HL_FAIL(HL_EFORMAT, "%s: hidden_act is %.40s, and only silu is supported; name another model", path, json_is_string(act) ? json_string_value(act) : "not a text");
    if (!rope_is_plain(rope_of(config)))
        return HL_FAIL(HL_EFORMAT, "%s: rope_scaling is not null or of type default, and scaled rotary positions are not supported; name another model", path);
    return HL_OK;
}

static hl_status fill_absent(hl_llama *out, int family, const char *path)
{
    if (!out->num_key_value_heads) out->num_key_value_heads = families[family].kv_heads ? families[family].kv_heads : out->num_attention_heads;
    if (out->head_dim) return HL_OK;
    if (out->hidden_size % out->num_attention_heads)
        return HL_FAIL(HL_EFORMAT, "%s: hidden_size %d does not divide into %d heads, and there is no head_dim; correct it", path, out->hidden_size, out->num_attention_heads);
    out->head_dim = out->hidden_size / out->num_attention_heads;
    return HL_OK;
}

static hl_status read_config(hl_llama *out, const json_t *config, const char *path)
{
    const json_t *type = get(config, "model_type");
    int family = find_family(json_string_value(type));
    if (family < 0)
        return HL_FAIL(HL_EFORMAT, "%s: model_type is %.40s; supported are llama and mistral, so name such a model", path, json_is_string(type) ? json_string_value(type) : "missing");
    HL_TRY(refuse_others(config, path));
    HL_TRY(read_sizes(out, config, path));
    HL_TRY(read_numbers(out, config, rope_of(config), path));
    HL_TRY(fill_absent(out, family, path));
    if (get(config, "sliding_window"))
        hl_log(HL_INFO, "%s: sliding_window is not applied: every token sees all before it", path);
    return hl_llama_check(out, path) == HL_OK ? HL_OK : HL_FAIL(HL_EFORMAT, "%s", hl_error_text());
}

hl_status hl_hf_config(const char *folder, hl_llama *out)
{
    enum { MOST = 1 << 20 };
    char path[PATH_MAX], *text;
    size_t n;
    json_error_t e;
    *out = (hl_llama){0};
    if (snprintf(path, sizeof path, "%s/config.json", folder) >= (int)sizeof path) return HL_FAIL(HL_EFORMAT, "%.100s...: the path is too long; use a shorter one", folder);
    hl_status status = hl_file_read(path, MOST, &text, &n);
    if (status != HL_OK) return HL_FAIL(HL_EFORMAT, "%s", hl_error_text());
    json_t *config = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    free(text);
    if (json_is_object(config)) status = read_config(out, config, path);
    else status = HL_FAIL(HL_EFORMAT, "%s: line %d: not a JSON object (%.200s); get it again", path, config ? 1 : e.line, config ? "another value" : e.text);
    json_decref(config);
    return status;
}

/* The file has matrices: q, k, v as (heads * head_dim, in), o as (out, heads * head_dim). */
static int folded_shape(int64_t out[HL_PARAM_DIMS], const hl_param *p)
{
    int n = 0;
    for (int i = 0; i < p->ndim; i++) {
        bool into_last = p->ndim == 3 && i == p->split_axis + 1;
        if (into_last) out[n - 1] *= p->shape[i];
        else out[n++] = p->shape[i];
    }
    return n;
}

/* Is it of the shape that is wanted?  A complaint where not. */
static bool fits(hl_complaints *c, const hl_safetensor *t, const hl_param *p)
{
    int64_t want[HL_PARAM_DIMS];
    int before = c->n;
    hl_complain_of_shape(c, t->name, t->shape, t->ndim, want, folded_shape(want, p));
    return c->n == before;
}

static const char PREFIX[] = "model.";
enum { PREFIX_LENGTH = sizeof PREFIX - 1 };

static const char *without_prefix(const char *name)
{
    return strncmp(name, PREFIX, PREFIX_LENGTH) == 0 ? name + PREFIX_LENGTH : name;
}

/* A parameter's name in the folder; NULL where it is not of this side. */
static const char *name_in_folder(const hl_param *p, const char *side)
{
    size_t n = strlen(side);
    bool of_side = strncmp(p->name, side, n) == 0 && strncmp(p->name + n, "_llm.", 5) == 0;
    return of_side ? p->name + n + 5 : NULL;
}

static const hl_safetensor *find(const hl_safetensors *s, const char *name)
{
    const hl_safetensor *t = hl_safetensors_find(s, name);
    return t ? t : hl_safetensors_find(s, without_prefix(name));
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && strcmp(name + n - k, end) == 0;
}

static bool nobody_needs(const char *name)
{
    return strcmp(name, "lm_head.weight") == 0                          /* there is no language model head */
        || ends_with(name, "embed_tokens.weight")                       /* a User LLM reads vectors, not tokens */
        || ends_with(name, "rotary_emb.inv_freq");                      /* computed */
}

/* Read my share of a tensor. */
static hl_status read_share(const hl_safetensor *t, const hl_param *p, float *w)
{
    if ((int64_t)p->count == hl_param_whole(p)) return hl_safetensor_read(t, w + p->offset);
    float *whole = hl_alloc((size_t)hl_param_whole(p) * sizeof *whole);
    hl_status s = hl_safetensor_read(t, whole);
    for (int64_t i = 0; s == HL_OK && i < hl_param_stretches(p); i++) {
        hl_stretch mine = hl_param_stretch(p, i);
        memcpy(w + p->offset + mine.local, whole + mine.global, mine.n * sizeof *w);
    }
    free(whole);
    return s;
}

/* Read what fits and is mine; say what does not fit. */
static hl_status read_side(const hl_safetensors *s, const hl_params *table, const hl_params *whole, const char *side, float *w, hl_complaints *c, bool *used)
{
    for (int k = 0; k < whole->n; k++) {
        const hl_param *p = &whole->at[k], *mine = hl_params_find(table, p->name);
        const char *name = name_in_folder(p, side);
        if (!name) continue;
        const hl_safetensor *t = find(s, name);
        if (!t) hl_complain(c, "%s is missing", name);
        if (!t) continue;
        used[t - hl_safetensors_at(s, 0)] = true;
        HL_TRY(hl_stop_check("reading weights"));
        if (fits(c, t, p) && mine) HL_TRY(read_share(t, mine, w));
    }
    return HL_OK;
}

static hl_status read_all(const hl_safetensors *s, const char *folder, const hl_params *table, const hl_params *whole, const char *side, float *w)
{
    hl_complaints c = {0};
    int n = hl_safetensors_count(s);
    bool *used = hl_alloc_zero((size_t)n, sizeof *used);
    hl_status status = read_side(s, table, whole, side, w, &c, used);
    for (int i = 0; i < n; i++) {
        const char *name = hl_safetensors_at(s, i)->name;
        if (!used[i] && !nobody_needs(name)) hl_complain(&c, "%.80s is unknown", name);
    }
    free(used);
    if (status != HL_OK) return status;
    return hl_complaints_verdict(&c, folder, "its tensors are not those that config.json describes", "get the folder again or name another");
}

hl_status hl_hf_read(const char *folder, const hl_params *table, const hl_params *whole, const char *side, float *w)
{
    hl_safetensors *s;
    hl_status status = hl_safetensors_open(&s, folder);
    if (status == HL_OK) status = read_all(s, folder, table, whole, side, w);
    hl_safetensors_close(s);
    return status;
}
