/* model-wordpiece.c - the models that look whole words up: WordPiece of BERT, and WordLevel.
 *
 * WordPiece takes the longest piece that the rest of the word begins with, pieces within a word being those with "##"
 * in front.  Where no piece fits, or where the word is too long, the whole word is unknown. */
#include "base/alloc.h"
#include "base/digest.h"
#include "io/tokenizer/tok-model.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_PREFIX = 64, NORMAL_LONGEST = 100 };

typedef struct {
    int32_t unknown; /* -1: none */
    int longest;     /* characters of a word that is looked at */
    char prefix[MOST_PREFIX + 1];
    size_t prefix_n;
    hl_tok_buffer text; /* scratch: prefix and the rest of the word */
} wordpiece;

static bool wordpiece_is(const json_t *says) { return json_object_get(says, "max_input_chars_per_word") != NULL; }

static hl_status read_settings(wordpiece *w, hl_tok_model *m, const json_t *says, const char *path)
{
    const char *prefix = json_string_value(json_object_get(says, "continuing_subword_prefix"));
    const json_t *longest = json_object_get(says, "max_input_chars_per_word");
    if (!prefix) prefix = "##";
    w->prefix_n = strlen(prefix);
    w->longest = NORMAL_LONGEST;
    if (longest)
        w->longest =
            json_is_integer(longest) && json_integer_value(longest) < 1 << 20 ? (int)json_integer_value(longest) : -1;
    if (w->prefix_n > MOST_PREFIX || w->longest < 0)
        return HL_FAIL(HL_EFORMAT,
                       "%s: max_input_chars_per_word or continuing_subword_prefix of its model is too large", path);
    memcpy(w->prefix, prefix, w->prefix_n);
    HL_TRY(hl_tok_model_named(&w->unknown, m, says, "unk_token", path));
    int32_t facts[] = {w->unknown, w->longest};
    m->digest = hl_digest_join(hl_digest(facts, sizeof facts), hl_digest(prefix, w->prefix_n));
    return HL_OK;
}

static hl_status wordpiece_open(hl_tok_model *m, const json_t *says, const char *path)
{
    wordpiece *w = m->own = hl_alloc_zero(1, sizeof *w);
    HL_TRY(hl_tok_vocab_read(&m->vocab, json_object_get(says, "vocab"), false, path));
    return read_settings(w, m, says, path);
}

static void wordpiece_close(hl_tok_model *m)
{
    wordpiece *w = m->own;
    if (w) hl_tok_buffer_free(&w->text);
    free(w);
}

static hl_status push_unknown(hl_ids *ids, int32_t unknown)
{
    if (unknown < 0)
        return HL_FAIL(HL_EFORMAT, "a word is not in the vocabulary, and the tokenizer's model has no unk_token");
    hl_ids_push(ids, unknown);
    return HL_OK;
}

static bool is_too_long(const wordpiece *w, const char *word, size_t n)
{
    int chars = 0;
    for (size_t i = 0; i < n; i++) chars += (word[i] & 0xC0) != 0x80;
    return chars > w->longest;
}

/* The longest piece of what is in front of `text` (n): its id, or -1; *bytes of it. */
static int32_t longest_piece(const hl_tok_vocab *v, const char *text, size_t n, size_t least, size_t *bytes)
{
    size_t end = n < (size_t)v->longest ? n : (size_t)v->longest;
    for (; end >= least; end--) {
        if (end < n && (text[end] & 0xC0) == 0x80) continue; /* within a character */
        int32_t id = hl_tok_vocab_find(v, text, end);
        if (id >= 0) return *bytes = end, id;
    }
    return -1;
}

static hl_status wordpiece_encode(hl_tok_model *m, hl_ids *ids, const char *word, size_t n)
{
    wordpiece *w = m->own;
    const int before = ids->n;
    size_t bytes = 0;
    if (is_too_long(w, word, n)) return push_unknown(ids, w->unknown);
    for (size_t at = 0; at < n; at += bytes) {
        const size_t prefix = at ? w->prefix_n : 0;
        w->text.n = 0;
        hl_tok_buffer_add(&w->text, w->prefix, prefix);
        hl_tok_buffer_add(&w->text, word + at, n - at);
        int32_t id = longest_piece(&m->vocab, w->text.at, w->text.n, prefix + 1, &bytes);
        if (id < 0) {
            ids->n = before;
            return push_unknown(ids, w->unknown);
        }
        hl_ids_push(ids, id);
        bytes -= prefix;
    }
    return HL_OK;
}

/* ---- WordLevel: the word, or unknown */

static bool wordlevel_is(const json_t *says) { return json_is_object(json_object_get(says, "vocab")); }

static hl_status wordlevel_encode(hl_tok_model *m, hl_ids *ids, const char *word, size_t n)
{
    int32_t id = hl_tok_vocab_find(&m->vocab, word, n);
    if (id < 0) return push_unknown(ids, ((const wordpiece *)m->own)->unknown);
    hl_ids_push(ids, id);
    return HL_OK;
}

const hl_tok_model_kind hl_tok_model_wordpiece = {"WordPiece", wordpiece_is, wordpiece_open, wordpiece_encode,
                                                  wordpiece_close},
                        hl_tok_model_wordlevel = {"WordLevel", wordlevel_is, wordpiece_open, wordlevel_encode,
                                                  wordpiece_close};
