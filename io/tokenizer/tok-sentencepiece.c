/* tok-sentencepiece.c - SentencePiece BPE models with the ids of Hugging Face's fast Llama tokenizer.
 *
 * Kudo, Richardson: SentencePiece: A simple and language independent subword tokenizer, EMNLP 2018.
 * The fast tokenizer is a conversion of the model file and differs from SentencePiece itself:
 *   1. Added tokens (<s>, </s>, <unk>, user-defined pieces, and those that the files beside the model name) that
 *      are written in a text are cut out first, leftmost and longest first, and become their ids.
 *   2. Each stretch between them that is not empty gets a "▁" (U+2581) in front, and its blanks become "▁".  The
 *      files beside the model may say that fewer stretches do, and which ids stand around the whole
 *      (io/tokenizer/tok-rules.h).
 *   3. A character that is a piece is its id; one that is not is the pieces <0xXX> of its bytes, and where
 *      the model has none of these, a run of such characters is one <unk>.
 *   4. Neighbours merge (io/tokenizer/bpe.h).  The model keeps no merges: they follow from its pieces' scores
 *      (io/tokenizer/tok-merges.h). */
#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/minmax.h"
#include "io/tokenizer/bpe.h"
#include "io/tokenizer/protobuf.h"
#include "io/tokenizer/tok-folder.h"
#include "io/tokenizer/tok-merges.h"
#include "io/tokenizer/tokenizer-kind.h"
#include "io/files/utf8.h"
#include "io/tokenizer/vocab.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NORMAL = 1, UNKNOWN = 2, CONTROL = 3, USER_DEFINED = 4, UNUSED = 5, BYTE = 6 }; /* type of a piece */
enum { UNIGRAM = 1, BPE = 2, WORD = 3, CHAR = 4 };                                     /* type of a model */
enum { UNK_ID = 0, BOS_ID = 1, EOS_ID = 2, MOST_PIECE = 1024 };

static const char blank[] = "\xE2\x96\x81"; /* ▁ */
enum { BLANK_BYTES = sizeof blank - 1 };

typedef struct {
    hl_vocab vocab; /* texts lie in the file */
    float *score;
    uint8_t *type;
    size_t score_room, type_room;
    int model_type;
    bool has_trainer, has_normalizer;
    int32_t byte_id[256]; /* of <0xXX>; meaningful where has_bytes */
    bool has_bytes;
    hl_tok_rules rules; /* added tokens by first byte, then longest first */
    int first[257];     /* rules.added[first[b]] .. rules.added[first[b + 1] - 1] begin with byte b */
    hl_bpe *bpe;
    hl_ids stretch; /* scratch of encode */
} sentencepiece;

/* What one SentencePiece message of the file says. */
typedef struct {
    const char *text;
    size_t n;
    float score;
    uint64_t type;
} piece;

static hl_status read_piece(piece *p, const char *path, int id, const char *bytes, size_t n)
{
    *p = (piece){.text = "", .type = NORMAL};
    hl_protobuf m = hl_protobuf_over(bytes, n);
    while (hl_protobuf_next(&m)) {
        if (m.field == 1 && m.type == HL_PB_BYTES) p->text = m.bytes, p->n = m.size;
        if (m.field == 2 && m.type == HL_PB_FIXED32) p->score = hl_protobuf_float(&m);
        if (m.field == 3 && m.type == HL_PB_VARINT) p->type = m.number;
    }
    if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: piece %d: %s", path, id, m.broken);
    if (p->n == 0 || p->n > MOST_PIECE)
        return HL_FAIL(HL_EFORMAT, "%s: piece %d is %zu bytes long; 1 to %d are possible", path, id, p->n, MOST_PIECE);
    if (hl_utf8_valid(p->text, p->n) < p->n) return HL_FAIL(HL_EFORMAT, "%s: piece %d is not UTF-8", path, id);
    if (!isfinite(p->score)) return HL_FAIL(HL_EFORMAT, "%s: the score of piece %d is not a number", path, id);
    if (p->type < NORMAL || p->type > BYTE)
        return HL_FAIL(HL_EFORMAT, "%s: piece %d has the unknown type %llu", path, id, (unsigned long long)p->type);
    return HL_OK;
}

