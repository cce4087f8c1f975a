/* regex-rewrite.c - a pattern for Oniguruma as one for PCRE2 that matches the same.
 *
 *     \s \S         White_Space; PCRE2's own \s has U+180E, too
 *     \w \W         letters, also those in circles, marks, digits, connectors, and what Latin-1 has of other
 *                   numbers; PCRE2's has all numbers and no marks
 *     \h \H         a hexadecimal digit; PCRE2's is a blank
 *     \p{Script}    Script; PCRE2's is Script_Extensions
 *     \uHHHH        \x{HHHH}
 *     x{1,3}+       Ruby repeats the whole; PCRE2 would be possessive
 *     (?i:ss)       refused: Oniguruma finds ß, too
 * ^ and $ are at every line (PCRE2_MULTILINE, io/tokenizer/regex.c).  What is left out of the table below is refused:
 * \b, \B, \G, \K, \R, \X, back references, nested classes, && in a class, POSIX classes, (?...) of other kinds. */
#include "io/tokenizer/regex-rewrite.h"
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define WORD                                                                                                        \
    "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{B2}\\x{B3}\\x{B9}\\x{BC}-\\x{BE}\\x{24B6}-\\x{24E9}\\x{1F130}-\\x{1F149}" \
    "\\x{1F150}-\\x{1F169}\\x{1F170}-\\x{1F189}"

typedef struct {
    const char *at;
    hl_tok_buffer *out;
    const char *refused;
    bool in_class, has_caseless; /* the pattern has a part where case does not matter */
} rewriting;

static void put(rewriting *r, const char *text) { hl_tok_buffer_add(r->out, text, strlen(text)); }

static void copy(rewriting *r, size_t n)
{
    hl_tok_buffer_add(r->out, r->at, n);
    r->at += n;
}

/* Escapes that mean the same in both, or another one in PCRE2. */
static const struct {
    char letter;
    const char *outside, *in_class; /* NULL: refused */
} escapes[] = {
    {'s', "\\p{White_Space}", "\\p{White_Space}"},
    {'S', "\\P{White_Space}", "\\P{White_Space}"},
    {'w', "[" WORD "]", WORD},
    {'W', "[^" WORD "]", NULL},
    {'h', "[0-9a-fA-F]", "0-9a-fA-F"},
    {'H', "[^0-9a-fA-F]", NULL},
    {'d', "\\p{Nd}", "\\p{Nd}"},
    {'D', "\\P{Nd}", "\\P{Nd}"},
    {'n', "\\n", "\\n"},
    {'r', "\\r", "\\r"},
    {'t', "\\t", "\\t"},
    {'f', "\\f", "\\f"},
    {'v', "\\x0B", "\\x0B"},
    {'a', "\\a", "\\a"},
    {'e', "\\e", "\\e"},
    {'A', "\\A", NULL},
    {'z', "\\z", NULL},
};

static const char *name_of_escape(char letter)
{
    static __thread char name[] = "\\?";
    name[1] = letter;
    return name;
}

/* \p{...}, \P{...}, \p{^...}: one or two letters are a category, a longer name is a script. */
static void property(rewriting *r)
{
    const char *close = strchr(r->at, '}'), *name = r->at + 3;
    if (r->at[2] != '{' || !close) {
        r->refused = "\\p without {name}";
        return;
    }
    bool is_not = *name == '^', is_category;
    name += is_not;
    size_t n = (size_t)(close - name);
    is_category = n == 1 || n == 2;
    for (size_t i = 0; i < n; i++)
        if (!isalpha((unsigned char)name[i]) && name[i] != '_') r->refused = "a property of this form";
    if (n == 0 || n > 40) r->refused = "a property of this form";
    if (r->refused) return;
    put(r, (r->at[1] == 'P') != is_not ? "\\P{" : "\\p{");
    if (!is_category) put(r, "sc:");
    hl_tok_buffer_add(r->out, name, n);
    put(r, "}");
    r->at = close + 1;
}

