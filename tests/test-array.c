/* test-array.c - arrays grow and keep what they have; byte strings lie one after the other. */
#include "base/alloc.h"
#include "base/array.h"
#include "base/strings.h"
#include "tests/check.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 100000 };

static void what_is_added_stays(void)
{
    int *at = NULL, n = 0;
    size_t room = 0;
    for (; n < MANY; n++) {
        HL_RESERVE(at, room, n + 1);
        CHECK(room > (size_t)n);
        at[n] = n;
    }
    int same = 0;
    for (int i = 0; i < n; i++) same += at[i] == i;
    CHECK(same == MANY);
    free(at);
}

static void many_are_moved_few_times(void)
{
    double *at = NULL;
    size_t room = 0;
    const int64_t before = hl_alloc_count();
    for (int n = 0; n < MANY; n++) HL_RESERVE(at, room, n + 1);
    CHECK(hl_alloc_count() - before < 30 && room < 2 * MANY);
    free(at);
}

static void there_is_room_for_all_that_is_wanted(void)
{
    char *at = NULL;
    size_t room = 0, none = 0;
    HL_RESERVE(at, room, none);
    CHECK(room == 0 && !at);
    HL_RESERVE(at, room, MANY);
    CHECK(room >= MANY);
    const char *was = at;
    HL_RESERVE(at, room, MANY);
    HL_RESERVE(at, room, 1);
    CHECK(at == was && room >= MANY);
    free(at);
}

/* String i: its length is i mod 7, its bytes are i. */
static void strings_come_back(void)
{
    hl_strings s = hl_strings_new();
    char bytes[7];
    int64_t all = 0;
    CHECK(s.n == 0 && s.begin[0] == 0 && hl_strings_bytes(&s) == 0);
    for (int i = 0; i < MANY; i++) {
        memset(bytes, i & 0xff, sizeof bytes);
        hl_strings_add(&s, i % 7 ? bytes : NULL, (size_t)i % 7);
        all += i % 7;
    }
    CHECK(s.n == MANY && hl_strings_bytes(&s) == all);
    int same = 0;
    for (int i = 0; i < MANY; i++) {
        size_t n;
        const char *at = hl_strings_at(&s, i, &n);
        memset(bytes, i & 0xff, sizeof bytes);
        same += n == (size_t)i % 7 && memcmp(at, bytes, n) == 0;
    }
    CHECK(same == MANY);
    hl_strings_free(&s);
    hl_strings_free(&s);
}

static const test tests[] = {
    {"what is added stays", what_is_added_stays},
    {"many are moved few times", many_are_moved_few_times},
    {"there is room for all that is wanted", there_is_room_for_all_that_is_wanted},
    {"strings come back", strings_come_back},
};
HL_TESTS("array", tests)