static hl_status add_piece(sentencepiece *s, const char *path, const char *bytes, size_t n)
{
    piece p;
    int id = s->vocab.n;
    HL_TRY(read_piece(&p, path, id, bytes, n));
    if (hl_vocab_add(&s->vocab, p.text, p.n) < 0)
        return HL_FAIL(HL_EFORMAT, "%s: piece %d, \"%.*s\", is there twice", path, id, (int)p.n, p.text);
    HL_RESERVE(s->score, s->score_room, s->vocab.n);
    HL_RESERVE(s->type, s->type_room, s->vocab.n);
    s->score[id] = p.score;
    s->type[id] = (uint8_t)p.type;
    return HL_OK;
}

static hl_status read_trainer(sentencepiece *s, const char *path, const char *bytes, size_t n)
{
    s->has_trainer = true;
    s->model_type = UNIGRAM; /* what the format means where the field is left out */
    hl_protobuf m = hl_protobuf_over(bytes, n);
    while (hl_protobuf_next(&m))
        if (m.field == 3 && m.type == HL_PB_VARINT) s->model_type = m.number > CHAR ? 0 : (int)m.number;
    if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: its trainer settings: %s", path, m.broken);
    return HL_OK;
}

static hl_status read_model(sentencepiece *s, const char *path, const char *bytes, size_t n)
{
    hl_protobuf m = hl_protobuf_over(bytes, n);
    while (hl_protobuf_next(&m)) {
        if (m.type != HL_PB_BYTES) continue;
        if (m.field == 1) HL_TRY(add_piece(s, path, m.bytes, m.size));
        if (m.field == 2) HL_TRY(read_trainer(s, path, m.bytes, m.size));
        if (m.field == 3) s->has_normalizer = true;
    }
    if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: %s", path, m.broken);
    return HL_OK;
}

static hl_status check_model(const sentencepiece *s, const char *path)
{
    static const char *const names[] = {"unknown", "unigram", "BPE", "word", "character"};
    if (s->vocab.n == 0) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: it has no pieces", path);
    if (!s->has_trainer || !s->has_normalizer)
        return HL_FAIL(HL_EFORMAT, "%s: a SentencePiece model without its settings; is the file complete?", path);
    if (s->model_type != BPE)
        return HL_FAIL(HL_EFORMAT, "%s: a SentencePiece model of the %s type; only BPE models are supported", path,
                       names[s->model_type]);
    return HL_OK;
}

static hl_status check_first_pieces(const sentencepiece *s, const char *path)
{
    static const struct {
        const char *text;
        int type;
    } want[] = {[UNK_ID] = {"<unk>", UNKNOWN}, [BOS_ID] = {"<s>", CONTROL}, [EOS_ID] = {"</s>", CONTROL}};
    for (int id = 0; id <= EOS_ID; id++)
        if (hl_vocab_find(&s->vocab, want[id].text, strlen(want[id].text)) != id || s->type[id] != want[id].type)
            return HL_FAIL(
                HL_EFORMAT,
                "%s: piece %d is not %s; only models that begin with <unk>, <s>, </s>, as Llama's do, are supported",
                path, id, want[id].text);
    return HL_OK;
}

static hl_status find_byte_pieces(sentencepiece *s, const char *path)
{
    int found = 0;
    for (unsigned b = 0; b < 256; b++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", b);
        s->byte_id[b] = hl_vocab_find(&s->vocab, name, 6);
        found += s->byte_id[b] >= 0;
    }
    if (found > 0 && found < 256)
        return HL_FAIL(HL_EFORMAT, "%s: has %d of the 256 byte pieces; all or none are possible", path, found);
    s->has_bytes = found > 0;
    return HL_OK;
}

/* The rules of the model file alone: what a conversion of it has. */
static void rules_of_model(sentencepiece *s, bool with_unknown)
{
    s->rules = (hl_tok_rules){.bos = BOS_ID, .eos = -1};
    for (int32_t id = 0; id < s->vocab.n; id++) {
        bool is_cut_out =
            s->type[id] == CONTROL || s->type[id] == USER_DEFINED || (with_unknown && s->type[id] == UNKNOWN);
        char text[MOST_PIECE + 1];
        if (!is_cut_out) continue;
        snprintf(text, sizeof text, "%.*s", s->vocab.piece[id].n, s->vocab.piece[id].text);
        hl_tok_rules_add(&s->rules, &s->vocab, (hl_tok_added){.text = text}, false);
    }
}

