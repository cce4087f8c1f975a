/* yaml.c - the part of YAML that a configuration needs.
 *
 * libyaml turns the text into events; one recursive walk over them keeps the dotted key of where it is. */
#include "app/config/yaml.h"
#include "base/minmax.h"
#include "app/config/quote.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MOST_DEPTH = 8, LONGEST_KEY = 200 };

typedef struct {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one; the walk always stands on one */
    const char *text, *name;
    size_t n;
    hl_names seen; /* keys, to find one that comes twice */
    hl_yaml_take take;
    void *self;
} reader;

/* Does line (from 0) of the text indent with a tab?  The commonest mistake, and libyaml's sentence does not say so. */
static bool has_tab(const reader *r, size_t line)
{
    const char *at = r->text, *end = r->text + r->n;
    for (size_t i = 0; i < line && at; i++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (at) at++;
    }
    if (!at) return false;
    while (at < end && *at == ' ') at++;
    return at < end && *at == '\t';
}

/* Bytes that are no characters of YAML have an offset, the rest a line. */
static size_t line_of_problem(const reader *r)
{
    size_t line = 0, n = hl_min(r->parser.problem_offset, r->n);
    if (r->parser.error != YAML_READER_ERROR) return r->parser.problem_mark.line;
    for (size_t i = 0; i < n; i++) line += r->text[i] == '\n';
    return line;
}

static hl_status not_yaml(const reader *r)
{
    size_t line = line_of_problem(r);
    if (has_tab(r, line))
        return HL_FAIL(HL_EUSAGE, "%s:%zu: a tab; YAML is indented with blanks only", r->name, line + 1);
    return HL_FAIL(HL_EUSAGE, "%s:%zu: this is not YAML: %s; mind the indentation and the quotes", r->name, line + 1,
                   r->parser.problem ? r->parser.problem : "it cannot be read");
}

static int line_of(const reader *r) { return (int)r->event.start_mark.line + 1; }

static const char *tag_of(const reader *r)
{
    const yaml_event_t *e = &r->event;
    if (e->type == YAML_SCALAR_EVENT) return (const char *)e->data.scalar.tag;
    if (e->type == YAML_SEQUENCE_START_EVENT) return (const char *)e->data.sequence_start.tag;
    return e->type == YAML_MAPPING_START_EVENT ? (const char *)e->data.mapping_start.tag : NULL;
}

/* YAML's own names of what a value is say nothing new; others, as !include, want something done. */
static hl_status check_tag(const reader *r)
{
    static const char *const known[] = {"str", "int", "float", "bool", "null", "seq", "map", "binary"};
    static const char begin[] = "tag:yaml.org,2002:";
    const char *tag = tag_of(r);
    size_t n = sizeof begin - 1;
    if (!tag || strcmp(tag, "!") == 0) return HL_OK;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strncmp(tag, begin, n) == 0 && strcmp(tag + n, known[i]) == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s:%d: the tag %.60s is not supported; write the value without it", r->name, line_of(r),
                   tag);
}

static hl_status step(reader *r)
{
    yaml_event_delete(&r->event);
    if (!yaml_parser_parse(&r->parser, &r->event)) return not_yaml(r);
    if (r->event.type == YAML_ALIAS_EVENT)
        return HL_FAIL(HL_EUSAGE,
                       "%s:%d: *%.60s stands for what is written elsewhere, which is not supported; write it here",
                       r->name, line_of(r), (const char *)r->event.data.alias.anchor);
    return check_tag(r);
}

static const char *scalar(const reader *r) { return (const char *)r->event.data.scalar.value; }

static bool is_plain_null(const reader *r)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    if (r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
    for (size_t i = 0; i < sizeof nulls / sizeof nulls[0]; i++)
        if (strcmp(scalar(r), nulls[i]) == 0) return true;
    return false;
}

static hl_status want_scalar(const reader *r, const char *what)
{
    if (r->event.type != YAML_SCALAR_EVENT)
        return HL_FAIL(HL_EUSAGE, "%s:%d: %s should be a plain text or number here", r->name, line_of(r), what);
    if (strlen(scalar(r)) != r->event.data.scalar.length)
        return HL_FAIL(HL_EUSAGE, "%s:%d: %s holds a NUL byte", r->name, line_of(r), what);
    return HL_OK;
}

