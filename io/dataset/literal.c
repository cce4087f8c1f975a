/* literal.c - a Python literal as a JSON value, by recursive descent.
 *
 * Each take_... stands at the first byte of what it takes, and leaves the cursor behind it.  After a failure `wrong`
 * says why, and everybody returns. */
#include "io/dataset/literal.h"
#include "base/arena.h"
#include "base/array.h"
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 64, REPLACEMENT = 0xFFFD };

typedef struct {
    const char *begin, *at, *end; /* *end is 0 */
    const char *wrong;            /* NULL: nothing so far */
    int depth;
    char *text; /* n bytes of the text at hand */
    size_t n, room;
} cursor;

static json_t *take_value(cursor *c);

static json_t *fail(cursor *c, const char *wrong)
{
    if (!c->wrong) c->wrong = wrong;
    return NULL;
}

static bool is_blank(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }

static void skip_blanks(cursor *c)
{
    while (c->at < c->end && is_blank(*c->at)) c->at++;
}

static bool take_byte(cursor *c, char byte)
{
    skip_blanks(c);
    if (c->at == c->end || *c->at != byte) return false;
    c->at++;
    return true;
}

/* ---- texts */

static void add(cursor *c, char byte)
{
    HL_RESERVE(c->text, c->room, c->n + 1);
    c->text[c->n++] = byte;
}

static void add_character(cursor *c, long code)
{
    if (code == 0 || (code >= 0xD800 && code < 0xE000)) code = REPLACEMENT;
    if (code < 0x80) add(c, (char)code);
    else if (code < 0x800) add(c, (char)(0xC0 | code >> 6));
    else if (code < 0x10000) add(c, (char)(0xE0 | code >> 12));
    else add(c, (char)(0xF0 | code >> 18)), add(c, (char)(0x80 | (code >> 12 & 0x3F)));
    if (code >= 0x800) add(c, (char)(0x80 | (code >> 6 & 0x3F)));
    if (code >= 0x80) add(c, (char)(0x80 | (code & 0x3F)));
}

/* The number of so many hexadecimal digits; -1 where there are fewer. */
static long hex_at(const char *at, int digits)
{
    char copy[9] = {0};
    memcpy(copy, at, strnlen(at, (size_t)digits));
    return (int)strspn(copy, "0123456789abcdefABCDEF") == digits ? strtol(copy, NULL, 16) : -1;
}

static void take_hex(cursor *c, int digits)
{
    long code = hex_at(c->at, digits);
    if (code < 0 || code > 0x10FFFF) {
        fail(c, "an escape that is no character");
        return;
    }
    c->at += digits;
    const bool is_high = code >= 0xD800 && code < 0xDC00 && c->at[0] == '\\' && c->at[1] == 'u';
    const long low = is_high ? hex_at(c->at + 2, 4) : -1;
    if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        c->at += 6;
    }
    add_character(c, code);
}

static void take_octal(cursor *c)
{
    long code = 0;
    for (int i = 0; i < 3 && *c->at >= '0' && *c->at <= '7'; i++) code = 8 * code + (*c->at++ - '0');
    add_character(c, code);
}

/* What follows a backslash. */
static void take_escape(cursor *c)
{
    static const char letters[] = "abfnrtv\\'\"", bytes[] = "\a\b\f\n\r\t\v\\'\"";
    const char *known = strchr(letters, *c->at);
    if (*c->at >= '0' && *c->at <= '7') {
        take_octal(c);
        return;
    }
    if (c->at == c->end || *c->at == 'N') {
        fail(c, c->at == c->end ? "a text that is not closed" : "\\N{...}, which is not read");
        return;
    }
    const char letter = *c->at++;
    if (letter == 0) add(c, '\\'), add_character(c, 0);
    else if (known) add(c, bytes[known - letters]);
    else if (letter == 'x') take_hex(c, 2);
    else if (letter == 'u') take_hex(c, 4);
    else if (letter == 'U') take_hex(c, 8);
    else if (letter != '\n') add(c, '\\'), add(c, letter); /* Python keeps both */
}

static json_t *take_text(cursor *c)
{
    const char quote = *c->at++;
    for (c->n = 0; !c->wrong && c->at < c->end && *c->at != quote;) {
        if (*c->at == '\\') c->at++, take_escape(c);
        else if (*c->at == 0) c->at++, add_character(c, 0);
        else add(c, *c->at++);
    }
    if (!c->wrong && !take_byte(c, quote)) fail(c, "a text that is not closed");
    if (c->wrong) return NULL;
    json_t *text = json_stringn(c->n ? c->text : "", c->n);
    return text ? text : fail(c, "a text that is not UTF-8");
}

/* ---- numbers and names */

