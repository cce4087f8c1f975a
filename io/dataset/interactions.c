/* interactions.c - the interactions file: who met what, and when. */
#include "io/dataset/interactions.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/part.h"
#include "io/dataset/columns.h"
#include "io/dataset/csv.h"
#include "io/files/excerpt.h"
#include "io/dataset/idjoin.h"
#include "io/dataset/missing.h"
#include "io/dataset/sequence.h"
#include "io/dataset/timestamp.h"
#include "io/dataset/trade.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TELL_EVERY = 4096 }; /* rows */

/* A row of my part. */
typedef struct {
    int64_t time;
    uint32_t label : 1, item : 31;
    int32_t user;
} interaction;
_Static_assert(HL_IDTABLE_MOST <= INT32_MAX, "the number of an item has 31 bits");

typedef struct {
    const hl_group *g;
    const char *path;
    hl_csv *csv;
    hl_interactions *x;
    int64_t begin, end; /* bytes: rows that begin here are mine to read */
    int column[HL_COLUMNS];
    hl_label_column label;
    hl_time_sizes sizes; /* of the times of my part */
    interaction *row;    /* (rows) */
    int64_t rows;
    size_t room;
    int64_t *seen; /* (users of the table) interactions of each, in the whole file */
} reading;

static hl_status bad_time(const reading *r, const hl_csv_field *f, const char *why)
{
    char text[HL_EXCERPT], name[HL_EXCERPT];
    const char *column = hl_csv_name(r->csv, r->column[HL_COLUMN_TIME]);
    return HL_FAIL(HL_EFORMAT, "%s:%lld: the timestamp '%s' is not a whole number of 64 bits (column '%s'): %s",
                   r->path, (long long)f->line, hl_excerpt(text, f->at, f->n), hl_excerpt(name, column, strlen(column)),
                   why);
}

static hl_status no_id(const reading *r, const hl_csv_field *f, const char *whose)
{
    return HL_FAIL(HL_EFORMAT, "%s:%lld: the %s id is empty; leave the row out, or give it an id", r->path,
                   (long long)f->line, whose);
}

static hl_status too_many(const reading *r, const char *what)
{
    return HL_FAIL(HL_EFORMAT, "%s: more than %d %s", r->path, HL_IDTABLE_MOST, what);
}

static void keep_row(reading *r, const interaction *row)
{
    HL_RESERVE(r->row, r->room, r->rows + 1);
    r->row[r->rows++] = *row;
}

static hl_status take_row(reading *r, const hl_csv_field *row)
{
    int64_t time;
    const hl_csv_field *i = &row[r->column[HL_COLUMN_ITEM]], *u = &row[r->column[HL_COLUMN_USER]],
                       *t = &row[r->column[HL_COLUMN_TIME]];
    if (i->n == 0) return no_id(r, i, "item");
    if (u->n == 0) return no_id(r, u, "user");
    const char *why = hl_timestamp_read(&time, t->at, t->n);
    if (why) return bad_time(r, t, why);
    hl_time_sizes_add(&r->sizes, time, t->line);
    int64_t item = hl_idtable_put(r->x->items, i->at, i->n), user = hl_idtable_put(r->x->users, u->at, u->n);
    if (item < 0) return too_many(r, "items");
    if (user < 0) return too_many(r, "users");
    keep_row(
        r, &(interaction){time, hl_label_column_take(&r->label, row) & 1u, (uint32_t)item & INT32_MAX, (int32_t)user});
    return HL_OK;
}

/* Where a row begins is known by those before it alone, as quotes hold line breaks: all ranks go through the file
 * from the front, and look at the rows of their part.  So the first rank that finds a mistake is the one that finds
 * the first. */
static hl_status read_part(reading *r, hl_progress *progress)
{
    const hl_csv_field *row;
    for (int64_t n = 0, at; (at = hl_csv_at(r->csv)) < r->end; n++) {
        HL_TRY(hl_csv_next(r->csv, &row));
        if (!row) break;
        if (at >= r->begin) HL_TRY(take_row(r, row));
        if (n % TELL_EVERY == 0) HL_TRY(hl_progress_at(progress, "reading interactions", hl_csv_share(r->csv)));
    }
    return hl_csv_finish(r->csv);
}

static hl_status open_file(reading *r, size_t field_limit)
{
    HL_TRY(hl_csv_open(&r->csv, r->path, field_limit));
    HL_TRY(hl_columns_find(r->column, r->csv));
    HL_TRY(hl_label_column_find(&r->label, r->csv));
    if (r->g->rank == 0) hl_columns_tell(r->column, r->label.column, r->csv);
    return HL_OK;
}

static hl_source_facts facts_of(const hl_csv *c)
{
    return (hl_source_facts){hl_csv_size(c), hl_csv_mtime(c), hl_csv_digest(c)};
}

