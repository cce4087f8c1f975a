/* test-layout.c - layouts fit the ranks or are refused with the nearest that does; shares cover all work. */
#include "step/layout.h"
#include "step/rank-mapping.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 8 };

/* Ranks that `items` and `users` replicas take. */
static int need(const hl_layout_wish *w, int items, int users)
{
    int i = items * (w->side[HL_ITEM].tp ? w->side[HL_ITEM].tp : 1),
        u = users * (w->side[HL_USER].tp ? w->side[HL_USER].tp : 1);
    return w->kind == HL_SEPARATE ? i + u : i > u ? i : u;
}

static void check_layout(const hl_layout *l, int ranks, const hl_layout_wish *w)
{
    int items = 0, users = 0;
    CHECK(l->ranks == ranks && l->kind == w->kind && l->side[HL_ITEM].tp >= 1 && l->side[HL_USER].tp >= 1);
    CHECK(l->side[HL_ITEM].tp == (w->side[HL_ITEM].tp ? w->side[HL_ITEM].tp : 1)
          && l->side[HL_USER].tp == (w->side[HL_USER].tp ? w->side[HL_USER].tp : 1));
    for (int r = 0; r < ranks; r++) {
        CHECK(w->kind == HL_COLOCATED || !(hl_layout_has(l, HL_ITEM, r) && hl_layout_has(l, HL_USER, r)));
        items += hl_layout_has(l, HL_ITEM, r);
        users += hl_layout_has(l, HL_USER, r);
    }
    CHECK(items == l->side[HL_ITEM].ranks && users == l->side[HL_USER].ranks); /* all of them are ranks of the job */
    CHECK(w->kind == HL_SEPARATE || (l->side[HL_ITEM].begin == 0 && l->side[HL_USER].begin == 0));
}

static int away(int items, int users, int want_items, int want_users)
{
    return abs(items - want_items) + abs(users - want_users);
}

/* The nearest possible layout that the sentence names fits, and none is nearer; or nothing fits and it says what
 * would. */
static void check_advice(int ranks, const hl_layout_wish *w, int want_items, int want_users)
{
    int items = 0, users = 0, nearest = 1000, least = 0;
    const char *at = strstr(hl_error_text(), "nearest possible is item.dp "),
               *tight = strstr(hl_error_text(), " ranks at least");
    for (int i = 1; i <= ranks; i++)
        for (int u = 1; u <= ranks; u++)
            if (need(w, i, u) <= ranks && away(i, u, want_items, want_users) < nearest)
                nearest = away(i, u, want_items, want_users);
    if (nearest == 1000) {
        while (tight && tight > hl_error_text() && tight[-1] != ' ') tight--;
        CHECK(tight && sscanf(tight, "%d", &least) == 1 && least == need(w, 1, 1));
        return;
    }
    CHECK(at && sscanf(at, "nearest possible is item.dp %d, user.dp %d", &items, &users) == 2);
    CHECK(items >= 1 && users >= 1 && need(w, items, users) <= ranks);
    CHECK(away(items, users, want_items, want_users) == nearest);
}

/* 0 asks for as many replicas as fit, in separate groups for one user replica. */
static void check_wish(int ranks, const hl_layout_wish *w)
{
    hl_layout l;
    int items = w->side[HL_ITEM].dp, users = w->side[HL_USER].dp;
    if (!users) users = w->kind == HL_SEPARATE ? 1 : ranks / (w->side[HL_USER].tp ? w->side[HL_USER].tp : 1);
    if (!items)
        items = (w->kind == HL_SEPARATE ? ranks - need(w, 0, users) : ranks)
                / (w->side[HL_ITEM].tp ? w->side[HL_ITEM].tp : 1);
    if (items < 1) items = 1;
    if (users < 1) users = 1;
    hl_status status = hl_layout_make(&l, ranks, w);
    CHECK((status == HL_OK) == (need(w, items, users) <= ranks));
    if (status == HL_OK) {
        check_layout(&l, ranks, w);
        CHECK(hl_layout_replicas(&l, HL_ITEM) == items && hl_layout_replicas(&l, HL_USER) == users);
    } else {
        CHECK(status == HL_EUSAGE);
        check_advice(ranks, w, items, users);
    }
}

