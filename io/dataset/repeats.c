/* repeats.c - how many of the rows of all ranks are there more than once. */
#include "io/dataset/repeats.h"
#include "io/dataset/trade.h"

static int in_order(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static int owner_of(const hl_group *g, uint64_t digest) { return (int)(digest % (uint64_t)g->size); }

/* Digests to their owners: those that I get (release with free), *n_in of them. */
static uint64_t *trade(const hl_group *g, const uint64_t *digest, int64_t n, int *n_in)
{
    const int p = g->size;
    int *count = hl_alloc_zero(4 * (size_t)p, sizeof *count), *begin = count + p, *in_count = begin + p,
        *in_begin = in_count + p;
    uint64_t *out = hl_alloc((size_t)n * sizeof *out);
    for (int64_t i = 0; i < n; i++) count[owner_of(g, digest[i])]++;
    hl_trade_begins(begin, count, p);
    for (int64_t i = 0; i < n; i++) out[begin[owner_of(g, digest[i])]++] = digest[i];
    hl_trade_begins(begin, count, p);
    hl_trade_counts(g, in_count, count);
    *n_in = hl_trade_begins(in_begin, in_count, p);
    uint64_t *in = hl_alloc((size_t)*n_in * sizeof *in);
    hl_group_all_to_all(g, in, in_count, in_begin, out, count, begin, sizeof *out);
    free(out);
    free(count);
    return in;
}

int64_t hl_repeats_count(const hl_group *g, const uint64_t *digest, int64_t n)
{
    int n_in;
    int64_t equal = 0;
    uint64_t *mine = trade(g, digest, n, &n_in);
    qsort(mine, (size_t)n_in, sizeof *mine, in_order);
    for (int i = 1; i < n_in; i++) equal += mine[i] == mine[i - 1];
    free(mine);
    hl_group_all_reduce_int(g, &equal, 1);
    return equal;
}
