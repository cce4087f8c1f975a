/* test-windows.c - training windows are cut where the public code cuts them. */
#include "data/windows.h"
#include "tests/check.h"
#include "tests/golden.h"
#include "tests/toy.h"
#include <hdf5.h>
#include <stdlib.h>

enum { MOST_WINDOWS = 4 };

/* A user with the items 1 .. length, cut for S; what the windows begin with and how long they are. */
static const struct {
    int length, S;
    bool split;
    int windows, first[MOST_WINDOWS], n;
} cases[] = {
    {2, 3, true, 0, {0}, 0}, /* nothing to train on */
    {3, 3, true, 0, {0}, 0}, /* one item and no transition */
    {3, 3, false, 0, {0}, 0},
    {4, 3, true, 1, {1}, 2},
    {4, 1, true, 1, {1}, 2}, /* exactly S + 1 */
    {6, 3, true, 1, {1}, 4},
    {6, 3, false, 1, {1}, 4},
    {7, 3, true, 1, {2}, 4}, /* one item too many: the oldest goes */
    {7, 3, false, 1, {2}, 4},
    {9, 3, true, 1, {4}, 4},     /* three too many */
    {10, 3, true, 2, {1, 5}, 4}, /* two windows, nothing over */
    {10, 3, false, 1, {5}, 4},
    {13, 3, true, 2, {4, 8}, 4},
    {19, 3, true, 4, {2, 6, 10, 14}, 4},
    {12, 10, true, 1, {1}, 10}, /* shorter than S + 1 */
};

static void windows_of_short_users(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int32_t item[20];
        hl_windows w;
        toy t;
        for (int k = 0; k < 20; k++) item[k] = k + 1;
        toy_open(&t, 21, 3, 1);
        toy_take_users(&t, 1, (int64_t[]){0, cases[i].length}, item);
        hl_windows_open(&w, &t.corpus, &(hl_windows_rule){.S = cases[i].S, .split = cases[i].split});
        CHECK(hl_windows_count(&w) == cases[i].windows);
        for (int k = 0; k < cases[i].windows && k < hl_windows_count(&w); k++) {
            int64_t user = -1;
            int n;
            const int32_t *window = hl_windows_at(&w, k, &user, &n);
            CHECK(user == 0 && n == cases[i].n);
            for (int j = 0; j < n; j++) CHECK(window[j] == cases[i].first[k] + j);
        }
        hl_windows_close(&w);
        toy_close(&t);
    }
}

/* Users without windows at the beginning, in the middle and at the end are stepped over. */
static void windows_find_their_user(void)
{
    static const int64_t begin[] = {0, 2, 5, 9, 12, 15, 21, 23};
    static const int64_t owner[] = {2, 5};
    int32_t item[23];
    hl_windows w;
    toy t;
    for (int k = 0; k < 23; k++) item[k] = k + 1;
    toy_open(&t, 24, 3, 1);
    toy_take_users(&t, 7, begin, item);
    hl_windows_open(&w, &t.corpus, &(hl_windows_rule){.S = 3, .split = true});
    CHECK(hl_windows_count(&w) == 2);
    for (int i = 0; i < 2; i++) {
        int64_t user = -1;
        int n;
        const int32_t *window = hl_windows_at(&w, i, &user, &n);
        CHECK(user == owner[i] && window == t.item + begin[owner[i]]);
    }
    hl_windows_close(&w);
    toy_close(&t);
}