static void layouts_fit_or_are_refused(void)
{
    for (int ranks = 1; ranks <= MOST; ranks++)
        for (int dp = 0; dp < 100; dp++)
            for (int tp = 0; tp < 16; tp++) {
                const hl_layout_wish w = {.kind = HL_COLOCATED,
                                          .side[HL_ITEM].dp = dp / 10,
                                          .side[HL_USER].dp = dp % 10,
                                          .side[HL_ITEM].tp = tp / 4,
                                          .side[HL_USER].tp = tp % 4};
                hl_layout_wish apart = w;
                apart.kind = HL_SEPARATE;
                check_wish(ranks, &w);
                if (ranks > 1) check_wish(ranks, &apart);
            }
}

static void one_rank_cannot_be_separate(void)
{
    hl_layout l;
    for (int dp = 0; dp < 3; dp++)
        CHECK_FAILS(hl_layout_make(
                        &l, 1, &(hl_layout_wish){.kind = HL_SEPARATE, .side[HL_ITEM].dp = dp, .side[HL_USER].dp = dp}),
                    HL_EUSAGE, "at least 2 ranks");
}

/* Products that no int holds are many ranks, not few. */
static void layouts_beyond_counting_are_refused(void)
{
    static const hl_layout_kind kinds[] = {HL_COLOCATED, HL_HYBRID, HL_SEPARATE};
    static const int wide[][3] = {{50000, 50000, 1}, {1, 1000000, 4096}, {65536, 65536, 1}, {1000000, 1000000, 4096}};
    hl_layout l;
    for (int k = 0; k < 3; k++)
        for (int i = 0; i < 4; i++) {
            const hl_layout_wish w = {.kind = kinds[k],
                                      .side[HL_ITEM].dp = wide[i][0],
                                      .side[HL_ITEM].tp = wide[i][1],
                                      .side[HL_ITEM].pp = wide[i][2]};
            CHECK_FAILS(hl_layout_make(&l, 4, &w), HL_EUSAGE, "ranks at least, the job has 4");
        }
}

/* Each replica is neighbours of its group, and each of its ranks knows the first. */
static void replicas_have_a_first_rank(void)
{
    for (int tp = 1; tp <= 3; tp++) {
        hl_layout l;
        CHECK_OK(hl_layout_make(&l, 9,
                                &(hl_layout_wish){.kind = HL_SEPARATE,
                                                  .side[HL_ITEM].dp = 2,
                                                  .side[HL_ITEM].tp = tp,
                                                  .side[HL_USER].dp = 1,
                                                  .side[HL_USER].tp = tp}));
        for (int r = 0; r < 9; r++) {
            if (hl_layout_has(&l, HL_ITEM, r))
                CHECK(hl_layout_first_rank_of(&l, HL_ITEM, r) == r / tp * tp
                      && hl_layout_first_rank(&l, HL_ITEM, r / tp) == r / tp * tp);
            if (hl_layout_has(&l, HL_USER, r)) CHECK(hl_layout_first_rank_of(&l, HL_USER, r) == 2 * tp && r < 3 * tp);
        }
    }
}

