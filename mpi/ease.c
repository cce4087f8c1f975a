/* ease.c - EASE, a linear model of items by items in closed form.
 *
 * Counting: every rank reads all sequences and looks up which of a user's items are among its rows and which among its
 * columns; only these pairs are counted, a p-th of all.
 *
 * Ranking: the ranks of one row of the grid share the rows of B^T, that is the items to be scored.  Each adds up the
 * columns of the history items it has, and the sum over the row of the grid is the score.  Then the users are cut
 * over these ranks, who count the scores above the target's, and the counts are added over the grid. */
#include "mpi/ease.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/part.h"
#include "mpi/first.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Scores of a round at the most, of all items. */
static const int64_t ROUND_MOST = (int64_t)1 << 23;

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

static double *column_of(const hl_ease *e, int place) { return e->b.x + (size_t)place * (size_t)e->b.rows; }

static void count_user(hl_ease *e, const int32_t *items, int n)
{
    size_t mark = hl_arena_mark(&e->scratch);
    int *row = HL_TAKE(&e->scratch, int, n), *column = HL_TAKE(&e->scratch, int, n);
    int rows = find_places(row, e, e->row, items, n), columns = find_places(column, e, e->column, items, n);
    for (int j = 0; j < columns; j++) {
        double *x = column_of(e, column[j]);
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
        if (e->row[i] >= 0 && e->column[i] >= 0) column_of(e, e->column[i])[e->row[i]] += l2;
}

/* From P, which is symmetric: row j of column i becomes -P_ij / P_jj. */
static void make_weights(hl_ease *e)
{
    double *diagonal = HL_TAKE(&e->scratch, double, e->b.rows);
    hl_matrix_diagonal(diagonal, &e->b);
    for (int j = 0; j < e->b.columns; j++) {
        double *x = column_of(e, j);
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
            const double x = column_of(e, j)[k];
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

/* ---- ranking */

typedef struct {
    hl_ease *e;
    const hl_eval_orders *orders;
    const hl_targets *targets;
    int64_t first; /* target of the round */
    int users;
    int32_t *target;     /* (users) */
    bool *repeated;      /* (users) the target is in the history */
    int *begin, *column; /* user i reads my columns column[begin[i]] to before column[begin[i + 1]] */
    double *score;       /* (users, rows of mine) */
    double *threshold;   /* (users) the target's */
    int64_t *counts;     /* (2 users) above, then equal */
} ease_round;

static const int32_t *history_of(const ease_round *r, int user, int *n, int32_t *target)
{
    const int32_t *history;
    *target = hl_targets_at(r->targets, r->first + user, &history, n);
    return history;
}

/* Items of a history of n from here on are nobody's rivals. */
static int masked_from(const ease_round *r, int n) { return hl_mask_begin(r->orders->mask, r->orders->history, n); }

static int history_items(const ease_round *r)
{
    int sum = 0, n;
    int32_t target;
    for (int i = 0; i < r->users; i++) {
        history_of(r, i, &n, &target);
        sum += n;
    }
    return sum;
}

static void read_users(ease_round *r)
{
    hl_arena *a = &r->e->scratch;
    r->target = HL_TAKE(a, int32_t, r->users);
    r->repeated = HL_TAKE_ZERO(a, bool, r->users);
    r->begin = HL_TAKE_ZERO(a, int, r->users + 1);
    r->column = HL_TAKE(a, int, history_items(r));
    for (int i = 0; i < r->users; i++) {
        int n;
        const int32_t *history = history_of(r, i, &n, &r->target[i]);
        for (int k = masked_from(r, n); k < n; k++) r->repeated[i] |= history[k] == r->target[i];
        r->begin[i + 1] = r->begin[i] + find_places(r->column + r->begin[i], r->e, r->e->column, history, n);
    }
}

static void add_columns(double *restrict y, const ease_round *r, int user)
{
    int rows = r->e->b.rows;
    for (int c = r->begin[user]; c < r->begin[user + 1]; c++) {
        const double *restrict x = column_of(r->e, r->column[c]);
        for (int k = 0; k < rows; k++) y[k] += x[k];
    }
}

static void find_scores(ease_round *r)
{
    size_t rows = (size_t)r->e->b.rows, n = (size_t)r->users * rows;
    r->score = HL_TAKE_ZERO(&r->e->scratch, double, n);
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = 0; i < r->users; i++) add_columns(r->score + (size_t)i * rows, r, i);
    hl_group_all_reduce_double(&r->e->grid.line, r->score, n);
}

/* The target's score comes from one of those who have it; the others add zero. */
static void find_thresholds(ease_round *r)
{
    size_t rows = (size_t)r->e->b.rows;
    r->threshold = HL_TAKE_ZERO(&r->e->scratch, double, r->users);
    for (int i = 0; i < r->users && r->e->grid.column == 0; i++) {
        int row = r->e->row[r->target[i]];
        if (row >= 0) r->threshold[i] = r->score[(size_t)i * rows + (size_t)row];
    }
    hl_group_all_reduce_double(&r->e->grid.all, r->threshold, (size_t)r->users);
}

/* What is masked of the history, and the target itself, are nobody's rivals. */
static void leave_out(double *score, const ease_round *r, int user)
{
    int n;
    int32_t target;
    const int32_t *history = history_of(r, user, &n, &target);
    for (int k = masked_from(r, n); k <= n; k++) { /* the target stands behind its history */
        int row = r->e->row[history[k]];
        if (row >= 0) score[row] = -INFINITY;
    }
}

static void count_above(ease_round *r)
{
    const hl_grid *grid = &r->e->grid;
    int begin = (int)hl_part_begin(r->users, grid->columns, grid->column),
        n = (int)hl_part_count(r->users, grid->columns, grid->column);
    r->counts = HL_TAKE_ZERO(&r->e->scratch, int64_t, 2 * r->users);
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = begin; i < begin + n; i++) {
        double *score = r->score + (size_t)i * (size_t)r->e->b.rows;
        double low = r->threshold[i] - (double)r->orders->margin, high = r->threshold[i] + (double)r->orders->margin;
        leave_out(score, r, i);
        for (int k = 0; k < r->e->b.rows; k++) {
            r->counts[i] += !(score[k] <= high); /* what is compared with NaN is a miss */
            r->counts[r->users + i] += score[k] >= low && score[k] <= high;
        }
    }
    hl_group_all_reduce_int(&grid->all, r->counts, 2 * (size_t)r->users);
}

static void add_up(hl_score *score, const ease_round *r)
{
    for (int i = 0; i < r->users; i++) {
        int64_t rank = r->repeated[i] ? 0 : 1 + r->counts[i], ties = r->repeated[i] ? 0 : r->counts[r->users + i];
        hl_score_add(score, rank, ties);
        const int64_t user = hl_targets_user(r->targets, r->first + i);
        if (r->orders->rank) r->orders->rank[user] = rank;
        if (r->orders->ties) r->orders->ties[user] = ties;
    }
}

static void run_round(hl_score *score, ease_round *r)
{
    read_users(r);
    find_scores(r);
    find_thresholds(r);
    count_above(r);
    add_up(score, r);
    hl_arena_back(&r->e->scratch, 0);
}

void hl_ease_score(hl_score *score, hl_ease *e, const hl_eval_orders *orders)
{
    hl_targets targets;
    hl_targets_open(&targets, e->corpus, orders->phase);
    int64_t all = targets.n, most = ROUND_MOST / e->corpus->items + 1;
    int64_t step = orders->users < most ? orders->users : most;
    *score = hl_score_at(orders->cut, orders->cuts);
    for (int64_t first = 0; first < all && hl_grid_has_me(&e->grid); first += step) {
        hl_act_begin("ranking users by EASE", (int)(first / step));
        run_round(score, &(ease_round){.e = e,
                                       .orders = orders,
                                       .targets = &targets,
                                       .first = first,
                                       .users = (int)(all - first < step ? all - first : step)});
    }
    hl_group_broadcast(e->world, score, sizeof *score, 0);
    hl_targets_close(&targets);
}
