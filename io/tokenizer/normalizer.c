/* normalizer.c - the table of normalizers, and their chain. */
#include "io/tokenizer/normalizer.h"
#include "base/alloc.h"
#include <stdlib.h>
#include <string.h>

static const hl_normalizer_kind *const kinds[] = {
    &hl_normalizer_nfc,   &hl_normalizer_nfd,       &hl_normalizer_nfkc,          &hl_normalizer_nfkd,
    &hl_normalizer_strip, &hl_normalizer_lowercase, &hl_normalizer_strip_accents, &hl_normalizer_replace,
    &hl_normalizer_nmt,   &hl_normalizer_bert,      &hl_normalizer_prepend,       &hl_normalizer_precompiled,
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MOST_STEPS = 64, MOST_DEPTH = 8, MOST_GROWTH = 64 };

static hl_status open_one(hl_normalizer **out, const json_t *says, const char *type, const char *path)
{
    for (int k = 0; k < KINDS; k++) {
        if (strcmp(type, kinds[k]->type) != 0) continue;
        *out = hl_alloc_zero(1, sizeof **out);
        (*out)->kind = kinds[k];
        return kinds[k]->open ? kinds[k]->open(*out, says, path) : HL_OK;
    }
    return HL_FAIL(HL_EFORMAT, "%s: the normalizer %.60s is not supported; name another tokenizer", path, type);
}

/* Where the chain ends. */
static hl_status end_of(hl_normalizer ***end, hl_normalizer **out, const char *path)
{
    int steps = 0;
    for (*end = out; **end; *end = &(**end)->next) steps++;
    if (steps < MOST_STEPS) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: more than %d normalizers", path, MOST_STEPS);
}

static hl_status open_all(hl_normalizer **out, const json_t *says, const char *path, int depth)
{
    const char *type = json_string_value(json_object_get(says, "type"));
    const json_t *list = json_object_get(says, "normalizers");
    hl_normalizer **end;
    size_t i;
    json_t *one;
    if (!says || json_is_null(says)) return HL_OK;
    if (!type) return HL_FAIL(HL_EFORMAT, "%s: a normalizer has no type; get the file again", path);
    HL_TRY(end_of(&end, out, path));
    if (strcmp(type, "Sequence") != 0) return open_one(end, says, type, path);
    if (depth == MOST_DEPTH || !json_is_array(list))
        return HL_FAIL(HL_EFORMAT, "%s: a Sequence of normalizers has no list, or is in too many others", path);
    json_array_foreach(list, i, one) HL_TRY(open_all(out, one, path, depth + 1));
    return HL_OK;
}

hl_status hl_normalizer_open(hl_normalizer **out, const json_t *says, const char *path)
{
    *out = NULL;
    return open_all(out, says, path, 0);
}

void hl_normalizer_close(hl_normalizer *chain)
{
    while (chain) {
        hl_normalizer *next = chain->next;
        if (chain->kind->close) chain->kind->close(chain);
        hl_tok_buffer_free(&chain->out);
        free(chain);
        chain = next;
    }
}

hl_status hl_normalizer_run(hl_normalizer *chain, const char **text, size_t *n)
{
    const size_t most = MOST_GROWTH * (*n + MOST_GROWTH);
    for (hl_normalizer *s = chain; s; s = s->next) {
        bool same = false;
        s->out.n = 0;
        HL_TRY(s->kind->run(s, &s->out, &same, *text, *n));
        if (same) continue;
        *text = s->out.n ? s->out.at : "";
        *n = s->out.n;
        if (*n > most)
            return HL_FAIL(HL_EFORMAT, "the normalizer %s makes %zu bytes of a text; at most %zu are possible",
                           s->kind->type, *n, most);
    }
    return HL_OK;
}
