/* branch.c - gradients as a tree of sums over groups of micro-batches. */
#include "mpi/comm/branch.h"
#include "base/error.h"
#include "base/fold.h"
#include "base/reserve.h"
#include "math/rows.h"

void hl_branch_open(hl_branch *b, size_t n) { *b = (hl_branch){.n = n, .leaf = -1}; }

void hl_branch_close(hl_branch *b)
{
    while (b->spares > 0) hl_reserve_free(b->spare[--b->spares], b->n);
    *b = (hl_branch){0};
}

static float *zeroed(hl_branch *b) { return b->spares == 0 ? hl_reserve(b->n) : b->spare[--b->spares]; }

/* The last two that wait become one. */
static void add_last_two(hl_branch *b)
{
    const int last = --b->waiting;
    float *to = b->wait[last - 1].sum, *from = b->wait[last].sum;
    hl_rows_add_and_clear(to, from, b->hole);
    hl_rows_add_and_clear(to + b->hole_end, from + b->hole_end, b->n - b->hole_end);
    b->spare[b->spares++] = b->wait[last].sum;
}

static void let_wait(hl_branch *b, float *g)
{
    HL_CHECK(b->waiting < HL_BRANCH_MOST);
    b->wait[b->waiting].leaf = b->leaf;
    b->wait[b->waiting++].sum = g;
}

/* Do the last two belong together before anything of this leaf does? */
static bool are_ready(const hl_branch *b, int leaf)
{
    const int n = b->waiting;
    return n > 1 && hl_fold_meets_first(b->wait[n - 2].leaf, b->wait[n - 1].leaf, leaf);
}

float *hl_branch_turn(hl_branch *b, float *g, int leaf)
{
    const int before = b->leaf;
    HL_CHECK(before < 0 || leaf <= before);
    if (before >= 0 && before != leaf) {
        let_wait(b, g);
        while (are_ready(b, leaf)) add_last_two(b);
        g = zeroed(b);
    }
    b->leaf = leaf;
    return g;
}

float *hl_branch_end(hl_branch *b, float *g)
{
    if (b->leaf < 0) return g;
    let_wait(b, g);
    while (b->waiting > 1) add_last_two(b);
    b->leaf = -1;
    b->waiting = 0;
    return b->wait[0].sum;
}
