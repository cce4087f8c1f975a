/* json.c - JSON files of other programs, as forgiving as Python's json module, which wrote most of them.
 *
 * The text is copied once, with another form for each value that jansson cannot hold, and then parsed. */
#include "io/files/json.h"
#include "base/arena.h"
#include "base/log.h"
#include "io/files/atomic.h"
#include "io/files/hf-folder.h"
#include "io/files/regular.h"
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *at; /* ends with a 0 */
    char *to;       /* room for twice as much */
} copy;

static void copy_bytes(copy *c, size_t n)
{
    memcpy(c->to, c->at, n);
    c->at += n;
    c->to += n;
}

static void copy_quoted(copy *c, size_t n)
{
    *c->to++ = '"';
    copy_bytes(c, n);
    *c->to++ = '"';
}

/* The code behind "\u"; -1 where there is none. */
static int code_at(const char *at)
{
    static const char digits[] = "0123456789abcdefABCDEF";
    if (at[0] != '\\' || at[1] != 'u' || strspn(at + 2, digits) < 4) return -1;
    char four[5] = {at[2], at[3], at[4], at[5], 0};
    return (int)strtol(four, NULL, 16);
}

static bool is_half(int code, int first) { return code >= first && code < first + 0x400; }

/* A backslash and what belongs to it. */
static void copy_escape(copy *c)
{
    int code = code_at(c->at);
    if (code < 0) {
        copy_bytes(c, c->at[1] ? 2 : 1);
        return;
    }
    if (is_half(code, 0xD800) && is_half(code_at(c->at + 6), 0xDC00)) {
        copy_bytes(c, 12);
        return;
    }
    bool impossible = code == 0 || is_half(code, 0xD800) || is_half(code, 0xDC00);
    memcpy(c->to, impossible ? "\\ufffd" : c->at, 6);
    c->to += 6;
    c->at += 6;
}

static void copy_string(copy *c)
{
    copy_bytes(c, 1);
    while (*c->at && *c->at != '"') {
        if (*c->at == '\\') copy_escape(c);
        else copy_bytes(c, 1);
    }
    if (*c->at) copy_bytes(c, 1);
}

/* Is the number of n letters one that jansson can hold, or none at all, which it says better? */
static bool is_held(const char *at, size_t n)
{
    char *end;
    errno = 0;
    strtoll(at, &end, 10);
    if (end == at + n) return errno == 0;
    double x = strtod(at, &end);
    return end != at + n || isfinite(x);
}

static void copy_number(copy *c)
{
    size_t n = strspn(c->at, "+-.0123456789eE");
    if (is_held(c->at, n)) copy_bytes(c, n);
    else copy_quoted(c, n);
}

/* How many letters a number that is none has here. */
static size_t not_a_number(const char *at)
{
    static const char *const words[] = {"NaN", "Infinity", "-Infinity"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0) return strlen(words[i]);
    return 0;
}

static void copy_one(copy *c)
{
    size_t word = not_a_number(c->at);
    bool is_digit = *c->at >= '0' && *c->at <= '9';
    if (word) copy_quoted(c, word);
    else if (*c->at == '"') copy_string(c);
    else if (is_digit || *c->at == '-') copy_number(c);
    else copy_bytes(c, 1);
}

/* What jansson can hold of the text; release with free. */
static char *forgiven(const char *text, size_t n)
{
    char *out = hl_alloc(2 * n + 1);
    copy c = {text, out};
    while (*c.at) copy_one(&c);
    *c.to = 0;
    return out;
}

static hl_status parse(const char *text, const char *path, json_t **out)
{
    json_error_t e;
    *out = json_loads(text, JSON_REJECT_DUPLICATES, &e);
    if (!*out && json_error_code(&e) == json_error_duplicate_key) {
        hl_log(HL_WARN, "%s: line %d: a key comes twice (%.100s); the last value counts", path, e.line, e.text);
        *out = json_loads(text, 0, &e);
    }
    if (json_is_object(*out)) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: line %d: not a JSON object (%.200s); get it again", path, *out ? 1 : e.line,
                   *out ? "another value" : e.text);
}

hl_status hl_json_read(const char *path, size_t most, json_t **out)
{
    char *text;
    size_t n;
    *out = NULL;
    if (hl_regular_read(path, most, &text, &n) != HL_OK) return HL_FAIL(HL_EFORMAT, "%s", hl_error_text());
    hl_status s = hl_hf_pointer_check(path, text, n);
    if (s == HL_OK && strlen(text) < n)
        s = HL_FAIL(HL_EFORMAT, "%s: holds a NUL byte, so it is no JSON; get it again", path);
    if (s == HL_OK) {
        char *held = forgiven(text, n);
        s = parse(held, path, out);
        free(held);
    }
    free(text);
    return s;
}

/* Most texts need no forgiveness. */
json_t *hl_json_parse(const char *text, size_t n, char why[HL_JSON_WHY])
{
    json_error_t e;
    json_t *value = json_loadb(text, n, JSON_DECODE_ANY, &e);
    if (!value && strlen(text) == n) {
        char *held = forgiven(text, n);
        value = json_loads(held, JSON_DECODE_ANY, &e);
        free(held);
    }
    if (!value) snprintf(why, HL_JSON_WHY, "%.*s", HL_JSON_WHY - 1, e.text);
    return value;
}

json_t *hl_json_get(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

hl_status hl_json_write(const char *path, const json_t *value, size_t flags)
{
    char *text = json_dumps(value, flags);
    HL_CHECK(text != NULL);
    const hl_status s = hl_atomic_write(path, text, strlen(text));
    free(text);
    return s;
}
