/* tok-config.c - what the files around a tokenizer's pieces say, as AutoTokenizer of transformers heeds them. */
#include "io/tokenizer/tok-config.h"
#include "base/path.h"
#include "io/files/json.h"
#include <string.h>
#include <unistd.h>

static const char *const names[HL_TOK_FILES] = {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                                                "config.json", "tokenizer.json"};
enum { MOST_FILE = 256 << 20 };

static json_t *get(const hl_tok_config *c, int file, const char *key) { return hl_json_get(c->file[file], key); }

/* ---- the class */

static hl_status refuse_class(const hl_tok_config *c, const char *class, const char *type)
{
    int file = get(c, HL_TOK_CONFIG, "tokenizer_class") || !class ? HL_TOK_CONFIG : HL_TOK_MODEL;
    return HL_FAIL(HL_EFORMAT, "%s: %s is %.60s, which is not supported; name another tokenizer",
                   c->path[class ? file : HL_TOK_MODEL], class ? "tokenizer_class" : "model_type",
                   class ? class : type);
}

static hl_status find_class(hl_tok_config *c)
{
    int file = get(c, HL_TOK_CONFIG, "tokenizer_class") ? HL_TOK_CONFIG : HL_TOK_MODEL;
    const char *class = json_string_value(get(c, file, "tokenizer_class")),
               *type = json_string_value(get(c, HL_TOK_MODEL, "model_type"));
    c->class = hl_tok_class_find(class, type);
    bool runs_code = json_object_get(get(c, HL_TOK_CONFIG, "auto_map"), "AutoTokenizer") != NULL;
    if (runs_code && !(c->class && c->class->runs_own_code))
        return HL_FAIL(HL_EFORMAT,
                       "%s: auto_map names code of the tokenizer's own, which is not run; name another tokenizer",
                       c->path[HL_TOK_CONFIG]);
    return c->class || (!class && !type) ? HL_OK : refuse_class(c, class, type);
}

static hl_status read_file(hl_tok_config *c, int i, const char *folder)
{
    HL_TRY(hl_path_make(c->path[i], "%s/%s", folder, names[i]));
    return access(c->path[i], F_OK) == 0 ? hl_json_read(c->path[i], MOST_FILE, &c->file[i]) : HL_OK;
}

hl_status hl_tok_config_read(hl_tok_config *c, const char *folder)
{
    c->is_folder = true;
    for (int i = 0; i < HL_TOK_FAST; i++) HL_TRY(read_file(c, i, folder));
    HL_TRY(find_class(c));
    return hl_tok_config_wants_pieces(c) ? read_file(c, HL_TOK_FAST, folder) : HL_OK;
}

void hl_tok_config_free(hl_tok_config *c)
{
    for (int i = 0; i < HL_TOK_FILES; i++) json_decref(c->file[i]);
    *c = (hl_tok_config){0};
}

void hl_tok_config_default(hl_tok_config *c, const char *class)
{
    if (!c->class) c->class = hl_tok_class_find(class, NULL);
}

bool hl_tok_config_wants_pieces(const hl_tok_config *c)
{
    return c->class && c->class->is_made_of_pieces && get(c, HL_TOK_CONFIG, "add_prefix_space");
}

/* ---- switches */

hl_status hl_tok_config_switch(bool *is, const hl_tok_config *c, const char *key)
{
    const json_t *value = json_object_get(c->file[HL_TOK_CONFIG], key);
    if (!value) return HL_OK;
    if (!json_is_boolean(value) && !json_is_null(value))
        return HL_FAIL(HL_EFORMAT, "%s: %s is neither true nor false; correct it", c->path[HL_TOK_CONFIG], key);
    *is = json_is_true(value);
    return HL_OK;
}

hl_status hl_tok_config_switch_or_null(bool *is, const hl_tok_config *c, const char *key)
{
    return get(c, HL_TOK_CONFIG, key) ? hl_tok_config_switch(is, c, key) : HL_OK;
}

/* ---- special tokens */

static const char *const keys[HL_TOK_SPECIALS] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                                  "pad_token", "cls_token", "mask_token"};

const char *hl_tok_config_key(int which) { return keys[which]; }

static json_t *decoder(const hl_tok_config *c) { return hl_json_get(c->file[HL_TOK_CONFIG], "added_tokens_decoder"); }

static const char *content_of(const json_t *token)
{
    return json_is_string(token) ? json_string_value(token) : json_string_value(json_object_get(token, "content"));
}

/* The value of a special token.  special_tokens_map.json is older: it counts where the ids of added tokens are not in
 * tokenizer_config.json. */
const json_t *hl_tok_config_value(const hl_tok_config *c, const char *key, int *file)
{
    const json_t *in_map = json_object_get(c->file[HL_TOK_MAP], key);
    *file = !decoder(c) && in_map ? HL_TOK_MAP : HL_TOK_CONFIG;
    return *file == HL_TOK_MAP ? in_map : json_object_get(c->file[HL_TOK_CONFIG], key);
}

const char *hl_tok_config_special(const hl_tok_config *c, int which)
{
    int file;
    const json_t *token = hl_tok_config_value(c, keys[which], &file);
    if (token) return content_of(token);
    return c->class ? c->class->special[which] : NULL;
}
