/* test-sampler.c - every window comes once an epoch, and a batch follows from (seed, step) alone. */
#include "data/sampler.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { USERS = 60, ITEMS = 700, S = 4, BATCH = 7 };

typedef struct {
    toy t;
    hl_windows w;
    hl_sampler s;
    hl_arena arena;
} fixture;

/* No item comes twice in the sequences, so that the first item of a sample names its window. */
static void open_fixture(fixture *f, int num_negatives)
{
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    int64_t begin[USERS + 1] = {0};
    int32_t item[USERS * 11];
    for (int u = 0; u < USERS; u++) begin[u + 1] = begin[u] + toy_between(&r, 3, 11);
    for (int i = 0; i < begin[USERS]; i++) item[i] = i + 1;
    toy_open(&f->t, ITEMS, 3, 1);
    toy_take_users(&f->t, USERS, begin, item);
    hl_windows_open(&f->w, &f->t.corpus, &(hl_windows_rule){.S = S, .split = true});
    f->s = (hl_sampler){.windows = &f->w, .seed = 5, .batch_size = BATCH, .num_negatives = num_negatives};
    f->arena = hl_arena_growing("batch");
}

static void close_fixture(fixture *f)
{
    hl_arena_free(&f->arena);
    hl_windows_close(&f->w);
    toy_close(&f->t);
}

/* The window of sample i of a batch; -1 where it is none. */
static int64_t window_of(const fixture *f, const hl_batch *b, int i)
{
    for (int64_t k = 0; k < hl_windows_count(&f->w); k++) {
        int64_t user;
        int n;
        const int32_t *items = hl_windows_at(&f->w, k, &user, &n);
        if (n == b->begin[i + 1] - b->begin[i] && memcmp(items, b->item + b->begin[i], (size_t)n * sizeof *items) == 0)
            return k;
    }
    return -1;
}

/* The windows of an epoch in their order; how many. */
static int64_t order_of(int64_t *order, fixture *f, int64_t epoch)
{
    int64_t steps = hl_sampler_steps_per_epoch(&f->s), n = 0;
    for (int64_t step = 0; step < steps; step++) {
        hl_batch b;
        hl_sampler_draw(&b, &f->s, epoch * steps + step, &f->arena);
        CHECK(b.S == S && b.samples > 0 && (step == steps - 1 || b.samples == BATCH));
        for (int i = 0; i < b.samples; i++) order[n++] = window_of(f, &b, i);
        hl_arena_back(&f->arena, 0);
    }
    return n;
}

static void every_window_comes_once_an_epoch(void)
{
    fixture f;
    open_fixture(&f, 0);
    int64_t windows = hl_windows_count(&f.w), order[3][USERS * 11];
    CHECK(windows > 50 && windows % BATCH != 0); /* the last batch of an epoch is smaller */
    for (int64_t epoch = 0; epoch < 3; epoch++) {
        int times[USERS * 11] = {0};
        CHECK(order_of(order[epoch], &f, epoch) == windows);
        for (int64_t i = 0; i < windows; i++)
            if (order[epoch][i] >= 0) times[order[epoch][i]]++;
        for (int64_t k = 0; k < windows; k++) CHECK(times[k] == 1);
    }
    for (int other = 1; other < 3; other++) { /* one window in common, on average */
        int same = 0;
        for (int64_t i = 0; i < windows; i++) same += order[0][i] == order[other][i];
        CHECK(same <= 8);
    }
    close_fixture(&f);
}

static bool equal_batches(const hl_batch *a, const hl_batch *b)
{
    return a->samples == b->samples && a->negatives == b->negatives
           && memcmp(a->begin, b->begin, (size_t)(a->samples + 1) * sizeof *a->begin) == 0
           && memcmp(a->item, b->item, (size_t)a->begin[a->samples] * sizeof *a->item) == 0
           && memcmp(a->negative, b->negative, (size_t)a->negatives * sizeof *a->negative) == 0;
}

