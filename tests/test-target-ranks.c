/* test-target-ranks.c - a file of ranks of targets is read back as it was written, has the same bytes at any number of
 * ranks, and is refused where it was damaged. */
#include "io/dataset/target-ranks.h"
#include "base/alloc.h"
#include "io/files/atomic.h"
#include "io/files/regular.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[500];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    return path;
}

/* Ids of different lengths, some empty, one with a byte that is no letter. */
static const char *id_of(char *room, char first, int64_t number, int *n)
{
    *n = number % 5 == 4 ? 0 : snprintf(room, 40, "%c%0*lld", first, (int)(number % 7) + 1, (long long)number);
    if (number % 5 == 3) room[0] = (char)0xff;
    return room;
}

static const char *item_id(const hl_corpus *c, int64_t item, int *n)
{
    static char room[40];
    (void)c;
    return id_of(room, 'i', item, n);
}

static const char *user_id(const hl_corpus *c, int64_t user, int *n)
{
    static char room[40];
    (void)c;
    return id_of(room, 'u', user, n);
}

enum { ITEMS = 40 };

typedef struct {
    toy t;
    int64_t *rank, *ties, *met;
    json_t *about;
} made;

static void make(made *m, int64_t users)
{
    toy_open(&m->t, ITEMS, 3, 1);
    toy_draw_users(&m->t, users, 12, 1);
    m->t.corpus.item_id = item_id;
    m->t.corpus.user_id = user_id;
    m->rank = hl_alloc((size_t)users * sizeof *m->rank);
    m->ties = hl_alloc((size_t)users * sizeof *m->ties);
    m->met = hl_alloc(ITEMS * sizeof *m->met);
    for (int64_t u = 0; u < users; u++) m->rank[u] = u % 9, m->ties[u] = u % 9 ? u % 4 : 0;
    for (int64_t i = 0; i < ITEMS; i++) m->met[i] = i * i;
    m->about = json_pack("{ss sI}", "model", "a model", "catalogue", (json_int_t)ITEMS - 1);
}

static void unmake(made *m)
{
    toy_close(&m->t);
    free(m->rank);
    free(m->ties);
    free(m->met);
    json_decref(m->about);
}

static hl_status write_file(const made *m, const hl_group *g, const char *to)
{
    const hl_target_ranks_content c = {&m->t.corpus, HL_TEST, m->rank, m->ties, m->met, m->about};
    return hl_target_ranks_write(g, to, &c);
}

static bool has_id(const char *bytes, const int64_t *begin, int64_t i, const char *id, int n)
{
    return begin[i + 1] - begin[i] == n && memcmp(bytes + begin[i], id, (size_t)n) == 0;
}

static void compare(const hl_target_ranks *t, const made *m)
{
    const hl_corpus *c = &m->t.corpus;
    CHECK(t->n == c->users);
    CHECK(strcmp(json_string_value(json_object_get(t->about, "model")), "a model") == 0);
    CHECK(json_integer_value(json_object_get(t->about, "catalogue")) == ITEMS - 1);
    for (int64_t u = 0; u < t->n && u < c->users; u++) {
        const int32_t *history;
        int n, length;
        const int32_t target = hl_phase_target(c, u, HL_TEST, &history, &n);
        const char *id = c->user_id(c, u, &length);
        CHECK(has_id(t->user, t->user_begin, u, id, length));
        id = c->item_id(c, target, &length);
        CHECK(has_id(t->target, t->target_begin, u, id, length));
        CHECK(t->low[u] == m->rank[u] && t->high[u] == m->rank[u] + m->ties[u]);
        CHECK(t->history[u] == n && t->popularity[u] == m->met[target]);
    }
}

