/* tok-wordpiece.c - vocab.txt, the form of BERT, as tokenizer.json. */
#include "base/alloc.h"
#include "base/log.h"
#include "base/minmax.h"
#include "io/files/utf8.h"
#include "io/tokenizer/fast-json.h"
#include "io/tokenizer/tokenizer-kind.h"
#include <stdlib.h>
#include <string.h>

/* The piece of line i has id i; of one that comes twice the last counts. */
static hl_status read_pieces(json_t *vocab, char *text, size_t n, const char *path)
{
    json_int_t id = 0;
    if (strlen(text) != n || hl_utf8_valid(text, n) < n)
        return HL_FAIL(HL_EFORMAT, "%s: not a vocabulary: it is not UTF-8 text", path);
    for (char *at = text, *next; at && *at; at = next) {
        next = strchr(at, '\n');
        if (next) *next++ = 0;
        size_t length = strlen(at);
        if (length && at[length - 1] == '\r') at[length - 1] = 0;
        json_object_set_new(vocab, at, json_integer(id++));
    }
    return HL_OK;
}

static hl_status bert_normalizer(json_t **out, const hl_tok_config *c)
{
    bool lower = true, chinese = true;
    HL_TRY(hl_tok_config_switch(&lower, c, "do_lower_case"));
    HL_TRY(hl_tok_config_switch(&chinese, c, "tokenize_chinese_chars"));
    bool strip = lower;
    HL_TRY(hl_tok_config_switch_or_null(&strip, c, "strip_accents"));
    *out = json_pack("{s:s, s:b, s:b, s:b, s:b}", "type", "BertNormalizer", "clean_text", 1, "handle_chinese_chars",
                     chinese, "strip_accents", strip, "lowercase", lower);
    return HL_OK;
}

/* A special token of BERT's class, which its vocabulary must have. */
static hl_status special(const char **text, const json_t *fast, const hl_tok_config *c, int which, const char *normal,
                         const char *path)
{
    *text = hl_tok_config_special(c, which);
    if (!*text) *text = normal;
    if (hl_fast_json_find(fast, *text) >= 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: not the vocabulary of a BERT: it has no %.60s; name the file of a tokenizer", path,
                   *text);
}

static hl_status finish(json_t *fast, const hl_tok_config *c, const char *path)
{
    const char *unk, *cls, *sep;
    json_t *normalizer;
    HL_TRY(special(&unk, fast, c, HL_TOK_UNK, "[UNK]", path));
    HL_TRY(special(&cls, fast, c, HL_TOK_CLS, "[CLS]", path));
    HL_TRY(special(&sep, fast, c, HL_TOK_SEP, "[SEP]", path));
    HL_TRY(bert_normalizer(&normalizer, c));
    json_object_set_new(json_object_get(fast, "model"), "unk_token", json_string(unk));
    json_object_set_new(fast, "normalizer", normalizer);
    json_object_set_new(fast, "pre_tokenizer", json_pack("{s:s}", "type", "BertPreTokenizer"));
    hl_fast_json_around(fast, cls, sep);
    return HL_OK;
}

static hl_status check_class(hl_tok_config *c, const char *path)
{
    if (!c->file[HL_TOK_CONFIG])
        hl_log(HL_WARN, "%s: no tokenizer_config.json says whether the model minds case: texts become lower case",
               path);
    hl_tok_config_default(c, "BertTokenizer");
    if (c->class->is_bert) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: a vocabulary of word pieces is read as BertTokenizer reads it, and the tokenizer_class is %s",
                   path, c->class->name);
}

static hl_status wordpiece_make(json_t **fast, hl_tok_config *c, const char *path, const char *bytes, size_t n)
{
    json_t *vocab = json_object();
    char *text = hl_alloc(n + 1);
    memcpy(text, bytes, n);
    text[n] = 0;
    *fast = json_pack("{s:{s:s, s:o}}", "model", "type", "WordPiece", "vocab", vocab);
    hl_status s = read_pieces(vocab, text, n, path);
    free(text);
    if (s == HL_OK) s = check_class(c, path);
    return s == HL_OK ? finish(*fast, c, path) : s;
}

/* Lines of text. */
static bool wordpiece_is(const char *bytes, size_t n)
{
    size_t head = hl_min(n, (size_t)4096), text = hl_utf8_valid(bytes, head);
    for (size_t i = 0; i < head; i++)
        if ((unsigned char)bytes[i] < 32 && (!bytes[i] || !strchr("\n\r\t", bytes[i]))) return false;
    return head > 0 && bytes[0] != '\n' && head - text < 4 && memchr(bytes, '\n', head);
}

const hl_tokenizer_kind_ops hl_tok_wordpiece = {.name = "vocab.txt", .is = wordpiece_is, .make = wordpiece_make};
