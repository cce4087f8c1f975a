/* interactions.c - the interactions file: who met what, and when. */
#include "io/interactions.h"
#include "base/arena.h"
#include "base/log.h"
#include "io/csv.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ITEM, USER, TIME, COLUMNS };
enum { TELL_EVERY = 4096 }; /* rows */

/* An interaction of one user, while they are put in order. */
typedef struct {
    int64_t time, place;
    int32_t item;
} event;

typedef struct {
    const char *path;
    hl_csv *csv;
    hl_interactions *x;
    int32_t *seen; /* (room) interactions of a user of the table */
    int64_t room;
    int64_t *filled; /* (slots) interactions placed so far, in the second reading */
} reading;

typedef hl_status (*act)(reading *r, const hl_csv_field *row);

/* A minus and digits, nothing else, within 64 bits. */
static bool parse_time(int64_t *time, const hl_csv_field *f)
{
    bool is_negative = f->n > 0 && f->at[0] == '-';
    size_t i = is_negative;
    *time = 0;
    if (i == f->n) return false;
    for (; i < f->n; i++) {
        int digit = f->at[i] - '0';
        if (digit < 0 || digit > 9) return false;
        if (__builtin_mul_overflow(*time, 10, time)) return false;
        if (__builtin_add_overflow(*time, is_negative ? -digit : digit, time)) return false;
    }
    return true;
}

static hl_status bad_time(const reading *r, const hl_csv_field *f)
{
    char text[HL_CSV_EXCERPT];
    return HL_FAIL(HL_EFORMAT, "%s:%lld: the timestamp '%s' is not a whole number of 64 bits; the columns are item, user, timestamp",
                   r->path, (long long)f->line, hl_csv_excerpt(text, f->at, f->n));
}

static hl_status too_many(const reading *r, const char *what)
{
    return HL_FAIL(HL_EFORMAT, "%s: more than %d %s", r->path, HL_IDTABLE_MOST, what);
}

/* One more interaction of user number u. */
static hl_status count_user(reading *r, int64_t u)
{
    while (u >= r->room) {
        int64_t room = r->room ? 2 * r->room : 1024;
        r->seen = hl_realloc(r->seen, (size_t)room * sizeof *r->seen);
        memset(r->seen + r->room, 0, (size_t)(room - r->room) * sizeof *r->seen);
        r->room = room;
    }
    return r->seen[u]++ < INT32_MAX - 1 ? HL_OK : too_many(r, "interactions of one user");
}

static hl_status take_ids(reading *r, const hl_csv_field *row)
{
    int64_t time;
    for (int i = ITEM; i <= USER; i++)
        if (row[i].n == 0)
            return HL_FAIL(HL_EFORMAT, "%s:%lld: the %s id is empty; the columns are item, user, timestamp", r->path,
                           (long long)row[i].line, i == ITEM ? "item" : "user");
    if (!parse_time(&time, &row[TIME])) return bad_time(r, &row[TIME]);
    int64_t item = hl_idtable_put(r->x->items, row[ITEM].at, row[ITEM].n), user = hl_idtable_put(r->x->users, row[USER].at, row[USER].n);
    if (item < 0 || item + 1 >= HL_IDTABLE_MOST) return too_many(r, "items");
    if (user < 0) return too_many(r, "users");
    r->x->report.interactions++;
    return count_user(r, user);
}

static hl_status changed(const reading *r)
{
    return HL_FAIL(HL_EFORMAT, "%s: changed while it was read; start again when it is complete", r->path);
}

static hl_status take_event(reading *r, const hl_csv_field *row)
{
    hl_interactions *x = r->x;
    int64_t user = hl_idtable_find(x->users, row[USER].at, row[USER].n);
    if (user < 0) return changed(r);
    int64_t slot = x->kept[user] < 0 ? -1 : hl_deal_slot(&x->deal, x->kept[user]);
    if (slot < 0) return HL_OK;
    int64_t item = hl_idtable_find(x->items, row[ITEM].at, row[ITEM].n), at = x->begin[slot] + r->filled[slot];
    if (item < 0 || at >= x->begin[slot + 1] || !parse_time(&x->time[at], &row[TIME])) return changed(r);
    x->item[at] = (int32_t)item + 1;
    r->filled[slot]++;
    return HL_OK;
}

static hl_status each_row(reading *r, const char *what, hl_progress *progress, act take)
{
    const hl_csv_field *row;
    for (int64_t n = 1;; n++) {
        HL_TRY(hl_csv_next(r->csv, &row));
        if (!row) return HL_OK;
        HL_TRY(take(r, row));
        if (n % TELL_EVERY == 0) hl_progress_at(progress, what, hl_csv_share(r->csv));
    }
}

static hl_status open_file(reading *r, size_t field_limit)
{
    hl_csv_close(r->csv);
    HL_TRY(hl_csv_open(&r->csv, r->path, field_limit));
    if (hl_csv_columns(r->csv) == COLUMNS) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s:1: %d columns; there must be three: item, user, timestamp", r->path, hl_csv_columns(r->csv));
}

/* The first row is always the header; here is what tells that somebody forgot it. */
static void warn_of_no_header(const reading *r)
{
    int64_t time;
    const char *name = hl_csv_name(r->csv, TIME);
    hl_csv_field f = {name, strlen(name), 1};
    if (r->x->deal.rank == 0 && parse_time(&time, &f))
        hl_log(HL_WARN, "%s:1: the header looks like an interaction and is left out; add a line that names the columns", r->path);
}

static hl_source_facts facts_of(const hl_csv *c)
{
    return (hl_source_facts){hl_csv_size(c), hl_csv_mtime(c), hl_csv_digest(c)};
}