/* Those of a smaller share are among those of a larger one, and have the windows that they have without shares. */
static void a_share_of_the_users_draws_by_itself(void)
{
    enum { USERS = 2000 };
    static int64_t begin[USERS + 1];
    static int32_t item[USERS * 6];
    static const double shares[] = {1, 0.5, 0.25};
    hl_windows w[3];
    toy t;
    for (int k = 0; k < USERS * 6; k++) item[k] = k % 23 + 1;
    for (int u = 0; u <= USERS; u++) begin[u] = u * 6;
    toy_open(&t, 24, 3, 1);
    toy_take_users(&t, USERS, begin, item);
    for (int i = 0; i < 3; i++) hl_windows_open(&w[i], &t.corpus, &(hl_windows_rule){3, false, shares[i], 5});
    CHECK(hl_windows_users(&w[0]) == USERS);
    for (int i = 1; i < 3; i++) {
        CHECK(hl_windows_count(&w[i]) == hl_windows_users(&w[i]));
        CHECK_NEAR((double)hl_windows_users(&w[i]) / USERS, shares[i], 0.04); /* four standard deviations */
    }
    for (int64_t i = 0; i < hl_windows_count(&w[2]); i++) {
        int64_t user, other = -1;
        int n, m;
        const int32_t *items = hl_windows_at(&w[2], i, &user, &n);
        CHECK(w[1].first[user + 1] > w[1].first[user]);
        CHECK(hl_windows_at(&w[1], w[1].first[user], &other, &m) == items && other == user && m == n);
    }
    for (int i = 0; i < 3; i++) hl_windows_close(&w[i]);
    toy_close(&t);
}

/* ---- the public code's windows over the Amazon sequences */

typedef struct {
    double *user, *offset, *value;
    int64_t windows;
} list;

static void read_list(list *l, int64_t file, int S, bool split)
{
    char path[64];
    snprintf(path, sizeof path, "train_S%d_split%d/user", S, split);
    l->windows = h5_doubles(file, path, &l->user);
    snprintf(path, sizeof path, "train_S%d_split%d/offsets", S, split);
    h5_doubles(file, path, &l->offset);
    snprintf(path, sizeof path, "train_S%d_split%d/values", S, split);
    h5_doubles(file, path, &l->value);
}

/* Users are numbered from 1 there.  A list of one item has no transition: it would be left out here. */
static void compare_windows(const hl_windows *w, const list *l)
{
    int64_t i = 0;
    CHECK(l->windows > 3000);
    for (int64_t k = 0; k < l->windows; k++) {
        int64_t begin = (int64_t)l->offset[k], length = (int64_t)l->offset[k + 1] - begin, user = -1;
        int n = 0;
        if (length < 2) continue;
        const int32_t *window = i < hl_windows_count(w) ? hl_windows_at(w, i++, &user, &n) : NULL;
        CHECK(user + 1 == (int64_t)l->user[k] && n == length);
        for (int j = 0; j < n && n == length; j++) CHECK(window[j] == (int32_t)l->value[begin + j]);
    }
    CHECK(i == hl_windows_count(w));
}

static void open_amazon(toy *t, int64_t file)
{
    double *offset, *value;
    int64_t users = h5_doubles(file, "user_seq/offsets", &offset) - 1, n = h5_doubles(file, "user_seq/values", &value);
    int64_t *begin = calloc((size_t)users + 1, sizeof *begin);
    int32_t *item = calloc((size_t)n, sizeof *item), most = 0;
    for (int64_t u = 0; u <= users; u++) begin[u] = (int64_t)offset[u];
    for (int64_t i = 0; i < n; i++) {
        item[i] = (int32_t)value[i];
        if (item[i] > most) most = item[i];
    }
    toy_open(t, most + 1, 3, 1);
    toy_take_users(t, users, begin, item);
    free(begin);
    free(item);
    free(offset);
    free(value);
}

static void windows_on_amazon_are_golden(void)
{
    const char *path = check_shared("golden/split_amazon_industrial.h5");
    if (!path) return;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    toy t;
    open_amazon(&t, file);
    for (int k = 0; k < 4; k++) {
        int S = k % 2 ? 10 : 3;
        bool split = k / 2;
        hl_windows w;
        list l;
        read_list(&l, file, S, split);
        hl_windows_open(&w, &t.corpus, &(hl_windows_rule){.S = S, .split = split});
        compare_windows(&w, &l);
        hl_windows_close(&w);
        free(l.user);
        free(l.offset);
        free(l.value);
    }
    toy_close(&t);
    H5Fclose(file);
}

static const test tests[] = {
    {"a user's sequence is cut as it should be", windows_of_short_users},
    {"windows find their user among users without any", windows_find_their_user},
    {"a share of the users draws by itself", a_share_of_the_users_draws_by_itself},
    {"windows on Amazon are the public code's", windows_on_amazon_are_golden},
};
HL_TESTS("windows", tests)
