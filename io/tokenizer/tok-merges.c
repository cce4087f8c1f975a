/* tok-merges.c - the merges of a SentencePiece model, which keeps pieces with scores alone. */
#include "io/tokenizer/tok-merges.h"
#include "base/array.h"
#include "io/files/utf8.h"
#include <stdlib.h>

typedef struct {
    float score;
    int left_chars, right_chars;
    int32_t left, right, whole;
} merge;

static int best_merge_first(const void *a, const void *b)
{
    const merge *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    if (x->left_chars != y->left_chars) return x->left_chars > y->left_chars ? -1 : 1;
    if (x->right_chars != y->right_chars) return x->right_chars > y->right_chars ? -1 : 1;
    return (x->whole > y->whole) - (x->whole < y->whole);
}

typedef struct {
    merge *at;
    size_t n, room;
} merges;

static void add_merge(merges *all, merge m)
{
    HL_RESERVE(all->at, all->room, all->n + 1);
    all->at[all->n++] = m;
}

static int count_chars(const hl_piece *p)
{
    int chars = 0;
    for (int i = 0; i < p->n; i++) chars += (p->text[i] & 0xC0) != 0x80;
    return chars;
}

/* Every way to divide the piece into two pieces. */
static void add_divisions(merges *all, const hl_vocab *pieces, const float *score, int32_t whole)
{
    const hl_piece *p = &pieces->piece[whole];
    int left_chars = 0, chars = count_chars(p);
    for (int at = 0; left_chars < chars - 1;) {
        at += hl_utf8_length(p->text + at, (size_t)(p->n - at));
        left_chars++;
        int32_t left = hl_vocab_find(pieces, p->text, (size_t)at);
        if (left < 0) continue;
        int32_t right = hl_vocab_find(pieces, p->text + at, (size_t)(p->n - at));
        if (right >= 0) add_merge(all, (merge){score[whole], left_chars, chars - left_chars, left, right, whole});
    }
}

static json_t *text_of(const hl_vocab *pieces, int32_t id)
{
    return json_stringn(pieces->piece[id].text, (size_t)pieces->piece[id].n);
}

json_t *hl_tok_merges_make(const hl_vocab *pieces, const float *score)
{
    merges all = {0};
    json_t *list = json_array();
    for (int32_t id = 0; id < pieces->n; id++) add_divisions(&all, pieces, score, id);
    if (all.n) qsort(all.at, all.n, sizeof *all.at, best_merge_first);
    for (size_t i = 0; i < all.n; i++)
        json_array_append_new(list,
                              json_pack("[o, o]", text_of(pieces, all.at[i].left), text_of(pieces, all.at[i].right)));
    free(all.at);
    return list;
}
