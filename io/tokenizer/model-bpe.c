/* model-bpe.c - the model BPE of tokenizer.json: a word's characters, or bytes, merge by rank (io/tokenizer/bpe.h).
 *
 * A character that is no piece is the pieces <0xXX> of its bytes (byte_fallback), or unk_token, a run of which is one
 * with fuse_unk; without unk_token it is nothing.  With ignore_merges a word that is a piece is not cut. */
#include "base/alloc.h"
#include "base/digest.h"
#include "io/files/utf8.h"
#include "io/tokenizer/bpe.h"
#include "io/tokenizer/byte-letters.h"
#include "io/tokenizer/tok-model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_AFFIX = 64, BLANK_BYTES = 3 };
static const char blank[] = "\xE2\x96\x81";

typedef struct {
    hl_bpe *merges;
    int32_t unknown; /* -1: none */
    bool fuses_unknown, ignores_merges, falls_back;
    int32_t byte_id[256];                                /* of <0xXX>, or -1 */
    int32_t one[256];                                    /* of the piece that is this byte, or -1 */
    char prefix[MOST_AFFIX + 1], suffix[MOST_AFFIX + 1]; /* continuing_subword_prefix, end_of_word_suffix */
    size_t prefix_n, suffix_n;
    hl_ids symbols;     /* scratch */
    hl_tok_buffer text; /* scratch */
} bpe;

static bool bpe_is(const json_t *says) { return json_is_array(json_object_get(says, "merges")); }

static hl_status read_affix(char affix[MOST_AFFIX + 1], size_t *n, const json_t *says, const char *key,
                            const char *path)
{
    const char *text = json_string_value(json_object_get(says, key));
    *n = text ? strlen(text) : 0;
    if (*n > MOST_AFFIX) return HL_FAIL(HL_EFORMAT, "%s: the %s of its model is too long", path, key);
    if (text) memcpy(affix, text, *n);
    return HL_OK;
}

static hl_status read_settings(bpe *b, const hl_tok_model *m, const json_t *says, const char *path)
{
    const json_t *dropout = json_object_get(says, "dropout");
    if (json_is_number(dropout) && json_number_value(dropout) > 0)
        return HL_FAIL(HL_EFORMAT, "%s: its model has dropout, by which ids are drawn; set it to null", path);
    b->fuses_unknown = json_is_true(json_object_get(says, "fuse_unk"));
    b->ignores_merges = json_is_true(json_object_get(says, "ignore_merges"));
    b->falls_back = json_is_true(json_object_get(says, "byte_fallback"));
    HL_TRY(read_affix(b->prefix, &b->prefix_n, says, "continuing_subword_prefix", path));
    HL_TRY(read_affix(b->suffix, &b->suffix_n, says, "end_of_word_suffix", path));
    return hl_tok_model_named(&b->unknown, m, says, "unk_token", path);
}

static void find_bytes(bpe *b, const hl_tok_vocab *v)
{
    for (unsigned i = 0; i < 256; i++) {
        char name[8], byte = (char)i;
        snprintf(name, sizeof name, "<0x%02X>", i);
        b->byte_id[i] = hl_tok_vocab_find(v, name, 6);
        b->one[i] = hl_tok_vocab_find(v, &byte, 1);
    }
}

/* ---- merges */

/* "left right", or ["left", "right"] in newer files. */
static bool halves(const json_t *merge, hl_piece *left, hl_piece *right)
{
    const char *a = json_string_value(json_array_get(merge, 0)), *b = json_string_value(json_array_get(merge, 1)),
               *both = json_string_value(merge);
    const char *gap = both ? strchr(both, ' ') : NULL;
    if (gap && strchr(gap + 1, ' ')) return false;
    if (gap) a = both, b = gap + 1;
    if (!a || !b) return false;
    *left = (hl_piece){a, (int)(gap ? gap - both : (int)strlen(a))};
    *right = (hl_piece){b, (int)strlen(b)};
    return left->n > 0 && right->n > 0;
}