static void a_batch_follows_from_seed_and_step(void)
{
    for (int mode = 0; mode < 2; mode++) {
        fixture f, g;
        hl_batch first, again, other;
        open_fixture(&f, mode * 20);
        open_fixture(&g, mode * 20);
        hl_sampler_draw(&first, &f.s, 12, &f.arena);
        for (int64_t step = 0; step < 20; step++) hl_sampler_draw(&again, &g.s, step * 7 % 20, &g.arena);
        hl_sampler_draw(&again, &g.s, 12, &g.arena);
        CHECK(equal_batches(&first, &again));
        g.s.seed++;
        hl_sampler_draw(&other, &g.s, 12, &g.arena);
        CHECK(!equal_batches(&first, &other));
        close_fixture(&f);
        close_fixture(&g);
    }
}

/* Batches are cut from one order, and a window's negatives are its own: another batch size moves nothing but the
 * cuts. */
static void the_batch_size_only_cuts(void)
{
    fixture f;
    hl_batch whole, part;
    open_fixture(&f, 0);
    f.s.batch_size = 14;
    hl_sampler_draw(&whole, &f.s, 1, &f.arena);
    f.s.batch_size = 7;
    for (int half = 0; half < 2; half++) {
        hl_sampler_draw(&part, &f.s, 2 + half, &f.arena);
        CHECK(memcmp(part.item, whole.item + whole.begin[7 * half], (size_t)part.begin[7] * sizeof *part.item) == 0);
        CHECK(memcmp(part.negative, whole.negative + 7 * half * (S + 1), (size_t)part.negatives * sizeof *part.negative)
              == 0);
    }
    close_fixture(&f);
}

static bool is_in(const int32_t *list, int n, int32_t item)
{
    for (int i = 0; i < n; i++)
        if (list[i] == item) return true;
    return false;
}

/* Few items, so that a forbidden one would be drawn at once: transitions' negatives are outside the window, and what
 * fills the list up is outside these negatives. */
static void one_negative_a_transition(void)
{
    fixture f;
    hl_batch b;
    int met_window = 0;
    toy_open(&f.t, 12, 3, 1);
    toy_draw_users(&f.t, USERS, 11, 1);
    hl_windows_open(&f.w, &f.t.corpus, &(hl_windows_rule){.S = S, .split = true});
    f.arena = hl_arena_growing("batch");
    f.s = (hl_sampler){.windows = &f.w, .seed = 5, .batch_size = BATCH};
    for (int64_t step = 0; step < 60; step++) {
        hl_sampler_draw(&b, &f.s, step, &f.arena);
        CHECK(b.negatives == b.samples * (S + 1));
        for (int i = 0; i < b.samples; i++) {
            int n = b.begin[i + 1] - b.begin[i], padding = S + 1 - (n - 1);
            const int32_t *window = b.item + b.begin[i], *list = b.negative + i * (S + 1);
            for (int k = 0; k <= S; k++) CHECK(list[k] >= 1 && list[k] < 12);
            for (int k = padding; k <= S; k++) CHECK(!is_in(window, n, list[k]));
            for (int k = 0; k < padding; k++) {
                CHECK(!is_in(list + padding, n - 1, list[k]));
                met_window += is_in(window, n, list[k]);
            }
        }
        hl_arena_back(&f.arena, 0);
    }
    CHECK(met_window > 0); /* as in the public code, padding may name an item of the window */
    close_fixture(&f);
}

static void a_number_of_negatives_for_the_batch(void)
{
    static const int K[] = {1, 7, 8, 20, 512}, each[] = {1, 1, 2, 3, 74}; /* shared by 7 samples, rounded up */
    for (int i = 0; i < 5; i++) {
        fixture f;
        hl_batch b;
        bool drawn[ITEMS] = {false};
        open_fixture(&f, K[i]);
        int64_t steps = 4 * hl_sampler_steps_per_epoch(&f.s);
        for (int64_t step = 0; step < steps; step++) {
            hl_sampler_draw(&b, &f.s, step, &f.arena);
            CHECK(b.negatives == each[i] * b.samples);
            for (int k = 0; k < b.negatives; k++) {
                CHECK(b.negative[k] >= 1 && b.negative[k] < ITEMS);
                drawn[b.negative[k]] = true;
            }
        }
        for (int item = 1; item < ITEMS && K[i] == 512; item++)
            CHECK(drawn[item]); /* the first, the last, those in windows */
        close_fixture(&f);
    }
}

