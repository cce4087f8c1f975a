/* copies.c - are all copies of the weights the same?
 *
 * Two ranks have numbers in common if they hold the same part of the same stage of a side.  A rank is in up to four
 * such parts: of either side its share, and the tensors that its stage does not divide, which all ranks of the stage
 * hold.  Each part has a number; where two ranks have one number and two digests, a second pass looks for the
 * tensor. */
#include "mpi/train/copies.h"
#include "base/digest.h"
#include "base/process.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 2 * HL_SIDES, ARRAYS = 3 }; /* of each side its share, and what is undivided; weights, m, v */

typedef struct {
    int64_t part; /* which one, the same number on all ranks that hold it; -1: none */
    uint64_t digest;
} part_digest;

typedef struct {
    part_digest of[PARTS];
} digests;

static const char *const array_name[ARRAYS] = {"", "AdamW's first moment of ", "AdamW's second moment of "};

static const hl_sharding *side_of(const hl_engine *e, int part) { return &e->sharding[part / 2]; }

static bool is_undivided(const hl_param *p) { return p->split_axis < 0 && p->cross_axis < 0; }

/* Is the tensor in this part, and held whole by every copy? */
static bool counts(const hl_sharding *h, const hl_param *p, int part)
{
    bool is_in_blocks = h->zero >= 3 && p->layer >= 0;
    return !is_in_blocks && (part % 2 == 0 || is_undivided(p));
}

/* Numbers of a tensor in array a; NULL where copies do not have them whole. */
static const float *numbers(const hl_sharding *h, const hl_param *p, int a)
{
    const float *const arrays[ARRAYS] = {h->w, h->zero ? NULL : h->m, h->zero ? NULL : h->v};
    return arrays[a] ? arrays[a] + p->offset : NULL;
}

static uint64_t digest_of_tensor(const hl_sharding *h, const hl_param *p, int a)
{
    const float *x = numbers(h, p, a);
    return x ? hl_digest(x, p->count * sizeof *x) : 0;
}

/* d (tensors of the side, arrays): 0 where the part does not have it. */
static void digest_tensors(uint64_t *d, const hl_sharding *h, int part, int arrays)
{
    memset(d, 0, (size_t)(h->whole.n * arrays) * sizeof *d);
    for (int k = 0; h->w && k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        const int64_t at = hl_params_find(&h->whole, p->name) - h->whole.at;
        for (int a = 0; counts(h, p, part) && a < arrays; a++) d[at * arrays + a] = digest_of_tensor(h, p, a);
    }
}

/* Of both parts of a side: the undivided tensors are read once. */
static void digest_side(digests *d, const hl_sharding *h, int part, int arrays)
{
    const int64_t stage = h->tp->stage, ranks = h->tp->size;
    d->of[part].part = d->of[part + 1].part = -1;
    if (!h->w) return;
    d->of[part] = (part_digest){(stage * ranks + h->tp->rank) * PARTS + part, 0};
    d->of[part + 1] = (part_digest){stage * PARTS + part + 1, 0};
    for (int k = 0; k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        for (int a = 0; counts(h, p, part) && a < arrays; a++) {
            const uint64_t x = digest_of_tensor(h, p, a);
            for (int q = part; q <= part + is_undivided(p); q++) d->of[q].digest = hl_digest_join(d->of[q].digest, x);
        }
    }
}

/* ---- who differs */

typedef struct {
    int part, one, other; /* ranks; one < 0: all copies agree */
    int copies, alike;    /* ranks that hold the part, and those that hold what `one` holds */
} split;

static bool has(const digests *all, int r, int part, int64_t which) { return all[r].of[part].part == which; }

/* How many of the n ranks hold this part, and how many have rank r's digest. */
static void count(split *s, const digests *all, int n, int part, int r)
{
    const part_digest *d = &all[r].of[part];
    s->copies = s->alike = 0;
    for (int i = 0; i < n; i++) {
        s->copies += has(all, i, part, d->part);
        s->alike += has(all, i, part, d->part) && all[i].of[part].digest == d->digest;
    }
}

/* The first rank that holds the part. */
static int first_of(const digests *all, int part, int64_t which)
{
    int r = 0;
    while (!has(all, r, part, which)) r++;
    return r;
}

/* The one of the many comes first. */
static split weigh(const digests *all, int n, int part, int a, int b)
{
    split x = {.part = part, .one = a, .other = b}, y = {.part = part, .one = b, .other = a};
    count(&x, all, n, part, a);
    count(&y, all, n, part, b);
    return x.alike >= y.alike ? x : y;
}

static split find_split(const digests *all, int n)
{
    for (int part = 0; part < PARTS; part++)
        for (int r = 0; r < n; r++) {
            const part_digest *d = &all[r].of[part];
            const int first = d->part < 0 ? r : first_of(all, part, d->part);
            if (all[first].of[part].digest != d->digest) return weigh(all, n, part, first, r);
        }
    return (split){.one = -1};
}

/* ---- where */

static hl_status tell(const hl_group *g, const hl_engine *e, const split *s, int arrays, const char *where,
                      const char *advice)
{
    const hl_sharding *h = side_of(e, s->part);
    const size_t n = (size_t)(h->whole.n * arrays);
    uint64_t *one = hl_alloc(2 * n * sizeof *one), *other = one + n;
    char host[2][65], odd[120] = "";
    digest_tensors(one, h, s->part, arrays);
    memcpy(other, one, n * sizeof *other);
    for (int i = 0; i < 2; i++) hl_process_host(host[i]);
    hl_group_broadcast(g, one, n * sizeof *one, s->one);
    hl_group_broadcast(g, other, n * sizeof *other, s->other);
    hl_group_broadcast(g, host[0], sizeof host[0], s->one);
    hl_group_broadcast(g, host[1], sizeof host[1], s->other);
    size_t k = 0;
    while (k + 1 < n && one[k] == other[k]) k++;
    free(one);
    if (s->alike > s->copies - s->alike)
        snprintf(odd, sizeof odd, ", and %d of the %d copies are like the first", s->alike, s->copies);
    else snprintf(odd, sizeof odd, ", and of %d copies none can be told to be the right one", s->copies);
    return HL_FAIL(
        HL_ENUMERIC,
        "%s: copies that must be equal are not: %s%s is one on rank %d of %s and another on rank %d of %s%s; %s", where,
        array_name[k % (size_t)arrays], h->whole.at[k / (size_t)arrays].name, s->one, host[0], s->other, host[1], odd,
        advice);
}

hl_status hl_copies_check(const hl_group *world, const hl_engine *e, bool moments, const char *where,
                          const char *advice)
{
    const int arrays = moments ? ARRAYS : 1;
    if (world->size == 1) return HL_OK;
    digests mine, *all = hl_alloc((size_t)world->size * sizeof *all);
    int *one = hl_alloc((size_t)world->size * sizeof *one);
    for (int r = 0; r < world->size; r++) one[r] = 1;
    for (hl_side i = 0; i < HL_SIDES; i++) digest_side(&mine, &e->sharding[i], 2 * (int)i, arrays);
    hl_group_all_gather(world, all, &mine, one, sizeof mine);
    const split s = find_split(all, world->size);
    free(one);
    free(all);
    return s.one < 0 ? HL_OK : tell(world, e, &s, arrays, where, advice);
}
