/* json-skim.c - of a JSON object, the members that somebody wants, as a smaller object.
 *
 * A walk over RFC 8259's grammar that knows less than a parser, and gives up where one might see something else. */
#include "io/dataset/json-skim.h"
#include "base/array.h"
#include "io/files/utf8.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 32, LONGEST_NUMBER = 15 };

/* What is left of the line. */
typedef struct {
    const char *at, *end;
} walk;

static void skip_blanks(walk *w)
{
    while (w->at < w->end && (*w->at == ' ' || *w->at == '\t' || *w->at == '\r' || *w->at == '\n')) w->at++;
}

static bool skip_char(walk *w, char c)
{
    if (w->at == w->end || *w->at != c) return false;
    w->at++;
    return true;
}

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The code of four digits; -1 where they are none. */
static int code_of(const walk *w)
{
    int code = 0;
    if (w->end - w->at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        const int digit = digit_of(w->at[i]);
        if (digit < 0) return -1;
        code = code * 16 + digit;
    }
    return code;
}

/* Behind a backslash.  A NUL and half of a pair need a closer look. */
static bool skip_escape(walk *w)
{
    if (w->at == w->end) return false;
    const char c = *w->at++;
    if (c != 'u') return c && strchr("\"\\/bfnrt", c);
    const int code = code_of(w);
    if (code <= 0 || (code & 0xFC00) == 0xDC00) return false;
    w->at += 4;
    if ((code & 0xFC00) != 0xD800) return true;
    if (!skip_char(w, '\\') || !skip_char(w, 'u') || (code_of(w) & 0xFC00) != 0xDC00) return false;
    w->at += 4;
    return true;
}

/* Behind the opening quote. */
static bool skip_string(walk *w, bool *has_escapes)
{
    *has_escapes = false;
    while (w->at < w->end) {
        const unsigned char c = (unsigned char)*w->at;
        if (c == '"') return w->at++, true;
        if (c < ' ') return false;
        if (c == '\\') {
            *has_escapes = true;
            w->at++;
            if (!skip_escape(w)) return false;
        } else {
            const int bytes = c < 0x80 ? 1 : hl_utf8_length(w->at, (size_t)(w->end - w->at));
            if (bytes == 0) return false;
            w->at += bytes;
        }
    }
    return false;
}

static size_t skip_digits(walk *w)
{
    const char *from = w->at;
    while (w->at < w->end && *w->at >= '0' && *w->at <= '9') w->at++;
    return (size_t)(w->at - from);
}

/* A number without an exponent, which no program holds as infinity. */
static bool skip_number(walk *w)
{
    const char *from = w->at;
    (void)skip_char(w, '-');
    const bool is_zero = w->at < w->end && *w->at == '0';
    const size_t digits = skip_digits(w);
    if (digits == 0 || (is_zero && digits > 1)) return false;
    if (skip_char(w, '.') && skip_digits(w) == 0) return false;
    return w->at - from <= LONGEST_NUMBER && (w->at == w->end || !strchr("eE", *w->at) || !*w->at);
}

static bool skip_word(walk *w, const char *word)
{
    const size_t n = strlen(word);
    if ((size_t)(w->end - w->at) < n || memcmp(w->at, word, n) != 0) return false;
    w->at += n;
    return true;
}

static bool skip_value(walk *w, int depth);

/* Behind a key: the colon and the value. */
static bool skip_member(walk *w, int depth)
{
    skip_blanks(w);
    return skip_char(w, ':') && skip_value(w, depth);
}

/* Behind the opening bracket: members or values, with commas between them. */
static bool skip_many(walk *w, char close, bool are_members, int depth)
{
    bool has_escapes;
    skip_blanks(w);
    if (skip_char(w, close)) return true;
    do {
        skip_blanks(w);
        if (are_members && !(skip_char(w, '"') && skip_string(w, &has_escapes))) return false;
        if (!(are_members ? skip_member(w, depth) : skip_value(w, depth))) return false;
        skip_blanks(w);
    } while (skip_char(w, ','));
    return skip_char(w, close);
}

static bool skip_value(walk *w, int depth)
{
    bool has_escapes;
    skip_blanks(w);
    if (depth == DEEPEST) return false;
    if (skip_char(w, '"')) return skip_string(w, &has_escapes);
    if (skip_char(w, '{')) return skip_many(w, '}', true, depth + 1);
    if (skip_char(w, '[')) return skip_many(w, ']', false, depth + 1);
    if (skip_word(w, "true") || skip_word(w, "false") || skip_word(w, "null")) return true;
    return skip_number(w);
}

static void add(hl_json_skimmed *out, const char *at, size_t n)
{
    HL_RESERVE(out->at, out->room, out->n + n + 1);
    memcpy(out->at + out->n, at, n);
    out->n += n;
}

/* One member of the outermost object. */
static bool take_member(hl_json_skimmed *out, walk *w, hl_json_wants *wants, const void *self)
{
    bool has_escapes;
    skip_blanks(w);
    const char *from = w->at;
    if (!skip_char(w, '"') || !skip_string(w, &has_escapes) || has_escapes) return false;
    const bool is_wanted = wants(self, from + 1, (size_t)(w->at - from) - 2);
    if (!skip_member(w, 0)) return false;
    if (!is_wanted) return true;
    if (out->n > 1) add(out, ",", 1);
    add(out, from, (size_t)(w->at - from));
    return true;
}

bool hl_json_skim(hl_json_skimmed *out, const char *line, size_t n, hl_json_wants *wants, const void *self)
{
    walk w = {line, line + n};
    out->n = 0;
    add(out, "{", 1);
    skip_blanks(&w);
    if (!skip_char(&w, '{')) return false;
    skip_blanks(&w);
    if (!skip_char(&w, '}')) {
        do
            if (!take_member(out, &w, wants, self)) return false;
        while (skip_blanks(&w), skip_char(&w, ','));
        if (!skip_char(&w, '}')) return false;
    }
    skip_blanks(&w);
    add(out, "}", 1);
    out->at[out->n] = 0;
    return w.at == w.end;
}
