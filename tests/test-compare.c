/* test-compare.c - models beside each other: means, differences and p-values are those of a slow count, at any number
 * of ranks, and what is not of one protocol is refused. */
#include "app/compare/comparison.h"
#include "base/alloc.h"
#include "io/dataset/target-ranks.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <stdlib.h>
#include <string.h>

enum { USERS = 12, ITEMS = 30 };

static const char *in_folder(const char *name)
{
    static char path[4][500];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, 500, "%s/%s", check_folder(), name);
    return out;
}

static const char *item_id(const hl_corpus *c, int64_t item, int *n)
{
    static char room[20];
    (void)c;
    *n = snprintf(room, sizeof room, "i%lld", (long long)item);
    return room;
}

static const char *user_id(const hl_corpus *c, int64_t user, int *n)
{
    static char room[20];
    (void)c;
    *n = snprintf(room, sizeof room, "u%lld", (long long)user);
    return room;
}

/* A model's ranks and ties, and the file that holds them. */
typedef struct {
    const char *file;
    int64_t rank[USERS], ties[USERS];
} model;

static const model one = {"one.h5", {1, 4, 11, 2, 1, 30, 8, 9, 1, 0, 10, 3}, {0, 0, 0, 1, 2, 0, 0, 5, 0, 0, 1, 0}},
                   again = {"again.h5", {2, 4, 1, 2, 1, 3, 8, 19, 1, 0, 10, 4}, {0}},
                   other = {"other.h5", {3, 5, 12, 20, 6, 1, 20, 2, 7, 0, 12, 3}, {0}};

static void write_model(const model *m, const char *phase, int64_t users)
{
    toy t;
    int64_t met[ITEMS] = {0};
    toy_open(&t, ITEMS, 3, 1);
    toy_draw_users(&t, users, 6, 1);
    t.corpus.item_id = item_id, t.corpus.user_id = user_id;
    json_t *about = json_pack("{ss ss sI ss ss ss ss}", "phase", phase, "split", "leave_two_out", "catalogue",
                              (json_int_t)ITEMS - 1, "history_mask", "all", "interactions", "1", "catalogue_digest",
                              "2", "model_digest", m->file);
    const hl_target_ranks_content c = {&t.corpus, HL_TEST, m->rank, m->ties, met, about};
    CHECK_OK(hl_target_ranks_write(check_world(), in_folder(m->file), &c));
    json_decref(about);
    toy_close(&t);
}

static void add(hl_comparison_orders *o, const char *name, const char *file, const char *second)
{
    hl_comparison_model *m = &o->model[o->models++];
    m->name = hl_alloc_text(name);
    hl_names_add(&m->files, in_folder(file), strlen(in_folder(file)));
    if (second) hl_names_add(&m->files, in_folder(second), strlen(in_folder(second)));
}

static hl_comparison_orders orders(void)
{
    return (hl_comparison_orders){.columns = 2,
                                  .column = {"recall@10", "mrr@5"},
                                  .cuts = 2,
                                  .cut = {5, 10},
                                  .resamples = 500,
                                  .flips = 300,
                                  .seed = 3};
}

/* ---- the slow count */

static double worth(int column, int64_t place)
{
    if (column == 0) return place >= 1 && place <= 10;
    return place >= 1 && place <= 5 ? 1 / (double)place : 0;
}

static double value(const model *m, int column, int user)
{
    double sum = 0;
    if (m->rank[user] == 0) return 0;
    for (int64_t p = m->rank[user]; p <= m->rank[user] + m->ties[user]; p++) sum += worth(column, p);
    return sum / (double)(m->ties[user] + 1);
}

static double mean(const model *m, int column)
{
    double sum = 0;
    for (int u = 0; u < USERS; u++) sum += value(m, column, u);
    return sum / USERS;
}

/* Of all signs of the differences of the mean of two files from a third. */
static double p_value(int column)
{
    double d[USERS], observed = 0;
    int extreme = 0;
    for (int u = 0; u < USERS; u++)
        observed += d[u] = value(&other, column, u) - (value(&one, column, u) + value(&again, column, u)) / 2;
    for (int signs = 0; signs < 1 << USERS; signs++) {
        double sum = 0;
        for (int u = 0; u < USERS; u++) sum += signs >> u & 1 ? d[u] : -d[u];
        extreme += fabs(sum) >= fabs(observed) - 1e-9;
    }
    return (double)extreme / (1 << USERS);
}