/* *own: are they those of the model file alone? */
static hl_status read_rules(sentencepiece *s, const char *folder, bool *own)
{
    rules_of_model(s, true);
    uint64_t alone = hl_tok_rules_digest(&s->rules);
    *own = true;
    if (!folder) return HL_OK;
    hl_tok_rules_free(&s->rules);
    rules_of_model(s, false); /* <unk> is added as the files name it */
    HL_TRY(hl_tok_folder_read(&s->rules, &s->vocab, folder));
    *own = hl_tok_rules_digest(&s->rules) == alone;
    return HL_OK;
}

static int by_first_byte_longest_first(const void *a, const void *b)
{
    const hl_tok_added *x = a, *y = b;
    size_t n = strlen(x->text), m = strlen(y->text);
    if (x->text[0] != y->text[0]) return (unsigned char)x->text[0] < (unsigned char)y->text[0] ? -1 : 1;
    return (n < m) - (n > m);
}

static void sort_added(sentencepiece *s)
{
    const hl_tok_added *added = s->rules.added;
    int n = s->rules.n_added;
    if (n) qsort(s->rules.added, (size_t)n, sizeof *s->rules.added, by_first_byte_longest_first);
    for (int i = 0, b = 0; b < 257; b++) {
        while (i < n && (unsigned char)added[i].text[0] < b) i++;
        s->first[b] = i;
    }
}

/* Those of tokenizer.json. */
static hl_status take_merges(sentencepiece *s, const char *path)
{
    for (int i = 0; i < s->rules.n_merges; i++) {
        const hl_tok_merge *m = &s->rules.merges[i];
        if (hl_bpe_has(s->bpe, m->left, m->right))
            return HL_FAIL(HL_EFORMAT, "%s: the tokenizer.json beside it has merge %d twice; get it again", path, i);
        hl_bpe_add(s->bpe, m->left, m->right, m->whole);
    }
    return HL_OK;
}

static int32_t largest_id(const sentencepiece *s)
{
    int32_t largest = s->vocab.n - 1;
    for (int i = 0; i < s->rules.n_added; i++)
        if (s->rules.added[i].id > largest) largest = s->rules.added[i].id;
    return largest;
}

static hl_status sentencepiece_open(hl_tokenizer *t, const char *path, const char *bytes, size_t n)
{
    static const char rule[] = "sentencepiece BPE as a fast Llama tokenizer";
    bool own;
    sentencepiece *s = t->own = hl_alloc_zero(1, sizeof *s);
    s->bpe = hl_bpe_new();
    HL_TRY(read_model(s, path, bytes, n));
    HL_TRY(check_model(s, path));
    HL_TRY(check_first_pieces(s, path));
    HL_TRY(find_byte_pieces(s, path));
    HL_TRY(read_rules(s, t->folder, &own));
    if (s->rules.merges) HL_TRY(take_merges(s, path));
    else hl_tok_merges_make(s->bpe, &s->vocab, s->score);
    t->vocab = largest_id(s) + 1;
    t->digest = hl_digest_join(hl_digest(rule, sizeof rule), hl_digest(bytes, n));
    if (!own) t->digest = hl_digest_join(t->digest, hl_tok_rules_digest(&s->rules));
    sort_added(s);
    return HL_OK;
}

static void sentencepiece_close(hl_tokenizer *t)
{
    sentencepiece *s = t->own;
    if (!s) return;
    hl_vocab_free(&s->vocab);
    free(s->score);
    free(s->type);
    hl_tok_rules_free(&s->rules);
    hl_bpe_free(s->bpe);
    hl_ids_free(&s->stretch);
    free(s);
}

/* The longest added token that the text begins with, or NULL. */
static const hl_tok_added *added_at(const sentencepiece *s, const char *text, size_t n)
{
    unsigned char b = (unsigned char)text[0];
    for (int i = s->first[b]; i < s->first[b + 1]; i++) {
        const hl_tok_added *a = &s->rules.added[i];
        size_t length = strlen(a->text);
        if (length <= n && memcmp(a->text, text, length) == 0) return a;
    }
    return NULL;
}

