/* test-group.c - ranks that act together end up with the same, whatever came first. */
#include "mpi/comm/group.h"
#include "mpi/comm/wait.h"
#include "base/arena.h"
#include "base/rng.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

/* A piece of a collective is 16 MB: four million floats. */
enum { LONG_FLOATS = 5000003, FEW_RANKS = 3 };

static const hl_group *world(void) { return check_world(); }

/* Number i of a rank, so made that the order of the additions shows in the last bits. */
static float number(int rank, size_t i)
{
    uint32_t h = ((uint32_t)i + 1) * 2654435761u ^ ((uint32_t)rank + 1) * 40503u;
    h = (h ^ h >> 15) * 2246822519u;
    return (float)((int)(h >> 8 & 2047) - 1000) * (h >> 31 ? 1.0f : 1e-5f);
}

static const size_t lengths[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1000};
enum { LENGTHS = sizeof lengths / sizeof lengths[0], LEAVES = 16 };

/* By halves of so many leaves, of which the ranks have branches. */
static double sum_of_leaves(size_t i, int ranks, int begin, int end, bool single)
{
    const int middle = (begin + end) / 2, r = hl_fold_owner(LEAVES, ranks, begin);
    if (hl_fold_owner(LEAVES, ranks, end - 1) == r) return single ? (double)number(r, i) : (double)number(r, i) / 3;
    const double left = sum_of_leaves(i, ranks, begin, middle, single),
                 right = sum_of_leaves(i, ranks, middle, end, single);
    return single ? (double)((float)left + (float)right) : left + right;
}

static float sum_of_floats(size_t i, int ranks) { return (float)sum_of_leaves(i, ranks, 0, LEAVES, true); }

static double sum_of_doubles(size_t i, int ranks) { return sum_of_leaves(i, ranks, 0, LEAVES, false); }

/* Bit for bit the serial sum by the tree: the same on every rank and in every run. */
static void check_sum(size_t n)
{
    const hl_group *g = world();
    float *x = hl_alloc(n * sizeof *x);
    size_t wrong = 0;
    for (size_t i = 0; i < n; i++) x[i] = number(g->rank, i);
    hl_group_all_reduce(g, x, n);
    for (size_t i = 0; i < n; i++) wrong += x[i] != sum_of_floats(i, g->size);
    CHECK(wrong == 0);
    free(x);
}

static void sums_are_in_the_order_of_the_tree(void)
{
    const hl_group *g = world();
    for (int k = 0; k < LENGTHS; k++) {
        double x[1000];
        int64_t whole[1000];
        size_t n = lengths[k];
        check_sum(n);
        for (size_t i = 0; i < n; i++) {
            x[i] = (double)number(g->rank, i) / 3;
            whole[i] = (int64_t)i - (INT64_C(1) << 40) * g->rank;
        }
        hl_group_all_reduce_double(g, x, n);
        hl_group_all_reduce_int(g, whole, n);
        for (size_t i = 0; i < n; i++) {
            CHECK(x[i] == sum_of_doubles(i, g->size));
            CHECK(whole[i] == (int64_t)i * g->size - (INT64_C(1) << 39) * g->size * (g->size - 1));
        }
    }
}

/* Otherwise the sentence above would say nothing. */
static void another_order_would_be_seen(void)
{
    int differ = 0;
    for (size_t i = 0; i < 1000; i++) {
        float sum = number(4, i);
        for (int r = 3; r >= 0; r--) sum += number(r, i);
        differ += sum != sum_of_floats(i, 5);
    }
    CHECK(differ > 50);
}

static void long_sums_go_in_pieces(void)
{
    if (world()->size > FEW_RANKS) return check_skip("long sums: they take too long on so many ranks");
    check_sum(LONG_FLOATS);
}

/* Two by two matrices modulo a prime: their product depends on the order, and on how often each was taken. */
typedef struct {
    uint32_t a[4], index;
} matrix;

static matrix matrix_of(int rank, size_t i)
{
    matrix m = {.index = (uint32_t)i};
    hl_philox(m.a, (const uint32_t[]){(uint32_t)i, (uint32_t)rank, 1, 0}, (const uint32_t[]){1, 1});
    for (int k = 0; k < 4; k++) m.a[k] %= 10007;
    return m;
}

static void multiply(void *into, const void *from, size_t n)
{
    matrix *y = into;
    const matrix *x = from;
    for (size_t i = 0; i < n; i++) {
        const uint32_t *b = x[i].a, a[4] = {y[i].a[0], y[i].a[1], y[i].a[2], y[i].a[3]};
        for (int k = 0; k < 4; k++) y[i].a[k] = (a[k / 2 * 2] * b[k % 2] + a[k / 2 * 2 + 1] * b[2 + k % 2]) % 10007;
        CHECK(y[i].index == x[i].index);
    }
}