static void it_is_read_back_as_it_was_written(void)
{
    static const int64_t sizes[] = {100, 3, 1};
    for (int i = 0; i < 3; i++) {
        made m;
        hl_target_ranks t;
        make(&m, sizes[i]);
        CHECK_OK(write_file(&m, check_world(), in_folder("ranks.h5")));
        if (CHECK_OK(hl_target_ranks_read(&t, in_folder("ranks.h5")))) compare(&t, &m);
        hl_target_ranks_free(&t);
        hl_group_barrier(check_world());
        unmake(&m);
    }
}

static void its_bytes_do_not_depend_on_the_number_of_ranks(void)
{
    made m;
    hl_group me;
    char *bytes[2] = {NULL, NULL};
    size_t n[2] = {0, 0};
    make(&m, 57);
    hl_group_split(&me, check_world(), check_world()->rank);
    CHECK_OK(write_file(&m, check_world(), in_folder("together.h5")));
    if (check_world()->rank == 0) {
        CHECK_OK(write_file(&m, &me, in_folder("alone.h5")));
        CHECK_OK(hl_regular_read(in_folder("together.h5"), 1 << 20, &bytes[0], &n[0]));
        CHECK_OK(hl_regular_read(in_folder("alone.h5"), 1 << 20, &bytes[1], &n[1]));
        CHECK(n[0] > 0 && n[0] == n[1] && memcmp(bytes[0], bytes[1], n[0]) == 0);
        CHECK(access(in_folder("together.h5.part"), F_OK) != 0);
    }
    CHECK(true);
    free(bytes[0]);
    free(bytes[1]);
    hl_group_close(&me);
    unmake(&m);
}

/* One byte of each hundred is changed in turn. */
static void what_was_damaged_is_refused(void)
{
    made m;
    hl_target_ranks t;
    char *bytes = NULL;
    size_t n = 0;
    make(&m, 30);
    CHECK_OK(write_file(&m, check_world(), in_folder("good.h5")));
    if (check_world()->rank == 0) {
        CHECK_OK(hl_regular_read(in_folder("good.h5"), 1 << 20, &bytes, &n));
        int refused = 0, changed = 0;
        for (size_t at = 3; at < n; at += 100, changed++) {
            bytes[at] = (char)(bytes[at] ^ 0x10);
            CHECK_OK(hl_atomic_write(in_folder("bad.h5"), bytes, n));
            refused += hl_target_ranks_read(&t, in_folder("bad.h5")) != HL_OK;
            hl_target_ranks_free(&t);
            bytes[at] = (char)(bytes[at] ^ 0x10);
        }
        CHECK(changed > 20 && refused == changed);
        CHECK_OK(hl_atomic_write(in_folder("bad.h5"), bytes, n - 300));
        CHECK(hl_target_ranks_read(&t, in_folder("bad.h5")) != HL_OK);
        hl_target_ranks_free(&t);
        CHECK_OK(hl_atomic_write(in_folder("bad.h5"), "user,item\n", 10));
        CHECK_FAILS(hl_target_ranks_read(&t, in_folder("bad.h5")), HL_EFORMAT, "is no file of ranks of targets");
        hl_target_ranks_free(&t);
        CHECK_FAILS(hl_target_ranks_read(&t, in_folder("none.h5")), HL_EFORMAT, "none.h5");
        hl_target_ranks_free(&t);
    }
    CHECK(true);
    free(bytes);
    unmake(&m);
}

static void where_nothing_can_be_written_all_say_so(void)
{
    made m;
    make(&m, 10);
    CHECK_FAILS(write_file(&m, check_world(), in_folder("nowhere/ranks.h5")), HL_ESTORE, "nowhere/ranks.h5");
    unmake(&m);
}

static const test tests[] = {
    {"it is read back as it was written", it_is_read_back_as_it_was_written},
    {"its bytes do not depend on the number of ranks", its_bytes_do_not_depend_on_the_number_of_ranks},
    {"what was damaged is refused", what_was_damaged_is_refused},
    {"where nothing can be written all say so", where_nothing_can_be_written_all_say_so},
};
HL_TESTS("target-ranks", tests)
