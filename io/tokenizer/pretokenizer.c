/* pretokenizer.c - the table of pre-tokenizers, and their chain. */
#include "io/tokenizer/pretokenizer.h"
#include "base/alloc.h"
#include <stdlib.h>
#include <string.h>

static const hl_pretokenizer_kind *const kinds[] = {
    &hl_pretokenizer_byte_level,       &hl_pretokenizer_split,      &hl_pretokenizer_digits,
    &hl_pretokenizer_punctuation,      &hl_pretokenizer_whitespace, &hl_pretokenizer_bert,
    &hl_pretokenizer_whitespace_split, &hl_pretokenizer_metaspace,  &hl_pretokenizer_char_delimiter,
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MOST_STEPS = 16, MOST_DEPTH = 8 };

static hl_status open_one(hl_pretokenizer **out, const json_t *says, const char *type, const char *path, bool is_first)
{
    for (int k = 0; k < KINDS; k++) {
        if (strcmp(type, kinds[k]->type) != 0) continue;
        *out = hl_alloc_zero(1, sizeof **out);
        (*out)->kind = kinds[k];
        (*out)->is_first = is_first;
        return kinds[k]->open ? kinds[k]->open(*out, says, path) : HL_OK;
    }
    return HL_FAIL(HL_EFORMAT, "%s: the pre-tokenizer %.60s is not supported; name another tokenizer", path, type);
}

static hl_status open_all(hl_pretokenizer **out, const json_t *says, const char *path, int depth)
{
    const char *type = json_string_value(json_object_get(says, "type"));
    const json_t *list = json_object_get(says, "pretokenizers");
    hl_pretokenizer **end = out;
    int steps = 0;
    size_t i;
    json_t *one;
    if (!says || json_is_null(says)) return HL_OK;
    if (!type) return HL_FAIL(HL_EFORMAT, "%s: a pre-tokenizer has no type; get the file again", path);
    for (; *end; end = &(*end)->next) steps++;
    if (steps >= MOST_STEPS) return HL_FAIL(HL_EFORMAT, "%s: more than %d pre-tokenizers", path, MOST_STEPS);
    if (strcmp(type, "Sequence") != 0) return open_one(end, says, type, path, steps == 0);
    if (depth == MOST_DEPTH || !json_is_array(list))
        return HL_FAIL(HL_EFORMAT, "%s: a Sequence of pre-tokenizers has no list, or is in too many others", path);
    json_array_foreach(list, i, one) HL_TRY(open_all(out, one, path, depth + 1));
    return HL_OK;
}

static const hl_pretokenizer *find_bytes(const hl_pretokenizer *chain)
{
    while (chain && chain->kind != &hl_pretokenizer_byte_level) chain = chain->next;
    return chain;
}

bool hl_pretokenizer_is_bytes(const hl_pretokenizer *chain) { return find_bytes(chain) != NULL; }

/* Behind ByteLevel there are letters that stand for bytes: steps that only cut can follow it. */
static hl_status check_behind_bytes(const hl_pretokenizer *chain, const char *path)
{
    const hl_pretokenizer *bytes = find_bytes(chain);
    for (const hl_pretokenizer *p = bytes ? bytes->next : NULL; p; p = p->next)
        if (p->kind == &hl_pretokenizer_metaspace || p->kind == &hl_pretokenizer_byte_level)
            return HL_FAIL(HL_EFORMAT, "%s: the pre-tokenizer %s behind ByteLevel is not supported", path,
                           p->kind->type);
    return HL_OK;
}

hl_status hl_pretokenizer_open(hl_pretokenizer **out, const json_t *says, const char *path)
{
    *out = NULL;
    HL_TRY(open_all(out, says, path, 0));
    return check_behind_bytes(*out, path);
}

void hl_pretokenizer_close(hl_pretokenizer *chain)
{
    while (chain) {
        hl_pretokenizer *next = chain->next;
        if (chain->kind->close) chain->kind->close(chain);
        hl_tok_buffer_free(&chain->out);
        free(chain);
        chain = next;
    }
}

hl_status hl_pretokenizer_run(hl_pretokenizer *chain, const hl_pretokenizer_end *end, const char *text, size_t n,
                              bool begins_text)
{
    if (n == 0) return HL_OK;
    if (!chain) return end->take(end->own, text, n);
    for (hl_pretokenizer *p = chain; p; p = p->next) p->end = end;
    chain->begins_text = begins_text;
    return chain->kind->cut(chain, text, n);
}

hl_status hl_pretokenizer_pass(hl_pretokenizer *p, const char *piece, size_t n)
{
    if (n == 0) return HL_OK;
    return p->next ? p->next->kind->cut(p->next, piece, n) : p->end->take(p->end->own, piece, n);
}