static void anything_is_combined_in_rank_order(void)
{
    const hl_group *g = world();
    for (int k = 0; k < LENGTHS; k++) {
        matrix x[1000];
        size_t n = lengths[k];
        for (size_t i = 0; i < n; i++) x[i] = matrix_of(g->rank, i);
        hl_group_all_reduce_with(g, x, n, sizeof *x, multiply);
        for (size_t i = 0; i < n; i++) {
            matrix want = matrix_of(0, i);
            for (int r = 1; r < g->size; r++) {
                matrix next = matrix_of(r, i);
                multiply(&want, &next, 1);
            }
            CHECK(memcmp(&x[i], &want, sizeof want) == 0);
        }
    }
}

/* Elements that do not divide a piece: some are cut off it, none in the middle. */
static void add_triples(void *into, const void *from, size_t n)
{
    float *y = into;
    const float *x = from;
    for (size_t i = 0; i < 3 * n; i++) y[i] += x[i];
}

static void long_elements_are_never_cut(void)
{
    const hl_group *g = world();
    size_t n = LONG_FLOATS / 3, wrong = 0;
    if (g->size > FEW_RANKS) return check_skip("long elements: they take too long on so many ranks");
    float *x = hl_alloc(3 * n * sizeof *x);
    for (size_t i = 0; i < 3 * n; i++) x[i] = number(g->rank, i);
    hl_group_all_reduce_with(g, x, n, 3 * sizeof *x, add_triples);
    for (size_t i = 0; i < 3 * n; i++) wrong += x[i] != sum_of_floats(i, g->size);
    CHECK(wrong == 0);
    free(x);
}

static void the_largest_is_everyones(void)
{
    const hl_group *g = world();
    for (int r = 0; r < g->size; r++) CHECK(hl_group_max(g, g->rank == r ? -1.5 : -2 - g->rank) == -1.5);
}

/* ---- rows */

static unsigned char byte_of(int rank, size_t i) { return (unsigned char)(i * 31 + i / 251 + (size_t)rank * 7 + 1); }

static void bytes_are_shared_from_anyone(void)
{
    const hl_group *g = world();
    static const size_t sizes[] = {0, 1, 1000, ((size_t)1 << 24) + 3};
    unsigned char *x = hl_alloc(sizes[3]);
    for (int k = 0; k < (g->size <= FEW_RANKS ? 4 : 3); k++)
        for (int from = 0; from < g->size; from++) {
            size_t wrong = 0;
            for (size_t i = 0; i < sizes[k]; i++) x[i] = g->rank == from ? byte_of(from, i) : 0;
            hl_group_broadcast(g, x, sizes[k], from);
            for (size_t i = 0; i < sizes[k]; i++) wrong += x[i] != byte_of(from, i);
            CHECK(wrong == 0);
        }
    free(x);
}

/* counts (size) of rows, the same on every rank.  Mine lie elsewhere, or where they belong already. */
static void check_gather(const int *counts, size_t row_bytes, bool in_place)
{
    const hl_group *g = world();
    size_t rows = 0, before = 0, at = 0, wrong = 0, my_bytes = (size_t)counts[g->rank] * row_bytes;
    for (int r = 0; r < g->size; before += r < g->rank ? (size_t)counts[r] : 0, rows += (size_t)counts[r++])
        ;
    unsigned char *all = hl_alloc_zero(rows * row_bytes + 1, 1), *elsewhere = hl_alloc(my_bytes),
                  *mine = in_place ? all + before * row_bytes : elsewhere;
    all[rows * row_bytes] = 99;
    for (size_t i = 0; i < my_bytes; i++) mine[i] = byte_of(g->rank, i);
    hl_group_all_gather(g, all, my_bytes ? mine : NULL, counts, row_bytes);
    for (int r = 0; r < g->size; r++)
        for (size_t i = 0; i < (size_t)counts[r] * row_bytes; i++) wrong += all[at++] != byte_of(r, i);
    CHECK(wrong == 0 && all[rows * row_bytes] == 99);
    free(all);
    free(elsewhere);
}

static void rows_are_gathered_in_rank_order(void)
{
    const hl_group *g = world();
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    int *counts = hl_alloc((size_t)g->size * sizeof *counts);
    for (int trial = 0; trial < 20; trial++) {
        for (int q = 0; q < g->size; q++)
            counts[q] = trial == 0 || toy_between(&r, 0, 2) == 0 ? 0 : toy_between(&r, 1, 9);
        check_gather(counts, (size_t)toy_between(&r, 1, 13), trial % 2);
    }
    for (int q = 0; q < g->size; q++) counts[q] = q == 1 ? 0 : 700001 + q; /* more than a piece */
    if (g->size <= FEW_RANKS) check_gather(counts, 25, false);
    free(counts);
}