/* What we cannot do with an added token matters only where a text holds it. */
static hl_status check_added(const sentencepiece *s, const hl_tok_added *a)
{
    bool is_moved = a->normalized && s->rules.prefix == HL_PREFIX_EACH; /* it is looked for behind a blank only */
    const char *why = is_moved                 ? "\"normalized\": true"
                      : a->single_word         ? "\"single_word\": true"
                      : s->rules.split_special ? "split_special_tokens"
                                               : NULL;
    if (!why) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "the text holds the added token %.60s, and %s is not supported; take it out of the text or of the "
                   "tokenizer's files",
                   a->text, why);
}

/* One character, before any merge. */
static void push_char(const sentencepiece *s, hl_ids *ids, const char *c, size_t n)
{
    int32_t id = hl_vocab_find(&s->vocab, c, n);
    if (id >= 0) hl_ids_push(ids, id);
    else if (s->has_bytes)
        for (size_t i = 0; i < n; i++) hl_ids_push(ids, s->byte_id[(unsigned char)c[i]]);
    else if (ids->n == 0 || ids->at[ids->n - 1] != UNK_ID) hl_ids_push(ids, UNK_ID);
}

static bool begins_blank(const char *text, size_t n)
{
    return text[0] == ' ' || (n >= BLANK_BYTES && memcmp(text, blank, BLANK_BYTES) == 0);
}

static bool gets_blank(const sentencepiece *s, const char *text, size_t n, bool is_first)
{
    hl_tok_prefix p = s->rules.prefix;
    if (p == HL_PREFIX_EACH || p == HL_PREFIX_NEVER) return p == HL_PREFIX_EACH;
    return !begins_blank(text, n) && (is_first || p == HL_PREFIX_MISSING);
}

static void encode_stretch(sentencepiece *s, hl_ids *ids, const char *text, size_t n, bool is_first)
{
    hl_ids *mine = &s->stretch;
    if (n == 0) return;
    mine->n = 0;
    if (gets_blank(s, text, n, is_first)) push_char(s, mine, blank, BLANK_BYTES);
    for (size_t at = 0; at < n;) {
        size_t bytes = (size_t)hl_utf8_length(text + at, n - at);
        bool is_blank = text[at] == ' ';
        push_char(s, mine, is_blank ? blank : text + at, is_blank ? BLANK_BYTES : bytes);
        at += bytes;
    }
    mine->n = hl_bpe_merge(s->bpe, mine->at, mine->n);
    for (int i = 0; i < mine->n; i++) hl_ids_push(ids, mine->at[i]);
}

/* Where the white space before text[end] begins, text[begin] at the earliest. */
static size_t back_over_space(const char *text, size_t begin, size_t end)
{
    size_t from = end;
    for (size_t at = begin; at < end;) {
        size_t space = hl_utf8_space(text + at, end - at);
        from = space ? hl_min(from, at) : end;
        at += space ? space : (size_t)hl_utf8_length(text + at, end - at);
    }
    return from;
}

static size_t over_space(const char *text, size_t at, size_t n)
{
    for (size_t space; at < n && (space = hl_utf8_space(text + at, n - at)) > 0;) at += space;
    return at;
}

static hl_status encode_stretches(sentencepiece *s, hl_ids *ids, const char *text, size_t n)
{
    size_t begin = 0, at = 0;
    while (at < n) {
        const hl_tok_added *a = added_at(s, text + at, n - at);
        if (!a) {
            at++;
            continue;
        }
        HL_TRY(check_added(s, a));
        size_t end = a->lstrip ? back_over_space(text, begin, at) : at;
        encode_stretch(s, ids, text + begin, end - begin, begin == 0);
        hl_ids_push(ids, a->id);
        at += strlen(a->text);
        begin = at = a->rstrip ? over_space(text, at, n) : at;
    }
    encode_stretch(s, ids, text + begin, n - begin, begin == 0);
    return HL_OK;
}

static hl_status sentencepiece_encode(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n)
{
    sentencepiece *s = t->own;
    if (s->rules.bos >= 0) hl_ids_push(ids, s->rules.bos);
    HL_TRY(encode_stretches(s, ids, text, n));
    if (s->rules.eos >= 0) hl_ids_push(ids, s->rules.eos);
    return HL_OK;
}

const hl_tokenizer_kind_ops hl_tok_sentencepiece = {
    "sentencepiece", "tokenizer.model", sentencepiece_open, sentencepiece_encode, sentencepiece_close,
};
