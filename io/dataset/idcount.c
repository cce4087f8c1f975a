/* idcount.c - counts of ids over all ranks, each of which knows some ids.
 *
 * Ids go to their owners in rounds of some megabytes, in the order of the table and, within a round, of the owners.
 * Owners note which id of theirs each one is; so later rounds carry numbers alone, in the same order. */
#include "io/dataset/idcount.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "io/dataset/trade.h"
#include <stdlib.h>
#include <string.h>

enum { ROUND_IDS = 1 << 20, ROUND_BYTES = 1 << 26 };

/* Some ids on their way, and back. */
typedef struct {
    int n, n_in;     /* that I send, that I get */
    int *order;      /* (n) ids in the order of their owners */
    int *count;      /* (4 ranks) that I send to each, where they begin, and the same of those that I get */
    int32_t *number; /* (n_in) of each that I get, among mine */
} route;

/* What I own. */
typedef struct {
    hl_idtable *ids;
    int64_t *sum, *asked; /* (ids) */
} owned;

struct hl_idcount {
    const hl_group *g;
    owned own;
    route *rounds; /* (n_rounds) of the ids of my table */
    int n_rounds;
    int64_t *first; /* (n_rounds + 1) the id that each begins with */
};

static int *begin_of(const route *r, int p) { return r->count + p; }
static int *in_count_of(const route *r, int p) { return r->count + 2 * p; }
static int *in_begin_of(const route *r, int p) { return r->count + 3 * p; }

static int owner_of(const hl_idcount *c, const char *id, size_t n)
{
    return (int)(hl_digest(id, n) % (uint64_t)c->g->size);
}

/* To whom the ids [first, first + n) of s go. */
static void find_way(const hl_idcount *c, route *r, const hl_strings *s, int64_t first, int n)
{
    const int p = c->g->size;
    int *owner = hl_alloc((size_t)n * sizeof *owner);
    *r = (route){
        .n = n, .order = hl_alloc((size_t)n * sizeof *r->order), .count = hl_alloc_zero(4 * (size_t)p, sizeof(int))};
    for (int i = 0; i < n; i++) {
        size_t length;
        const char *id = hl_strings_at(s, first + i, &length);
        r->count[owner[i] = owner_of(c, id, length)]++;
    }
    int *begin = begin_of(r, p);
    hl_trade_begins(begin, r->count, p);
    for (int i = 0; i < n; i++) r->order[begin[owner[i]]++] = i;
    hl_trade_begins(begin, r->count, p);
    hl_trade_counts(c->g, in_count_of(r, p), r->count);
    r->n_in = hl_trade_begins(in_begin_of(r, p), in_count_of(r, p), p);
    free(owner);
}

/* The bytes of the ids go to their owners: all (release with free) and length (n_in) of what I get. */
static char *send_bytes(const hl_idcount *c, const route *r, const hl_strings *s, int64_t first, int *length)
{
    const int p = c->g->size;
    int *bytes = hl_alloc_zero(4 * (size_t)p, sizeof *bytes), *begin = bytes + p, *in_bytes = begin + p,
        *in_begin = in_bytes + p;
    int *mine = hl_alloc((size_t)r->n * sizeof *mine);
    hl_strings out = hl_strings_new();
    for (int q = 0, k = 0; q < p; q++)
        for (int i = 0; i < r->count[q]; i++, k++) {
            size_t n;
            const char *id = hl_strings_at(s, first + r->order[k], &n);
            hl_strings_add(&out, id, n);
            mine[k] = (int)n;
            bytes[q] += (int)n;
        }
    hl_trade_begins(begin, bytes, p);
    hl_trade_counts(c->g, in_bytes, bytes);
    char *all = hl_alloc((size_t)hl_trade_begins(in_begin, in_bytes, p) + 1);
    hl_group_all_to_all(c->g, length, in_count_of(r, p), in_begin_of(r, p), mine, r->count, begin_of(r, p),
                        sizeof *mine);
    hl_group_all_to_all(c->g, all, in_bytes, in_begin, out.bytes ? out.bytes : "", bytes, begin, 1);
    hl_strings_free(&out);
    free(mine);
    free(bytes);
    return all;
}

static int32_t own(owned *o, const char *id, size_t n, bool may_be_new)
{
    const int64_t number = may_be_new ? hl_idtable_put(o->ids, id, n) : hl_idtable_find(o->ids, id, n);
    return (int32_t)number;
}

/* Tell owners the ids [first, first + n) of s; number: what they are among theirs, -1 where they are none. */
static void tell_owners(hl_idcount *c, route *r, const hl_strings *s, int64_t first, int n, bool may_be_new)
{
    find_way(c, r, s, first, n);
    int *length = hl_alloc((size_t)r->n_in * sizeof *length);
    char *all = send_bytes(c, r, s, first, length), *at = all;
    r->number = hl_alloc((size_t)r->n_in * sizeof *r->number);
    for (int i = 0; i < r->n_in; at += length[i++]) r->number[i] = own(&c->own, at, (size_t)length[i], may_be_new);
    free(all);
    free(length);
}

static void forget_way(route *r)
{
    free(r->order);
    free(r->count);
    free(r->number);
}

