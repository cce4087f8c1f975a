/* popularity.c - how often an item occurs in the training parts of all users. */
#include "mpi/eval/popularity.h"
#include "base/part.h"
#include <string.h>

void hl_popularity_count(int64_t *times, const hl_group *g, const hl_corpus *corpus)
{
    const int64_t begin = hl_part_begin(corpus->users, g->size, g->rank),
                  end = begin + hl_part_count(corpus->users, g->size, g->rank);
    memset(times, 0, (size_t)corpus->items * sizeof *times);
    for (int64_t u = begin; u < end; u++) {
        int n;
        const int32_t *items = hl_corpus_training(corpus, u, &n);
        for (int i = 0; i < n; i++) times[items[i]]++;
    }
    hl_group_all_reduce_int(g, times, (size_t)corpus->items);
}