static hl_status read_file(reading *r, size_t field_limit, hl_progress *progress)
{
    HL_TRY(open_file(r, field_limit));
    r->begin = hl_part_begin(hl_csv_size(r->csv), r->g->size, r->g->rank);
    r->end = hl_part_begin(hl_csv_size(r->csv), r->g->size, r->g->rank + 1);
    HL_TRY(read_part(r, progress));
    if (hl_csv_ends_open(r->csv))
        hl_log(HL_WARN, "%s: the last row has no line end; if the file was cut, fetch it again",
               r->path); /* by who read it */
    r->x->facts = facts_of(r->csv);
    return HL_OK;
}

/* From here on ids have the numbers of the whole file. */
static hl_status join_ids(reading *r)
{
    int32_t *item, *user = NULL;
    bool items_fit = hl_ids_join(&r->x->items, &item, r->g),
         users_fit = items_fit && hl_ids_join(&r->x->users, &user, r->g);
    for (int64_t i = 0; i < r->rows && users_fit; i++) {
        r->row[i].item = (uint32_t)item[r->row[i].item] & INT32_MAX;
        r->row[i].user = user[r->row[i].user];
    }
    free(item);
    free(user);
    if (!items_fit || hl_idtable_count(r->x->items) + 1 >= HL_IDTABLE_MOST) return too_many(r, "items");
    return users_fit ? HL_OK : too_many(r, "users");
}

static hl_status count_users(reading *r)
{
    int64_t users = hl_idtable_count(r->x->users);
    r->seen = hl_alloc_zero((size_t)users, sizeof *r->seen);
    for (int64_t i = 0; i < r->rows; i++) r->seen[r->row[i].user]++;
    hl_group_all_reduce_int(r->g, r->seen, (size_t)users);
    for (int64_t u = 0; u < users; u++)
        if (r->seen[u] >= INT32_MAX) return too_many(r, "interactions of one user");
    return HL_OK;
}

static hl_status choose_users(reading *r)
{
    hl_interactions *x = r->x;
    int64_t users = hl_idtable_count(x->users);
    x->kept = hl_alloc((size_t)users * sizeof *x->kept);
    for (int64_t u = 0; u < users; u++) x->kept[u] = r->seen[u] >= HL_SPLIT_LEAST ? (int32_t)x->deal.rows++ : -1;
    if (x->deal.rows > 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: none of its %lld users has three interactions or more; there is nothing to learn from", r->path,
                   (long long)users);
}

/* ---- every user's interactions to the rank that keeps them */

/* Rows of users who are kept, those for rank 0 first; count (ranks) and begin (ranks) say whose are where. */
static interaction *sort_by_owner(const reading *r, int *count, int *begin)
{
    const hl_interactions *x = r->x;
    int64_t n = 0;
    for (int64_t i = 0; i < r->rows; i++)
        if (x->kept[r->row[i].user] >= 0) count[hl_deal_owner(&x->deal, x->kept[r->row[i].user])]++;
    for (int q = 0; q < r->g->size; n += count[q++]) begin[q] = (int)n;
    HL_CHECK(n < INT32_MAX);
    interaction *out = hl_alloc((size_t)n * sizeof *out);
    for (int64_t i = 0; i < r->rows; i++)
        if (x->kept[r->row[i].user] >= 0) out[begin[hl_deal_owner(&x->deal, x->kept[r->row[i].user])]++] = r->row[i];
    for (int q = 0; q < r->g->size; q++) begin[q] -= count[q];
    return out;
}

static void trade_rows(reading *r)
{
    int p = r->g->size, *out_count = hl_alloc_zero(4 * (size_t)p, sizeof *out_count), *out_begin = out_count + p,
        *in_count = out_begin + p, *in_begin = in_count + p;
    interaction *out = sort_by_owner(r, out_count, out_begin);
    hl_trade_counts(r->g, in_count, out_count);
    r->rows = hl_trade_begins(in_begin, in_count, p);
    HL_RESERVE(r->row, r->room, r->rows);
    hl_group_all_to_all(r->g, r->row, in_count, in_begin, out, out_count, out_begin, sizeof *out);
    free(out);
    free(out_count);
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
    HL_CHECK(r->g->size == 1 || x->begin[slots] == r->rows);
    x->item = hl_alloc((size_t)x->begin[slots] * sizeof *x->item);
    x->time = hl_alloc((size_t)x->begin[slots] * sizeof *x->time);
    if (r->label.field) x->label = hl_alloc((size_t)x->begin[slots] * sizeof *x->label);
}

