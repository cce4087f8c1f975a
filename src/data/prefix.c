/* prefix.c - how alike texts begin. */
#include "data/prefix.h"

int hl_prefix_of(const hl_corpus *corpus, const int32_t *item, int n)
{
    int common = 0;
    if (n < 2) return 0;
    const int32_t *first = corpus->tokens(corpus, item[0], &common);
    for (int i = 1; i < n && common > 1; i++) {
        int length, k = 0;
        const int32_t *ids = corpus->tokens(corpus, item[i], &length);
        while (k < common && k < length && ids[k] == first[k]) k++;
        common = k;
    }
    return common > 1 ? common : 0;
}