/* How many ids from `first` on go in one round. */
static int round_of(const hl_strings *s, int64_t first)
{
    int64_t n = 0;
    while (first + n < s->n && n < ROUND_IDS && s->begin[first + n] - s->begin[first] < ROUND_BYTES) n++;
    return (int)n;
}

/* All ranks go as many rounds as the one with most. */
static void tell_all(hl_idcount *c, const hl_strings *s)
{
    size_t room = 0, room_first = 0;
    for (int64_t first = 0; hl_group_any(c->g, first < s->n);) {
        const int n = round_of(s, first);
        HL_RESERVE(c->rounds, room, c->n_rounds + 1);
        HL_RESERVE(c->first, room_first, c->n_rounds + 1);
        tell_owners(c, &c->rounds[c->n_rounds], s, first, n, true);
        c->first[c->n_rounds++] = first;
        first += n;
    }
}

/* One rank alone owns its own table. */
hl_idcount *hl_idcount_new(const hl_group *g, hl_idtable *mine)
{
    hl_idcount *c = hl_alloc_zero(1, sizeof *c);
    c->g = g;
    c->own.ids = g->size == 1 ? mine : hl_idtable_new();
    tell_all(c, hl_idtable_strings(mine));
    const size_t n = (size_t)hl_idtable_count(c->own.ids);
    c->own.sum = hl_alloc_zero(n, sizeof *c->own.sum);
    c->own.asked = hl_alloc_zero(n, sizeof *c->own.asked);
    return c;
}

void hl_idcount_free(hl_idcount *c)
{
    if (!c) return;
    for (int i = 0; i < c->n_rounds; i++) forget_way(&c->rounds[i]);
    if (c->g->size > 1) hl_idtable_free(c->own.ids);
    free(c->own.sum);
    free(c->own.asked);
    free(c->rounds);
    free(c->first);
    free(c);
}

/* x (n) to owners, as in (n_in); and answers back. */
static void send(const hl_idcount *c, const route *r, int64_t *in, const int64_t *x)
{
    const int p = c->g->size;
    int64_t *out = hl_alloc((size_t)r->n * sizeof *out);
    for (int i = 0; i < r->n; i++) out[i] = x[r->order[i]];
    hl_group_all_to_all(c->g, in, in_count_of(r, p), in_begin_of(r, p), out, r->count, begin_of(r, p), sizeof *out);
    free(out);
}

static void answer(const hl_idcount *c, const route *r, int64_t *x)
{
    const int p = c->g->size;
    int64_t *in = hl_alloc((size_t)r->n_in * sizeof *in), *out = hl_alloc((size_t)r->n * sizeof *out);
    for (int i = 0; i < r->n_in; i++) in[i] = r->number[i] < 0 ? 0 : c->own.sum[r->number[i]];
    hl_group_all_to_all(c->g, out, r->count, begin_of(r, p), in, in_count_of(r, p), in_begin_of(r, p), sizeof *out);
    for (int i = 0; i < r->n; i++) x[r->order[i]] = out[i];
    free(out);
    free(in);
}

static void add_round(hl_idcount *c, const route *r, const int64_t *count)
{
    int64_t *in = hl_alloc((size_t)r->n_in * sizeof *in);
    send(c, r, in, count);
    for (int i = 0; i < r->n_in; i++) c->own.sum[r->number[i]] += in[i];
    free(in);
}

void hl_idcount_sum(hl_idcount *c, int64_t *count)
{
    memset(c->own.sum, 0, (size_t)hl_idtable_count(c->own.ids) * sizeof *c->own.sum);
    for (int i = 0; i < c->n_rounds; i++) add_round(c, &c->rounds[i], count + c->first[i]);
    for (int i = 0; i < c->n_rounds; i++) answer(c, &c->rounds[i], count + c->first[i]);
}

int64_t hl_idcount_above_zero(const hl_idcount *c)
{
    int64_t n = 0;
    for (int64_t i = 0; i < hl_idtable_count(c->own.ids); i++) n += c->own.sum[i] > 0;
    hl_group_all_reduce_int(c->g, &n, 1);
    return n;
}

void hl_idcount_ask(hl_idcount *c, const hl_strings *ids, int64_t *sum)
{
    for (int64_t first = 0; hl_group_any(c->g, first < ids->n);) {
        route r;
        const int n = round_of(ids, first);
        tell_owners(c, &r, ids, first, n, false);
        for (int i = 0; i < r.n_in; i++)
            if (r.number[i] >= 0) c->own.asked[r.number[i]]++;
        answer(c, &r, sum + first);
        forget_way(&r);
        first += n;
    }
}

void hl_idcount_asked(const hl_idcount *c, int64_t *never, int64_t *again)
{
    int64_t n[2] = {0, 0};
    for (int64_t i = 0; i < hl_idtable_count(c->own.ids); i++) {
        if (c->own.sum[i] <= 0) continue;
        n[0] += c->own.asked[i] == 0;
        n[1] += c->own.asked[i] > 0 ? c->own.asked[i] - 1 : 0;
    }
    hl_group_all_reduce_int(c->g, n, 2);
    *never = n[0];
    *again = n[1];
}