/* Rows come in the order of the file. */
static void place_rows(reading *r)
{
    hl_interactions *x = r->x;
    int64_t *filled = hl_alloc_zero((size_t)hl_deal_slots(&x->deal), sizeof *filled);
    for (int64_t i = 0; i < r->rows; i++) {
        const interaction *row = &r->row[i];
        if (x->kept[row->user] < 0) continue;
        int64_t slot = hl_deal_slot(&x->deal, x->kept[row->user]), at = x->begin[slot] + filled[slot]++;
        x->item[at] = (int32_t)row->item + 1;
        if (x->label) x->label[at] = row->label;
        x->time[at] = row->time;
    }
    free(filled);
    free(r->row);
    r->row = NULL;
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
    hl_event *scratch = hl_alloc((size_t)longest_of_mine(x) * sizeof *scratch);
    for (int64_t s = 0; s < hl_deal_slots(&x->deal); s++) {
        int64_t n = x->begin[s + 1] - x->begin[s], *time = x->time + x->begin[s];
        hl_sequence_sort(x->item + x->begin[s], time, x->label ? x->label + x->begin[s] : NULL, n, scratch);
        hl_sequence_look(&x->report, x->item + x->begin[s], time, n, scratch);
    }
    free(scratch);
}

/* The times of the whole file that are so large or larger, or are less: how the first of them is shown, by the rank
 * that read it. */
static void show_first_time(char out[HL_EXCERPT], const reading *r, int from, int to)
{
    int64_t line = INT64_MAX, time = 0;
    for (int i = from; i < to; i++)
        if (r->sizes.count[i] > 0 && r->sizes.line[i] < line) line = r->sizes.line[i], time = r->sizes.time[i];
    double first = -hl_group_max(r->g, -(double)line);
    if (line < INT64_MAX && (double)line == first)
        snprintf(out, HL_EXCERPT, "%lld in line %lld", (long long)time, (long long)line);
}

/* Are the times of all parts in one unit?  Collective. */
static void look_at_times(const reading *r)
{
    int64_t count[HL_TIME_SIZES], n;
    int from;
    memcpy(count, r->sizes.count, sizeof count);
    hl_group_all_reduce_int(r->g, count, HL_TIME_SIZES);
    if (!hl_time_sizes_gap(count, &from, &n)) return;
    show_first_time(r->x->times_apart[0], r, 0, from);
    show_first_time(r->x->times_apart[1], r, from, HL_TIME_SIZES);
    if (r->g->rank == 0) r->x->report.times_apart = n;
}

/* Which of the table's ids say that they are missing; a word of them goes to shown. */
static bool *find_missing(const hl_idtable *t, const char *whose, char shown[HL_EXCERPT], bool *any)
{
    bool *is = hl_alloc_zero((size_t)hl_idtable_count(t), sizeof *is);
    const char *word;
    for (int i = 0; (word = hl_missing_word(i)) != NULL; i++) {
        const int64_t at = hl_idtable_find(t, word, strlen(word));
        if (at < 0) continue;
        is[at] = *any = true;
        snprintf(shown, HL_EXCERPT, "%s '%s'", whose, word);
    }
    return is;
}

/* After ids were joined, before rows are traded.  Collective. */
static void look_at_ids(const reading *r)
{
    hl_interactions *x = r->x;
    int64_t n = 0;
    bool any = false;
    bool *user = find_missing(x->users, "user", x->ids_missing[0], &any),
         *item = find_missing(x->items, "item", x->ids_missing[1], &any);
    for (int64_t i = 0; any && i < r->rows; i++) n += user[r->row[i].user] || item[r->row[i].item];
    free(user);
    free(item);
    hl_group_all_reduce_int(r->g, &n, 1);
    if (r->g->rank == 0) x->report.ids_missing = n;
    else memset(x->ids_missing, 0, sizeof x->ids_missing);
}

/* Everyone knows of the whole file; rank 0 tells. */
static void report_file(const reading *r)
{
    hl_interactions *x = r->x;
    hl_prepare_report *p = &x->report;
    for (int64_t u = 0; u < hl_idtable_count(x->users); u++) p->interactions += r->seen[u];
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

static hl_status read_all(reading *r, size_t field_limit, hl_progress *progress)
{
    HL_TRY_ALL(r->g, read_file(r, field_limit, progress));
    HL_TRY(hl_label_column_judge(&r->label, r->g, r->path));
    HL_TRY(join_ids(r)); /* from here on all ranks know the same */
    HL_TRY(count_users(r));
    HL_TRY(choose_users(r));
    report_file(r);
    look_at_times(r);
    look_at_ids(r);
    if (r->g->size > 1) trade_rows(r);
    lay_out_mine(r);
    place_rows(r);
    sort_mine(r->x);
    return HL_OK;
}

hl_status hl_interactions_read(hl_interactions *x, const hl_group *g, const char *path, size_t field_limit,
                               int64_t shard_users, const hl_label_choice *labels, hl_progress *progress)
{
    *x = (hl_interactions){
        .items = hl_idtable_new(), .users = hl_idtable_new(), .deal = {0, shard_users, g->rank, g->size}};
    reading r = {.g = g, .path = path, .x = x};
    HL_TRY_ALL(g, hl_label_column_open(&r.label, labels));
    hl_status s = read_all(&r, field_limit, progress);
    hl_csv_close(r.csv);
    free(r.row);
    free(r.seen);
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
    free(x->label);
    *x = (hl_interactions){0};
}
