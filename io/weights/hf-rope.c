/* hf-rope.c - the rotary positions that a config.json of Hugging Face describes. */
#include "io/weights/hf-rope.h"
#include "base/log.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* The objects that describe a scaling, and the names of its kind; of either one or both may be there. */
static const char *const ropes[] = {"rope_scaling", "rope_parameters"}, *const types[] = {"rope_type", "type"};
enum { ROPES = sizeof ropes / sizeof ropes[0], TYPES = sizeof types / sizeof types[0] };

/* Numbers of a scaling, above 0; `absent` where the key may be left out, NAN where it may not. */
static const struct {
    const char *type, *key;
    size_t field;
    double absent;
    bool may_be_zero;
} numbers[] = {
    {"linear", "factor", offsetof(hl_rope_scaling, factor), NAN, false},
    {"dynamic", "factor", offsetof(hl_rope_scaling, factor), NAN, false},
    {"yarn", "factor", offsetof(hl_rope_scaling, factor), NAN, false},
    {"yarn", "original_max_position_embeddings", offsetof(hl_rope_scaling, original), 0, false},
    {"yarn", "beta_fast", offsetof(hl_rope_scaling, beta_fast), 32, false},
    {"yarn", "beta_slow", offsetof(hl_rope_scaling, beta_slow), 1, false},
    {"yarn", "attention_factor", offsetof(hl_rope_scaling, attention_factor), 0, false},
    {"yarn", "mscale", offsetof(hl_rope_scaling, mscale), 0, true},
    {"yarn", "mscale_all_dim", offsetof(hl_rope_scaling, mscale_all_dim), 0, true},
    {"llama3", "factor", offsetof(hl_rope_scaling, factor), NAN, false},
    {"llama3", "original_max_position_embeddings", offsetof(hl_rope_scaling, original), NAN, false},
    {"llama3", "low_freq_factor", offsetof(hl_rope_scaling, low_freq_factor), NAN, false},
    {"llama3", "high_freq_factor", offsetof(hl_rope_scaling, high_freq_factor), NAN, false},
};

static const char *name_of(const hl_rope_scaling *s) { return hl_rope_scalings[s->kind].name; }

static hl_status refuse_type(const char *type, const char *name, const char *path)
{
    char list[120] = "";
    for (int i = 0; i < hl_rope_scalings_count; i++) {
        const size_t at = strlen(list);
        snprintf(list + at, sizeof list - at, "%s%s",
                 i == 0                           ? ""
                 : i + 1 < hl_rope_scalings_count ? ", "
                                                  : " and ",
                 hl_rope_scalings[i].name);
    }
    return HL_FAIL(HL_EFORMAT, "%s: %s is of type %.40s; supported are %s, so name another model", path, name, type,
                   list);
}

/* The kind under the name it has now, or had; *type stays NULL where it has none. */
static hl_status read_type(const char **type, const json_t *rope, const char *name, const char *path)
{
    for (int i = 0; i < TYPES; i++) {
        const json_t *value = hl_json_get(rope, types[i]);
        const char *its = json_string_value(value);
        if (!value) continue;
        if (!its) return HL_FAIL(HL_EFORMAT, "%s: %s.%s is not a text; correct it", path, name, types[i]);
        if (*type && strcmp(*type, its) != 0)
            return HL_FAIL(HL_EFORMAT,
                           "%s: %s has the rope_type %.40s and the type %.40s; keep the one that the model was trained "
                           "with",
                           path, name, *type, its);
        *type = its;
    }
    return HL_OK;
}

static bool is_one(const json_t *value) { return json_is_number(value) && json_number_value(value) == 1; }

/* Keys that would change what is computed, and are not read. */
static hl_status check_keys(json_t *rope, const char *type, const char *name, const char *path)
{
    const char *key;
    json_t *value;
    json_object_foreach(rope, key, value)
    {
        if (json_is_object(value))
            return HL_FAIL(HL_EFORMAT,
                           "%s: %s has positions of their own for layers of the kind %.40s, which is not supported; "
                           "name another model",
                           path, name, key);
        if (strcmp(key, "partial_rotary_factor") == 0 && !json_is_null(value) && !is_one(value))
            return HL_FAIL(HL_EFORMAT,
                           "%s: %s.partial_rotary_factor is not 1, and heads that are rotated in part are not "
                           "supported; name another model",
                           path, name);
        if (!type && !json_is_null(value) && strcmp(key, "rope_theta") != 0)
            return HL_FAIL(HL_EFORMAT, "%s: %s has %.40s, but no rope_type that says what for; correct it", path, name,
                           key);
    }
    return HL_OK;
}

static hl_status read_numbers(hl_rope_scaling *s, const json_t *rope, const char *name, const char *path)
{
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        if (strcmp(numbers[i].type, name_of(s)) != 0) continue;
        const json_t *value = hl_json_get(rope, numbers[i].key);
        const double x = value ? json_number_value(value) : numbers[i].absent;
        if (!value && isnan(x))
            return HL_FAIL(HL_EFORMAT, "%s: %s of type %s has no %s; correct it", path, name, numbers[i].type,
                           numbers[i].key);
        const bool is_right = json_is_number(value) && isfinite(x) && (x > 0 || (x == 0 && numbers[i].may_be_zero));
        if (value && !is_right)
            return HL_FAIL(HL_EFORMAT, "%s: %s.%s is not a number above 0; correct it", path, name, numbers[i].key);
        *(double *)(void *)((char *)s + numbers[i].field) = x;
    }
    return HL_OK;
}

