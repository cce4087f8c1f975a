/* columns.c - which columns of a CSV file are item, user and time. */
#include "io/dataset/columns.h"
#include "base/log.h"
#include "io/files/excerpt.h"
#include "io/dataset/timestamp.h"
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Small letters and digits alone.  Of the names of a role that a header has, those of the lowest tier count: movieId
 * rather than movie, which may be a title. */
static const struct {
    const char *name;
    int role, tier;
} known[] = {
    {"item", HL_COLUMN_ITEM, 1},
    {"itemid", HL_COLUMN_ITEM, 0},
    {"asin", HL_COLUMN_ITEM, 2},
    {"parentasin", HL_COLUMN_ITEM, 2},
    {"iid", HL_COLUMN_ITEM, 2},
    {"movie", HL_COLUMN_ITEM, 3},
    {"movieid", HL_COLUMN_ITEM, 2},
    {"product", HL_COLUMN_ITEM, 3},
    {"productid", HL_COLUMN_ITEM, 2},
    {"book", HL_COLUMN_ITEM, 3},
    {"bookid", HL_COLUMN_ITEM, 2},
    {"isbn", HL_COLUMN_ITEM, 2},
    {"businessid", HL_COLUMN_ITEM, 2},
    {"gmapid", HL_COLUMN_ITEM, 2},
    {"trackid", HL_COLUMN_ITEM, 2},
    {"songid", HL_COLUMN_ITEM, 2},
    {"videoid", HL_COLUMN_ITEM, 2},
    {"articleid", HL_COLUMN_ITEM, 2},
    {"newsid", HL_COLUMN_ITEM, 2},
    {"goodsid", HL_COLUMN_ITEM, 2},
    {"skuid", HL_COLUMN_ITEM, 2},
    {"poiid", HL_COLUMN_ITEM, 2},
    {"venueid", HL_COLUMN_ITEM, 2},
    {"gameid", HL_COLUMN_ITEM, 2},
    {"animeid", HL_COLUMN_ITEM, 2},
    {"recipeid", HL_COLUMN_ITEM, 2},
    {"itemidx", HL_COLUMN_ITEM, 2},
    {"user", HL_COLUMN_USER, 1},
    {"userid", HL_COLUMN_USER, 0},
    {"uid", HL_COLUMN_USER, 2},
    {"reviewer", HL_COLUMN_USER, 3},
    {"reviewerid", HL_COLUMN_USER, 2},
    {"customer", HL_COLUMN_USER, 3},
    {"customerid", HL_COLUMN_USER, 2},
    {"visitorid", HL_COLUMN_USER, 2},
    {"memberid", HL_COLUMN_USER, 2},
    {"accountid", HL_COLUMN_USER, 2},
    {"useridx", HL_COLUMN_USER, 2},
    {"sessionid", HL_COLUMN_USER, 3},
    {"timestamp", HL_COLUMN_TIME, 0},
    {"time", HL_COLUMN_TIME, 1},
    {"unixtime", HL_COLUMN_TIME, 1},
    {"ts", HL_COLUMN_TIME, 1},
    {"unixreviewtime", HL_COLUMN_TIME, 1},
    {"unixtimestamp", HL_COLUMN_TIME, 1},
    {"timestampms", HL_COLUMN_TIME, 1},
    {"timems", HL_COLUMN_TIME, 1},
    {"eventtime", HL_COLUMN_TIME, 1},
    {"date", HL_COLUMN_TIME, 2},
    {"datetime", HL_COLUMN_TIME, 2},
    {"reviewtime", HL_COLUMN_TIME, 2},
};

/* What no item, user or time is called. */
static const char *const others[] = {"rating",   "ratings", "score",  "overall",    "label",    "stars",
                                     "text",     "title",   "review", "price",      "category", "weight",
                                     "verified", "count",   "index",  "description"};

static const char *const role_names[HL_COLUMNS] = {"item", "user", "timestamp"};

enum { NO_ROLE = -1, PLAIN = 40 };

/* The types that RecBole writes behind names. */
static bool is_suffix(const char *at)
{
    static const char *const types[] = {":token", ":token_seq", ":float", ":float_seq"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(at, types[i]) == 0) return true;
    return false;
}

/* A name in small letters and digits, without a type; empty where it is longer than any that is known. */
static const char *plain_name(char out[PLAIN], const char *name)
{
    size_t n = 0;
    for (; *name && n + 1 < PLAIN && !is_suffix(name); name++) {
        char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
        bool counts = !strchr("_- .\t\"'", c);
        if (counts) out[n++] = c;
    }
    out[n + 1 < PLAIN ? n : 0] = 0;
    return out;
}

/* Its place in the table; -1 where it is not known. */
static int find_known(const char *name)
{
    char plain[PLAIN];
    plain_name(plain, name);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(plain, known[i].name) == 0) return (int)i;
    return -1;
}

static bool is_other(const char *name)
{
    char plain[PLAIN];
    plain_name(plain, name);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(plain, others[i]) == 0) return true;
    return false;
}

static hl_status named_twice(const hl_csv *c, int role, int a, int b)
{
    char x[HL_EXCERPT], y[HL_EXCERPT];
    const char *p = hl_csv_name(c, a), *q = hl_csv_name(c, b);
    return HL_FAIL(HL_EFORMAT, "%s:1: two columns name the %s, '%s' and '%s'; rename the one that is not meant",
                   hl_csv_path(c), role_names[role], hl_excerpt(x, p, strlen(p)), hl_excerpt(y, q, strlen(q)));
}