/* The bytes of a piece as words have them; false where it has none. */
static bool add_text(bpe *b, bool is_bytes, const char *text, size_t n)
{
    if (is_bytes) return hl_byte_letters_read(&b->text, text, n);
    hl_tok_buffer_add(&b->text, text, n);
    return true;
}

static bool find_merge(bpe *b, const hl_tok_model *m, hl_piece left, hl_piece right, int32_t is[3])
{
    b->text.n = 0;
    if (!add_text(b, m->is_bytes, left.text, (size_t)left.n)) return false;
    size_t middle = b->text.n;
    if (!add_text(b, m->is_bytes, right.text, (size_t)right.n)) return false;
    is[0] = hl_tok_vocab_find(&m->vocab, b->text.at, middle);
    is[1] = hl_tok_vocab_find(&m->vocab, b->text.at + middle, b->text.n - middle);
    if (b->prefix_n && b->text.n - middle >= b->prefix_n) { /* the whole has the prefix of its left half alone */
        memmove(b->text.at + middle, b->text.at + middle + b->prefix_n, b->text.n - middle - b->prefix_n);
        b->text.n -= b->prefix_n;
    }
    is[2] = hl_tok_vocab_find(&m->vocab, b->text.at, b->text.n);
    return is[0] >= 0 && is[1] >= 0 && is[2] >= 0;
}

static bool begins_blank(const char *text, size_t n)
{
    return n >= BLANK_BYTES && memcmp(text, blank, BLANK_BYTES) == 0;
}

/* Does the merge put a "▁" behind another character? */
static bool joins_at_blank(hl_piece left, hl_piece right)
{
    bool left_ends = left.n >= BLANK_BYTES && begins_blank(left.text + left.n - BLANK_BYTES, BLANK_BYTES);
    return !left_ends && begins_blank(right.text, (size_t)right.n);
}

static hl_status read_merges(bpe *b, hl_tok_model *m, const json_t *list, const char *path)
{
    size_t i;
    json_t *merge;
    int32_t is[3] = {0};
    uint64_t digest = 0;
    if (json_array_size(list) > INT32_MAX / 4) return HL_FAIL(HL_EFORMAT, "%s: its model has too many merges", path);
    json_array_foreach(list, i, merge)
    {
        hl_piece left, right;
        if (!halves(merge, &left, &right))
            return HL_FAIL(HL_EFORMAT, "%s: merge %zu is not two pieces; get the file again", path, i);
        if (!find_merge(b, m, left, right, is))
            return HL_FAIL(HL_EFORMAT,
                           "%s: merge %zu is of pieces that its vocabulary does not have; get the file again", path, i);
        if (hl_bpe_has(b->merges, is[0], is[1]))
            return HL_FAIL(HL_EFORMAT, "%s: has merge %zu twice; get it again", path, i);
        hl_bpe_add(b->merges, is[0], is[1], is[2]);
        digest = hl_digest_join(digest, hl_digest(is, sizeof is));
        m->cuts_at_blanks = m->cuts_at_blanks && !joins_at_blank(left, right);
    }
    m->digest = hl_digest_join(m->digest, digest);
    return HL_OK;
}

static uint64_t digest_of(const bpe *b)
{
    int32_t facts[] = {b->unknown, b->fuses_unknown, b->ignores_merges, b->falls_back};
    uint64_t affixes = hl_digest_join(hl_digest(b->prefix, b->prefix_n), hl_digest(b->suffix, b->suffix_n));
    return hl_digest_join(hl_digest(facts, sizeof facts), affixes);
}

/* Can the word be cut where a "▁" begins?  The blank must be a piece, so that no run of unknown characters goes over
 * it, and no merge may join it with what is before it. */
static bool may_cut(const bpe *b, const hl_tok_model *m)
{
    return !m->is_bytes && !b->ignores_merges && b->prefix_n == 0 && b->suffix_n == 0
           && hl_tok_vocab_find(&m->vocab, blank, BLANK_BYTES) >= 0;
}

