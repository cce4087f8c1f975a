/* buckets.c - sums over replicas that go on while the rest of the array is still being computed.
 *
 * A bucket goes through three stations: parts to the owners of blocks, sums from there to everyone (where everyone
 * gets them), done. Its tags tell it from others, as replicas reach the second station of several buckets in any
 * order. */
#include "mpi/comm/buckets.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/lend.h"
#include "base/minmax.h"
#include "base/part.h"
#include <stdlib.h>
#include <string.h>

/* How many are under way at a time. */
enum { MOST = HL_BUCKET_MOST, UNDER_WAY = 4 };

void hl_buckets_open(hl_buckets *b, const hl_group *dp, const size_t *block)
{
    *b = (hl_buckets){.dp = dp, .block = block};
}

void hl_buckets_close(hl_buckets *b)
{
    HL_CHECK(b->n == 0);
    free(b->bucket);
    *b = (hl_buckets){0};
}

static size_t within(size_t x, size_t lo, size_t hi) { return hl_min(hl_max(x, lo), hi); }

/* Whose numbers [lo, hi) are: those of the blocks, or equal parts. */
static void cut(hl_bucket *k, const hl_buckets *b, size_t lo, size_t hi)
{
    const int p = b->dp->size;
    k->at = hl_lend(2 * (size_t)p * sizeof *k->at);
    for (int r = 0; r < p; r++) {
        const size_t begin =
            b->block ? within(b->block[r], lo, hi) : lo + (size_t)hl_part_begin((int64_t)(hi - lo), p, r);
        k->at[r] = begin;
        k->at[p + r] =
            b->block ? within(b->block[r + 1], lo, hi) - begin : (size_t)hl_part_count((int64_t)(hi - lo), p, r);
    }
}

static hl_bucket *new_bucket(hl_buckets *b)
{
    HL_RESERVE(b->bucket, b->room, b->n + 1);
    b->bucket[b->n] = (hl_bucket){0};
    return &b->bucket[b->n++];
}

void hl_buckets_add(hl_buckets *b, float *x, size_t lo, size_t hi)
{
    if (b->dp->size == 1) return;
    for (size_t at = lo; at < hi; at += MOST) {
        hl_bucket *k = new_bucket(b);
        k->x = x;
        cut(k, b, at, hi - at < MOST ? hi : at + MOST);
    }
    hl_buckets_progress(b);
}

static hl_blocks blocks_of(const hl_buckets *b, const hl_bucket *k)
{
    return (hl_blocks){(char *)k->x, sizeof *k->x, k->at, k->at + b->dp->size, hl_fold_floats};
}

static int tag_of(const hl_buckets *b, const hl_bucket *k) { return HL_TAG_PARCEL + 2 * (int)(k - b->bucket); }

static void send(const hl_buckets *b, hl_bucket *k)
{
    const hl_blocks blocks = blocks_of(b, k);
    hl_parcels_reduce_scatter(&k->going, b->dp, &blocks, tag_of(b, k));
    k->is_sent = true;
}

/* The parcels of a station have arrived: to the next one. */
static void go_on(const hl_buckets *b, hl_bucket *k)
{
    hl_parcels_end(&k->going);
    if (k->is_summed || b->block) {
        k->is_done = true;
        hl_lend_back(k->at);
        return;
    }
    const hl_blocks blocks = blocks_of(b, k);
    k->is_summed = true;
    hl_parcels_all_gather(&k->going, b->dp, &blocks, tag_of(b, k) + 1);
}

void hl_buckets_progress(hl_buckets *b)
{
    for (int i = b->done; i < b->n && i < b->done + UNDER_WAY; i++) {
        hl_bucket *k = &b->bucket[i];
        if (!k->is_sent) send(b, k);
        if (!k->is_done && hl_parcels_are_here(&k->going)) go_on(b, k);
        while (b->done < b->n && b->bucket[b->done].is_done) b->done++;
    }
}

void hl_buckets_finish(hl_buckets *b)
{
    if (b->done < b->n) hl_group_enter(b->dp, HL_WAITS_REDUCE);
    while (b->done < b->n) {
        hl_bucket *first = &b->bucket[b->done];
        hl_buckets_progress(b);
        if (first->is_sent && !first->is_done) go_on(b, first);
        while (b->done < b->n && b->bucket[b->done].is_done) b->done++;
    }
    if (b->n) hl_group_leave();
    b->n = b->done = 0;
}
