/* tok-config.h - what the files around a tokenizer's pieces say, read as AutoTokenizer of transformers does.
 *
 * The rules are those of the fast tokenizers of transformers 4.4x and 4.5x:
 *     tokenizer_config.json    tokenizer_class, add_bos_token, add_eos_token, add_prefix_space, legacy, do_lower_case,
 *                              strip_accents, tokenize_chinese_chars, keep_accents, extra_ids, added_tokens_decoder,
 *                              bos_token, eos_token and the other special tokens, split_special_tokens
 *     special_tokens_map.json, added_tokens.json
 *                              where tokenizer_config.json has no added_tokens_decoder
 *     tokenizer.json           its added tokens, also where the pieces are wanted rather
 *     config.json              model_type, where there is no tokenizer_class
 * Keys without an effect on ids (chat_template, padding_side, model_max_length, clean_up_tokenization_spaces, ...)
 * are not looked at. */
#ifndef IO_TOKENIZER_TOK_CONFIG_H
#define IO_TOKENIZER_TOK_CONFIG_H
#include "base/error.h"
#include "io/tokenizer/tok-class.h"
#include <jansson.h>
#include <limits.h>
#include <stdbool.h>

enum { HL_TOK_CONFIG, HL_TOK_MAP, HL_TOK_ADDED, HL_TOK_MODEL, HL_TOK_FAST, HL_TOK_FILES };

/* Start from {0}; release with hl_tok_config_free. */
typedef struct {
    json_t *file[HL_TOK_FILES]; /* NULL where it is not there; HL_TOK_FAST: or is what is read anyway */
    char path[HL_TOK_FILES][PATH_MAX];
    const hl_tok_class *class; /* NULL where nothing is said of it */
    bool is_folder;
} hl_tok_config;

/* Read the files of a folder.  HL_EFORMAT names what is not supported. */
hl_status hl_tok_config_read(hl_tok_config *c, const char *folder);
void hl_tok_config_free(hl_tok_config *c);

/* The class is this one where no file says another. */
void hl_tok_config_default(hl_tok_config *c, const char *class);

/* Are the pieces wanted rather than tokenizer.json? */
bool hl_tok_config_wants_pieces(const hl_tok_config *c);

/* A switch of tokenizer_config.json: true, false, or null, which is false to Python; what is absent stays. */
hl_status hl_tok_config_switch(bool *is, const hl_tok_config *c, const char *key);
/* The same where null is as good as absent. */
hl_status hl_tok_config_switch_or_null(bool *is, const hl_tok_config *c, const char *key);

/* "bos_token" for HL_TOK_BOS, ... */
const char *hl_tok_config_key(int which);

/* The value of a special token's key, NULL where it is absent, and its file.  special_tokens_map.json is
 * older: it counts where the ids of added tokens are not in tokenizer_config.json. */
const json_t *hl_tok_config_value(const hl_tok_config *c, const char *key, int *file);

/* The text of a special token (HL_TOK_BOS, ...), that of the class where none is given; NULL: none. */
const char *hl_tok_config_special(const hl_tok_config *c, int which);

#endif
