/* test-idcount.c - ids, equal rows and files that ranks share are as one rank would have them. */
#include "tests/check.h"
#include "tests/check-mpi.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/rng.h"
#include "io/dataset/idcount.h"
#include "io/dataset/repeats.h"
#include "io/files/regular.h"
#include "io/files/shared-file.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDS = 300, DRAWS = 2000 };

/* What rank r counts of an id: the same for whoever asks. */
static int64_t count_of(int r, int id)
{
    hl_rng rng = hl_rng_at(3, HL_FOR_TESTS, (uint64_t)r, (uint32_t)id);
    return hl_rng_below(&rng, 3) ? 0 : (int64_t)hl_rng_below(&rng, 5);
}

static size_t name_id(char out[16], int id) { return (size_t)snprintf(out, 16, "%.*d", 1 + id % 7, id); }

static int64_t sum_of(int id)
{
    int64_t sum = 0;
    for (int r = 0; r < check_world()->size; r++) sum += count_of(r, id);
    return sum;
}

/* Each rank knows the ids that it counts, in an order of its own. */
static hl_idtable *my_table(int64_t *count, int *id)
{
    const int me = check_world()->rank;
    hl_idtable *t = hl_idtable_new();
    for (int i = 0; i < IDS; i++) {
        char name[16];
        const int k = (i * 7 + me * 13) % IDS;
        if (count_of(me, k) == 0) continue;
        const int64_t number = hl_idtable_put(t, name, name_id(name, k));
        count[number] = count_of(me, k);
        id[number] = k;
    }
    return t;
}

static void counts_are_those_of_all_ranks(void)
{
    int64_t count[IDS];
    int id[IDS], known = 0;
    hl_idtable *t = my_table(count, id);
    hl_idcount *c = hl_idcount_new(check_world(), t);
    for (int again = 0; again < 2; again++) {
        int64_t sum[IDS];
        memcpy(sum, count, sizeof sum);
        hl_idcount_sum(c, sum);
        for (int64_t i = 0; i < hl_idtable_count(t); i++) CHECK(sum[i] == sum_of(id[i]));
    }
    for (int i = 0; i < IDS; i++) known += sum_of(i) > 0;
    CHECK(hl_idcount_above_zero(c) == known);
    hl_idcount_free(c);
    hl_idtable_free(t);
}

/* Rank r asks for the ids r, r + ranks ... twice over, and for some that nobody knows. */
static void questions_are_answered_and_counted(void)
{
    const hl_group *g = check_world();
    int64_t count[IDS], never, again;
    int id[IDS], known = 0;
    hl_idtable *t = my_table(count, id);
    hl_idcount *c = hl_idcount_new(g, t);
    hl_strings ids = hl_strings_new();
    hl_idcount_sum(c, count);
    for (int i = g->rank; i < 2 * IDS; i += g->size) {
        char name[16];
        hl_strings_add(&ids, name, name_id(name, i < IDS ? i : i - IDS));
        hl_strings_add(&ids, "nobody's", 8);
    }
    int64_t *sum = hl_alloc((size_t)ids.n * sizeof *sum);
    hl_idcount_ask(c, &ids, sum);
    for (int64_t k = 0, i = g->rank; k < ids.n; k += 2, i += g->size)
        CHECK(sum[k] == sum_of((int)(i % IDS)) && sum[k + 1] == 0);
    hl_idcount_asked(c, &never, &again);
    for (int i = 0; i < IDS; i++) known += sum_of(i) > 0;
    CHECK(never == 0 && again == known);
    free(sum);
    hl_strings_free(&ids);
    hl_idcount_free(c);
    hl_idtable_free(t);
}

static void ids_that_were_never_asked_for_are_counted(void)
{
    const hl_group *g = check_world();
    int64_t count[IDS], sum[1], never, again;
    int id[IDS], known = 0, first = -1;
    hl_idtable *t = my_table(count, id);
    hl_idcount *c = hl_idcount_new(g, t);
    hl_strings ids = hl_strings_new();
    hl_idcount_sum(c, count);
    for (int i = 0; i < IDS; i++) {
        known += sum_of(i) > 0;
        if (first < 0 && sum_of(i) > 0) first = i;
    }
    char name[16];
    if (g->rank == g->size - 1) hl_strings_add(&ids, name, name_id(name, first)); /* the others have no question */
    hl_idcount_ask(c, &ids, sum);
    hl_idcount_asked(c, &never, &again);
    CHECK(never == known - 1 && again == 0);
    hl_strings_free(&ids);
    hl_idcount_free(c);
    hl_idtable_free(t);
}

