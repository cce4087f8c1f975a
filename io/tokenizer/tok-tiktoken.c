/* tok-tiktoken.c - a list of byte strings by rank, the form of tiktoken, as tokenizer.json.
 *
 * A line is the base64 of a token, a blank, and its rank, which is its id.  Two neighbours merge where their whole is a
 * token, the lowest rank first; so the merges are all divisions of a token into two, by the whole's rank, and of one
 * whole by the ranks of its halves.  A word that is a token is taken whole. */
#include "base/alloc.h"
#include "base/array.h"
#include "io/tokenizer/base64.h"
#include "io/tokenizer/byte-letters.h"
#include "io/tokenizer/fast-json.h"
#include "io/tokenizer/make-fast.h"
#include "io/tokenizer/tokenizer-kind.h"
#include "io/tokenizer/vocab.h"
#include "io/tokenizer/word-scan.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TOKEN = 4096, MOST_RANK = 1 << 26, LLAMA3_TOKENS = 128000, QWEN_TOKENS = 151643, MOST_DIVIDED = 256 };

typedef struct {
    hl_vocab tokens; /* bytes; number i is of the i-th line */
    int32_t *rank;
    size_t rank_room;
    hl_tok_buffer bytes;
} ranks;

static hl_status read_line(ranks *r, const char *line, size_t n, size_t number, const char *path)
{
    const char *gap = memchr(line, ' ', n);
    char *bytes = NULL, *end, digits[16] = "";
    size_t size = 0, from = r->bytes.n, n_digits = gap ? n - (size_t)(gap + 1 - line) : 0;
    if (gap && n_digits < sizeof digits) memcpy(digits, gap + 1, n_digits);
    long rank = strtol(digits, &end, 10);
    bool ok = gap && n_digits > 0 && n_digits < sizeof digits && !*end && rank >= 0 && rank < MOST_RANK
              && hl_base64_read(line, (size_t)(gap - line), &bytes, &size) && size > 0 && size <= MOST_TOKEN;
    if (ok) {
        hl_tok_buffer_add(&r->bytes, bytes, size);
        ok = hl_vocab_add(&r->tokens, r->bytes.at + from, size) >= 0;
        HL_RESERVE(r->rank, r->rank_room, r->tokens.n);
        if (ok) r->rank[r->tokens.n - 1] = (int32_t)rank;
    }
    free(bytes);
    if (ok) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s:%zu: not a new token in base64 with its rank; get the file again", path, number);
}

static hl_status read_lines(ranks *r, const char *text, size_t n, const char *path)
{
    size_t number = 0;
    HL_RESERVE(r->bytes.at, r->bytes.room, n + 16); /* tokens borrow it */
    for (size_t at = 0, length; at < n; at += length + 1) {
        const char *end = memchr(text + at, '\n', n - at);
        length = end ? (size_t)(end - text) - at : n - at;
        size_t line = length && text[at + length - 1] == '\r' ? length - 1 : length;
        number++;
        if (line) HL_TRY(read_line(r, text + at, line, number, path));
    }
    if (r->tokens.n) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: has no tokens", path);
}

typedef struct {
    int32_t whole, left, right; /* ranks */
    int32_t token, left_bytes;
} division;

static int by_ranks(const void *a, const void *b)
{
    const division *x = a, *y = b;
    if (x->whole != y->whole) return x->whole < y->whole ? -1 : 1;
    if (x->left != y->left) return x->left < y->left ? -1 : 1;
    return (x->right > y->right) - (x->right < y->right);
}

typedef struct {
    division *at;
    size_t n, room;
} divisions;

static void divide(divisions *d, const ranks *r, int32_t token)
{
    const hl_piece *p = &r->tokens.piece[token];
    for (int at = 1; at < p->n && p->n <= MOST_DIVIDED; at++) {
        int32_t left = hl_vocab_find(&r->tokens, p->text, (size_t)at),
                right = left < 0 ? -1 : hl_vocab_find(&r->tokens, p->text + at, (size_t)(p->n - at));
        if (right < 0) continue;
        HL_RESERVE(d->at, d->room, d->n + 1);
        d->at[d->n++] = (division){r->rank[token], r->rank[left], r->rank[right], token, at};
    }
}

/* Letters of some bytes, as a JSON string. */
static json_t *letters(hl_tok_buffer *scratch, const char *bytes, size_t n)
{
    scratch->n = 0;
    hl_byte_letters_write(scratch, bytes, n);
    return json_stringn(scratch->at, scratch->n);
}