static void write_all(void)
{
    write_model(&one, "test", USERS);
    write_model(&again, "test", USERS);
    write_model(&other, "test", USERS);
}

static void means_and_differences_are_those_of_a_slow_count(void)
{
    hl_comparison c;
    hl_comparison_orders o = orders();
    write_all();
    add(&o, "first", one.file, again.file);
    add(&o, "second", other.file, NULL);
    if (CHECK_OK(hl_comparison_make(&c, check_world(), &o))) {
        CHECK(c.users == USERS && c.tests == 2);
        for (int k = 0; k < 2; k++) {
            const double first = (mean(&one, k) + mean(&again, k)) / 2, second = mean(&other, k);
            const hl_comparison_test *t = &c.test[k];
            CHECK_NEAR(c.mean[k].mean, first, 1e-14);
            CHECK_NEAR(c.mean[2 + k].mean, second, 1e-14);
            CHECK_NEAR(c.mean[k].spread, fabs(mean(&one, k) - mean(&again, k)) / sqrt(2), 1e-7);
            CHECK(isnan(c.mean[2 + k].spread));
            CHECK(c.mean[k].low <= first && first <= c.mean[k].high && c.mean[k].low < c.mean[k].high);
            CHECK(t->a == 1 && t->b == 0 && t->column == k && t->is_exact);
            CHECK_NEAR(t->difference, second - first, 1e-14);
            CHECK(t->low <= t->difference && t->difference <= t->high);
            CHECK_NEAR(t->p, p_value(k), 1e-12);
            CHECK(t->p <= t->benjamini_hochberg && t->benjamini_hochberg <= t->holm && t->holm <= 1);
        }
    }
    hl_comparison_close(&c);
    hl_comparison_orders_free(&o);
}

/* One rank alone has the resamples that all share. */
static void any_number_of_ranks_finds_the_same(void)
{
    hl_group me;
    hl_comparison c, alone;
    hl_comparison_orders o = orders();
    write_all();
    hl_group_split(&me, check_world(), check_world()->rank);
    add(&o, "a", one.file, NULL);
    add(&o, "b", again.file, NULL);
    add(&o, "c", other.file, NULL);
    o.all_pairs = true;
    const bool both =
        CHECK_OK(hl_comparison_make(&c, check_world(), &o)) & CHECK_OK(hl_comparison_make(&alone, &me, &o));
    CHECK(both && c.tests == 6 && alone.tests == 6);
    CHECK(both && memcmp(c.mean, alone.mean, 6 * sizeof *c.mean) == 0);
    for (int k = 0; k < 6 && both; k++) {
        const hl_comparison_test *a = &c.test[k], *b = &alone.test[k];
        CHECK(a->a == b->a && a->b == b->b && a->column == b->column && a->difference == b->difference);
        CHECK(a->low == b->low && a->high == b->high && a->p == b->p && a->holm == b->holm);
    }
    hl_comparison_close(&c);
    hl_comparison_close(&alone);
    hl_comparison_orders_free(&o);
    hl_group_close(&me);
}

static void compare_to_one(const model *m, const char *words)
{
    hl_comparison c;
    hl_comparison_orders o = orders();
    add(&o, "first", one.file, NULL);
    add(&o, "second", m->file, NULL);
    CHECK_FAILS(hl_comparison_make(&c, check_world(), &o), HL_EFORMAT, words);
    hl_comparison_close(&c);
    hl_comparison_orders_free(&o);
}

static void other_protocols_are_refused_with_what_differs(void)
{
    model fewer = other, valid = other, none = other;
    fewer.file = "fewer.h5", valid.file = "valid.h5", none.file = "none.h5";
    write_model(&one, "test", USERS);
    write_model(&fewer, "test", USERS - 1);
    write_model(&valid, "valid", USERS);
    compare_to_one(&fewer, "it has 11 users and not 12");
    compare_to_one(&valid, "phase is \"valid\" and not \"test\"");
    compare_to_one(&none, "none.h5");
}

static const test tests[] = {
    {"means and differences are those of a slow count", means_and_differences_are_those_of_a_slow_count},
    {"any number of ranks finds the same", any_number_of_ranks_finds_the_same},
    {"other protocols are refused with what differs", other_protocols_are_refused_with_what_differs},
};
HL_TESTS("compare", tests)