/* The column with the best name of a role; NO_ROLE where none has one. */
static hl_status find_role(int *column, const hl_csv *c, int role)
{
    int best = INT_MAX, second = NO_ROLE;
    *column = NO_ROLE;
    for (int i = 0; i < hl_csv_columns(c); i++) {
        int k = find_known(hl_csv_name(c, i));
        if (k < 0 || known[k].role != role || known[k].tier > best) continue;
        second = known[k].tier == best ? i : NO_ROLE;
        if (second != NO_ROLE) continue;
        best = known[k].tier;
        *column = i;
    }
    return second == NO_ROLE ? HL_OK : named_twice(c, role, *column, second);
}

/* "'a', 'b', 'c'" */
static const char *name_all(char *out, size_t room, const hl_csv *c)
{
    size_t n = 0;
    char text[HL_EXCERPT];
    out[0] = 0;
    for (int i = 0; i < hl_csv_columns(c) && n + HL_EXCERPT + 8 < room; i++) {
        const char *name = hl_csv_name(c, i);
        n += (size_t)snprintf(out + n, room - n, "%s'%s'", i ? ", " : "", hl_excerpt(text, name, strlen(name)));
    }
    return out;
}

static hl_status refuse(const hl_csv *c, const char *what)
{
    char names[600];
    return HL_FAIL(
        HL_EFORMAT,
        "%s:1: %s; name the columns item, user and timestamp, in any order and among others (the columns are: %s)",
        hl_csv_path(c), what, name_all(names, sizeof names, c));
}

/* A header has words; a row that somebody wrote no header above has a number for its time. */
static bool looks_like_data(const hl_csv *c)
{
    int64_t time;
    for (int i = 0; i < hl_csv_columns(c); i++)
        if (*hl_csv_name(c, i) && !hl_timestamp_read(&time, hl_csv_name(c, i), strlen(hl_csv_name(c, i)))) return true;
    return false;
}

/* The columns by place, those of `column` that are known being where they belong. */
static hl_status take_by_place(int column[HL_COLUMNS], const hl_csv *c)
{
    for (int r = 0; r < HL_COLUMNS; r++) {
        if (is_other(hl_csv_name(c, r)))
            return refuse(c, "the header names something else where item, user or timestamp is expected");
        if (column[r] != NO_ROLE && column[r] != r)
            return refuse(c, "the header names only some of item, user and timestamp, in another order");
    }
    for (int r = 0; r < HL_COLUMNS; r++) column[r] = r;
    return HL_OK;
}

/* Of three columns two are known. */
static hl_status take_the_third(int column[HL_COLUMNS], const hl_csv *c)
{
    int third = 0 + 1 + 2, role = NO_ROLE;
    for (int r = 0; r < HL_COLUMNS; r++) {
        if (column[r] == NO_ROLE) role = r;
        else third -= column[r];
    }
    if (is_other(hl_csv_name(c, third)) || find_known(hl_csv_name(c, third)) >= 0)
        return refuse(c, "the header does not name all of item, user and timestamp");
    column[role] = third;
    return HL_OK;
}

hl_status hl_columns_find(int column[HL_COLUMNS], const hl_csv *c)
{
    int found = 0, n = hl_csv_columns(c);
    char text[80];
    for (int r = 0; r < HL_COLUMNS; r++) {
        HL_TRY(find_role(&column[r], c, r));
        found += column[r] != NO_ROLE;
    }
    if (found == HL_COLUMNS) return HL_OK;
    if (found == 0 && looks_like_data(c))
        return refuse(c, "the first line looks like an interaction, and would be left out as the header");
    snprintf(text, sizeof text, "%d columns, of which not all of item, user and timestamp are known", n);
    if (n != HL_COLUMNS) return refuse(c, text);
    return found == 2 ? take_the_third(column, c) : take_by_place(column, c);
}

hl_status hl_columns_find_item(int *column, const hl_csv *c)
{
    HL_TRY(find_role(column, c, HL_COLUMN_ITEM));
    return *column != NO_ROLE ? HL_OK : hl_csv_find(c, "item_id", column);
}

/* A header of one column of this name, and of another one of it with a type, has two. */
hl_status hl_columns_find_named(int *column, const hl_csv *c, const char *name)
{
    const size_t n = strlen(name);
    for (int i = 0; i < hl_csv_columns(c); i++) {
        const char *its = hl_csv_name(c, i);
        if (strncmp(its, name, n) != 0 || !is_suffix(its + n)) continue;
        *column = i;
        return HL_OK;
    }
    return hl_csv_find(c, name, column);
}

void hl_columns_tell(const int column[HL_COLUMNS], int label, const hl_csv *c)
{
    char text[900], one[HL_EXCERPT];
    size_t n = 0;
    bool is_plain = hl_csv_columns(c) == HL_COLUMNS;
    for (int r = 0; r < HL_COLUMNS; r++) {
        const char *name = hl_csv_name(c, column[r]);
        is_plain = is_plain && column[r] == r;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s%s is '%s' (column %d)", r ? ", " : "", role_names[r],
                              hl_excerpt(one, name, strlen(name)), column[r] + 1);
    }
    for (int i = 0, k = 0; i < hl_csv_columns(c) && n + 2 * HL_EXCERPT < sizeof text; i++) {
        const char *name = hl_csv_name(c, i);
        if (i == column[HL_COLUMN_ITEM] || i == column[HL_COLUMN_USER] || i == column[HL_COLUMN_TIME] || i == label)
            continue;
        n += (size_t)snprintf(text + n, sizeof text - n, "%s'%s'",
                              k++ ? ", " : "; not read: ", hl_excerpt(one, name, strlen(name)));
    }
    if (!is_plain) hl_log(HL_INFO, "%s: columns by their names: %s", hl_csv_path(c), text);
}
