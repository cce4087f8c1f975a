/* gradnorm.c - the sum of squares of the gradients that an update will use. */
#include "mpi/train/gradnorm.h"
#include "math/norm.h"
#include "math/rows.h"
#include <math.h>

typedef void seer(void *what, const float *x, size_t n);

/* x (n) of those that this rank counts, as long as they lie side by side, but for rows that have none.  Replicas share
 * the counting, by their blocks. */
static void for_each_of_side(const hl_sharding *h, seer *see, void *what)
{
    size_t begin = 0, n = 0;
    for (int k = 0; h->g && k < h->table->n; k++) {
        const hl_param *p = &h->table->at[k];
        const hl_span mine = hl_shards_block(&h->shards, h->dp->rank, p->offset);
        for (int64_t i = 0; !h->frozen[k] && i < hl_param_stretches(p); i++) {
            const hl_stretch s = hl_param_counted_stretch(p, i, mine.begin, mine.end);
            size_t held;
            const size_t at = hl_sharding_own_gradients(&held, h, p->offset + s.local, p->offset + s.local + s.n);
            if (held == 0) continue;
            if (n && at != begin + n) see(what, h->g + begin, n), n = 0;
            begin = n ? begin : at;
            n += held;
        }
    }
    if (n) see(what, h->g + begin, n);
}

static void for_each_gradient(const hl_engine *e, seer *see, void *what)
{
    for (hl_side i = 0; i < HL_SIDES; i++) for_each_of_side(&e->sharding[i], see, what);
}

static void add_squares(void *what, const float *x, size_t n) { *(double *)what += hl_rows_sum_of_squares(x, n); }

/* The same in any order. */
typedef struct {
    float most;
    hl_squares squares;
} exact_sum;

static void see_largest(void *what, const float *x, size_t n)
{
    exact_sum *e = what;
    e->most = hl_largest(e->most, x, n);
}

static void add_exactly(void *what, const float *x, size_t n)
{
    exact_sum *e = what;
    hl_squares_add(&e->squares, x, n, e->most);
}

static double exact_squares(const hl_engine *e)
{
    const hl_group *world = &e->mesh->world;
    exact_sum x = {0};
    for_each_gradient(e, see_largest, &x);
    x.most = (float)hl_group_max(world, isfinite(x.most) ? x.most : (double)INFINITY);
    if (x.most > 0 && isfinite(x.most)) for_each_gradient(e, add_exactly, &x);
    int64_t both[2] = {x.squares.upper, x.squares.lower};
    hl_group_all_reduce_int(world, both, 2);
    if (world->rank > 0) return 0;
    return isfinite(x.most) ? hl_squares_sum(&(hl_squares){both[0], both[1]}, x.most) : x.most;
}

double hl_gradnorm_squares(const hl_engine *e, bool exact)
{
    double sum = 0;
    if (exact) return exact_squares(e);
    for_each_gradient(e, add_squares, &sum);
    return sum;
}
