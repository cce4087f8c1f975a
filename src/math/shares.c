/* shares.c - rows that go through several ops, some of them with each thread. */
#include "math/shares.h"
#include "base/part.h"
#include "math/linear.h"
#include "math/product.h"
#include <omp.h>

/* Rows go together where a weight does not fit a cache: of all cores, since threads that multiply by the same one at a
 * time read it once; of each core, where products are our own, since each thread then packs it for itself.  Then no
 * parallel region may surround the ops: OpenMP would make new threads for each region within it. */
int hl_shares_of(int n, int side, size_t weight)
{
    enum { CACHED = 1 << 22, CACHED_EACH = 1 << 18 };
    const int threads = omp_in_parallel() ? 1 : omp_get_max_threads();
    const bool large = weight > (hl_product_is_faster(n / threads, side, side) ? CACHED_EACH : CACHED);
    return !hl_math_is_fp32() || large || n < threads * HL_LINEAR_LEAST_ROWS ? 1 : threads;
}

/* Memory of a thread; it stays until the thread ends, so that after the largest share nothing is allocated. */
static hl_arena *own_room(void)
{
    static _Thread_local hl_arena room;
    if (!room.name) room = hl_arena_growing("rows of a layer");
    return &room;
}

void hl_shares_run(int shares, int rows, hl_share_act act, const void *self, hl_arena *scratch)
{
    if (shares == 1) {
        act(self, 0, rows, scratch);
        return;
    }
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < shares; i++)
        act(self, (int)hl_part_begin(rows, shares, i), (int)hl_part_count(rows, shares, i), own_room());
}

void hl_shares_run_few(int rows, int width, hl_share_act act, const void *self, hl_arena *scratch)
{
    enum { NUMBERS = 1 << 16, LEAST = 192 };
    const int few = NUMBERS / (width + 1), at_once = few < LEAST || few > rows ? rows : few;
    int t = 0;
    do act(self, t, rows - t < at_once ? rows - t : at_once, scratch);
    while ((t += at_once) < rows);
}

void hl_shares_weights(const hl_weight_gradient g[2], int T, int threads)
{
    if (g[0].F < threads * HL_LINEAR_LEAST_ROWS || g[1].F < threads * HL_LINEAR_LEAST_ROWS) {
        for (int k = 0; k < 2; k++) hl_linear_weights(g[k].dw, g[k].dy, g[k].x, T, g[k].D, g[k].F, 0, g[k].F);
        return;
    }
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < threads; i++)
        for (int k = 0; k < 2; k++)
            hl_linear_weights(g[k].dw, g[k].dy, g[k].x, T, g[k].D, g[k].F, (int)hl_part_begin(g[k].F, threads, i),
                              (int)hl_part_begin(g[k].F, threads, i + 1));
}
