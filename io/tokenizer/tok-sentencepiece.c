/* tok-sentencepiece.c - a SentencePiece model as tokenizer.json.
 *
 * A fast tokenizer is a conversion of the model and differs from SentencePiece itself: special tokens that a text holds
 * are cut out first, and each stretch between them begins with a "▁".  What else the conversion adds depends on the
 * class. */
#include "base/alloc.h"
#include "io/tokenizer/base64.h"
#include "io/tokenizer/fast-json.h"
#include "io/tokenizer/spm-model.h"
#include "io/tokenizer/tok-merges.h"
#include "io/tokenizer/tokenizer-kind.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define BLANK "\xE2\x96\x81"
enum { EOS_ID = 2 };

typedef struct {
    const hl_spm_model *m;
    hl_tok_config *c;
    const char *path;
    json_t *fast;
} making;

/* ---- parts */

static json_t *replace(const char *kind, const char *pattern, const char *content)
{
    return json_pack("{s:s, s:{s:s}, s:s}", "type", "Replace", "pattern", kind, pattern, "content", content);
}

static json_t *typed(const char *type) { return json_pack("{s:s}", "type", type); }

static void put_sequence(json_t *fast, json_t *list)
{
    json_object_set_new(fast, "normalizer", json_pack("{s:s, s:o}", "type", "Sequence", "normalizers", list));
}

static json_t *charsmap(const hl_spm_model *m)
{
    char *text = hl_base64_write(m->charsmap, m->charsmap_n);
    json_t *made = json_pack("{s:s, s:s}", "type", "Precompiled", "precompiled_charsmap", text);
    free(text);
    return made;
}

static json_t *piece_text(const hl_spm_model *m, int32_t id)
{
    return json_stringn(m->pieces.piece[id].text, (size_t)m->pieces.piece[id].n);
}

/* legacy: null is true, unlike other switches. */
static hl_status metaspace(making *k, bool split)
{
    bool prefix = true, legacy = true;
    HL_TRY(hl_tok_config_switch(&prefix, k->c, "add_prefix_space"));
    HL_TRY(hl_tok_config_switch_or_null(&legacy, k->c, "legacy"));
    json_object_set_new(k->fast, "pre_tokenizer",
                        json_pack("{s:s, s:s, s:s, s:b}", "type", "Metaspace", "replacement", BLANK, "prepend_scheme",
                                  !prefix  ? "never"
                                  : legacy ? "always"
                                           : "first",
                                  "split", split));
    return HL_OK;
}

/* Pieces that are cut out of a text: control and user-defined ones, and <unk> where no folder says which are. */
static hl_status add_tokens(making *k, bool with_control, bool normalized)
{
    const hl_spm_model *m = k->m;
    for (int32_t id = 0; id < m->pieces.n; id++) {
        const hl_piece *p = &m->pieces.piece[id];
        bool is_control = m->type[id] == HL_SPM_CONTROL || (m->type[id] == HL_SPM_UNKNOWN && !k->c->is_folder);
        if (!(is_control && with_control) && m->type[id] != HL_SPM_USER_DEFINED) continue;
        if (normalized && memchr(p->text, ' ', (size_t)p->n)) continue; /* blanks are gone where it is looked for */
        json_t *token =
            json_pack("{s:o, s:b, s:b}", "content", piece_text(m, id), "normalized", normalized, "special", is_control);
        hl_status s = hl_fast_json_add(k->fast, token, false, -1, k->path);
        json_decref(token);
        HL_TRY(s);
    }
    return HL_OK;
}

/* ---- BPE: Llama, Baichuan */

static void put_bpe(making *k)
{
    json_t *vocab = json_object(), *merges = hl_tok_merges_make(&k->m->pieces, k->m->score);
    for (int32_t id = 0; id < k->m->pieces.n; id++)
        json_object_setn_new(vocab, k->m->pieces.piece[id].text, (size_t)k->m->pieces.piece[id].n, json_integer(id));
    json_object_set_new(k->fast, "model",
                        json_pack("{s:s, s:o, s:o, s:o, s:b, s:b}", "type", "BPE", "vocab", vocab, "merges", merges,
                                  "unk_token", piece_text(k->m, k->m->unk_id), "fuse_unk", 1, "byte_fallback", 1));
}

