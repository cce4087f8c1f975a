/* bpe.c - byte pair encoding: neighbours become one, the best pair of all first.
 *
 * Sennrich, Haddow, Birch: Neural Machine Translation of Rare Words with Subword Units, ACL 2016.
 * The ids form a linked list; a heap holds the mergeable neighbours by (rank, place).  A merge makes
 * at most two new pairs, so a text of n ids costs O(n log n).  Pairs in the heap grow stale when one
 * side is merged away: they are not removed but looked at again when they come up.  What comes up is
 * merged where the pair now standing there makes the same whole, as Hugging Face's tokenizers do it. */
#include "io/tokenizer/bpe.h"
#include "base/arena.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    int32_t left, right;
    uint32_t rank_plus_1; /* 0: empty */
} pair_slot;

typedef struct {
    int32_t id; /* GONE once merged into its left neighbour */
    int32_t before, after;
} symbol;

enum { GONE = -1, NOBODY = -1 };

struct hl_bpe {
    pair_slot *slot; /* open addressing, at most half full */
    size_t slots;
    int32_t *whole; /* by rank */
    uint32_t pairs, pair_room;
    symbol *symbols;
    uint64_t *heap; /* rank << 32 | place of the left symbol; least first */
    int heap_n, symbol_room;
};

hl_bpe *hl_bpe_new(void)
{
    hl_bpe *b = hl_alloc_zero(1, sizeof *b);
    b->slots = 1024;
    b->slot = hl_alloc_zero(b->slots, sizeof *b->slot);
    return b;
}

void hl_bpe_free(hl_bpe *b)
{
    if (!b) return;
    free(b->slot);
    free(b->whole);
    free(b->symbols);
    free(b->heap);
    free(b);
}

static pair_slot *slot_of(const hl_bpe *b, int32_t left, int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    size_t mask = b->slots - 1, s = (size_t)((key * 0x9E3779B97F4A7C15u) >> 20) & mask;
    while (b->slot[s].rank_plus_1 && (b->slot[s].left != left || b->slot[s].right != right)) s = (s + 1) & mask;
    return &b->slot[s];
}

static void grow_slots(hl_bpe *b)
{
    pair_slot *old = b->slot;
    size_t n = b->slots;
    b->slots = 2 * n;
    b->slot = hl_alloc_zero(b->slots, sizeof *b->slot);
    for (size_t i = 0; i < n; i++)
        if (old[i].rank_plus_1) *slot_of(b, old[i].left, old[i].right) = old[i];
    free(old);
}

void hl_bpe_add(hl_bpe *b, int32_t left, int32_t right, int32_t whole)
{
    HL_CHECK(b->pairs < UINT32_MAX / 2);
    if (2 * (size_t)b->pairs >= b->slots) grow_slots(b);
    if (b->pairs == b->pair_room) {
        b->pair_room = b->pair_room ? 2 * b->pair_room : 512;
        b->whole = hl_realloc(b->whole, b->pair_room * sizeof *b->whole);
    }
    pair_slot *slot = slot_of(b, left, right);
    HL_CHECK(!slot->rank_plus_1);
    b->whole[b->pairs++] = whole;
    *slot = (pair_slot){left, right, b->pairs};
}

bool hl_bpe_has(const hl_bpe *b, int32_t left, int32_t right)
{
    return b->slots && slot_of(b, left, right)->rank_plus_1;
}

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
    const pair_slot *pair = slot_of(b, s->id, b->symbols[s->after].id);
    if (pair->rank_plus_1) heap_push(b, (uint64_t)(pair->rank_plus_1 - 1) << 32 | (uint32_t)place);
}

static bool still_makes(const hl_bpe *b, int32_t place, int32_t whole)
{
    const symbol *s = &b->symbols[place];
    if (s->id == GONE || s->after == NOBODY) return false;
    const pair_slot *pair = slot_of(b, s->id, b->symbols[s->after].id);
    return pair->rank_plus_1 && b->whole[pair->rank_plus_1 - 1] == whole;
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
    if (n <= b->symbol_room) return;
    b->symbol_room = n > 2 * b->symbol_room ? n : 2 * b->symbol_room;
    b->symbols = hl_realloc(b->symbols, (size_t)b->symbol_room * sizeof *b->symbols);
    b->heap = hl_realloc(b->heap, 3 * (size_t)b->symbol_room * sizeof *b->heap);
}

int hl_bpe_merge(hl_bpe *b, int32_t *ids, int n)
{
    HL_CHECK(n <= INT32_MAX / 4);
    make_room(b, n);
    for (int i = 0; i < n; i++) b->symbols[i] = (symbol){ids[i], i - 1, i + 1 < n ? i + 1 : NOBODY};
    for (int i = 0; i < n; i++) offer(b, i);
    while (b->heap_n > 0) {
        uint64_t top = heap_pop(b);
        int32_t place = (int32_t)(uint32_t)top, whole = b->whole[top >> 32];
        if (still_makes(b, place, whole)) merge_at(b, place, whole);
    }
    int left = 0;
    for (int i = 0; i < n; i = b->symbols[i].after == NOBODY ? n : b->symbols[i].after) ids[left++] = b->symbols[i].id;
    return left;
}
