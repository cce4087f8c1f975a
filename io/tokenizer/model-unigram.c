/* model-unigram.c - the model Unigram: the pieces of a word whose scores have the largest sum.
 *
 * Kudo: Subword Regularization, ACL 2018.  Viterbi's algorithm over the bytes of the word, in double precision; among
 * equal sums the one that was found first stays, as in Hugging Face's tokenizers.  A character that is no piece is
 * unknown and costs 10 more than the worst piece; neighbours that are unknown become one id, or the pieces <0xXX> of
 * their bytes.  Pieces lie in a trie, whose edges are in a hash table. */
#include "base/alloc.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/hash-table.h"
#include "io/files/utf8.h"
#include "io/tokenizer/tok-model.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double unknown_costs = 10;

typedef struct {
    uint64_t edge; /* the node above << 8 | the byte */
    int32_t id;    /* of the piece that ends here, or -1 */
} node;

typedef struct {
    double score;
    int64_t from; /* where the last piece begins; -1: nothing ends here */
    int32_t id;
} best;

typedef struct {
    double *score; /* by id */
    double unknown_score;
    int32_t unknown; /* -1: none */
    bool falls_back;
    int32_t byte_id[256]; /* of <0xXX>, or -1 */
    node *nodes;          /* the first is the root */
    uint32_t n_nodes;
    size_t node_room;
    hl_hash_table edges;
    best *ends; /* scratch */
    size_t end_room;
    hl_ids back; /* scratch: pairs (begin, id), last piece first */
} unigram;

/* A score as Hugging Face's reader makes it of its decimal digits: the digits as one number, divided by a power of ten,
 * each rounded to a double.  That is not always the nearest double, and sums that are equal with one are not with the
 * other: long runs of one character are cut by that. */
static double twice_rounded(double score)
{
    char text[40];
    int digits = 15, exponent;
    do snprintf(text, sizeof text, "%.*e", digits - 1, fabs(score));
    while (strtod(text, NULL) != fabs(score) && ++digits <= 17);
    char *mark = strchr(text, 'e'), *end = mark;
    exponent = atoi(mark + 1);
    while (end[-1] == '0' && end > text + 2) end--; /* 1.500e+01 */
    uint64_t whole = (uint64_t)(text[0] - '0');
    for (const char *c = text + 2; c < end; c++) whole = whole * 10 + (uint64_t)(*c - '0'), exponent--;
    if (exponent < -300 || exponent > 22) return score;
    double made = exponent < 0 ? (double)whole / pow(10, -exponent) : (double)whole * pow(10, exponent);
    return score < 0 ? -made : made;
}

static bool unigram_is(const json_t *says) { return json_is_array(json_object_get(says, "vocab")); }

/* The node below one; 0 where there is none. */
static uint32_t below(const unigram *u, uint32_t above, unsigned char byte)
{
    const uint64_t edge = (uint64_t)above << 8 | byte;
    for (hl_hash_walk w = hl_hash_table_walk(&u->edges, hl_hash_of(edge)); hl_hash_table_next(&u->edges, &w);)
        if (u->nodes[w.number].edge == edge) return w.number;
    return 0;
}

static uint32_t add_node(unigram *u, uint64_t edge)
{
    HL_CHECK(u->n_nodes < UINT32_MAX / 2);
    HL_RESERVE(u->nodes, u->node_room, u->n_nodes + 1);
    u->nodes[u->n_nodes] = (node){edge, -1};
    if (u->n_nodes) hl_hash_table_add(&u->edges, hl_hash_of(edge), u->n_nodes);
    return u->n_nodes++;
}

static void make_trie(unigram *u, const hl_tok_vocab *v)
{
    add_node(u, 0);
    for (int i = 0; i < v->pieces.n; i++) {
        uint32_t at = 0;
        for (int k = 0; k < v->pieces.piece[i].n; k++) {
            unsigned char byte = (unsigned char)v->pieces.piece[i].text[k];
            uint32_t next = below(u, at, byte);
            at = next ? next : add_node(u, (uint64_t)at << 8 | byte);
        }
        u->nodes[at].id = v->id[i];
    }
}

static hl_status read_settings(unigram *u, hl_tok_model *m, const json_t *says, const char *path)
{
    const json_t *unknown = json_object_get(says, "unk_id");
    double worst = INFINITY;
    u->falls_back = json_is_true(json_object_get(says, "byte_fallback"));
    u->unknown =
        json_is_integer(unknown) && json_integer_value(unknown) >= 0 && json_integer_value(unknown) < m->vocab.end
            ? (int32_t)json_integer_value(unknown)
            : -1;
    if (unknown && !json_is_null(unknown) && u->unknown < 0)
        return HL_FAIL(HL_EFORMAT, "%s: the unk_id of its model is not one of its %d ids", path, m->vocab.end);
    for (int32_t i = 0; i < m->vocab.end; i++) {
        u->score[i] = twice_rounded(u->score[i]);
        if (u->score[i] < worst) worst = u->score[i];
    }
    u->unknown_score = worst - unknown_costs;
    int32_t facts[] = {u->unknown, u->falls_back};
    m->digest =
        hl_digest_join(hl_digest(facts, sizeof facts), hl_digest(u->score, (size_t)m->vocab.end * sizeof *u->score));
    return HL_OK;
}

