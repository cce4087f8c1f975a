/* ease-scorer.c - EASE as a scorer.
 *
 * The ranks of one row of the grid share the rows of B^T, that is the items to be scored.  Each adds up the columns of
 * the history items it has, and the sum over the row of the grid is the score.  Then the users are cut over these ranks
 * to be counted. */
#include "base/part.h"
#include "math/count.h"
#include "mpi/eval/ease.h"

/* Scores of a round at the most, of all items. */
static const int64_t ROUND_MOST = (int64_t)1 << 23;

typedef struct {
    hl_ease *e;
    const double *score; /* (users of the round, rows of mine) */
} ease_scorer;

/* Which of my columns a round reads: user i those from column[begin[i]] to before column[begin[i + 1]]. */
typedef struct {
    int *begin, *column;
} columns;

static columns find_columns(hl_ease *e, const hl_round *r)
{
    const int32_t *history;
    int n, most = 0;
    for (int i = 0; i < r->users; i++) {
        hl_targets_at(r->targets, r->first + i, &history, &n);
        most += n;
    }
    const columns c = {HL_TAKE_ZERO(r->arena, int, r->users + 1), HL_TAKE(r->arena, int, most)};
    for (int i = 0; i < r->users; i++) {
        hl_targets_at(r->targets, r->first + i, &history, &n);
        c.begin[i + 1] = c.begin[i] + hl_ease_find_columns(c.column + c.begin[i], e, history, n);
    }
    return c;
}

static void add_columns(double *restrict y, const hl_ease *e, const int *column, int n)
{
    const int rows = e->b.rows;
    for (int c = 0; c < n; c++) {
        const double *restrict x = hl_ease_column(e, column[c]);
        for (int k = 0; k < rows; k++) y[k] += x[k];
    }
}

static void find_users(hl_scorer *s, hl_round *r)
{
    ease_scorer *x = s->self;
    const hl_grid *grid = &x->e->grid;
    if (!hl_grid_has_me(grid)) return;
    const size_t rows = (size_t)x->e->b.rows;
    const columns c = find_columns(x->e, r);
    double *score = HL_TAKE_ZERO_ROWS(r->arena, double, r->users, rows);
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = 0; i < r->users; i++)
        add_columns(score + (size_t)i * rows, x->e, c.column + c.begin[i], c.begin[i + 1] - c.begin[i]);
    hl_group_all_reduce_double(&grid->line, score, (size_t)r->users * rows);
    x->score = score;
    r->begin = (int)hl_part_begin(r->users, grid->columns, grid->column);
    r->end = (int)hl_part_begin(r->users, grid->columns, grid->column + 1);
}

static int column(const hl_scorer *s, int32_t item)
{
    const ease_scorer *x = s->self;
    return x->e->row[item];
}

static const double *scores_of(const hl_scorer *s, int user)
{
    const ease_scorer *x = s->self;
    return x->score + (size_t)user * (size_t)x->e->b.rows;
}

static double score(const hl_scorer *s, int user, int row) { return scores_of(s, user)[row]; }

static void count(hl_scorer *s, const hl_counts *c, const hl_round *r)
{
    const int rows = ((const ease_scorer *)s->self)->e->b.rows;
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = r->begin; i < r->end; i++)
        hl_count_doubles(&c->above[i], &c->equal[i], scores_of(s, i), c->threshold[i] - c->margin,
                         c->threshold[i] + c->margin, rows);
}

static const hl_scorer_kind kind = {.name = "EASE",
                                    .act = "ranking users by EASE",
                                    .margin = HL_EASE_MARGIN,
                                    .find_users = find_users,
                                    .column = column,
                                    .score = score,
                                    .count = count};

hl_status hl_ease_score(hl_score *score, hl_ease *e, const hl_eval_orders *orders)
{
    ease_scorer x = {.e = e};
    hl_scorer s = {.kind = &kind,
                   .world = e->world,
                   .group = &e->grid.all,
                   .corpus = e->corpus,
                   .most_users = ROUND_MOST / e->corpus->items + 1,
                   .self = &x};
    return hl_evaluate(score, &s, orders);
}