/* transformers 4 takes max_position_embeddings by the original length for the factor, whatever the file says; later
 * versions, and we, what is written. */
static hl_status complete_yarn(hl_rope_scaling *s, const json_t *rope, const char *name, const char *path)
{
    const json_t *truncate = hl_json_get(rope, "truncate");
    if (truncate && !json_is_boolean(truncate))
        return HL_FAIL(HL_EFORMAT, "%s: %s.truncate is neither true nor false; correct it", path, name);
    s->untruncated = json_is_false(truncate);
    if (s->original > 0 && s->most / s->original != s->factor)
        hl_log(HL_WARN,
               "%s: yarn's factor is %g, as written; transformers 4 would take %g, max_position_embeddings by "
               "original_max_position_embeddings",
               path, s->factor, s->most / s->original);
    if (s->original == 0) s->original = s->most;
    return HL_OK;
}

static hl_status check_scaling(const hl_rope_scaling *s, const char *name, const char *path)
{
    if (strcmp(name_of(s), "llama3") == 0 && !(s->low_freq_factor < s->high_freq_factor))
        return HL_FAIL(HL_EFORMAT, "%s: %s.low_freq_factor is not below high_freq_factor; correct it", path, name);
    if (strcmp(name_of(s), "dynamic") == 0 && s->factor < 1)
        return HL_FAIL(HL_EFORMAT, "%s: %s.factor is below 1; correct it", path, name);
    return HL_OK;
}

static hl_status read_scaling(hl_transformer *out, json_t *rope, const char *name, const char *path)
{
    const char *type = NULL;
    hl_rope_scaling s = {.most = out->max_position_embeddings};
    if (!rope) return HL_OK;
    if (!json_is_object(rope))
        return HL_FAIL(HL_EFORMAT, "%s: %s is neither null nor an object; correct it", path, name);
    HL_TRY(read_type(&type, rope, name, path));
    HL_TRY(check_keys(rope, type, name, path));
    if (!type) return HL_OK;
    s.kind = hl_rope_scaling_find(type);
    if (s.kind < 0) return refuse_type(type, name, path);
    HL_TRY(read_numbers(&s, rope, name, path));
    HL_TRY(check_scaling(&s, name, path));
    if (strcmp(type, "yarn") == 0) HL_TRY(complete_yarn(&s, rope, name, path));
    out->rope = s;
    return HL_OK;
}

/* A scaling may stand in either place; in both it must be one. */
static hl_status read_scalings(hl_transformer *out, const json_t *config, const char *path)
{
    json_t *both[ROPES];
    const char *type[ROPES] = {0};
    for (int i = 0; i < ROPES; i++) {
        both[i] = hl_json_get(config, ropes[i]);
        HL_TRY(read_scaling(out, both[i], ropes[i], path));
        for (int k = 0; k < TYPES && !type[i]; k++) type[i] = json_string_value(hl_json_get(both[i], types[k]));
    }
    if (type[0] && type[1] && strcmp(type[0], type[1]) != 0)
        return HL_FAIL(HL_EFORMAT,
                       "%s: %s is of type %.40s, %s of type %.40s; keep the one that the model was trained "
                       "with",
                       path, ropes[0], type[0], ropes[1], type[1]);
    return HL_OK;
}

/* rope_theta may stand in several places, but must be one. */
static hl_status read_theta(hl_transformer *out, const json_t *config, const char *path)
{
    const json_t *places[1 + ROPES] = {config};
    const char *first = NULL;
    out->rope_theta = 1e4;
    for (int i = 0; i < ROPES; i++) places[1 + i] = hl_json_get(config, ropes[i]);
    for (int i = 0; i <= ROPES; i++) {
        const json_t *value = hl_json_get(places[i], "rope_theta");
        const char *name = i ? ropes[i - 1] : "rope_theta";
        double x = json_number_value(value);
        if (!value) continue;
        if (!json_is_number(value) || !(x > 0))
            return HL_FAIL(HL_EFORMAT, "%s: the rope_theta%s%s is not a number above 0; correct it", path,
                           i ? " of " : "", i ? name : "");
        if (first && x != out->rope_theta)
            return HL_FAIL(
                HL_EFORMAT,
                "%s: %s says a theta of %.10g, %s one of %.10g; keep the one that the model was trained with", path,
                first, out->rope_theta, name, x);
        out->rope_theta = x;
        first = name;
    }
    return HL_OK;
}

hl_status hl_hf_rope(hl_transformer *out, const json_t *config, const char *path)
{
    HL_TRY(read_scalings(out, config, path));
    HL_TRY(read_theta(out, config, path));
    if (strcmp(name_of(&out->rope), "yarn") == 0 && out->rope_theta <= 1)
        return HL_FAIL(HL_EFORMAT, "%s: yarn needs a rope_theta above 1, and it is %g; correct it", path,
                       out->rope_theta);
    return HL_OK;
}