static hl_status unigram_open(hl_tok_model *m, const json_t *says, const char *path)
{
    unigram *u = m->own = hl_alloc_zero(1, sizeof *u);
    HL_TRY(hl_tok_vocab_read_scored(&m->vocab, &u->score, json_object_get(says, "vocab"), path));
    HL_TRY(read_settings(u, m, says, path));
    for (unsigned i = 0; i < 256; i++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", i);
        u->byte_id[i] = hl_tok_vocab_find(&m->vocab, name, 6);
    }
    make_trie(u, &m->vocab);
    return HL_OK;
}

static void unigram_close(hl_tok_model *m)
{
    unigram *u = m->own;
    if (!u) return;
    free(u->score);
    free(u->nodes);
    hl_hash_table_free(&u->edges);
    free(u->ends);
    hl_ids_free(&u->back);
    free(u);
}

static void offer(unigram *u, size_t from, size_t end, double score, int32_t id)
{
    best *e = &u->ends[end];
    score += u->ends[from].score;
    if (e->from < 0 || score > e->score) *e = (best){score, (int64_t)from, id};
}

/* All pieces that begin at `at`, and the character by itself. */
static void offer_from(unigram *u, const char *word, size_t n, size_t at, size_t char_bytes)
{
    bool is_known = false;
    uint32_t at_node = 0;
    for (size_t end = at; end < n && (at_node = below(u, at_node, (unsigned char)word[end])); end++) {
        int32_t id = u->nodes[at_node].id;
        if (id < 0) continue;
        offer(u, at, end + 1, u->score[id], id);
        is_known = is_known || end + 1 - at == char_bytes;
    }
    if (!is_known) offer(u, at, at + char_bytes, u->unknown_score, u->unknown);
}

/* What was unknown, as one: it may be a piece after all. */
static hl_status push_unknown(const unigram *u, const hl_tok_vocab *v, hl_ids *ids, const char *text, size_t n)
{
    int32_t whole = hl_tok_vocab_find(v, text, n);
    bool has_bytes = u->falls_back;
    for (size_t i = 0; i < n && has_bytes; i++) has_bytes = u->byte_id[(unsigned char)text[i]] >= 0;
    if (whole < 0 && !has_bytes && u->unknown < 0)
        return HL_FAIL(HL_EFORMAT, "a character is not in the vocabulary, and the tokenizer's model has no unk_id");
    if (whole >= 0 || !has_bytes) hl_ids_push(ids, whole >= 0 ? whole : u->unknown);
    else
        for (size_t i = 0; i < n; i++) hl_ids_push(ids, u->byte_id[(unsigned char)text[i]]);
    return HL_OK;
}

static hl_status push_best(unigram *u, const hl_tok_vocab *v, hl_ids *ids, const char *word, size_t n)
{
    u->back.n = 0;
    for (int64_t end = (int64_t)n; end > 0; end = u->ends[end].from) {
        hl_ids_push(&u->back, (int32_t)u->ends[end].from);
        hl_ids_push(&u->back, u->ends[end].id);
    }
    for (int i = u->back.n - 2; i >= 0; i -= 2) {
        size_t from = (size_t)u->back.at[i];
        int32_t id = u->back.at[i + 1];
        if (id != u->unknown) {
            hl_ids_push(ids, id);
            continue;
        }
        while (i >= 2 && u->back.at[i - 1] == u->unknown) i -= 2;
        size_t end = i >= 2 ? (size_t)u->back.at[i - 2] : n;
        HL_TRY(push_unknown(u, v, ids, word + from, end - from));
    }
    return HL_OK;
}

static hl_status unigram_encode(hl_tok_model *m, hl_ids *ids, const char *word, size_t n)
{
    unigram *u = m->own;
    size_t bytes;
    HL_RESERVE(u->ends, u->end_room, n + 1);
    for (size_t i = 0; i <= n; i++) u->ends[i] = (best){0, -1, -1};
    for (size_t at = 0; at < n; at += bytes) {
        bytes = (size_t)hl_utf8_length(word + at, n - at);
        offer_from(u, word, n, at, bytes);
    }
    return push_best(u, &m->vocab, ids, word, n);
}

const hl_tok_model_kind hl_tok_model_unigram = {"Unigram", unigram_is, unigram_open, unigram_encode, unigram_close};