static hl_status note_key(reader *r, const char *key)
{
    for (int i = 0; i < r->seen.n; i++)
        if (strcmp(r->seen.at[i], key) == 0)
            return HL_FAIL(HL_EUSAGE, "%s:%d: \"%s\" is there twice; keep one of them", r->name, line_of(r), key);
    hl_names_add(&r->seen, key, strlen(key));
    return HL_OK;
}

/* A text as it stands, or the bytes that !!binary means. */
static hl_status add_scalar(hl_names *to, const reader *r)
{
    const char *tag = (const char *)r->event.data.scalar.tag;
    if (!tag || strcmp(tag, "tag:yaml.org,2002:binary") != 0) {
        hl_names_add(to, scalar(r), r->event.data.scalar.length);
        return HL_OK;
    }
    char *bytes = hl_quote_decode(scalar(r));
    if (!bytes)
        return HL_FAIL(HL_EUSAGE, "%s:%d: what follows !!binary is not base64, or holds a NUL byte", r->name,
                       line_of(r));
    hl_names_add(to, bytes, strlen(bytes));
    free(bytes);
    return HL_OK;
}

static hl_status list_into(reader *r, hl_yaml_entry *e)
{
    for (;;) {
        HL_TRY(step(r));
        if (r->event.type == YAML_SEQUENCE_END_EVENT) return HL_OK;
        HL_TRY(want_scalar(r, "an entry of the list"));
        HL_TRY(add_scalar(&e->value, r));
    }
}

static hl_status value_into(reader *r, hl_yaml_entry *e)
{
    if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        e->is_list = true;
        return list_into(r, e);
    }
    HL_TRY(want_scalar(r, e->key));
    e->is_null = is_plain_null(r);
    return add_scalar(&e->value, r);
}

static hl_status entry(reader *r, const char *key)
{
    hl_yaml_entry e = {.key = key, .line = line_of(r)};
    hl_status s = value_into(r, &e);
    if (s == HL_OK) s = r->take(r->self, &e);
    hl_names_free(&e.value);
    return s;
}

/* Stands on the start of a map; ends on its end. */
static hl_status map(reader *r, const char *prefix, int depth)
{
    char key[LONGEST_KEY];
    if (depth > MOST_DEPTH) return HL_FAIL(HL_EUSAGE, "%s:%d: maps are nested too deeply", r->name, line_of(r));
    for (;;) {
        HL_TRY(step(r));
        if (r->event.type == YAML_MAPPING_END_EVENT) return HL_OK;
        HL_TRY(want_scalar(r, "a key"));
        int n = snprintf(key, sizeof key, "%s%s%s", prefix, *prefix ? "." : "", scalar(r));
        if (n >= (int)sizeof key)
            return HL_FAIL(HL_EUSAGE, "%s:%d: a key of %d bytes is too long", r->name, line_of(r), n);
        HL_TRY(note_key(r, key));
        HL_TRY(step(r));
        HL_TRY(r->event.type == YAML_MAPPING_START_EVENT ? map(r, key, depth + 1) : entry(r, key));
    }
}

static hl_status document(reader *r)
{
    HL_TRY(step(r)); /* start of the stream */
    HL_TRY(step(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return HL_OK; /* an empty file: all defaults */
    HL_TRY(step(r));
    bool empty = r->event.type == YAML_SCALAR_EVENT && is_plain_null(r);
    if (!empty && r->event.type != YAML_MAPPING_START_EVENT)
        return HL_FAIL(HL_EUSAGE, "%s:%d: expected lines of the form \"key: value\"", r->name, line_of(r));
    if (!empty) HL_TRY(map(r, "", 1));
    HL_TRY(step(r)); /* end of the document */
    HL_TRY(step(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s:%d: a second document begins; keep one", r->name, line_of(r));
}

hl_status hl_yaml_read(const char *text, size_t n, const char *name, hl_yaml_take take, void *self)
{
    reader r = {.text = text, .n = n, .name = name, .take = take, .self = self};
    if (!yaml_parser_initialize(&r.parser)) return HL_FAIL(HL_EFAIL, "%s: out of memory", name);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, n);
    hl_status s = document(&r);
    yaml_event_delete(&r.event);
    yaml_parser_delete(&r.parser);
    hl_names_free(&r.seen);
    return s;
}