static void write_model(json_t *vocab, json_t *merges, const ranks *r)
{
    divisions d = {0};
    hl_tok_buffer scratch = {0};
    for (int32_t i = 0; i < r->tokens.n; i++) {
        json_t *text = letters(&scratch, r->tokens.piece[i].text, (size_t)r->tokens.piece[i].n);
        json_object_set_new(vocab, json_string_value(text), json_integer(r->rank[i]));
        json_decref(text);
        divide(&d, r, i);
    }
    if (d.n) qsort(d.at, d.n, sizeof *d.at, by_ranks);
    for (size_t i = 0; i < d.n; i++) {
        const hl_piece *p = &r->tokens.piece[d.at[i].token];
        size_t left = (size_t)d.at[i].left_bytes;
        json_t *first = letters(&scratch, p->text, left);
        json_array_append_new(merges,
                              json_pack("[o, o]", first, letters(&scratch, p->text + left, (size_t)p->n - left)));
    }
    free(d.at);
    hl_tok_buffer_free(&scratch);
}

static void add_special(json_t *fast, const char *text, const char *path)
{
    json_t *token = json_pack("{s:s, s:b}", "content", text, "special", 1);
    (void)hl_fast_json_add(fast, token, false, -1, path); /* says no id */
    json_decref(token);
}

/* Of Llama 3.0; later ones have other names for some that are reserved. */
static void add_llama3_specials(json_t *fast, const char *path)
{
    static const char *const first[] = {"begin_of_text",
                                        "end_of_text",
                                        "reserved_special_token_0",
                                        "reserved_special_token_1",
                                        "reserved_special_token_2",
                                        "reserved_special_token_3",
                                        "start_header_id",
                                        "end_header_id",
                                        "reserved_special_token_4",
                                        "eot_id"};
    char text[64];
    for (int i = 0; i < 256; i++) {
        if (i < 10) snprintf(text, sizeof text, "<|%s|>", first[i]);
        else snprintf(text, sizeof text, "<|reserved_special_token_%d|>", i - 5);
        add_special(fast, text, path);
    }
    hl_fast_json_around(fast, "<|begin_of_text|>", NULL);
}

static void add_qwen_specials(json_t *fast, const char *path)
{
    static const char *const first[] = {"<|endoftext|>", "<|im_start|>", "<|im_end|>"};
    char text[64];
    for (int i = 0; i < 3; i++) add_special(fast, first[i], path);
    for (int i = 0; i < 205; i++) {
        snprintf(text, sizeof text, "<|extra_%d|>", i);
        add_special(fast, text, path);
    }
}

/* Which model's it is: the file does not say, but no other has as many tokens. */
static hl_status finish(json_t *fast, const hl_tok_config *c, int tokens, const char *path)
{
    bool is_qwen = tokens == QWEN_TOKENS, is_told = c->file[HL_TOK_CONFIG] && !(c->class && c->class->runs_own_code);
    if (tokens != LLAMA3_TOKENS && !is_qwen)
        return HL_FAIL(HL_EFORMAT,
                       "%s: has %d tokens; of files in the form of tiktoken those of Llama 3 (%d) and Qwen (%d) are "
                       "known; name a folder with tokenizer.json",
                       path, tokens, LLAMA3_TOKENS, QWEN_TOKENS);
    if (is_qwen) json_object_set_new(fast, "normalizer", json_pack("{s:s}", "type", "NFC"));
    json_object_set_new(fast, "pre_tokenizer", hl_make_fast_words(hl_word_scan_regex(is_qwen ? 1 : 2), false));
    if (is_qwen) add_qwen_specials(fast, path);
    else if (is_told) hl_fast_json_around(fast, NULL, NULL);
    else add_llama3_specials(fast, path);
    return HL_OK;
}

static hl_status tiktoken_make(json_t **fast, hl_tok_config *c, const char *path, const char *bytes, size_t n)
{
    json_t *vocab = json_object(), *merges = json_array();
    ranks r = {0};
    *fast = json_pack("{s:{s:s, s:o, s:o, s:b}}", "model", "type", "BPE", "vocab", vocab, "merges", merges,
                      "ignore_merges", 1);
    hl_status s = read_lines(&r, bytes, n, path);
    if (s == HL_OK) write_model(vocab, merges, &r);
    if (s == HL_OK) s = finish(*fast, c, r.tokens.n, path);
    hl_vocab_free(&r.tokens);
    free(r.rank);
    hl_tok_buffer_free(&r.bytes);
    return s;
}

/* Does it begin with letters of base64, a blank and a number? */
static bool tiktoken_is(const char *bytes, size_t n)
{
    size_t at = 0, digits;
    while (at < n && (isalnum((unsigned char)bytes[at]) || (bytes[at] && strchr("+/=", bytes[at])))) at++;
    if (at == 0 || at % 4 || at >= n || bytes[at] != ' ') return false;
    for (digits = at + 1; digits < n && isdigit((unsigned char)bytes[digits]);) digits++;
    return digits > at + 1 && (digits == n || bytes[digits] == '\n' || bytes[digits] == '\r');
}

const hl_tokenizer_kind_ops hl_tok_tiktoken = {.name = "tiktoken", .is = tiktoken_is, .make = tiktoken_make};
