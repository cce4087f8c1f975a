/* make-fast.c - vocab.json with merges.txt, the form of GPT-2, RoBERTa and Qwen 2, as tokenizer.json. */
#include "io/tokenizer/make-fast.h"
#include "base/path.h"
#include "io/files/regular.h"
#include "io/files/utf8.h"
#include "io/tokenizer/fast-json.h"
#include "io/tokenizer/word-scan.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FILE = 64 << 20 };

/* A line is a merge; "#version" begins the first one, and the last may be empty. */
static hl_status read_merges(json_t *merges, char *text, size_t n, const char *path)
{
    size_t line = 1;
    if (strlen(text) != n || hl_utf8_valid(text, n) < n)
        return HL_FAIL(HL_EFORMAT, "%s: not UTF-8 text; get the file again", path);
    for (char *at = text, *next; at && *at; at = next, line++) {
        next = strchr(at, '\n');
        if (next) *next++ = 0;
        size_t length = strlen(at);
        if (length && at[length - 1] == '\r') at[--length] = 0;
        if (length == 0 || (line == 1 && strncmp(at, "#version", 8) == 0)) continue;
        if (!strchr(at, ' ')) return HL_FAIL(HL_EFORMAT, "%s:%zu: not two pieces; get the file again", path, line);
        json_array_append_new(merges, json_string(at));
    }
    return HL_OK;
}

static hl_status load_merges(json_t *merges, const char *vocab_path)
{
    char path[PATH_MAX], *text = NULL;
    size_t n = 0;
    const char *slash = strrchr(vocab_path, '/');
    HL_TRY(hl_path_make(path, "%.*smerges.txt", slash ? (int)(slash - vocab_path + 1) : 0, vocab_path));
    hl_status s = hl_regular_read(path, MOST_FILE, &text, &n);
    if (s == HL_OK) s = read_merges(merges, text, n, path);
    free(text);
    return s;
}

static json_t *byte_level(bool use_regex, bool add_blank)
{
    return json_pack("{s:s, s:b, s:b}", "type", "ByteLevel", "add_prefix_space", add_blank, "use_regex", use_regex);
}

json_t *hl_make_fast_words(const char *regex, bool add_blank)
{
    return json_pack("{s:s, s:[{s:s, s:{s:s}, s:s, s:b}, o]}", "type", "Sequence", "pretokenizers", "type", "Split",
                     "pattern", "Regex", regex, "behavior", "Isolated", "invert", 0, byte_level(false, add_blank));
}

static bool is_class(const hl_tok_config *c, const char *name) { return c->class && strcmp(c->class->name, name) == 0; }

/* <s> text </s>, around which RoBERTa's own post-processor is. */
static hl_status roberta_around(json_t *fast, const hl_tok_config *c, const char *path)
{
    const char *cls = hl_tok_config_special(c, HL_TOK_CLS), *sep = hl_tok_config_special(c, HL_TOK_SEP);
    if (!cls || !sep || hl_fast_json_find(fast, cls) < 0 || hl_fast_json_find(fast, sep) < 0)
        return HL_FAIL(HL_EFORMAT, "%s: its vocabulary has no %s or no %s", path, cls ? cls : "cls_token",
                       sep ? sep : "sep_token");
    hl_fast_json_around(fast, cls, sep);
    return HL_OK;
}

hl_status hl_make_fast_pair(json_t **fast, json_t *vocab, const hl_tok_config *c, const char *path)
{
    bool is_qwen = is_class(c, "Qwen2Tokenizer"), add_blank = false,
         is_roberta =
             is_class(c, "RobertaTokenizer") || is_class(c, "BartTokenizer") || is_class(c, "LongformerTokenizer"),
         is_gpt2 = is_class(c, "GPT2Tokenizer") || is_class(c, "CodeGenTokenizer");
    json_t *merges = json_array();
    *fast = json_pack("{s:{s:s, s:O, s:o}}", "model", "type", "BPE", "vocab", vocab, "merges", merges);
    if (!is_qwen && !is_roberta && !is_gpt2)
        return HL_FAIL(
            HL_EFORMAT,
            "%s: a vocabulary with merges is cut into words as its class says, and tokenizer_config.json "
            "names none that is known (GPT2Tokenizer, Qwen2Tokenizer, RobertaTokenizer, ...); name its folder, "
            "or add the class",
            path);
    HL_TRY(load_merges(merges, path));
    HL_TRY(hl_tok_config_switch(&add_blank, c, "add_prefix_space"));
    if (is_qwen) json_object_set_new(*fast, "normalizer", json_pack("{s:s}", "type", "NFC"));
    json_object_set_new(*fast, "pre_tokenizer",
                        is_qwen ? hl_make_fast_words(hl_word_scan_regex(1), add_blank) : byte_level(true, add_blank));
    if (is_roberta) HL_TRY(roberta_around(*fast, c, path));
    if (!is_gpt2) return HL_OK;
    bool adds_bos = false;
    HL_TRY(hl_tok_config_switch(&adds_bos, c, "add_bos_token"));
    if (adds_bos) hl_fast_json_around(*fast, hl_tok_config_special(c, HL_TOK_BOS), NULL);
    return HL_OK;
}
