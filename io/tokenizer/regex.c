/* regex.c - the regular expressions of tokenizers, by PCRE2. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "io/tokenizer/regex.h"
#include "base/alloc.h"
#include "io/files/utf8.h"
#include "io/tokenizer/regex-rewrite.h"
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PATTERN = 1 << 16, MATCH_LIMIT = 10000000, HEAP_KB = 65536, JIT_STACK = 8 << 20 };

struct hl_regex {
    pcre2_code *code;
    pcre2_match_data *match;
    pcre2_match_context *limits;
    pcre2_jit_stack *stack;
    char *path, *pattern;
};

static hl_status prepare_matching(hl_regex *r)
{
    r->match = pcre2_match_data_create(1, NULL);
    r->limits = pcre2_match_context_create(NULL);
    r->stack = pcre2_jit_stack_create(32 << 10, JIT_STACK, NULL);
    if (!r->match || !r->limits || !r->stack) hl_alloc_failed("a regular expression", JIT_STACK);
    pcre2_set_match_limit(r->limits, MATCH_LIMIT);
    pcre2_set_heap_limit(r->limits, HEAP_KB);
    pcre2_jit_stack_assign(r->limits, NULL, r->stack);
    return HL_OK;
}

static hl_status compile(hl_regex *r, const char *pattern, uint32_t more)
{
    int error;
    PCRE2_SIZE offset;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context) hl_alloc_failed("a regular expression", 1);
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    pcre2_set_parens_nest_limit(context, 100);
    r->code = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                            PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C | more, &error, &offset,
                            context);
    pcre2_compile_context_free(context);
    if (!r->code) {
        PCRE2_UCHAR says[120];
        pcre2_get_error_message(error, says, sizeof says);
        return HL_FAIL(HL_EFORMAT, "%s: the regular expression %.200s is not supported: %s", r->path, r->pattern,
                       (const char *)says);
    }
    pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE); /* where there is none, pcre2_match does without */
    return prepare_matching(r);
}

static hl_status check_text(const hl_regex *r)
{
    size_t n = strlen(r->pattern);
    if (n > MOST_PATTERN)
        return HL_FAIL(HL_EFORMAT, "%s: a regular expression has %zu bytes; at most %d are read", r->path, n,
                       MOST_PATTERN);
    if (hl_utf8_valid(r->pattern, n) < n) return HL_FAIL(HL_EFORMAT, "%s: a regular expression is not UTF-8", r->path);
    return HL_OK;
}

static hl_regex *new_regex(const char *pattern, const char *path)
{
    hl_regex *r = hl_alloc_zero(1, sizeof *r);
    r->path = hl_alloc_text(path);
    r->pattern = hl_alloc_text(pattern);
    return r;
}

hl_status hl_regex_open(hl_regex **out, const char *pattern, const char *path)
{
    hl_tok_buffer ours = {0};
    hl_regex *r = *out = new_regex(pattern, path);
    HL_TRY(check_text(r));
    const char *refused = hl_regex_rewrite(&ours, pattern);
    hl_status s = refused ? HL_FAIL(HL_EFORMAT, "%s: the regular expression %.200s has %s, which is not supported",
                                    path, pattern, refused)
                          : compile(r, ours.at, 0);
    hl_tok_buffer_free(&ours);
    return s;
}

hl_status hl_regex_open_literal(hl_regex **out, const char *text, const char *path)
{
    hl_regex *r = *out = new_regex(text, path);
    HL_TRY(check_text(r));
    r->code = NULL;
    /* PCRE2_LITERAL goes with few options. */
    int error;
    PCRE2_SIZE offset;
    r->code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_LITERAL, &error, &offset, NULL);
    if (!r->code) return HL_FAIL(HL_EFORMAT, "%s: the text %.200s cannot be looked for", path, text);
    pcre2_jit_compile(r->code, PCRE2_JIT_COMPLETE);
    return prepare_matching(r);
}

void hl_regex_close(hl_regex *r)
{
    if (!r) return;
    pcre2_code_free(r->code);
    pcre2_match_data_free(r->match);
    pcre2_match_context_free(r->limits);
    pcre2_jit_stack_free(r->stack);
    free(r->path);
    free(r->pattern);
    free(r);
}

static hl_status search(hl_regex *r, const char *text, size_t n, size_t from, bool *found)
{
    int is = pcre2_match(r->code, (PCRE2_SPTR)text, n, from, PCRE2_NO_UTF_CHECK, r->match, r->limits);
    *found = is >= 0;
    if (is >= 0 || is == PCRE2_ERROR_NOMATCH) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: the regular expression %.200s takes too much time or memory on this text; shorten "
                   "the text, or name another tokenizer",
                   r->path, r->pattern);
}

hl_status hl_regex_next(hl_regex *r, hl_regex_match *m, const char *text, size_t n, bool *found)
{
    *found = false;
    while (m->at <= n) {
        HL_TRY(search(r, text, n, m->at, found));
        if (!*found) return HL_OK;
        const PCRE2_SIZE *where = pcre2_get_ovector_pointer(r->match);
        bool is_again = where[0] == where[1] && m->has_matched && where[1] == m->end;
        if (!is_again) {
            *m = (hl_regex_match){where[0], where[1], where[1], true};
            return HL_OK;
        }
        if (m->at >= n) break;
        m->at += (size_t)hl_utf8_length(text + m->at, n - m->at);
    }
    *found = false;
    return HL_OK;
}
