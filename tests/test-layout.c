/* test-layout.c - layouts fit the ranks or are refused with the nearest that does; shares cover all work. */
#include "model/layout.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

static bool fits(int ranks, hl_layout_kind kind, int items, int users)
{
    if (items < 1 || users < 1) return false;
    return kind == HL_SEPARATE ? items + users <= ranks : items <= ranks && users <= ranks;
}

static void check_layout(const hl_layout *l, int ranks, hl_layout_kind kind)
{
    int items = 0, users = 0;
    CHECK(l->ranks == ranks && l->kind == kind && fits(ranks, kind, l->items, l->users));
    for (int r = 0; r < ranks; r++) {
        CHECK(kind == HL_COLOCATED || !(hl_layout_has_item(l, r) && hl_layout_has_user(l, r)));
        items += hl_layout_has_item(l, r);
        users += hl_layout_has_user(l, r);
    }
    CHECK(items == l->items && users == l->users); /* all of them are ranks of the job */
    CHECK(kind == HL_SEPARATE || (l->item_begin == 0 && l->user_begin == 0));
}

static int away(int items, int users, int want_items, int want_users)
{
    return abs(items - want_items) + abs(users - want_users);
}

/* The nearest possible layout that the sentence names fits, and none is nearer. */
static void check_advice(int ranks, hl_layout_kind kind, int want_items, int want_users)
{
    int items = 0, users = 0, nearest = 1000;
    const char *at = strstr(hl_error_text(), "nearest possible is item.dp ");
    CHECK(at && sscanf(at, "nearest possible is item.dp %d, user.dp %d", &items, &users) == 2);
    CHECK(fits(ranks, kind, items, users));
    for (int i = 1; i <= ranks; i++)
        for (int u = 1; u <= ranks; u++)
            if (fits(ranks, kind, i, u) && away(i, u, want_items, want_users) < nearest) nearest = away(i, u, want_items, want_users);
    CHECK(away(items, users, want_items, want_users) == nearest);
}

/* 0 asks for as many as fit; for separate groups one user replica. */
static void check_wish(int ranks, hl_layout_kind kind, int item_dp, int user_dp)
{
    hl_layout l;
    int users = user_dp ? user_dp : kind == HL_SEPARATE ? 1 : ranks;
    int items = item_dp ? item_dp : kind == HL_SEPARATE ? ranks - users : ranks;
    if (items < 1) items = 1;
    hl_status status = hl_layout_make(&l, ranks, &(hl_layout_wish){.kind = kind, .item_dp = item_dp, .user_dp = user_dp});
    CHECK((status == HL_OK) == fits(ranks, kind, items, users));
    if (status == HL_OK) {
        check_layout(&l, ranks, kind);
        CHECK(l.items == items && l.users == users);
    } else {
        CHECK(status == HL_EUSAGE);
        check_advice(ranks, kind, items, users);
    }
}

static void layouts_fit_or_are_refused(void)
{
    for (int ranks = 1; ranks <= MOST; ranks++)
        for (int item_dp = 0; item_dp <= MOST + 2; item_dp++)
            for (int user_dp = 0; user_dp <= MOST + 2; user_dp++) {
                check_wish(ranks, HL_COLOCATED, item_dp, user_dp);
                if (ranks > 1) check_wish(ranks, HL_SEPARATE, item_dp, user_dp);
            }
}

static void one_rank_cannot_be_separate(void)
{
    hl_layout l;
    for (int dp = 0; dp < 3; dp++) CHECK_FAILS(hl_layout_make(&l, 1, &(hl_layout_wish){.kind = HL_SEPARATE, .item_dp = dp, .user_dp = dp}), HL_EUSAGE, "at least 2 ranks");
}

static void a_layout_is_told_in_words(void)
{
    static const struct {
        int ranks, items, users;
        hl_layout_kind kind;
        const char *text;
    } cases[] = {
        {1, 0, 0, HL_COLOCATED, "1 item + 1 user replicas colocated on 1 rank, 0 idle"},
        {4, 2, 1, HL_SEPARATE, "2 item + 1 user replicas separate on 4 ranks, 1 idle"},
        {5, 3, 2, HL_COLOCATED, "3 item + 2 user replicas colocated on 5 ranks, 2 idle"},
        {5, 1, 4, HL_COLOCATED, "1 item + 4 user replicas colocated on 5 ranks, 1 idle"},
    };
    for (int i = 0; i < 4; i++) {
        hl_layout l;
        char text[100];
        CHECK_OK(hl_layout_make(&l, cases[i].ranks, &(hl_layout_wish){.kind = cases[i].kind, .item_dp = cases[i].items, .user_dp = cases[i].users}));
        hl_layout_text(text, sizeof text, &l);
        CHECK(strcmp(text, cases[i].text) == 0);
    }
}

/* Every share lies in its group, and no rank has more than another by over one chunk: the last it got. */
static void check_shares(const int *owner, const double *cost, int n, int begin, int p)
{
    double load[MOST] = {0}, longest = 0, most = 0, least = INFINITY;
    for (int c = 0; c < n; c++) {
        CHECK(owner[c] >= begin && owner[c] < begin + p);
        if (owner[c] >= begin && owner[c] < begin + p) load[owner[c] - begin] += cost[c];
        longest = fmax(longest, cost[c]);
    }
    for (int r = 0; r < p; r++) {
        most = fmax(most, load[r]);
        least = fmin(least, load[r]);
    }
    CHECK(most - least <= longest * (1 + 1e-9));
}

static void shares_cover_the_chunks_evenly(void)
{
    for (int trial = 0; trial < 200; trial++) {
        hl_rng r = hl_rng_at((uint64_t)trial, HL_FOR_TESTS, 8, 0);
        hl_arena arena = hl_arena_growing("shares");
        hl_layout l;
        hl_batch b;
        hl_plan p;
        hl_share s;
        toy t;
        int ranks = toy_between(&r, 2, MOST), users = toy_between(&r, 1, ranks - 1), items = toy_between(&r, 1, ranks - users);
        CHECK_OK(hl_layout_make(&l, ranks, &(hl_layout_wish){.kind = trial % 2 ? HL_SEPARATE : HL_COLOCATED, .item_dp = items, .user_dp = users}));
        toy_open(&t, 60, 30, (uint64_t)trial);
        toy_draw_batch(&b, &t, toy_between(&r, 1, 12), 8, 50, &r, &arena);
        hl_plan_make(&p, &b, &t.corpus, &(hl_plan_rules){.chunk_tokens = 50, .user_chunk_rows = 6, .item_tokens = 1, .dedup = true}, 8, &arena);
        hl_share_make(&s, &l, &p, &arena);
        check_shares(s.chunk, p.chunk_cost, p.chunks, l.item_begin, l.items);
        check_shares(s.user_chunk, p.user_chunk_cost, p.user_chunks, l.user_begin, l.users);
        toy_close(&t);
        hl_arena_free(&arena);
    }
}

static const test tests[] = {
    {"a layout fits, or is refused with the nearest that does", layouts_fit_or_are_refused},
    {"one rank cannot be two groups", one_rank_cannot_be_separate},
    {"a layout is told in words", a_layout_is_told_in_words},
    {"shares cover the chunks, evenly up to one chunk", shares_cover_the_chunks_evenly},
};
HL_TESTS("layout", tests)