static hl_status check_first_pieces(const hl_spm_model *m, const char *path)
{
    static const struct {
        const char *text;
        int type;
    } want[] = {{"<unk>", HL_SPM_UNKNOWN}, {"<s>", HL_SPM_CONTROL}, {"</s>", HL_SPM_CONTROL}};
    for (int id = 0; id <= EOS_ID; id++)
        if (hl_vocab_find(&m->pieces, want[id].text, strlen(want[id].text)) != id || m->type[id] != want[id].type)
            return HL_FAIL(
                HL_EFORMAT,
                "%s: piece %d is not %s; only models that begin with <unk>, <s>, </s>, as Llama's do, are supported",
                path, id, want[id].text);
    return HL_OK;
}

static hl_status make_llama(making *k)
{
    bool prefix = true, legacy = true;
    HL_TRY(check_first_pieces(k->m, k->path));
    put_bpe(k);
    HL_TRY(add_tokens(k, true, false));
    HL_TRY(hl_tok_config_switch(&prefix, k->c, "add_prefix_space"));
    HL_TRY(hl_tok_config_switch_or_null(&legacy, k->c, "legacy"));
    if (!legacy) return metaspace(k, false);
    json_t *list = json_array();
    if (prefix) json_array_append_new(list, json_pack("{s:s, s:s}", "type", "Prepend", "prepend", BLANK));
    json_array_append_new(list, replace("String", " ", BLANK));
    put_sequence(k->fast, list);
    return HL_OK;
}

/* As SentencePiece itself: user-defined pieces are found in the normalized text, control pieces are text. */
static hl_status make_baichuan(making *k)
{
    json_t *list = json_array();
    put_sequence(k->fast, list);
    if (k->m->removes_blanks || !k->m->escapes_blanks || k->m->charsmap_n)
        return HL_FAIL(HL_EFORMAT, "%s: its normalizer is not that of Baichuan's models; name another tokenizer",
                       k->path);
    put_bpe(k);
    if (k->m->dummy_prefix) json_array_append_new(list, json_pack("{s:s, s:s}", "type", "Prepend", "prepend", BLANK));
    json_array_append_new(list, replace("String", " ", BLANK));
    return add_tokens(k, false, true);
}

/* ---- Unigram: T5, ALBERT, XLM-RoBERTa */

static void add_scored(json_t *list, json_t *text, double score)
{
    json_array_append_new(list, json_pack("[o, f]", text, score));
}

static void put_unigram(json_t *fast, json_t *list, int unk_id)
{
    json_object_set_new(
        fast, "model",
        json_pack("{s:s, s:o, s:i, s:b}", "type", "Unigram", "vocab", list, "unk_id", unk_id, "byte_fallback", 0));
}

static hl_status put_around(making *k, int before, int behind)
{
    const char *first = before < 0 ? NULL : hl_tok_config_special(k->c, before),
               *last = behind < 0 ? NULL : hl_tok_config_special(k->c, behind);
    if ((before >= 0 && (!first || hl_fast_json_find(k->fast, first) < 0))
        || (behind >= 0 && (!last || hl_fast_json_find(k->fast, last) < 0)))
        return HL_FAIL(HL_EFORMAT, "%s: it has not the special tokens of a %s; name another tokenizer", k->path,
                       k->c->class->name);
    hl_fast_json_around(k->fast, first, last);
    return HL_OK;
}

/* The normalizer of most conversions. */
static void put_usual_normalizer(making *k)
{
    json_t *list = json_array();
    if (k->m->charsmap_n) json_array_append_new(list, charsmap(k->m));
    json_array_append_new(list, json_pack("{s:s, s:b, s:b}", "type", "Strip", "strip_left", 0, "strip_right", 1));
    json_array_append_new(list, replace("Regex", " {2,}", BLANK));
    put_sequence(k->fast, list);
}

static hl_status make_t5(making *k)
{
    json_t *list = json_array();
    const json_t *given = json_object_get(k->c->file[HL_TOK_CONFIG], "extra_ids");
    json_int_t extra = json_is_integer(given) ? json_integer_value(given) : k->c->class->extra_ids;
    for (int32_t id = 0; id < k->m->pieces.n; id++) add_scored(list, piece_text(k->m, id), (double)k->m->score[id]);
    for (json_int_t i = extra - 1; i >= 0 && extra <= 10000; i--)
        add_scored(list, json_sprintf("<extra_id_%lld>", (long long)i), 0);
    put_unigram(k->fast, list, k->m->unk_id);
    HL_TRY(add_tokens(k, true, false));
    put_usual_normalizer(k);
    HL_TRY(metaspace(k, true));
    return put_around(k, -1, HL_TOK_EOS);
}

/* Pieces that end with a digit and a comma are as good as taken out. */
static double albert_score(const hl_piece *p, double score)
{
    bool is_comma = p->n >= 2 && p->text[p->n - 1] == ',' && isdigit((unsigned char)p->text[p->n - 2]);
    return is_comma ? score - 100 : score;
}