/* Row i of DRAWS is one of 500, by whichever rank; 500 at the most are there for the first time. */
static void equal_rows_are_found_wherever_they_are(void)
{
    const hl_group *g = check_world();
    uint64_t digest[DRAWS];
    bool seen[500] = {false};
    int64_t n = 0, equal = 0;
    for (int i = 0; i < DRAWS; i++) {
        hl_rng r = hl_rng_at(4, HL_FOR_TESTS, (uint64_t)i, 0);
        const uint64_t row = hl_rng_below(&r, 500);
        equal += seen[row];
        seen[row] = true;
        if ((int)hl_rng_below(&r, (uint64_t)g->size) == g->rank) digest[n++] = hl_digest(&row, sizeof row);
    }
    CHECK(hl_repeats_count(g, digest, n) == equal);
}

/* ---- a file of all ranks */

enum { SECTIONS = 3 };

static void print_mine(char *out, size_t room, int section, int rank)
{
    size_t n = 0;
    for (int i = 0; i < (section + rank) % 4 * 9000; i++)
        n += (size_t)snprintf(out + n, room - n, "%d.%d ", section, rank);
    out[n] = 0;
}

static void a_shared_file_has_sections_and_in_each_the_ranks(void)
{
    enum { ROOM = 1 << 18 };
    const hl_group *g = check_world();
    char path[PATH_MAX], *mine = hl_alloc(ROOM), *bytes = NULL;
    hl_shared_file *f;
    size_t n = 0, at = 0;
    snprintf(path, sizeof path, "%s/shared", check_folder());
    for (int again = 0; again < 2; again++) { /* it replaces the one that is there */
        CHECK_OK(hl_shared_file_open(&f, g, path, SECTIONS));
        for (int s = 0; s < SECTIONS; s++) {
            if (s) hl_shared_file_next(f);
            print_mine(mine, ROOM, s, g->rank);
            CHECK_OK(hl_shared_file_add(f, mine, strlen(mine)));
        }
        CHECK_OK(hl_shared_file_place(f));
        hl_shared_file_close(f);
    }
    CHECK_OK(hl_regular_read(path, SIZE_MAX, &bytes, &n));
    for (int s = 0; s < SECTIONS; s++)
        for (int r = 0; r < g->size; r++) {
            print_mine(mine, ROOM, s, r);
            CHECK(at + strlen(mine) <= n && memcmp(bytes + at, mine, strlen(mine)) == 0);
            at += strlen(mine);
        }
    CHECK(at == n);
    hl_group_barrier(g);
    free(bytes);
    free(mine);
}

static void a_shared_file_that_is_not_placed_leaves_nothing(void)
{
    const hl_group *g = check_world();
    char path[PATH_MAX], beside[PATH_MAX + 20];
    hl_shared_file *f;
    snprintf(path, sizeof path, "%s/never", check_folder());
    CHECK_OK(hl_shared_file_open(&f, g, path, 1));
    CHECK_OK(hl_shared_file_add(f, "x", 1));
    hl_shared_file_close(f);
    hl_group_barrier(g);
    snprintf(beside, sizeof beside, g->size > 1 ? "%s.new.%d" : "%s.new", path, g->rank);
    CHECK(access(path, F_OK) != 0 && access(beside, F_OK) != 0);
}

/* The last rank's disk fails while the ranks' bytes are put together. */
static void a_disk_that_fails_on_one_rank_leaves_nothing(void)
{
    const hl_group *g = check_world();
    char path[PATH_MAX], fault[80], beside[PATH_MAX + 20];
    hl_shared_file *f;
    snprintf(path, sizeof path, "%s/failing", check_folder());
    snprintf(fault, sizeof fault, "checkpoint-write:%d:1+:enospc", g->size - 1);
    CHECK_OK(hl_shared_file_open(&f, g, path, 1));
    CHECK_OK(hl_shared_file_add(f, "x", 1));
    hl_fault_set(fault);
    CHECK_FAILS(hl_shared_file_place(f), HL_ESTORE, "No space left");
    hl_fault_set(NULL);
    hl_shared_file_close(f);
    hl_group_barrier(g);
    snprintf(beside, sizeof beside, "%s.new", path);
    CHECK(access(path, F_OK) != 0 && access(beside, F_OK) != 0);
}

static const test tests[] = {
    {"counts are those of all ranks", counts_are_those_of_all_ranks},
    {"questions are answered and counted", questions_are_answered_and_counted},
    {"ids that were never asked for are counted", ids_that_were_never_asked_for_are_counted},
    {"equal rows are found, wherever they are", equal_rows_are_found_wherever_they_are},
    {"a shared file has sections, and in each the ranks", a_shared_file_has_sections_and_in_each_the_ranks},
    {"a shared file that is not placed leaves nothing", a_shared_file_that_is_not_placed_leaves_nothing},
    {"a disk that fails on one rank leaves nothing", a_disk_that_fails_on_one_rank_leaves_nothing},
};
HL_TESTS("idcount", tests)