static void a_window_has_other_negatives_in_another_epoch(void)
{
    fixture f;
    hl_batch b;
    int32_t first[USERS * 11][S + 1];
    open_fixture(&f, 0);
    int64_t steps = hl_sampler_steps_per_epoch(&f.s);
    int same = 0, all = 0;
    for (int64_t step = 0; step < 2 * steps; step++) {
        hl_sampler_draw(&b, &f.s, step, &f.arena);
        for (int i = 0; i < b.samples; i++) {
            int64_t k = window_of(&f, &b, i);
            const int32_t *now = b.negative + i * (S + 1);
            if (step < steps) memcpy(first[k], now, sizeof first[k]);
            for (int j = 0; j <= S && step >= steps; j++, all++) same += first[k][j] == now[j];
        }
    }
    CHECK(all > 250 && same < all / 20); /* one in 700 by chance */
    close_fixture(&f);
}

/* Three items beside the padding at most: every loop must end, and what can be excluded is. */
static void tiny_catalogues_end(void)
{
    static const int32_t sequence[][6] = {{1, 1, 1, 1, 1, 1}, {1, 2, 1, 2, 1, 2}, {2, 2, 2, 2, 1, 1}};
    static const int64_t items[] = {2, 3, 3};
    for (int c = 0; c < 3; c++) {
        fixture f;
        toy_open(&f.t, items[c], 3, 1);
        toy_take_users(&f.t, 1, (int64_t[]){0, 6}, sequence[c]);
        hl_windows_open(&f.w, &f.t.corpus, &(hl_windows_rule){.S = S, .split = true});
        f.arena = hl_arena_growing("batch");
        for (int num_negatives = 0; num_negatives < 10; num_negatives += 5) {
            f.s = (hl_sampler){.windows = &f.w, .seed = 1, .batch_size = 2, .num_negatives = num_negatives};
            for (int64_t step = 0; step < 20; step++) {
                hl_batch b;
                hl_sampler_draw(&b, &f.s, step, &f.arena);
                CHECK(b.samples == 1 && b.negatives == (num_negatives ? 3 : S + 1));
                for (int k = 0; k < b.negatives; k++) CHECK(b.negative[k] >= 1 && b.negative[k] < items[c]);
                for (int k = 2; c == 2 && num_negatives == 0 && k <= S; k++)
                    CHECK(b.negative[k] == 1); /* the window is 2, 2, 2, 2 */
            }
        }
        close_fixture(&f);
    }
}

/* As many for each, whatever the batch; drawn by window and epoch. */
static void each_transition_has_negatives_of_its_own(void)
{
    enum { EACH = 5 };
    fixture f, other;
    open_fixture(&f, EACH);
    open_fixture(&other, EACH);
    f.s.own = other.s.own = true;
    other.s.batch_size = BATCH + 3;
    hl_batch b, wide;
    bool differ = false;
    hl_sampler_draw(&b, &f.s, 0, &f.arena);
    hl_sampler_draw(&wide, &other.s, 0, &other.arena);
    CHECK(b.each == EACH && b.negatives == EACH * (b.begin[b.samples] - b.samples));
    CHECK(memcmp(b.negative, wide.negative, (size_t)b.negatives * sizeof *b.negative) == 0);
    for (int k = 0; k < b.negatives; k++) CHECK(b.negative[k] >= 1 && b.negative[k] < ITEMS);
    for (int k = EACH; k < b.negatives; k++) differ |= b.negative[k] != b.negative[k % EACH];
    CHECK(differ);
    close_fixture(&f);
    close_fixture(&other);
}

static const test tests[] = {
    {"every window comes once an epoch, in an order of the epoch's own", every_window_comes_once_an_epoch},
    {"a batch follows from seed and step alone", a_batch_follows_from_seed_and_step},
    {"the batch size only cuts", the_batch_size_only_cuts},
    {"one negative a transition, outside the window, filled up to S + 1", one_negative_a_transition},
    {"a number of negatives for the batch is shared by its samples", a_number_of_negatives_for_the_batch},
    {"each transition has negatives of its own", each_transition_has_negatives_of_its_own},
    {"a window has other negatives in another epoch", a_window_has_other_negatives_in_another_epoch},
    {"tiny catalogues end", tiny_catalogues_end},
};
HL_TESTS("sampler", tests)