static void a_layout_is_told_in_words(void)
{
    static const struct {
        int ranks;
        hl_layout_wish wish;
        const char *text;
    } cases[] = {
        {1, {HL_COLOCATED, {{0, 0, 0}, {0, 0, 0}}}, "1 item + 1 user replicas colocated on 1 rank, 0 idle"},
        {4, {HL_SEPARATE, {{2, 0, 0}, {1, 0, 0}}}, "2 item + 1 user replicas separate on 4 ranks, 1 idle"},
        {5, {HL_COLOCATED, {{3, 0, 0}, {2, 0, 0}}}, "3 item + 2 user replicas colocated on 5 ranks, 2 idle"},
        {5, {HL_COLOCATED, {{1, 0, 0}, {4, 0, 0}}}, "1 item + 4 user replicas colocated on 5 ranks, 1 idle"},
        {7,
         {HL_SEPARATE, {{2, 2, 0}, {1, 2, 0}}},
         "2 item (of 2 ranks) + 1 user (of 2 ranks) replicas separate on 7 ranks, 1 idle"},
        {8,
         {HL_COLOCATED, {{0, 2, 3}, {0, 1, 1}}},
         "1 item (tp 2 x pp 3) + 8 user replicas colocated on 8 ranks, 0 idle"},
        {5, {HL_HYBRID, {{0, 1, 2}, {0, 1, 1}}}, "2 item (tp 1 x pp 2) + 1 user replicas hybrid on 5 ranks, 1 idle"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_layout l;
        char text[120];
        CHECK_OK(hl_layout_make(&l, cases[i].ranks, &cases[i].wish));
        hl_layout_text(text, sizeof text, &l);
        CHECK(strcmp(text, cases[i].text) == 0);
    }
}

static void a_grid_is_told_in_words(void)
{
    hl_layout l;
    char text[120];
    CHECK_OK(hl_layout_make(
        &l, 9,
        &(hl_layout_wish){.kind = HL_COLOCATED, .side[HL_ITEM].tp = 4, .side[HL_ITEM].pp = 2, .side[HL_USER].tp = 6}));
    hl_layout_take_grids(&l, (const int[]){2, 3}, HL_SUMMA);
    hl_layout_text(text, sizeof text, &l);
    CHECK(strcmp(text, "1 item (tp 2x2 x pp 2) + 1 user (tp 3x2) replicas colocated on 9 ranks, 1 idle") == 0);
}

/* Every share is a replica's, under its first rank, and none has more than another by over one micro-batch, the last it
 * got, but for what it had to do before. */
static void check_shares(const int *owner, const double *cost, int n, int begin, int p, int tp, double before)
{
    double load[MOST] = {0}, longest = before, most = 0, least = INFINITY;
    for (int c = 0; c < n; c++) {
        int replica = (owner[c] - begin) / tp;
        bool leads = owner[c] >= begin && replica < p && (owner[c] - begin) % tp == 0;
        CHECK(leads);
        if (leads) load[replica] += cost[c];
        longest = fmax(longest, cost[c] + before);
    }
    for (int r = 0; r < p; r++) {
        most = fmax(most, load[r]);
        least = fmin(least, load[r]);
    }
    CHECK(most - least <= longest * (1 + 1e-9));
}

static void shares_cover_the_micro_batches_evenly(void)
{
    for (int trial = 0; trial < 200; trial++) {
        hl_rng r = hl_rng_at((uint64_t)trial, HL_FOR_TESTS, 8, 0);
        hl_arena arena = hl_arena_growing("shares");
        hl_layout l;
        hl_batch b;
        hl_plan p;
        hl_share s;
        toy t;
        int item_tp = toy_between(&r, 1, 3), user_tp = toy_between(&r, 1, 3),
            ranks = toy_between(&r, item_tp + user_tp, MOST);
        int users = toy_between(&r, 1, (ranks - item_tp) / user_tp),
            items = toy_between(&r, 1, (ranks - users * user_tp) / item_tp);
        const hl_layout_wish wish = {trial % 2 ? HL_SEPARATE : HL_COLOCATED,
                                     {{items, item_tp, 1}, {users, user_tp, 1}}};
        CHECK_OK(hl_layout_make(&l, ranks, &wish));
        toy_open(&t, 60, 30, (uint64_t)trial);
        toy_draw_batch(&b, &t, toy_between(&r, 1, 12), 8, 50, &r, &arena);
        hl_plan_make(&p, &b, &t.corpus,
                     &(hl_plan_rules){.chunk_tokens = 50, .user_micro_batch_rows = 6, .item_tokens = 1, .dedup = true},
                     8, &arena);
        hl_share_make(&s, &l, &p, &arena);
        double user_work = 0;
        for (int c = 0; c < p.user_micro_batches; c++) user_work += p.user_micro_batch_cost[c];
        check_shares(s.micro_batch, p.micro_batch_cost, p.early_micro_batches, l.side[HL_ITEM].begin, items, item_tp,
                     0);
        check_shares(s.micro_batch + p.early_micro_batches, p.micro_batch_cost + p.early_micro_batches,
                     p.micro_batches - p.early_micro_batches, l.side[HL_ITEM].begin, items, item_tp,
                     trial % 2 ? 0 : user_work * item_tp);
        check_shares(s.user_micro_batch, p.user_micro_batch_cost, p.user_micro_batches, l.side[HL_USER].begin, users,
                     user_tp, 0);
        toy_close(&t);
        hl_arena_free(&arena);
    }
}

/* In a hybrid the replica that has the users gets as many fewer texts as users cost, of those that wait for nobody. */
static void users_leave_room_for_fewer_texts(void)
{
    double cost[40], user_cost[1] = {10};
    int begin[41];
    hl_arena arena = hl_arena_growing("shares");
    hl_layout l;
    hl_share s;
    for (int c = 0; c < 40; c++) cost[c] = 1, begin[c] = c;
    hl_plan p = {.micro_batches = 40,
                 .early_micro_batches = 10,
                 .micro_batch_cost = cost,
                 .micro_batch_begin = begin,
                 .user_micro_batches = 1,
                 .user_micro_batch_cost = user_cost};
    CHECK_OK(hl_layout_make(&l, 2, &(hl_layout_wish){.kind = HL_HYBRID}));
    CHECK(l.side[HL_ITEM].ranks == 2 && l.side[HL_USER].ranks == 1 && l.side[HL_USER].begin == 1);
    hl_share_make(&s, &l, &p, &arena);
    int read = 0, rest = 0;
    for (int c = 0; c < 40; c++) *(c < 10 ? &read : &rest) += s.micro_batch[c] == 1;
    CHECK(read == 5 && rest == 10); /* 20 + 0 against 10 + 10 */
    hl_arena_free(&arena);
}

/* ---- the rank mapping */

/* Which processes are users, as a word: "..u..u". */
static const char *mapping_of(char *word, const hl_layout_wish *wish, int ranks, hl_rank_mapping how, const int *node)
{
    hl_layout l;
    int rank[MOST], taken[MOST] = {0};
    CHECK_OK(hl_layout_make(&l, ranks, wish));
    hl_rank_mapping_make(rank, &l, how, node);
    for (int r = 0; r < ranks; r++) {
        CHECK(rank[r] >= 0 && rank[r] < ranks && taken[rank[r]]++ == 0);
        word[r] = hl_layout_has(&l, HL_USER, rank[r]) ? 'u' : '.';
    }
    word[ranks] = 0;
    CHECK(rank[0] == 0);
    return word;
}

static void users_sit_where_they_are_wanted(void)
{
    static const int one[MOST] = {0}, two[] = {0, 0, 0, 0, 1, 1, 1, 1}, odd[] = {0, 1, 1, 1, 2, 2, 2, 2},
                     four[] = {0, 0, 1, 1, 2, 2, 3, 3};
    static const struct {
        hl_layout_wish wish;
        int ranks;
        hl_rank_mapping how;
        const int *node;
        const char *want;
    } cases[] = {
        {{HL_SEPARATE, {{6, 1, 1}, {2, 1, 1}}}, 8, HL_USERS_LAST, two, "......uu"},
        {{HL_SEPARATE, {{6, 1, 1}, {2, 1, 1}}}, 8, HL_USERS_SPREAD, two, "...u...u"},
        {{HL_SEPARATE, {{4, 1, 1}, {3, 1, 1}}}, 7, HL_USERS_SPREAD, one, "..u.u.u"},
        {{HL_SEPARATE, {{2, 1, 1}, {2, 2, 1}}}, 8, HL_USERS_SPREAD, one, "..uu..uu"},
        {{HL_SEPARATE, {{6, 1, 1}, {2, 1, 1}}}, 8, HL_USERS_PER_NODE, two, "...u...u"},
        {{HL_SEPARATE, {{6, 1, 1}, {2, 1, 1}}}, 8, HL_USERS_PER_NODE, one, "......uu"},
        {{HL_SEPARATE, {{5, 1, 1}, {3, 1, 1}}}, 8, HL_USERS_PER_NODE, odd, "...u..uu"},
        {{HL_SEPARATE, {{2, 1, 1}, {2, 3, 1}}}, 8, HL_USERS_PER_NODE, odd, ".uuu.uuu"},
        {{HL_SEPARATE, {{1, 1, 1}, {1, 3, 1}}}, 8, HL_USERS_PER_NODE, four, ".....uuu"},
        {{HL_HYBRID, {{0, 1, 1}, {4, 1, 1}}}, 8, HL_USERS_PER_NODE, four, ".u.u.u.u"},
        {{HL_HYBRID, {{0, 1, 1}, {3, 1, 1}}}, 8, HL_USERS_SPREAD, one, "..u..u.u"},
        {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 8, HL_USERS_SPREAD, one, "uuuuuuuu"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char word[MOST + 1];
        mapping_of(word, &cases[i].wish, cases[i].ranks, cases[i].how, cases[i].node);
        if (strcmp(word, cases[i].want)) printf("  case %zu: %s, not %s\n", i, word, cases[i].want);
        CHECK(strcmp(word, cases[i].want) == 0);
    }
}

static const test tests[] = {
    {"a layout fits, or is refused with the nearest that does", layouts_fit_or_are_refused},
    {"one rank cannot be two groups", one_rank_cannot_be_separate},
    {"layouts beyond counting are refused", layouts_beyond_counting_are_refused},
    {"replicas are neighbours under a first rank", replicas_have_a_first_rank},
    {"a layout is told in words", a_layout_is_told_in_words},
    {"a grid is told in words", a_grid_is_told_in_words},
    {"shares cover the micro-batches, evenly up to one micro-batch", shares_cover_the_micro_batches_evenly},
    {"users leave room for fewer texts", users_leave_room_for_fewer_texts},
    {"users sit where they are wanted", users_sit_where_they_are_wanted},
};
HL_TESTS("layout", tests)
