/* ease.c - EASE, a linear model of items by items in closed form: how it is fitted.
 *
 * Every rank reads all sequences and looks up which of a user's items are among its rows and which among its
 * columns; only these pairs are counted, a p-th of all. */
#include "mpi/eval/ease.h"
#include "base/acts.h"
#include "base/arena.h"
#include "mpi/comm/first.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

hl_status hl_ease_fits(const hl_group *world, const hl_corpus *corpus)
{
    if (corpus->items < 2) return HL_FAIL(HL_EUSAGE, "EASE: there are no items");
    hl_status s = hl_matrix_fits(world, corpus->items - 1, 1);
    return s == HL_OK ? s : HL_FAIL(s, "EASE: %s", hl_error_text());
}

/* The padding has no row. */
static int *places_of(const hl_axis *a, int64_t items)
{
    int *place = hl_alloc((size_t)items * sizeof *place);
    place[0] = -1;
    for (int64_t i = 1; i < items; i++) place[i] = hl_axis_local(a, (int)i - 1);
    return place;
}

void hl_ease_open(hl_ease *e, const hl_group *world, const hl_corpus *corpus)
{
    *e = (hl_ease){.world = world, .corpus = corpus, .scratch = hl_arena_growing("EASE")};
    hl_grid_open(&e->grid, world);
    hl_matrix_open(&e->b, &e->grid, (int)corpus->items - 1);
    e->row = places_of(&e->b.row, corpus->items);
    e->column = places_of(&e->b.column, corpus->items);
    e->seen = hl_alloc_zero((size_t)corpus->items, sizeof *e->seen);
}

void hl_ease_close(hl_ease *e)
{
    if (!e->corpus) return;
    hl_matrix_close(&e->b);
    hl_grid_close(&e->grid);
    hl_arena_free(&e->scratch);
    free(e->row);
    free(e->column);
    free(e->seen);
    *e = (hl_ease){0};
}

/* ---- fitting */

/* The places of the different items of a list, of those that have one; how many. */
static int find_places(int *out, hl_ease *e, const int *place, const int32_t *items, int n)
{
    int found = 0;
    e->looks++;
    for (int i = 0; i < n; i++) {
        if (e->seen[items[i]] == e->looks) continue;
        e->seen[items[i]] = e->looks;
        if (place[items[i]] >= 0) out[found++] = place[items[i]];
    }
    return found;
}

int hl_ease_find_columns(int *out, hl_ease *e, const int32_t *items, int n)
{
    return find_places(out, e, e->column, items, n);
}

static void count_user(hl_ease *e, const int32_t *items, int n)
{
    size_t mark = hl_arena_mark(&e->scratch);
    int *row = HL_TAKE(&e->scratch, int, n), *column = HL_TAKE(&e->scratch, int, n);
    int rows = find_places(row, e, e->row, items, n), columns = find_places(column, e, e->column, items, n);
    for (int j = 0; j < columns; j++) {
        double *x = hl_ease_column(e, column[j]);
        for (int k = 0; k < rows; k++) x[row[k]] += 1;
    }
    hl_arena_back(&e->scratch, mark);
}

void hl_ease_count(hl_ease *e)
{
    memset(e->b.x, 0, (size_t)e->b.rows * (size_t)e->b.columns * sizeof *e->b.x);
    for (int64_t u = 0; u < e->corpus->users; u++) {
        int n;
        const int32_t *items = hl_corpus_training(e->corpus, u, &n);
        if (n > 0) count_user(e, items, n);
        hl_act_tick();
    }
}

static void add_to_diagonal(hl_ease *e, double l2)
{
    for (int64_t i = 1; i < e->corpus->items; i++)
        if (e->row[i] >= 0 && e->column[i] >= 0) hl_ease_column(e, e->column[i])[e->row[i]] += l2;
}

/* From P, which is symmetric: row j of column i becomes -P_ij / P_jj. */
static void make_weights(hl_ease *e)
{
    double *diagonal = HL_TAKE(&e->scratch, double, e->b.rows);
    hl_matrix_diagonal(diagonal, &e->b);
    for (int j = 0; j < e->b.columns; j++) {
        double *x = hl_ease_column(e, j);
        for (int k = 0; k < e->b.rows; k++) x[k] /= -diagonal[k];
        int own = hl_axis_local(&e->b.row, hl_axis_global(&e->b.column, j));
        if (own >= 0) x[own] = 0;
    }
    hl_arena_back(&e->scratch, 0);
}

static hl_status fit_my_part(hl_ease *e, double l2)
{
    if (!hl_grid_has_me(&e->grid)) return HL_OK;
    hl_ease_count(e);
    add_to_diagonal(e, l2);
    HL_TRY(hl_matrix_invert(&e->b));
    make_weights(e);
    return HL_OK;
}

/* Row and column i - 1 are item i; the same item is named on every grid. */
static void note_odd_weights(hl_first *f, const hl_ease *e)
{
    for (int j = 0; j < e->b.columns; j++)
        for (int k = 0; k < e->b.rows; k++) {
            const double x = hl_ease_column(e, j)[k];
            const int64_t from = hl_axis_global(&e->b.column, j), to = hl_axis_global(&e->b.row, k);
            if (!isfinite(x)) hl_first_note(f, from * e->b.row.n + to, x);
        }
}

static hl_status check_weights(const hl_ease *e, double l2)
{
    char from[HL_CALLED], to[HL_CALLED];
    hl_first f = hl_first_none(e->world->rank);
    if (hl_grid_has_me(&e->grid)) note_odd_weights(&f, e);
    if (!hl_first_agree(&f, e->world)) return HL_OK;
    hl_corpus_call_item(from, e->corpus, f.number / e->b.row.n + 1);
    hl_corpus_call_item(to, e->corpus, f.number % e->b.row.n + 1);
    return HL_FAIL(HL_ENUMERIC,
                   "EASE with a penalty of %g: the weight from %s to %s is %g (rank %d; %lld such weights); give a "
                   "larger "
                   "ease_l2",
                   l2, from, to, f.value, f.rank, (long long)f.count);
}

hl_status hl_ease_fit(hl_ease *e, double l2)
{
    HL_TRY_ALL(e->world, fit_my_part(e, l2));
    return check_weights(e, l2);
}