static hl_status bpe_open(hl_tok_model *m, const json_t *says, const char *path)
{
    bpe *b = m->own = hl_alloc_zero(1, sizeof *b);
    b->merges = hl_bpe_new();
    HL_TRY(hl_tok_vocab_read(&m->vocab, json_object_get(says, "vocab"), m->is_bytes, path));
    HL_TRY(read_settings(b, m, says, path));
    find_bytes(b, &m->vocab);
    m->cuts_at_blanks = may_cut(b, m);
    m->digest = digest_of(b);
    return read_merges(b, m, json_object_get(says, "merges"), path);
}

static void bpe_close(hl_tok_model *m)
{
    bpe *b = m->own;
    if (!b) return;
    hl_bpe_free(b->merges);
    hl_ids_free(&b->symbols);
    hl_tok_buffer_free(&b->text);
    free(b);
}

/* ---- words */

/* The id of a character as a piece: with the prefix where it is not the first one, the suffix where it is the last. */
static int32_t find_char(bpe *b, const hl_tok_vocab *v, const char *c, size_t n, bool is_first, bool is_last)
{
    bool with_prefix = b->prefix_n && !is_first, with_suffix = b->suffix_n && is_last;
    if (!with_prefix && !with_suffix) return n == 1 ? b->one[(unsigned char)*c] : hl_tok_vocab_find(v, c, n);
    b->text.n = 0;
    if (with_prefix) hl_tok_buffer_add(&b->text, b->prefix, b->prefix_n);
    hl_tok_buffer_add(&b->text, c, n);
    if (with_suffix) hl_tok_buffer_add(&b->text, b->suffix, b->suffix_n);
    return hl_tok_vocab_find(v, b->text.at, b->text.n);
}

static bool push_bytes(const bpe *b, hl_ids *ids, const char *c, size_t n)
{
    if (!b->falls_back) return false;
    for (size_t i = 0; i < n; i++)
        if (b->byte_id[(unsigned char)c[i]] < 0) return false;
    for (size_t i = 0; i < n; i++) hl_ids_push(ids, b->byte_id[(unsigned char)c[i]]);
    return true;
}

/* The word's characters before any merge. */
static void push_symbols(bpe *b, const hl_tok_model *m, const char *word, size_t n)
{
    bool after_unknown = false;
    hl_ids *ids = &b->symbols;
    for (size_t at = 0, bytes; at < n; at += bytes) {
        bytes = m->is_bytes ? 1 : (size_t)hl_utf8_length(word + at, n - at);
        int32_t id = find_char(b, &m->vocab, word + at, bytes, at == 0, at + bytes == n);
        bool is_unknown = id < 0 && !push_bytes(b, ids, word + at, bytes);
        if (id >= 0) hl_ids_push(ids, id);
        else if (is_unknown && b->unknown >= 0 && !(after_unknown && b->fuses_unknown)) hl_ids_push(ids, b->unknown);
        ids->dropped += is_unknown && b->unknown < 0;
        after_unknown = is_unknown;
    }
}

static hl_status bpe_encode(hl_tok_model *m, hl_ids *ids, const char *word, size_t n)
{
    bpe *b = m->own;
    int32_t whole = b->ignores_merges ? hl_tok_vocab_find(&m->vocab, word, n) : -1;
    if (whole >= 0) return hl_ids_push(ids, whole), HL_OK;
    b->symbols.n = 0;
    b->symbols.dropped = 0;
    push_symbols(b, m, word, n);
    if (b->symbols.n) b->symbols.n = hl_bpe_merge(b->merges, b->symbols.at, b->symbols.n);
    hl_ids_push_all(ids, &b->symbols);
    return HL_OK;
}

const hl_tok_model_kind hl_tok_model_bpe = {"BPE", bpe_is, bpe_open, bpe_encode, bpe_close};
