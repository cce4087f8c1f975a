/* pre-metaspace.c - the pre-tokenizer Metaspace (SentencePiece): blanks become "▁", and words begin with one.
 *
 * prepend_scheme says which pieces get one in front, where they do not begin with one: always, the first of the text,
 * never.  Older files say add_prefix_space instead: true is always, false is never. */
#include "base/alloc.h"
#include "io/tokenizer/pretokenizer.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_BLANK = 4 };

typedef struct {
    enum { ALWAYS, FIRST, NEVER } prepend;
    char blank[MOST_BLANK + 1]; /* one character, normally ▁ */
    size_t blank_n;
    bool split;
} metaspace;

static hl_status read_scheme(metaspace *m, const json_t *says, const char *path)
{
    const char *scheme = json_string_value(json_object_get(says, "prepend_scheme"));
    const json_t *older = json_object_get(says, "add_prefix_space");
    m->prepend = !scheme && older && !json_is_true(older) ? NEVER : ALWAYS;
    if (!scheme || strcmp(scheme, "always") == 0) return HL_OK;
    m->prepend = strcmp(scheme, "first") == 0 ? FIRST : NEVER;
    if (m->prepend == FIRST || strcmp(scheme, "never") == 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: the prepend_scheme %.40s is not supported", path, scheme);
}

static hl_status metaspace_open(hl_pretokenizer *p, const json_t *says, const char *path)
{
    metaspace *m = p->own = hl_alloc_zero(1, sizeof *m);
    const char *blank = json_string_value(json_object_get(says, "replacement"));
    const json_t *split = json_object_get(says, "split");
    if (!blank) blank = "\xE2\x96\x81";
    m->blank_n = strlen(blank);
    if (m->blank_n == 0 || m->blank_n > MOST_BLANK)
        return HL_FAIL(HL_EFORMAT, "%s: the replacement of a Metaspace is not one character", path);
    memcpy(m->blank, blank, m->blank_n);
    m->split = !split || json_is_true(split);
    HL_TRY(read_scheme(m, says, path));
    if (m->prepend == FIRST && !p->is_first)
        return HL_FAIL(HL_EFORMAT, "%s: the prepend_scheme first behind another pre-tokenizer is not supported", path);
    return HL_OK;
}

static bool begins_blank(const metaspace *m, const char *text, size_t n)
{
    return text[0] == ' ' || (n >= m->blank_n && memcmp(text, m->blank, m->blank_n) == 0);
}

static void write_blanks(const metaspace *m, hl_tok_buffer *out, const char *text, size_t n)
{
    size_t from = 0;
    for (const char *at; from < n && (at = memchr(text + from, ' ', n - from));) {
        hl_tok_buffer_add(out, text + from, (size_t)(at - text) - from);
        hl_tok_buffer_add(out, m->blank, m->blank_n);
        from = (size_t)(at - text) + 1;
    }
    hl_tok_buffer_add(out, text + from, n - from);
}

/* A word is a blank and what is behind it, up to the next one. */
static hl_status pass_words(hl_pretokenizer *p, const metaspace *m, const char *text, size_t n)
{
    size_t from = 0, at = 0;
    while (at < n) {
        const char *blank = memmem(text + at, n - at, m->blank, m->blank_n);
        if (!blank) break;
        at = (size_t)(blank - text);
        HL_TRY(hl_pretokenizer_pass(p, text + from, at - from));
        from = at;
        at += m->blank_n;
    }
    return hl_pretokenizer_pass(p, text + from, n - from);
}

static hl_status metaspace_cut(hl_pretokenizer *p, const char *text, size_t n)
{
    const metaspace *m = p->own;
    bool is_wanted = m->prepend == ALWAYS || (m->prepend == FIRST && p->begins_text);
    p->out.n = 0;
    if (is_wanted && !begins_blank(m, text, n)) hl_tok_buffer_add(&p->out, m->blank, m->blank_n);
    write_blanks(m, &p->out, text, n);
    return m->split ? pass_words(p, m, p->out.at, p->out.n) : hl_pretokenizer_pass(p, p->out.at, p->out.n);
}

static void metaspace_close(hl_pretokenizer *p) { free(p->own); }

const hl_pretokenizer_kind hl_pretokenizer_metaspace = {"Metaspace", metaspace_open, metaspace_cut, metaspace_close};
