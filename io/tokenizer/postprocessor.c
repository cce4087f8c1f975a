/* postprocessor.c - the special ids that stand before and behind every text. */
#include "io/tokenizer/postprocessor.h"
#include "io/tokenizer/tok-vocab.h"
#include <string.h>

enum { MOST_DEPTH = 8, MOST_IDS = 1024 };

static hl_status check_id(const json_t *id, const char *path)
{
    if (json_is_integer(id) && json_integer_value(id) >= 0 && json_integer_value(id) < HL_TOK_VOCAB_MOST) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: a special id of its post_processor is not a number from 0 to %d", path,
                   HL_TOK_VOCAB_MOST - 1);
}

/* Put ids in front of those that are there: a later processor goes around an earlier one. */
static void put_before(hl_ids *all, const hl_ids *ids)
{
    int n = all->n;
    for (int i = 0; i < ids->n; i++) hl_ids_push(all, 0);
    memmove(all->at + ids->n, all->at, (size_t)n * sizeof *all->at);
    memcpy(all->at, ids->at, (size_t)ids->n * sizeof *ids->at);
}

static hl_status no_template(const char *path)
{
    return HL_FAIL(HL_EFORMAT,
                   "%s: the template of its post_processor is not special tokens around one text; name "
                   "another tokenizer",
                   path);
}

static hl_status push_special(hl_ids *ids, const json_t *special, const json_t *tokens, const char *path)
{
    const char *name = json_string_value(json_object_get(special, "id"));
    size_t i;
    json_t *id;
    const json_t *list = name ? json_object_get(json_object_get(tokens, name), "ids") : NULL;
    if (!json_is_array(list)) return no_template(path);
    json_array_foreach(list, i, id)
    {
        HL_TRY(check_id(id, path));
        if (ids->n >= MOST_IDS) return no_template(path);
        hl_ids_push(ids, (int32_t)json_integer_value(id));
    }
    return HL_OK;
}

static hl_status read_pieces(hl_ids *before, hl_ids *behind, const json_t *says, const char *path)
{
    const json_t *single = json_object_get(says, "single"), *tokens = json_object_get(says, "special_tokens");
    bool is_behind = false;
    size_t i;
    json_t *one;
    json_array_foreach(single, i, one)
    {
        const json_t *text = json_object_get(one, "Sequence"), *special = json_object_get(one, "SpecialToken");
        const char *which = json_string_value(json_object_get(text, "id"));
        if (text && (is_behind || !which || strcmp(which, "A") != 0)) return no_template(path);
        if (text) is_behind = true;
        else HL_TRY(push_special(is_behind ? behind : before, special, tokens, path));
    }
    return is_behind ? HL_OK : no_template(path);
}

static hl_status read_template(hl_postprocessor *p, const json_t *says, const char *path)
{
    hl_ids before = {0}, behind = {0};
    hl_status s = read_pieces(&before, &behind, says, path);
    if (s == HL_OK && before.n) put_before(&p->before, &before);
    for (int i = 0; s == HL_OK && i < behind.n; i++) hl_ids_push(&p->behind, behind.at[i]);
    hl_ids_free(&before);
    hl_ids_free(&behind);
    return s;
}

/* "cls": ["[CLS]", 101], "sep": ["[SEP]", 102], of BERT and of RoBERTa. */
static hl_status read_pair(hl_postprocessor *p, const json_t *says, const char *path)
{
    const json_t *cls = json_array_get(json_object_get(says, "cls"), 1),
                 *sep = json_array_get(json_object_get(says, "sep"), 1);
    HL_TRY(check_id(cls, path));
    HL_TRY(check_id(sep, path));
    int32_t id = (int32_t)json_integer_value(cls);
    put_before(&p->before, &(hl_ids){.at = &id, .n = 1});
    hl_ids_push(&p->behind, (int32_t)json_integer_value(sep));
    return HL_OK;
}

/* It is about offsets in the text alone. */
static hl_status read_byte_level(hl_postprocessor *p, const json_t *says, const char *path)
{
    (void)p, (void)says, (void)path;
    return HL_OK;
}

static const struct {
    const char *type;
    hl_status (*read)(hl_postprocessor *p, const json_t *says, const char *path);
} kinds[] = {
    {"TemplateProcessing", read_template},
    {"BertProcessing", read_pair},
    {"RobertaProcessing", read_pair},
    {"ByteLevel", read_byte_level},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static hl_status read_all(hl_postprocessor *p, const json_t *says, const char *path, int depth)
{
    const char *type = json_string_value(json_object_get(says, "type"));
    size_t i;
    json_t *one;
    if (!says || json_is_null(says)) return HL_OK;
    if (!type || depth == MOST_DEPTH)
        return HL_FAIL(HL_EFORMAT, "%s: a post_processor has no type, or is in too many others", path);
    if (strcmp(type, "Sequence") == 0) {
        json_array_foreach(json_object_get(says, "processors"), i, one) HL_TRY(read_all(p, one, path, depth + 1));
        return HL_OK;
    }
    for (int k = 0; k < KINDS; k++)
        if (strcmp(type, kinds[k].type) == 0) return kinds[k].read(p, says, path);
    return HL_FAIL(HL_EFORMAT, "%s: the post_processor %.60s is not supported; name another tokenizer", path, type);
}

hl_status hl_postprocessor_read(hl_postprocessor *p, const json_t *says, const char *path)
{
    HL_TRY(read_all(p, says, path, 0));
    if (p->before.n <= MOST_IDS && p->behind.n <= MOST_IDS) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: its post_processor adds more than %d ids", path, MOST_IDS);
}

void hl_postprocessor_free(hl_postprocessor *p)
{
    hl_ids_free(&p->before);
    hl_ids_free(&p->behind);
}