static hl_status read_ids(reading *r, size_t field_limit, hl_progress *progress)
{
    HL_TRY(open_file(r, field_limit));
    warn_of_no_header(r);
    HL_TRY(each_row(r, "reading ids", progress, take_ids));
    r->x->facts = facts_of(r->csv);
    return HL_OK;
}

static hl_status choose_users(reading *r)
{
    hl_interactions *x = r->x;
    int64_t users = hl_idtable_count(x->users);
    x->kept = hl_alloc((size_t)users * sizeof *x->kept);
    for (int64_t u = 0; u < users; u++) x->kept[u] = r->seen[u] >= HL_LEAST_INTERACTIONS ? (int32_t)x->deal.rows++ : -1;
    if (x->deal.rows > 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: none of its %lld users has three interactions or more; there is nothing to learn from", r->path,
                   (long long)users);
}

static void lay_out_mine(reading *r)
{
    hl_interactions *x = r->x;
    int64_t slots = hl_deal_slots(&x->deal), users = hl_idtable_count(x->users);
    x->user = hl_alloc((size_t)slots * sizeof *x->user);
    x->begin = hl_alloc(((size_t)slots + 1) * sizeof *x->begin);
    x->begin[0] = 0;
    for (int64_t u = 0; u < users; u++) { /* kept numbers rise with u, and slots with kept numbers */
        int64_t slot = x->kept[u] < 0 ? -1 : hl_deal_slot(&x->deal, x->kept[u]);
        if (slot < 0) continue;
        x->user[slot] = (int32_t)u;
        x->begin[slot + 1] = x->begin[slot] + r->seen[u];
    }
    x->item = hl_alloc((size_t)x->begin[slots] * sizeof *x->item);
    x->time = hl_alloc((size_t)x->begin[slots] * sizeof *x->time);
    r->filled = hl_alloc_zero((size_t)slots, sizeof *r->filled);
}

static hl_status read_events(reading *r, size_t field_limit, hl_progress *progress)
{
    hl_interactions *x = r->x;
    HL_TRY(open_file(r, field_limit));
    HL_TRY(each_row(r, "reading interactions", progress, take_event));
    if (hl_csv_digest(r->csv) != x->facts.digest) return changed(r);
    return HL_OK;
}

static int by_time_then_place(const void *a, const void *b)
{
    const event *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->place < y->place ? -1 : x->place > y->place;
}

static void sort_sequence(int32_t *item, int64_t *time, int64_t n, event *scratch)
{
    for (int64_t i = 0; i < n; i++) scratch[i] = (event){time[i], i, item[i]};
    qsort(scratch, (size_t)n, sizeof *scratch, by_time_then_place);
    for (int64_t i = 0; i < n; i++) {
        item[i] = scratch[i].item;
        time[i] = scratch[i].time;
    }
}

static bool is_sorted(const int64_t *time, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (time[i] < time[i - 1]) return false;
    return true;
}

static bool has_equal_times(const int64_t *time, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (time[i] == time[i - 1]) return true;
    return false;
}

static int64_t longest_of_mine(const hl_interactions *x)
{
    int64_t most = 0;
    for (int64_t s = 0; s < hl_deal_slots(&x->deal); s++)
        if (x->begin[s + 1] - x->begin[s] > most) most = x->begin[s + 1] - x->begin[s];
    return most;
}

static void sort_mine(hl_interactions *x)
{
    event *scratch = hl_alloc((size_t)longest_of_mine(x) * sizeof *scratch);
    for (int64_t s = 0; s < hl_deal_slots(&x->deal); s++) {
        int64_t n = x->begin[s + 1] - x->begin[s], *time = x->time + x->begin[s];
        if (!is_sorted(time, n)) sort_sequence(x->item + x->begin[s], time, n, scratch);
        x->report.users_equal_times += has_equal_times(time, n);
    }
    free(scratch);
}

/* Everyone counted the whole file; rank 0 tells. */
static void report_file(const reading *r)
{
    hl_interactions *x = r->x;
    hl_prepare_report *p = &x->report;
    p->sequence_min = INT64_MAX;
    for (int64_t u = 0; u < hl_idtable_count(x->users); u++) {
        if (x->kept[u] < 0) continue;
        p->interactions_kept += r->seen[u];
        if (r->seen[u] < p->sequence_min) p->sequence_min = r->seen[u];
        if (r->seen[u] > p->sequence_max) p->sequence_max = r->seen[u];
    }
    p->items = hl_idtable_count(x->items);
    p->users_seen = hl_idtable_count(x->users);
    p->users_kept = x->deal.rows;
    p->users_dropped = p->users_seen - p->users_kept;
    if (x->deal.rank != 0) *p = (hl_prepare_report){0};
}

static hl_status read_both(reading *r, size_t field_limit, hl_progress *progress)
{
    HL_TRY(read_ids(r, field_limit, progress));
    HL_TRY(choose_users(r));
    report_file(r);
    lay_out_mine(r);
    HL_TRY(read_events(r, field_limit, progress));
    sort_mine(r->x);
    return HL_OK;
}

hl_status hl_interactions_read(hl_interactions *x, const char *path, size_t field_limit, int64_t shard_users, int rank, int ranks,
                               hl_progress *progress)
{
    *x = (hl_interactions){.items = hl_idtable_new(), .users = hl_idtable_new(), .deal = {0, shard_users, rank, ranks}};
    reading r = {.path = path, .x = x};
    hl_status s = read_both(&r, field_limit, progress);
    hl_csv_close(r.csv);
    free(r.seen);
    free(r.filled);
    return s;
}

void hl_interactions_close(hl_interactions *x)
{
    hl_idtable_free(x->items);
    hl_idtable_free(x->users);
    free(x->kept);
    free(x->user);
    free(x->begin);
    free(x->item);
    free(x->time);
    *x = (hl_interactions){0};
}
