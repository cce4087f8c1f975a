/* test-idtable.c - ids get dense numbers in order of first appearance, equal texts the first one, rows their ranks. */
#include "tests/check.h"
#include "base/rng.h"
#include "io/dataset/deal.h"
#include "io/dataset/duplicates.h"
#include "io/dataset/idform.h"
#include "io/dataset/idtable.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MANY = 50000 };

/* A distinct id of 0 to 11 bytes, NUL and 0xFF among them, from its number. */
static size_t make_id(char out[12], int64_t i)
{
    uint64_t mixed = hl_permute(3, HL_FOR_TESTS, 0, (uint64_t)1 << 40, (uint64_t)i);
    memcpy(out, &mixed, 5);
    memset(out + 5, 0, 7);
    return i == 7 ? 0 : 5 + (size_t)(i % 7);
}

static void numbers_follow_the_first_appearance(void)
{
    hl_idtable *t = hl_idtable_new();
    CHECK(hl_idtable_put(t, "b", 1) == 0);
    CHECK(hl_idtable_put(t, "a", 1) == 1);
    CHECK(hl_idtable_put(t, "b", 1) == 0);
    CHECK(hl_idtable_put(t, "a\0", 2) == 2);
    CHECK(hl_idtable_put(t, "", 0) == 3);
    CHECK(hl_idtable_put(t, "", 0) == 3);
    CHECK(hl_idtable_find(t, "a\0", 2) == 2);
    CHECK(hl_idtable_find(t, "c", 1) == -1);
    CHECK(hl_idtable_count(t) == 4);
    hl_idtable_free(t);
    hl_idtable_free(NULL);
}

static void many_ids_come_back(void)
{
    hl_idtable *t = hl_idtable_new();
    char id[12];
    int wrong = 0;
    for (int64_t i = 0; i < MANY; i++) {
        size_t n = make_id(id, i);
        wrong += hl_idtable_find(t, id, n) != -1;
        wrong += hl_idtable_put(t, id, n) != i;
    }
    for (int64_t i = MANY - 1; i >= 0; i--) {
        size_t n = make_id(id, i), m;
        wrong += hl_idtable_put(t, id, n) != i || hl_idtable_find(t, id, n) != i;
        const char *at = hl_idtable_at(t, i, &m);
        wrong += m != n || memcmp(at, id, n) != 0;
    }
    CHECK(wrong == 0);
    CHECK(hl_idtable_count(t) == MANY);
    hl_idtable_free(t);
}

static void the_first_equal_is_the_first_with_the_same_digest(void)
{
    enum { N = 3000 };
    uint64_t digest[N];
    int32_t first_equal[N];
    int wrong = 0;
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 1, 0);
    for (int i = 0; i < N; i++) digest[i] = hl_rng_below(&r, 1000) << 44; /* low bits alike: all start in one slot */
    hl_duplicates_find(first_equal, digest, N);
    for (int i = 0; i < N; i++) {
        int first = 0;
        while (digest[first] != digest[i]) first++;
        wrong += first_equal[i] != first;
    }
    CHECK(wrong == 0);
}

static void every_row_has_one_slot(void)
{
    int wrong = 0;
    for (int ranks = 1; ranks <= 5; ranks++)
        for (int64_t rows = 0; rows <= 40; rows++) {
            int64_t slots = 0;
            for (int rank = 0; rank < ranks; rank++) {
                hl_deal d = {rows, 3, rank, ranks};
                int64_t next = 0;
                for (int64_t row = 0; row < rows; row++) {
                    int64_t slot = hl_deal_slot(&d, row);
                    if (slot < 0) continue;
                    wrong += slot != next++ || hl_deal_row(&d, slot) != row;
                }
                wrong += hl_deal_slots(&d) != next;
                slots += next;
            }
            wrong += slots != rows;
        }
    CHECK(wrong == 0);
}

static const struct {
    const char *a, *b;
    hl_form form;
} alike[] = {
    {"I3 ", "I3", HL_FORM_BLANKS},        {"\tI3\r", "I3", HL_FORM_BLANKS},
    {"I3\xC2\xA0", "I3", HL_FORM_BLANKS}, {"\xEF\xBB\xBFI3", "I3", HL_FORM_BLANKS},
    {"\"I3\"", "'I3'", HL_FORM_BLANKS},   {"\xE2\x80\x9CI3\xE2\x80\x9D \xE2\x80\x8B", "I3", HL_FORM_BLANKS},
    {"17.0", "17", HL_FORM_DECIMAL},      {"17.000", "17.0", HL_FORM_DECIMAL},
    {"0017", "17", HL_FORM_ZEROS},        {"000", "0", HL_FORM_ZEROS},
    {"b00a", "B00A", HL_FORM_CASE},       {" 17.0", "17", HL_FORM_SEVERAL},
    {"b007.0 ", "B007", HL_FORM_SEVERAL},
};

static const struct {
    const char *a, *b;
} unlike[] = {{"17", "170"}, {"17.5", "17"},       {"0", ""},   {"0x1F", "x1f"}, {"I 3", "I3"}, {".0", "0"},
              {"x0", "x"},   {"\xC3\xA0", "\xC3"}, {"10", "1"}, {"I-3", "I3"}};

static bool have_one_form(const char *a, const char *b)
{
    char x[HL_FORM_LONGEST], y[HL_FORM_LONGEST];
    size_t n = hl_id_plain(x, a, strlen(a)), m = hl_id_plain(y, b, strlen(b));
    return n == m && memcmp(x, y, n) == 0;
}

static void ids_are_alike_but_for_their_form(void)
{
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        const char *a = alike[i].a, *b = alike[i].b;
        CHECK(have_one_form(a, b));
        CHECK(hl_id_difference(a, strlen(a), b, strlen(b)) == alike[i].form);
        CHECK(hl_id_difference(b, strlen(b), a, strlen(a)) == alike[i].form);
    }
    for (size_t i = 0; i < sizeof unlike / sizeof unlike[0]; i++) CHECK(!have_one_form(unlike[i].a, unlike[i].b));
}

static const test tests[] = {
    {"numbers follow the first appearance", numbers_follow_the_first_appearance},
    {"many ids come back", many_ids_come_back},
    {"ids are alike but for their form", ids_are_alike_but_for_their_form},
    {"every row has one slot", every_row_has_one_slot},
    {"an item's first equal is the first with the same digest", the_first_equal_is_the_first_with_the_same_digest},
};
HL_TESTS("idtable", tests)
