/* fields-json.c - records that are objects, one a line: of JSON, or as Python's repr writes them. */
#include "base/arena.h"
#include "base/minmax.h"
#include "io/dataset/fields-form.h"
#include "io/dataset/literal.h"
#include "io/files/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What has no text of its own: a number, true, an object. */
static void add_dump(hl_fields *f, int i, const json_t *value)
{
    char digits[24];
    if (json_is_integer(value)) {
        hl_fields_add(f, i, digits,
                      (size_t)snprintf(digits, sizeof digits, "%" JSON_INTEGER_FORMAT, json_integer_value(value)));
        return;
    }
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17) | JSON_COMPACT);
    if (text) hl_fields_add(f, i, text, strlen(text));
    free(text);
}

/* A value behind others of a list. */
static void add_value(hl_fields *f, int i, const json_t *value)
{
    if (json_is_array(value)) {
        for (size_t k = 0; k < json_array_size(value); k++) add_value(f, i, json_array_get(value, k));
        return;
    }
    const bool is_nothing = json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0);
    if (is_nothing) return;
    if (f->text[i].n) hl_fields_add(f, i, " ", 1);
    if (json_is_string(value)) hl_fields_add(f, i, json_string_value(value), json_string_length(value));
    else add_dump(f, i, value);
}

static void set_value(hl_fields *f, int i, const json_t *value)
{
    if (json_is_string(value)) {
        hl_fields_set(f, i, json_string_value(value), json_string_length(value));
        return;
    }
    add_value(f, i, value);
    hl_fields_set(f, i, f->text[i].n ? f->text[i].at : "", f->text[i].n);
}

/* The value of the first of the wanted names that there is and is not null; NULL where there is none. */
static const json_t *find(const json_t *object, const char *wanted)
{
    for (const char *at = wanted + (*wanted == '?');; at++) {
        char name[200] = "";
        const size_t n = strcspn(at, "|");
        memcpy(name, at, hl_min(n, sizeof name - 1));
        const json_t *value = hl_json_get(object, name);
        if (value) return value;
        at += n;
        if (!*at) return NULL;
    }
}

static hl_status take_object(hl_fields *f, json_t *value, const char *what, const char *why)
{
    char text[HL_JSON_WHY + 100];
    json_decref(f->value);
    f->value = value;
    if (!json_is_object(value)) {
        snprintf(text, sizeof text, "not %s (%s); fetch the file again", what, value ? "another value" : why);
        return hl_fields_refuse(f, text);
    }
    for (int i = 0; i < f->how->n; i++) {
        const json_t *x = find(value, f->how->wanted[i]);
        if (x) set_value(f, i, x);
    }
    return HL_OK;
}

/* Is it one of the names with bars between them that somebody asks for? */
static bool is_asked(const void *self, const char *key, size_t n)
{
    const hl_fields_how *how = self;
    for (int i = 0; i < how->n; i++)
        for (const char *at = how->wanted[i] + (*how->wanted[i] == '?');; at++) {
            const size_t length = strcspn(at, "|");
            if (length == n && memcmp(at, key, n) == 0) return true;
            at += length;
            if (!*at) break;
        }
    return false;
}

static hl_status take_json(hl_fields *f, char *line, size_t n, bool *is_over)
{
    char why[HL_JSON_WHY] = "";
    (void)is_over;
    if (hl_json_skim(&f->skimmed, line, n, is_asked, f->how)) line = f->skimmed.at, n = f->skimmed.n;
    return take_object(f, hl_json_parse(line, n, why), "a JSON object", why);
}

static hl_status take_literal(hl_fields *f, char *line, size_t n, bool *is_over)
{
    char why[HL_JSON_WHY] = "";
    (void)is_over;
    return take_object(f, hl_literal_parse(line, n, why), "a dictionary of Python", why);
}

static void close_objects(hl_fields *f)
{
    json_decref(f->value);
    free(f->skimmed.at);
}

const hl_fields_form hl_fields_json = {.has_lines = true, .take = take_json, .close = close_objects};
const hl_fields_form hl_fields_literal = {.has_lines = true, .take = take_literal, .close = close_objects};