static json_t *take_number(cursor *c)
{
    char *end;
    const size_t n = strspn(c->at, "+-.0123456789eE");
    char *digits = hl_alloc(n + 1);
    memcpy(digits, c->at, n);
    digits[n] = 0;
    errno = 0;
    const long long whole = strtoll(digits, &end, 10);
    const bool is_whole = *end == 0;
    const bool is_held = errno == 0;
    const double real = is_whole ? 0 : strtod(digits, &end);
    json_t *number = NULL;
    if (*end || end == digits) fail(c, "a number that is none");
    else if (is_whole && is_held) number = json_integer(whole);
    else if (!is_whole && isfinite(real)) number = json_real(real);
    else number = json_string(digits);
    c->at += n;
    if (is_whole && (*c->at == 'L' || *c->at == 'l')) c->at++;
    free(digits);
    return number;
}

static json_t *take_name(cursor *c)
{
    static const struct {
        const char *name;
        json_t *(*make)(void);
    } names[] = {{"True", json_true}, {"False", json_false}, {"None", json_null}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const size_t n = strlen(names[i].name);
        if (strncmp(c->at, names[i].name, n) != 0) continue;
        c->at += n;
        return names[i].make();
    }
    return fail(c, "what is no literal");
}

/* ---- what holds values */

/* A separator or the closing byte; false where what is held is over. */
static bool goes_on(cursor *c, char close)
{
    const bool has_comma = take_byte(c, ',');
    if (take_byte(c, close)) return false;
    if (!has_comma) fail(c, "no comma where one is needed");
    return !c->wrong;
}

static json_t *take_list(cursor *c, char close)
{
    json_t *list = json_array();
    c->at++;
    bool more = !take_byte(c, close);
    while (more && !c->wrong) {
        json_t *value = take_value(c);
        if (!value) break;
        json_array_append_new(list, value);
        more = goes_on(c, close);
    }
    if (!c->wrong) return list;
    json_decref(list);
    return NULL;
}

/* (x) is x; (x,) is a tuple. */
static json_t *take_tuple(cursor *c)
{
    const char *const begin = c->at;
    json_t *list = take_list(c, ')');
    if (!list || json_array_size(list) != 1) return list;
    const char *last = c->at - 2;
    while (last > begin && is_blank(*last)) last--;
    if (*last == ',') return list;
    json_t *value = json_incref(json_array_get(list, 0));
    json_decref(list);
    return value;
}

/* Keys that are no texts get their digits. */
static char *key_of(cursor *c, json_t *key)
{
    if (json_is_string(key)) return hl_alloc_text(json_string_value(key));
    if (json_is_integer(key) || json_is_real(key)) {
        char *text = json_dumps(key, JSON_ENCODE_ANY);
        char *copy = hl_alloc_text(text);
        free(text);
        return copy;
    }
    fail(c, "a key that is no text");
    return NULL;
}

static void take_pair(cursor *c, json_t *into)
{
    json_t *key = take_value(c), *value = NULL;
    char *text = key ? key_of(c, key) : NULL;
    if (text && !take_byte(c, ':')) fail(c, "no colon behind a key");
    if (!c->wrong) value = take_value(c);
    if (value) json_object_set_new(into, text, value);
    free(text);
    json_decref(key);
}

static json_t *take_dictionary(cursor *c)
{
    json_t *held = json_object();
    c->at++;
    bool more = !take_byte(c, '}');
    while (more && !c->wrong) {
        take_pair(c, held);
        more = !c->wrong && goes_on(c, '}');
    }
    if (!c->wrong) return held;
    json_decref(held);
    return NULL;
}

static json_t *take_one(cursor *c)
{
    const char byte = *c->at;
    if (byte == '{') return take_dictionary(c);
    if (byte == '[') return take_list(c, ']');
    if (byte == '(') return take_tuple(c);
    if ((byte == 'u' || byte == 'U') && (c->at[1] == '\'' || c->at[1] == '"')) c->at++;
    if (*c->at == '\'' || *c->at == '"') return take_text(c);
    if (byte && strchr("+-.0123456789", byte)) return take_number(c);
    return take_name(c);
}

static json_t *take_value(cursor *c)
{
    skip_blanks(c);
    if (c->at == c->end) return fail(c, "an end where a value is needed");
    if (c->depth == DEEPEST) return fail(c, "values deeper in each other than 64");
    c->depth++;
    json_t *value = take_one(c);
    c->depth--;
    return value;
}

json_t *hl_literal_parse(const char *text, size_t n, char why[HL_JSON_WHY])
{
    cursor c = {.begin = text, .at = text, .end = text + n};
    json_t *value = take_value(&c);
    skip_blanks(&c);
    if (value && c.at < c.end) fail(&c, "more behind the value");
    free(c.text);
    if (!c.wrong) return value;
    snprintf(why, HL_JSON_WHY, "%s at byte %zu", c.wrong, (size_t)(c.at - c.begin) + 1);
    json_decref(value);
    return NULL;
}
