/* agreement.c - do all ranks have the same? */
#include "mpi/comm/agreement.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/minmax.h"
#include "base/printable.h"
#include "base/process.h"
#include "mpi/comm/first.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 120 }; /* bytes of a name or value in a sentence */

void hl_settings_add(hl_settings *s, const char *name, const char *value)
{
    HL_RESERVE(s->at, s->room, s->n + 1);
    s->at[s->n++] = (hl_setting){hl_alloc_text(name), hl_alloc_text(value)};
}

void hl_settings_free(hl_settings *s)
{
    for (int i = 0; i < s->n; i++) {
        free(s->at[i].name);
        free(s->at[i].value);
    }
    free(s->at);
    *s = (hl_settings){0};
}

static int by_name_and_value(const void *a, const void *b)
{
    const hl_setting *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : strcmp(x->value, y->value);
}

void hl_settings_sort(hl_settings *s)
{
    if (s->n) qsort(s->at, (size_t)s->n, sizeof *s->at, by_name_and_value);
}

/* ---- as bytes: each name and each value with the 0 at its end */

static char *pack(const hl_settings *s, size_t *size)
{
    *size = 0;
    for (int i = 0; i < s->n; i++) *size += strlen(s->at[i].name) + strlen(s->at[i].value) + 2;
    char *bytes = hl_alloc(*size + 1), *to = bytes;
    for (int i = 0; i < s->n; i++) {
        to = stpcpy(to, s->at[i].name) + 1;
        to = stpcpy(to, s->at[i].value) + 1;
    }
    return bytes;
}

static void unpack(hl_settings *s, const char *bytes, size_t size)
{
    for (const char *at = bytes; at < bytes + size;) {
        const char *value = at + strlen(at) + 1;
        hl_settings_add(s, at, value);
        at = value + strlen(value) + 1;
    }
}

static uint64_t digest_of(const hl_settings *s)
{
    size_t size;
    char *bytes = pack(s, &size);
    uint64_t d = hl_digest(bytes, size);
    free(bytes);
    return d;
}

/* Rank 0's list. */
static void share_first(hl_settings *first, const hl_group *g, const hl_settings *mine)
{
    size_t size, mine_size;
    char *bytes = pack(mine, &mine_size);
    size = mine_size;
    hl_group_broadcast(g, &size, sizeof size, 0);
    if (g->rank != 0) {
        free(bytes);
        bytes = hl_alloc(size + 1);
    }
    hl_group_broadcast(g, bytes, size, 0);
    unpack(first, bytes, size);
    free(bytes);
}

/* ---- what differs */

/* The first place where two lists differ; -1: none. */
static int64_t find_difference(const hl_settings *a, const hl_settings *b)
{
    int most = hl_max(a->n, b->n);
    for (int i = 0; i < most; i++)
        if (i >= a->n || i >= b->n || by_name_and_value(&a->at[i], &b->at[i]) != 0) return i;
    return -1;
}

static const hl_setting *at(const hl_settings *s, int64_t i) { return i < s->n ? &s->at[i] : NULL; }

/* What a rank says about where its list is not rank 0's. */
typedef struct {
    char name[SHOWN + 4], first[SHOWN + 4], mine[SHOWN + 4], host[65], first_host[65];
} dissent;

static void show(char out[SHOWN + 4], const char *text)
{
    snprintf(out, SHOWN + 4, "%.*s%s", SHOWN, text, strlen(text) > SHOWN ? "..." : "");
    hl_printable(out);
}

/* Of two sorted lists the lesser name is what the other one lacks. */
static void describe(dissent *d, const hl_setting *first, const hl_setting *mine)
{
    static const char none[] = "not given";
    int order = !first ? 1 : !mine ? -1 : strcmp(first->name, mine->name);
    show(d->name, order > 0 ? mine->name : first->name);
    show(d->first, order > 0 ? none : first->value);
    show(d->mine, order < 0 ? none : mine->value);
}

hl_status hl_settings_agree(const hl_group *g, const hl_settings *mine, hl_status status, const char *advice)
{
    uint64_t digest = digest_of(mine), wanted = digest;
    hl_group_broadcast(g, &wanted, sizeof wanted, 0);
    if (!hl_group_any(g, digest != wanted)) return HL_OK;
    hl_settings first = {0};
    hl_first f = hl_first_none(g->rank);
    dissent d = {0};
    share_first(&first, g, mine);
    int64_t place = find_difference(&first, mine);
    if (place >= 0) hl_first_note(&f, place, 0);
    hl_first_agree(&f, g);
    if (g->rank == f.rank) describe(&d, at(&first, place), at(mine, place));
    hl_process_host(d.host);
    memcpy(d.first_host, d.host, sizeof d.host);
    hl_group_broadcast(g, d.first_host, sizeof d.first_host, 0);
    hl_group_broadcast(g, &d, sizeof d, f.rank);
    hl_settings_free(&first);
    return HL_FAIL(status, "%s is %s on rank 0 of %s and %s on rank %d of %s (%lld of %d ranks differ from rank 0); %s",
                   d.name, d.first, d.first_host, d.mine, f.rank, d.host, (long long)f.count, g->size, advice);
}

/* ---- counts */

typedef struct {
    char value[SHOWN + 4], host[65];
} vote;

/* Ranks whose vote is that of rank r. */
static int count_like(const vote *all, int n, int r)
{
    int like = 0;
    for (int i = 0; i < n; i++) like += strcmp(all[i].value, all[r].value) == 0;
    return like;
}

static bool is_first_of_its_kind(const vote *all, int r)
{
    for (int i = 0; i < r; i++)
        if (strcmp(all[i].value, all[r].value) == 0) return false;
    return true;
}

static void list_votes(char *out, size_t room, const vote *all, int n)
{
    for (int r = 0; r < n; r++) {
        size_t at = strlen(out);
        int like = count_like(all, n, r);
        if (!is_first_of_its_kind(all, r)) continue;
        snprintf(out + at, room - at, "%s%s on %d rank%s (%srank %d of %s%s)", at ? ", " : "", all[r].value, like,
                 like == 1 ? "" : "s", like == 1 ? "" : "from ", r, all[r].host, like == 1 ? "" : " on");
    }
}

bool hl_settings_count(char *out, size_t room, const hl_group *g, const char *value)
{
    uint64_t digest = hl_digest(value, strlen(value)), first = digest;
    *out = 0;
    hl_group_broadcast(g, &first, sizeof first, 0);
    if (!hl_group_any(g, digest != first)) return false;
    vote mine, *all = hl_alloc((size_t)g->size * sizeof *all);
    int *one = hl_alloc((size_t)g->size * sizeof *one);
    for (int r = 0; r < g->size; r++) one[r] = 1;
    show(mine.value, value);
    hl_process_host(mine.host);
    hl_group_all_gather(g, all, &mine, one, sizeof mine);
    list_votes(out, room, all, g->size);
    free(one);
    free(all);
    return true;
}