static hl_status put_albert_normalizer(making *k)
{
    json_t *list = json_array();
    bool keeps = false, lower = true;
    put_sequence(k->fast, list);
    HL_TRY(hl_tok_config_switch(&keeps, k->c, "keep_accents"));
    HL_TRY(hl_tok_config_switch(&lower, k->c, "do_lower_case"));
    json_array_append_new(list, replace("String", "``", "\""));
    json_array_append_new(list, replace("String", "''", "\""));
    if (!keeps) json_array_append_new(list, typed("NFKD"));
    if (!keeps) json_array_append_new(list, typed("StripAccents"));
    if (lower) json_array_append_new(list, typed("Lowercase"));
    if (k->m->charsmap_n) json_array_append_new(list, charsmap(k->m));
    json_array_append_new(list, replace("Regex", " {2,}", " "));
    return HL_OK;
}

static hl_status make_albert(making *k)
{
    json_t *list = json_array();
    for (int32_t id = 0; id < k->m->pieces.n; id++)
        add_scored(list, piece_text(k->m, id), albert_score(&k->m->pieces.piece[id], (double)k->m->score[id]));
    put_unigram(k->fast, list, k->m->unk_id);
    HL_TRY(add_tokens(k, true, false));
    HL_TRY(put_albert_normalizer(k));
    HL_TRY(metaspace(k, true));
    return put_around(k, HL_TOK_CLS, HL_TOK_SEP);
}

/* fairseq's first four ids go before the pieces. */
static hl_status make_xlm_roberta(making *k)
{
    static const char *const first[] = {"<s>", "<pad>", "</s>", "<unk>"};
    json_t *list = json_array();
    for (int i = 0; i < 4; i++) add_scored(list, json_string(first[i]), 0);
    for (int32_t id = 3; id < k->m->pieces.n; id++) add_scored(list, piece_text(k->m, id), (double)k->m->score[id]);
    add_scored(list, json_string("<mask>"), 0);
    put_unigram(k->fast, list, 3);
    HL_TRY(add_tokens(k, true, false));
    put_usual_normalizer(k);
    HL_TRY(metaspace(k, true));
    return put_around(k, HL_TOK_CLS, HL_TOK_SEP);
}

/* ---- */

static const struct {
    const char *class;
    int kind;
    hl_status (*make)(making *k);
} makers[] = {
    {"LlamaTokenizer", HL_SPM_BPE, make_llama},
    {"BaichuanTokenizer", HL_SPM_BPE, make_baichuan},
    {"T5Tokenizer", HL_SPM_UNIGRAM, make_t5},
    {"AlbertTokenizer", HL_SPM_UNIGRAM, make_albert},
    {"XLMRobertaTokenizer", HL_SPM_UNIGRAM, make_xlm_roberta},
};

static hl_status make(making *k)
{
    if (k->m->kind == HL_SPM_BPE) hl_tok_config_default(k->c, "LlamaTokenizer");
    const char *class = k->c->class ? k->c->class->name : NULL;
    for (size_t i = 0; class && i < sizeof makers / sizeof makers[0]; i++)
        if (strcmp(class, makers[i].class) == 0 && k->m->kind == makers[i].kind) return makers[i].make(k);
    return HL_FAIL(HL_EFORMAT,
                   "%s: a SentencePiece %s model is turned into a tokenizer as its class says, and tokenizer_class is "
                   "%s; known: LlamaTokenizer, BaichuanTokenizer (BPE), T5Tokenizer, AlbertTokenizer, "
                   "XLMRobertaTokenizer (unigram)",
                   k->path, k->m->kind == HL_SPM_BPE ? "BPE" : "unigram", class ? class : "not given");
}

static hl_status sentencepiece_make(json_t **fast, hl_tok_config *c, const char *path, const char *bytes, size_t n)
{
    hl_spm_model m = {0};
    *fast = json_pack("{s:b}", "is_made_of_pieces", 1);
    hl_status s = hl_spm_model_read(&m, path, bytes, n);
    if (s == HL_OK) s = make(&(making){&m, c, path, *fast});
    hl_spm_model_free(&m);
    return s;
}

/* Whatever is of no other kind: a message that is damaged is told what is wrong with it. */
static bool sentencepiece_is(const char *bytes, size_t n)
{
    (void)bytes, (void)n;
    return true;
}

const hl_tokenizer_kind_ops hl_tok_sentencepiece = {
    .name = "sentencepiece", .is = sentencepiece_is, .make = sentencepiece_make};
