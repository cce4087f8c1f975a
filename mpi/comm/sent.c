/* sent.c - what a rank sends in a collective, without doing it. */
#include "mpi/comm/sent.h"
#include "base/lend.h"
#include "base/minmax.h"
#include "base/part.h"
#include "mpi/comm/algorithms.h"

void hl_sent_all_reduce_with(hl_sent *s, int ranks, int rank, size_t n, size_t size, hl_combine combine)
{
    if (ranks == 1 || n == 0) return;
    const hl_algorithm *algorithm = hl_algorithm_for(ranks, n * size, combine);
    const size_t piece = hl_group_piece() / size ? hl_group_piece() / size : 1;
    for (size_t begin = 0; begin < n; begin += piece) algorithm->sent(s, ranks, rank, hl_min(n - begin, piece), size);
}

void hl_sent_all_reduce(hl_sent *s, int ranks, int rank, size_t n)
{
    hl_sent_all_reduce_with(s, ranks, rank, n, sizeof(float), hl_fold_floats);
}

static size_t shortest(const size_t *begin, size_t blocks)
{
    size_t least = begin[1] - begin[0];
    for (size_t r = 1; r < blocks; r++) least = hl_min(least, begin[r + 1] - begin[r]);
    return least;
}

/* Round by round, as hl_group_reduce_scatter goes.  Rounds that no block ends before are all alike. */
static void add_rounds(hl_sent *s, int ranks, int rank, const size_t *begin,
                       void (*sent)(hl_sent *s, int ranks, int rank, const size_t *count, size_t size))
{
    const size_t p = (size_t)ranks, most = hl_group_piece() / sizeof(float) / p, step = most ? most : 1,
                 alike = shortest(begin, p) / step;
    size_t *count = hl_lend(p * sizeof *count);
    hl_sent one = {0};
    for (size_t r = 0; r < p; r++) count[r] = step;
    if (alike) sent(&one, ranks, rank, count, sizeof(float));
    s->bytes += (double)alike * one.bytes;
    s->messages += (double)alike * one.messages;
    for (size_t gone = alike * step, left = 1; left; gone += step) {
        left = 0;
        for (size_t r = 0; r < p; r++) {
            const size_t n = begin[r + 1] - begin[r], rest = n > gone ? n - gone : 0;
            count[r] = hl_min(rest, step);
            left += rest - count[r];
        }
        sent(s, ranks, rank, count, sizeof(float));
    }
    hl_lend_back(count);
}

void hl_sent_reduce_scatter(hl_sent *s, int ranks, int rank, const size_t *begin)
{
    if (ranks == 1) return;
    const size_t bytes = (begin[ranks] - begin[0]) * sizeof(float);
    add_rounds(s, ranks, rank, begin, hl_algorithm_for_blocks(ranks, bytes)->reduce_scatter_sent);
}

void hl_sent_all_gather_blocks(hl_sent *s, int ranks, int rank, const size_t *begin)
{
    if (ranks == 1) return;
    const size_t bytes = (begin[ranks] - begin[0]) * sizeof(float);
    add_rounds(s, ranks, rank, begin, hl_algorithm_for_blocks(ranks, bytes)->all_gather_sent);
}

void hl_sent_all_reduce_int(hl_sent *s, int ranks, size_t n)
{
    s->bytes += (double)(2 * n * sizeof(int64_t) * (size_t)(ranks - 1) / (size_t)ranks);
    s->messages += 2 * (ranks - 1);
}

void hl_sent_broadcast(hl_sent *s, int ranks, int rank, size_t bytes, int from)
{
    if (rank != from || bytes == 0) return;
    s->bytes += (double)bytes * (ranks - 1);
    s->messages += ranks - 1;
}