/* What the rank `from` sends to `to` are rows [out_begin, out_begin + count) of its own: several get the same. */
static void rows_are_traded(void)
{
    enum { ROW = 5, ROWS = 12, MOST = 6 };
    const hl_group *g = world();
    size_t p = (size_t)g->size;
    for (uint64_t trial = 0; trial < 20; trial++) {
        hl_rng r = hl_rng_at(trial, HL_FOR_TESTS, 1, 0);
        int *count = hl_alloc(p * p * sizeof *count), *begin = hl_alloc(p * p * sizeof *begin);
        int *in_count = hl_alloc(p * sizeof *count), *in_begin = hl_alloc(p * sizeof *count);
        unsigned char out[ROWS * ROW], *in = hl_alloc_zero(p * (MOST + 1), ROW);
        for (size_t k = 0; k < p * p; k++) {
            count[k] = toy_between(&r, 0, MOST);
            begin[k] = toy_between(&r, 0, ROWS - MOST);
        }
        for (size_t i = 0; i < sizeof out; i++) out[i] = byte_of(g->rank, i);
        for (int q = 0; q < g->size; q++) { /* what comes lies in reverse order of the ranks, a row apart */
            in_count[q] = count[q * g->size + g->rank];
            in_begin[q] = (g->size - 1 - q) * (MOST + 1);
        }
        hl_group_all_to_all(g, in, in_count, in_begin, out, count + g->rank * g->size, begin + g->rank * g->size, ROW);
        for (int q = 0; q < g->size; q++)
            for (int i = 0; i < (MOST + 1) * ROW; i++) {
                unsigned char want =
                    i < in_count[q] * ROW ? byte_of(q, (size_t)(begin[q * g->size + g->rank] * ROW + i)) : 0;
                CHECK(in[in_begin[q] * ROW + i] == want);
            }
        free(count);
        free(begin);
        free(in_count);
        free(in_begin);
        free(in);
    }
}

/* ---- agreement */

/* A status of each rank's own, the largest not the lowest's. */
static hl_status status_of(int rank)
{
    static const hl_status status[] = {HL_EUSAGE, HL_ENUMERIC, HL_EFORMAT, HL_EFAIL, HL_ESTOP};
    return status[rank % 5];
}

static hl_status try_all(const hl_group *g, hl_status mine)
{
    HL_TRY_ALL(g, mine);
    return HL_OK;
}

/* Whoever fails, all fail, like the lowest rank that did and in its words. */
static void the_lowest_rank_gives_the_reason(void)
{
    const hl_group *g = world();
    for (unsigned failing = 0; failing<1u << g->size; failing += g->size> 4 ? 7 : 1) {
        int lowest = 0;
        char words[40] = "";
        while (failing && !(failing & 1u << lowest)) lowest++;
        if (failing) snprintf(words, sizeof words, "rank %d says why", lowest);
        hl_error_set("");
        bool me = failing & 1u << g->rank;
        hl_status status = try_all(g, me ? HL_FAIL(status_of(g->rank), "rank %d says why", g->rank) : HL_OK);
        CHECK(status == (failing ? status_of(lowest) : HL_OK) && strcmp(hl_error_text(), words) == 0);
    }
}

static void a_long_sentence_arrives_whole(void)
{
    const hl_group *g = world();
    char long_one[990];
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = 0;
    hl_status mine = g->rank == g->size - 1 ? HL_FAIL(HL_EFORMAT, "%s", long_one) : HL_OK;
    CHECK(hl_group_agree(g, mine) == HL_EFORMAT);
    CHECK(strcmp(hl_error_text(), long_one) == 0);
}

/* ---- groups of some ranks */

static void chosen_ranks_keep_their_order(void)
{
    const hl_group *g = world();
    for (unsigned chosen = 0; chosen<1u << g->size; chosen += g->size> 4 ? 5 : 1) {
        hl_group some;
        bool me = chosen & 1u << g->rank;
        int before = 0, all = 0;
        for (int r = 0; r < g->size; r++) {
            all += (chosen & 1u << r) != 0;
            before += r < g->rank && chosen & 1u << r;
        }
        hl_group_subset(&some, g, me);
        CHECK(hl_group_has_me(&some) == me);
        if (me) {
            int64_t sum = g->rank, want = 0;
            for (int r = 0; r < g->size; r++) want += chosen & 1u << r ? r : 0;
            CHECK(some.rank == before && some.size == all);
            hl_group_all_reduce_int(&some, &sum, 1);
            CHECK(sum == want);
        } else CHECK(some.size == 0 && some.rank == -1);
        hl_group_close(&some);
        CHECK(!hl_group_has_me(&some));
    }
}

