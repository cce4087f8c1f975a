/* sent.c - what a rank sends in a collective, without doing it. */
#include "mpi/comm/sent.h"
#include "base/lend.h"
#include "base/minmax.h"
#include "base/part.h"
#include "mpi/comm/algorithms.h"
#include <stdint.h>

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

/* What each block gives from `gone` on; for so many rounds, 0: nothing is left. */
static size_t next_rounds(size_t *count, const size_t *begin, size_t blocks, size_t gone, size_t step)
{
    size_t alike = SIZE_MAX;
    for (size_t r = 0; r < blocks; r++) {
        const size_t n = begin[r + 1] - begin[r], rest = n > gone ? n - gone : 0;
        count[r] = hl_min(rest, step);
        if (rest) alike = hl_min(alike, hl_max(rest / step, 1));
    }
    return alike == SIZE_MAX ? 0 : alike;
}

/* Round by round, as hl_group_reduce_scatter goes; rounds that no block ends in are alike. */
static void add_rounds(hl_sent *s, int ranks, int rank, const size_t *begin,
                       void (*sent)(hl_sent *s, int ranks, int rank, const size_t *count, size_t size))
{
    const size_t p = (size_t)ranks, most = hl_group_piece() / sizeof(float) / p, step = most ? most : 1;
    size_t *count = hl_lend(p * sizeof *count), alike;
    for (size_t gone = 0; (alike = next_rounds(count, begin, p, gone, step)); gone += alike * step) {
        hl_sent one = {0};
        sent(&one, ranks, rank, count, sizeof(float));
        s->bytes += (double)alike * one.bytes;
        s->messages += (double)alike * one.messages;
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
