/* test-hash-table.c - numbers are found by their keys, whatever the hashes are. */
#include "base/hash-table.h"
#include "tests/check.h"

enum { MANY = 20000 };

static uint64_t key_of(int i) { return (uint64_t)i * (uint64_t)i + 7; }

/* Hashes of keys, the worst last. */
static uint64_t spread(uint64_t key) { return hl_hash_of(key); }
static uint64_t in_order(uint64_t key) { return key; }
static uint64_t high_bits_only(uint64_t key) { return key << 40; }
static uint64_t few(uint64_t key) { return key % 100; }
static uint64_t one(uint64_t key) { return key & 0; }

static const struct {
    uint64_t (*hash)(uint64_t key);
    int n;
} hashes[] = {{spread, MANY}, {in_order, MANY}, {high_bits_only, MANY}, {few, 2000}, {one, 300}};
enum { HASHES = sizeof hashes / sizeof hashes[0] };

static int find(const hl_hash_table *t, uint64_t key, uint64_t hash)
{
    for (hl_hash_walk w = hl_hash_table_walk(t, hash); hl_hash_table_next(t, &w);)
        if (key_of((int)w.number) == key) return (int)w.number;
    return -1;
}

static int count_found(const hl_hash_table *t, int h, int begin, int end)
{
    int found = 0;
    for (int i = begin; i < end; i++) found += find(t, key_of(i), hashes[h].hash(key_of(i))) == i;
    return found;
}

static void what_was_added_is_found_and_nothing_else(void)
{
    for (int h = 0; h < HASHES; h++) {
        hl_hash_table t = {0};
        const int n = hashes[h].n;
        CHECK(count_found(&t, h, 0, n) == 0);
        for (int i = 0; i < n; i++) hl_hash_table_add(&t, hashes[h].hash(key_of(i)), (uint32_t)i);
        CHECK(t.n == (size_t)n && count_found(&t, h, 0, n) == n && count_found(&t, h, n, 2 * n) == 0);
        hl_hash_table_free(&t);
        CHECK(t.n == 0 && count_found(&t, h, 0, n) == 0);
    }
}

static void an_arenas_table_holds_as_many_as_it_was_made_for(void)
{
    hl_arena a = hl_arena_growing("test");
    for (int n = 0; n < 200; n++) {
        hl_hash_table t = hl_hash_table_in(&a, (size_t)n);
        for (int i = 0; i < n; i++) hl_hash_table_add(&t, hl_hash_of(key_of(i)), (uint32_t)i);
        CHECK(count_found(&t, 0, 0, 2 * n) == n);
        hl_hash_table_free(&t);
        hl_arena_back(&a, 0);
    }
    hl_arena_free(&a);
}

/* Many grow it several times, and runs of taken slots go over its end. */
static void numbers_of_one_hash_come_in_the_order_in_which_they_were_added(void)
{
    enum { HASHES_OF_NUMBERS = 50, N = 3000 };
    hl_hash_table t = {0};
    for (int i = 0; i < N; i++) hl_hash_table_add(&t, UINT32_MAX - (uint64_t)(i % HASHES_OF_NUMBERS), (uint32_t)i);
    int ordered = 0;
    for (int h = 0; h < HASHES_OF_NUMBERS; h++) {
        uint32_t next = (uint32_t)h;
        hl_hash_walk w = hl_hash_table_walk(&t, UINT32_MAX - (uint64_t)h);
        for (; hl_hash_table_next(&t, &w); next += HASHES_OF_NUMBERS) ordered += w.number == next;
    }
    CHECK(ordered == N);
    hl_hash_table_free(&t);
}

static void slots_are_few(void)
{
    hl_hash_table t = {0};
    for (int i = 0; i < MANY; i++) {
        hl_hash_table_add(&t, hl_hash_of(key_of(i)), (uint32_t)i);
        CHECK(2 * t.slots >= 3 * t.n && (i < 20 || t.slots <= 3 * t.n + 3));
    }
    hl_hash_table_free(&t);
}

static const test tests[] = {
    {"what was added is found and nothing else", what_was_added_is_found_and_nothing_else},
    {"an arena's table holds as many as it was made for", an_arenas_table_holds_as_many_as_it_was_made_for},
    {"numbers of one hash come in the order in which they were added",
     numbers_of_one_hash_come_in_the_order_in_which_they_were_added},
    {"slots are few", slots_are_few},
};
HL_TESTS("hash-table", tests)