/* Ranks with the same number find each other; those below 0 are of no group. */
static void equal_numbers_make_a_group(void)
{
    const hl_group *g = world();
    for (int k = 1; k <= 4; k++) {
        hl_group mine;
        int which = g->rank % (k + 1) - 1, all = 0, before = 0;
        for (int r = 0; r < g->size; r++) {
            all += r % (k + 1) - 1 == which;
            before += r < g->rank && r % (k + 1) - 1 == which;
        }
        hl_group_split(&mine, g, which);
        CHECK(hl_group_has_me(&mine) == (which >= 0));
        if (which >= 0) CHECK(mine.size == all && mine.rank == before);
        hl_group_close(&mine);
    }
}

static void ranks_of_a_machine_find_each_other(void)
{
    hl_group node;
    char name[MPI_MAX_PROCESSOR_NAME] = {0}, first[MPI_MAX_PROCESSOR_NAME];
    int length;
    hl_group_split_node(&node, world());
    MPI_Get_processor_name(name, &length);
    memcpy(first, name, sizeof name);
    hl_group_broadcast(&node, first, sizeof first, 0);
    CHECK(node.size >= 1 && node.size <= world()->size && strcmp(name, first) == 0);
    hl_group_close(&node);
}

/* What a command without a launcher is given: MPI need not be started for it. */
static void a_process_alone_talks_to_itself(void)
{
    hl_group me, part, node;
    int64_t sum = 7, row = 3, gathered = 0, traded = 0;
    hl_group_alone(&me);
    CHECK(me.rank == 0 && me.size == 1 && hl_group_has_me(&me));
    CHECK(hl_group_agree(&me, HL_OK) == HL_OK);
    CHECK_FAILS(hl_group_agree(&me, HL_FAIL(HL_EUSAGE, "a reason")), HL_EUSAGE, "a reason");
    hl_group_barrier(&me);
    hl_group_broadcast(&me, &sum, sizeof sum, 0);
    hl_group_all_reduce_int(&me, &sum, 1);
    CHECK(sum == 7 && hl_group_max(&me, -2) == -2);
    hl_group_all_gather(&me, &gathered, &row, (int[]){1}, sizeof row);
    hl_group_all_to_all(&me, &traded, (int[]){1}, (int[]){0}, &row, (int[]){1}, (int[]){0}, sizeof row);
    CHECK(gathered == 3 && traded == 3);
    hl_group_split_node(&node, &me);
    hl_group_subset(&part, &me, false);
    CHECK(node.size == 1 && !hl_group_has_me(&part));
    hl_group_close(&node);
    hl_group_close(&me);
}

/* As it is where ranks outnumber processors and MPI does not yield: the same tests, whose exchanges are begun and
 * waited for. */
static void waits_that_give_way_bring_the_same(void)
{
    hl_wait_give_way(true);
    sums_are_in_the_order_of_the_tree();
    anything_is_combined_in_rank_order();
    the_largest_is_everyones();
    bytes_are_shared_from_anyone();
    rows_are_gathered_in_rank_order();
    rows_are_traded();
    the_lowest_rank_gives_the_reason();
    hl_wait_give_way(false);
}

static void only_more_ranks_than_processors_are_crowded(void)
{
    CHECK(!hl_wait_is_crowded(1) && hl_wait_is_crowded(100000));
}

static const test tests[] = {
    {"a process alone talks to itself", a_process_alone_talks_to_itself},
    {"sums are in the order of the tree, bit for bit", sums_are_in_the_order_of_the_tree},
    {"another order would be seen", another_order_would_be_seen},
    {"long sums go in pieces", long_sums_go_in_pieces},
    {"anything is combined in rank order", anything_is_combined_in_rank_order},
    {"long elements are never cut", long_elements_are_never_cut},
    {"the largest is everyone's", the_largest_is_everyones},
    {"bytes are shared from anyone", bytes_are_shared_from_anyone},
    {"rows are gathered in rank order", rows_are_gathered_in_rank_order},
    {"rows are traded, the same to several ranks too", rows_are_traded},
    {"the lowest rank that fails gives the reason", the_lowest_rank_gives_the_reason},
    {"a long sentence arrives whole", a_long_sentence_arrives_whole},
    {"chosen ranks keep their order, others have no group", chosen_ranks_keep_their_order},
    {"equal numbers make a group", equal_numbers_make_a_group},
    {"waits that give way bring the same", waits_that_give_way_bring_the_same},
    {"only more ranks than processors are crowded", only_more_ranks_than_processors_are_crowded},
    {"ranks of a machine find each other", ranks_of_a_machine_find_each_other},
};
HL_TESTS("group", tests)
