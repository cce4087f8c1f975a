/* config-set.c - values into a configuration: defaults, files, the command line. */
#include "app/config/options.h"
#include "app/config/public-keys.h"
#include "app/config/yaml.h"
#include "base/alloc.h"
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
