/* bpe.c - byte pair encoding: neighbours become one, the best pair of all first.
 *
 * Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with Subword Units, ACL 2016.
 * The ids form a linked list; a heap holds the mergeable neighbours by (rank, place).  A merge makes
 * at most two new pairs, so a text of n ids costs O(n log n).  Pairs in the heap grow stale when one
 * side is merged away: they are not removed but looked at again when they come up.  What comes up is
 * merged where the pair now standing there makes the same whole, as Hugging Face's tokenizers do it. */
#include "io/tokenizer/bpe.h"
#include "base/array.h"
#include "base/error.h"
#include "base/hash-table.h"
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    int32_t left, right, whole;
} pair;

typedef struct {
    int32_t id; /* GONE once merged into its left neighbour */
    int32_t before, after;
} symbol;

enum { GONE = -1, NOBODY = -1 };

struct hl_bpe {
    pair *pairs; /* (n) by rank */
    uint32_t n;
    hl_hash_table ranks;
    symbol *symbols;
    uint64_t *heap; /* rank << 32 | place of the left symbol; least first */
    int heap_n;
    size_t pair_room, symbol_room, heap_room;
};

hl_bpe *hl_bpe_new(void) { return hl_alloc_zero(1, sizeof(hl_bpe)); }

void hl_bpe_free(hl_bpe *b)
{
    if (!b) return;
    hl_hash_table_free(&b->ranks);
    free(b->pairs);
    free(b->symbols);
    free(b->heap);
    free(b);
}

static uint64_t hash_of(int32_t left, int32_t right)
{
    return hl_hash_of((uint64_t)(uint32_t)left << 32 | (uint32_t)right);
}

/* The rank of a pair; -1: it becomes nothing. */
static int64_t rank_of(const hl_bpe *b, int32_t left, int32_t right)
{
    for (hl_hash_walk w = hl_hash_table_walk(&b->ranks, hash_of(left, right)); hl_hash_table_next(&b->ranks, &w);)
        if (b->pairs[w.number].left == left && b->pairs[w.number].right == right) return w.number;
    return -1;
}

void hl_bpe_add(hl_bpe *b, int32_t left, int32_t right, int32_t whole)
{
    HL_CHECK(b->n < UINT32_MAX / 2 && !hl_bpe_has(b, left, right));
    HL_RESERVE(b->pairs, b->pair_room, b->n + 1);
    b->pairs[b->n] = (pair){left, right, whole};
    hl_hash_table_add(&b->ranks, hash_of(left, right), b->n++);
}

bool hl_bpe_has(const hl_bpe *b, int32_t left, int32_t right) { return rank_of(b, left, right) >= 0; }

static void heap_push(hl_bpe *b, uint64_t key)
{
    int i = b->heap_n++;
    while (i > 0 && b->heap[(i - 1) / 2] > key) {
        b->heap[i] = b->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    b->heap[i] = key;
}

static uint64_t heap_pop(hl_bpe *b)
{
    uint64_t top = b->heap[0], last = b->heap[--b->heap_n];
    int i = 0, child;
    while ((child = 2 * i + 1) < b->heap_n) {
        if (child + 1 < b->heap_n && b->heap[child + 1] < b->heap[child]) child++;
        if (b->heap[child] >= last) break;
        b->heap[i] = b->heap[child];
        i = child;
    }
    b->heap[i] = last;
    return top;
}

/* If the symbol at `place` and the one after it can merge, they may. */
static void offer(hl_bpe *b, int32_t place)
{
    const symbol *s = &b->symbols[place];
    if (s->after == NOBODY) return;
    const int64_t rank = rank_of(b, s->id, b->symbols[s->after].id);
    if (rank >= 0) heap_push(b, (uint64_t)rank << 32 | (uint32_t)place);
}

static bool still_makes(const hl_bpe *b, int32_t place, int32_t whole)
{
    const symbol *s = &b->symbols[place];
    if (s->id == GONE || s->after == NOBODY) return false;
    const int64_t rank = rank_of(b, s->id, b->symbols[s->after].id);
    return rank >= 0 && b->pairs[rank].whole == whole;
}

static void merge_at(hl_bpe *b, int32_t place, int32_t whole)
{
    symbol *left = &b->symbols[place], *right = &b->symbols[left->after];
    left->id = whole;
    left->after = right->after;
    right->id = GONE;
    if (left->after != NOBODY) b->symbols[left->after].before = place;
    if (left->before != NOBODY) offer(b, left->before);
    offer(b, place);
}

/* n ids give n - 1 pairs at first, and each of at most n - 1 merges two more. */
static void make_room(hl_bpe *b, int n)
{
    HL_RESERVE(b->symbols, b->symbol_room, n);
    HL_RESERVE(b->heap, b->heap_room, 3 * (size_t)n);
}

int hl_bpe_merge(hl_bpe *b, int32_t *ids, int n)
{
    HL_CHECK(n <= INT32_MAX / 4);
    make_room(b, n);
    for (int i = 0; i < n; i++) b->symbols[i] = (symbol){ids[i], i - 1, i + 1 < n ? i + 1 : NOBODY};
    for (int i = 0; i < n; i++) offer(b, i);
    while (b->heap_n > 0) {
        uint64_t top = heap_pop(b);
        int32_t place = (int32_t)(uint32_t)top, whole = b->pairs[top >> 32].whole;
        if (still_makes(b, place, whole)) merge_at(b, place, whole);
    }
    int left = 0;
    for (int i = 0; i < n; i = b->symbols[i].after == NOBODY ? n : b->symbols[i].after) ids[left++] = b->symbols[i].id;
    return left;
}