/* \xHH, \x{H...}, \uHHHH */
static void code_point(rewriting *r)
{
    const char *from = r->at + 2;
    size_t most = r->at[1] == 'u' ? 4 : 2, n = 0;
    bool braces = *from == '{';
    if (braces) from++, most = 6;
    while (n < most && isxdigit((unsigned char)from[n])) n++;
    if (n == 0 || (braces ? from[n] != '}' : n != most)) {
        r->refused = "a code point of this form";
        return;
    }
    put(r, "\\x{");
    hl_tok_buffer_add(r->out, from, n);
    put(r, "}");
    r->at = from + n + braces;
}

static void escape(rewriting *r)
{
    char letter = r->at[1];
    if (letter == 'p' || letter == 'P') return property(r);
    if (letter == 'x' || letter == 'u') return code_point(r);
    if (letter && !isalnum((unsigned char)letter)) { /* itself */
        size_t n = 2;
        while ((r->at[n] & 0xC0) == 0x80) n++;
        return copy(r, n);
    }
    for (size_t i = 0; i < sizeof escapes / sizeof escapes[0]; i++) {
        if (escapes[i].letter != letter) continue;
        const char *is = r->in_class ? escapes[i].in_class : escapes[i].outside;
        if (!is) break;
        put(r, is);
        r->at += 2;
        return;
    }
    r->refused = name_of_escape(letter);
}

static void class(rewriting *r)
{
    r->in_class = true;
    copy(r, r->at[1] == '^' ? 2 : 1);
    if (*r->at == ']') r->refused = "a class that begins with ]";
    while (!r->refused && *r->at && *r->at != ']') {
        if (*r->at == '\\') escape(r);
        else if (*r->at == '[') r->refused = "a class in a class";
        else if (strncmp(r->at, "&&", 2) == 0) r->refused = "&& in a class";
        else copy(r, 1);
    }
    if (!*r->at && !r->refused) r->refused = "a class without end";
    if (!r->refused) copy(r, 1);
    r->in_class = false;
}

/* (?:...), (?=...), (?!...), (?<=...), (?<!...), (?>...), (?i:...), (?-i:...) and plain groups. */
static void group(rewriting *r)
{
    static const char *const known[] = {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:"};
    const size_t all = sizeof known / sizeof known[0];
    if (r->at[1] == '*') { /* a command to PCRE2 */
        r->refused = "(*";
        return;
    }
    if (r->at[1] != '?') return copy(r, 1);
    if (r->out->n == 0 && strncmp(r->at, "(?i)", 4) == 0) return copy(r, 4); /* further in, Ruby's takes more */
    for (size_t i = 0; i < all; i++)
        if (strncmp(r->at, known[i], strlen(known[i])) == 0) return copy(r, strlen(known[i]));
    r->refused = "a group of this kind";
}

/* {n}, {n,}, {,m}, {n,m}; anything else is text, in both. */
static void repeat(rewriting *r)
{
    size_t n = 1;
    while (isdigit((unsigned char)r->at[n]) || r->at[n] == ',') n++;
    bool counts = r->at[n] == '}' && n > 1;
    if (!counts) {
        put(r, "\\");
        return copy(r, 1);
    }
    if (r->at[1] == ',' || r->at[n + 1] == '+') {
        r->refused = "a repetition of this form";
        return;
    }
    copy(r, n + 1);
}

/* Letters that Oniguruma, where case does not matter, takes for one other: ss for ß, fi for ﬁ, ... */
static bool are_folded(const char *at)
{
    static const char *const pairs[] = {"ss", "st", "ff", "fi", "fl"};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (strncasecmp(at, pairs[i], 2) == 0) return true;
    return false;
}

static void literal(rewriting *r)
{
    if (r->has_caseless && are_folded(r->at)) r->refused = "ss, st, ff, fi or fl in any case";
    else copy(r, 1);
}

const char *hl_regex_rewrite(hl_tok_buffer *out, const char *pattern)
{
    rewriting r = {.at = pattern, .out = out, .has_caseless = strstr(pattern, "(?i") != NULL};
    out->n = 0;
    while (*r.at && !r.refused) switch (*r.at) {
        case '\\': escape(&r); break;
        case '[': class(&r); break;
        case '(': group(&r); break;
        case '{': repeat(&r); break;
        default: literal(&r);
        }
    hl_tok_buffer_add(out, "", 1);
    return r.refused;
}
