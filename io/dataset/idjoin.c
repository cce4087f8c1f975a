/* idjoin.c - the id tables of ranks become that of the whole file.
 *
 * One rank after the other shows its ids to all, who number those that are new.  So the order is that of first
 * appearance, whoever read it, and at no time are there more ids in memory than of the whole and of one part. */
#include "io/dataset/idjoin.h"
#include "base/arena.h"
#include <stdlib.h>
#include <string.h>

/* The ids of a part, one after the other. */
typedef struct {
    int64_t count, n_bytes;
    uint32_t *length; /* (count) */
    char *bytes;
} part;

static part part_of(const hl_idtable *t)
{
    part p = {.count = hl_idtable_count(t)};
    p.length = hl_alloc((size_t)p.count * sizeof *p.length);
    for (int64_t i = 0; i < p.count; i++) {
        size_t n;
        hl_idtable_at(t, i, &n);
        p.length[i] = (uint32_t)n;
        p.n_bytes += (int64_t)n;
    }
    size_t n;
    p.bytes = hl_alloc((size_t)p.n_bytes);
    if (p.n_bytes) memcpy(p.bytes, hl_idtable_at(t, 0, &n), (size_t)p.n_bytes);
    return p;
}

static void part_free(part *p)
{
    free(p->length);
    free(p->bytes);
}

/* From rank `from` to all; p is already there on that one. */
static void show(part *p, const hl_group *g, int from)
{
    int64_t size[2] = {p->count, p->n_bytes};
    hl_group_broadcast(g, size, sizeof size, from);
    if (g->rank != from)
        *p = (part){size[0], size[1], hl_alloc((size_t)size[0] * sizeof *p->length), hl_alloc((size_t)size[1])};
    hl_group_broadcast(g, p->length, (size_t)p->count * sizeof *p->length, from);
    hl_group_broadcast(g, p->bytes, (size_t)p->n_bytes, from);
}

/* number (count): of each id in t, where it is not NULL. */
static bool put_all(hl_idtable *t, int32_t *number, const part *p)
{
    const char *at = p->bytes;
    for (int64_t i = 0; i < p->count; at += p->length[i++]) {
        int64_t k = hl_idtable_put(t, at, p->length[i]);
        if (k < 0) return false;
        if (number) number[i] = (int32_t)k;
    }
    return true;
}

/* The table of the first rank is how the joint one begins. */
static hl_idtable *begin_with(const part *first, hl_idtable *mine, bool is_first)
{
    if (is_first) return mine;
    hl_idtable_free(mine);
    hl_idtable *t = hl_idtable_new();
    put_all(t, NULL, first);
    return t;
}

bool hl_ids_join(hl_idtable **t, int32_t **number, const hl_group *g)
{
    part mine = g->size > 1 ? part_of(*t) : (part){.count = hl_idtable_count(*t)};
    bool fits = true;
    *number = hl_alloc((size_t)mine.count * sizeof **number);
    for (int64_t i = 0; i < mine.count && g->rank == 0; i++) (*number)[i] = (int32_t)i;
    for (int r = 0; r < g->size && g->size > 1; r++) {
        part p = r == g->rank ? mine : (part){0};
        show(&p, g, r);
        if (r == 0) *t = begin_with(&p, *t, g->rank == 0);
        else fits = fits && put_all(*t, r == g->rank ? *number : NULL, &p);
        if (r != g->rank) part_free(&p);
    }
    part_free(&mine);
    return fits;
}
