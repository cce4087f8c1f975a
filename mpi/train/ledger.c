/* ledger.c - what a step leaves, as digests and sketches of every tensor that do not depend on who holds what. */
#include "mpi/train/ledger.h"
#include "base/digest.h"
#include "base/minmax.h"
#include <stdlib.h>
#include <string.h>

static int place_of(const hl_ledger *l, const char *name)
{
    int k = 0;
    while (k < l->n && strcmp(l->name[k], name) != 0) k++;
    HL_CHECK(k < l->n);
    return k;
}

static void add_names(hl_ledger *l, const hl_params *whole)
{
    for (int k = 0; k < whole->n; k++) l->name[l->n++] = whole->at[k].name;
}

static int *places_of(const hl_ledger *l, const hl_params *mine)
{
    int *place = hl_alloc((size_t)(mine->n + 1) * sizeof *place);
    for (int k = 0; k < mine->n; k++) place[k] = place_of(l, mine->at[k].name);
    return place;
}

void hl_ledger_open(hl_ledger *l, const hl_engine *e)
{
    size_t n = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) n += (size_t)e->sharding[i].whole.n;
    *l = (hl_ledger){.name = hl_alloc(n * sizeof *l->name), .gradient = hl_alloc_zero(2 * n, sizeof *l->gradient)};
    l->weight = l->gradient + n;
    for (hl_side i = 0; i < HL_SIDES; i++) add_names(l, &e->sharding[i].whole);
    for (hl_side i = 0; i < HL_SIDES; i++) l->place[i] = places_of(l, e->sharding[i].table);
}

void hl_ledger_close(hl_ledger *l)
{
    free(l->name);
    for (hl_side i = 0; i < HL_SIDES; i++) free(l->place[i]);
    free(l->gradient);
    *l = (hl_ledger){0};
}

/* Those of numbers [at, at + n), zeros too. */
static void add_gradients(hl_sketch_sums *sums, const hl_sharding *h, size_t at, size_t n, uint64_t name, int64_t place)
{
    static const float zero[1024];
    for (size_t end = at + n, some; at < end; at += some, place += (int64_t)some) {
        const hl_gradients x = hl_sharding_gradients(h, at, end);
        some = x.g ? x.n : hl_min(x.n, sizeof zero / sizeof *zero);
        hl_sketch_add(sums, x.g ? x.g : zero, some, name, place);
    }
}

/* What this rank counts of a tensor: the ranks of dp share the work also where each holds the whole. */
static void add_param(hl_sketch_sums *gradient, hl_sketch_sums *weight, const hl_sharding *h, const hl_param *p)
{
    uint64_t name = hl_digest(p->name, strlen(p->name));
    const hl_span mine = hl_shards_block(&h->shards, h->dp->rank, p->offset);
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        hl_stretch s = hl_param_counted_stretch(p, i, mine.begin, mine.end);
        add_gradients(gradient, h, p->offset + s.local, s.n, name, s.global);
        hl_sketch_add(weight, h->w + p->offset + s.local, s.n, name, s.global);
    }
}

static void add_side(hl_ledger *l, const hl_sharding *h, const int *place)
{
    for (int k = 0; h->w && k < h->table->n; k++)
        add_param(&l->gradient[place[k]], &l->weight[place[k]], h, &h->table->at[k]);
}

void hl_ledger_note(hl_ledger *l, const hl_engine *e)
{
    size_t n = 2 * (size_t)l->n;
    HL_CHECK(e->rules.for_training);
    memset(l->gradient, 0, n * sizeof *l->gradient);
    for (hl_side i = 0; i < HL_SIDES; i++) add_side(l, &e->sharding[i], l->place[i]);
    hl_group_all_reduce_int(&e->mesh->world, (int64_t *)l->gradient, n * sizeof *l->gradient / sizeof(int64_t));
}
