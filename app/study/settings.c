/* settings.c - what tells the points of a study apart. */
#include "app/study/settings.h"
#include "app/config/options.h"
#include "base/alloc.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool hl_setting_is_place(const hl_study_setting *x) { return hl_study_place_find(x->key) < HL_STUDY_PLACES; }

bool hl_setting_is_option(const hl_study_setting *x) { return !hl_setting_is_place(x); }

/* Ranks of a node tell lines of a plot apart, where nodes or ranks are what grows along them. */
bool hl_setting_is_no_size(const hl_study_setting *x)
{
    return !hl_setting_is_place(x) || strcmp(x->key, "ranks_per_node") == 0;
}

bool hl_setting_is_any(const hl_study_setting *x) { return x != NULL; }

bool hl_setting_changes_numbers(const hl_study_setting *x)
{
    if (hl_setting_is_place(x)) return false;
    const hl_effect effect = hl_options[hl_option_find(x->key)].effect;
    return effect == HL_CHANGES_NUMBERS || effect == HL_CHANGES_VECTORS || effect == HL_CHANGES_FILES;
}

/* "ranks 2, item.tp 1": those that belong. */
char *hl_settings_text(const hl_study_settings *s, bool (*belongs)(const hl_study_setting *))
{
    char *text = NULL;
    size_t n;
    const char *between = "";
    FILE *out = hl_alloc_stream(&text, &n);
    for (int i = 0; i < s->n; i++) {
        if (!belongs(&s->at[i])) continue;
        fprintf(out, "%s%s %s", between, s->at[i].key, s->at[i].value);
        between = ", ";
    }
    fclose(out);
    return text;
}

/* ---- numbers */

static bool is_number(const char *text)
{
    char *end;
    (void)strtod(text, &end);
    return *text && !*end;
}

static bool are_numbers(const hl_names *x)
{
    for (int i = 0; i < x->n; i++)
        if (!is_number(x->at[i])) return false;
    return x->n > 1;
}

bool hl_setting_is_at_end(const hl_study_setting *x, const hl_names *values)
{
    const double its = strtod(x->value, NULL);
    int less = 0, more = 0;
    if (values->n < 3 || !are_numbers(values)) return false;
    for (int i = 0; i < values->n; i++) {
        less += strtod(values->at[i], NULL) < its;
        more += strtod(values->at[i], NULL) > its;
    }
    return !less || !more;
}

/* ---- combinations */

static bool is_of(const hl_study_axis *a, const char *point)
{
    return point ? a->point && strcmp(a->point, point) == 0 : !a->point;
}

int64_t hl_settings_combinations(const hl_study_axis *axis, int n, const char *point, int64_t most)
{
    int64_t all = 1;
    int axes = 0;
    for (int a = 0; a < n && all <= most; a++)
        if (is_of(&axis[a], point)) all *= axis[a].values.n, axes++;
    return !axes ? 0 : all > most ? most + 1 : all;
}

void hl_settings_combination(hl_study_settings *x, const hl_study_axis *axis, int n, const char *point, int64_t i)
{
    int at = 0;
    for (int a = 0; a < n; a++) at += is_of(&axis[a], point);
    x->n = at;
    for (int a = n - 1; a >= 0; a--) {
        if (!is_of(&axis[a], point)) continue;
        x->at[--at] = (hl_study_setting){axis[a].key, axis[a].values.at[i % axis[a].values.n], axis[a].line};
        i /= axis[a].values.n;
    }
}

/* ---- what a training is drawn along */

static const char *axis_of(const hl_study *s)
{
    for (int a = 0; a < s->axes; a++)
        if (!s->axis[a].point && are_numbers(&s->axis[a].values)) return s->axis[a].key;
    return NULL;
}

hl_settings_place hl_settings_drawn(const hl_study *s, const hl_study_settings *from)
{
    const char *axis = axis_of(s);
    hl_settings_place p = {0};
    hl_study_settings rest = {.at = hl_alloc((size_t)from->n * sizeof *rest.at)};
    for (int i = 0; i < from->n; i++) {
        const bool is_it = axis && strcmp(from->at[i].key, axis) == 0 && is_number(from->at[i].value);
        if (is_it) p.axis = hl_alloc_text(axis), p.along = strtod(from->at[i].value, NULL);
        else rest.at[rest.n++] = from->at[i];
    }
    p.curve = hl_settings_text(&rest, hl_setting_is_any);
    free(rest.at);
    return p;
}
