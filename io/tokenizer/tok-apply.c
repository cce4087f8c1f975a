/* tok-apply.c - what the files beside a tokenizer's pieces change in it. */
#include "io/tokenizer/tok-apply.h"
#include "io/files/json.h"
#include "io/tokenizer/fast-json.h"
#include "io/tokenizer/tok-specials.h"
#include <string.h>

static json_t *get(const hl_tok_config *c, int file, const char *key) { return hl_json_get(c->file[file], key); }

/* BERT's class has its normalizer as its own keys say. */
static hl_status apply_bert(const hl_tok_config *c, json_t *fast)
{
    json_t *normalizer = json_object_get(fast, "normalizer");
    bool lower = true, chinese = true, strip = false;
    HL_TRY(hl_tok_config_switch(&lower, c, "do_lower_case"));
    HL_TRY(hl_tok_config_switch(&chinese, c, "tokenize_chinese_chars"));
    HL_TRY(hl_tok_config_switch_or_null(&strip, c, "strip_accents"));
    if (!json_object_get(normalizer, "lowercase")) return HL_OK;
    json_object_set_new(normalizer, "lowercase", json_boolean(lower));
    json_object_set_new(normalizer, "handle_chinese_chars", json_boolean(chinese));
    json_object_set_new(normalizer, "strip_accents",
                        get(c, HL_TOK_CONFIG, "strip_accents") ? json_boolean(strip) : json_null());
    return HL_OK;
}

/* A pre-tokenizer that is alone, and has the key, has it from the class, where it is normally false. */
static hl_status apply_prefix(const hl_tok_config *c, json_t *fast)
{
    json_t *pre = json_object_get(fast, "pre_tokenizer");
    const char *type = json_string_value(json_object_get(pre, "type"));
    bool prefix = false;
    HL_TRY(hl_tok_config_switch(&prefix, c, "add_prefix_space"));
    if (type && strcmp(type, "ByteLevel") == 0) json_object_set_new(pre, "add_prefix_space", json_boolean(prefix));
    return HL_OK;
}

/* add_bos_token with bos_token, add_eos_token with eos_token. */
static hl_status read_end(const char **text, const hl_tok_config *c, const json_t *fast, int which, const char *key,
                          bool normal)
{
    bool adds = normal;
    HL_TRY(hl_tok_config_switch(&adds, c, key));
    *text = adds ? hl_tok_config_special(c, which) : NULL;
    if (adds && (!*text || hl_fast_json_find(fast, *text) < 0))
        return HL_FAIL(HL_EFORMAT, "%s: %s is true, but there is no %s; correct one of them", c->path[HL_TOK_CONFIG],
                       key, hl_tok_config_key(which));
    return HL_OK;
}

static hl_status apply_ends(const hl_tok_config *c, json_t *fast)
{
    const char *bos, *eos;
    HL_TRY(read_end(&bos, c, fast, HL_TOK_BOS, "add_bos_token", c->class->adds_bos));
    HL_TRY(read_end(&eos, c, fast, HL_TOK_EOS, "add_eos_token", false));
    hl_fast_json_around(fast, bos, eos);
    return HL_OK;
}

hl_status hl_tok_apply_config(const hl_tok_config *c, json_t *fast, const char *path)
{
    bool splits = false;
    HL_TRY(hl_fast_json_check_added(fast, path));
    if (!c->class) return HL_OK;
    if (c->is_folder) HL_TRY(hl_tok_specials_apply(c, fast, path));
    if (c->class->around == HL_TOK_AROUND_ENDS) HL_TRY(apply_ends(c, fast));
    if (!c->is_folder) return HL_OK;
    if (c->class->is_bert) HL_TRY(apply_bert(c, fast));
    HL_TRY(apply_prefix(c, fast));
    HL_TRY(hl_tok_config_switch(&splits, c, "split_special_tokens"));
    if (splits) json_object_set_new(fast, "encode_special_tokens", json_true());
    return HL_OK;
}
