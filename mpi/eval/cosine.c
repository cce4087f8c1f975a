/* cosine.c - HLLM as a scorer: the cosine of a user's vector and an item's.
 *
 * Bits of a product depend on where in it a number stands: scores that rounding alone may hold apart from the target's
 * are computed once more, each by itself as the target's was, so that equal vectors tie wherever they stand. */
#include "mpi/eval/cosine.h"
#include "base/acts.h"
#include "math/count.h"
#include "math/linear.h"
#include "math/rows.h"
#include "mpi/train/finite.h"
#include "mpi/eval/users.h"
#include <float.h>
#include <math.h>
#include <string.h>

enum { TILE = 512 };

typedef struct {
    hl_engine *e;
    const hl_catalogue *c;
    int D;
    const float *u; /* (users of the round, D) unit vectors, on ranks that have item vectors */
    char why[HL_WHY];
} cosine;

static void find_users(hl_scorer *s, hl_round *r)
{
    cosine *x = s->self;
    x->u = hl_users_encode(x->e, x->c, r);
}

static int column(const hl_scorer *s, int32_t item)
{
    const cosine *x = s->self;
    const int at = hl_catalogue_text(x->c, s->corpus, item) - x->c->begin;
    return at >= 0 && at < x->c->mine ? at : -1;
}

static float score_of(const cosine *x, int user, int at)
{
    const size_t D = (size_t)x->D;
    float score;
    hl_rows_dot(&score, x->u + (size_t)user * D, x->c->vector + (size_t)at * D, 1, x->D);
    return score * x->c->scale[at];
}

static double score(const hl_scorer *s, int user, int at) { return (double)score_of(s->self, user, at); }

/* ---- counting in tiles */

/* What a tile needs beside the texts that it has. */
typedef struct {
    const cosine *x;
    const hl_counts *counts;
    int users;
    const float *threshold; /* (users) */
    float near;             /* scores so near the target's are computed once more */
    float *scores;          /* (users, TILE) */
    int64_t *nearby;        /* (users) how many there are in the tile */
} tiling;

/* How far rounding may carry a score of the products of a tile from that of score_of. */
static float rounding(int D) { return 2 * FLT_EPSILON * sqrtf((float)D); }

static void settle_near(const tiling *t, int user, int begin, int n)
{
    const float *scores = t->scores + (size_t)user * (size_t)n, low = t->threshold[user] - t->near,
                high = t->threshold[user] + t->near;
    for (int k = 0; (k = hl_count_find_near(scores, k, n, low, high)) < n; k++)
        hl_counts_add(t->counts, user, (double)score_of(t->x, user, begin + k),
                      t->x->c->weight[t->x->c->begin + begin + k]);
}

static void count_tile(const tiling *t, int begin, int n)
{
    const hl_catalogue *c = t->x->c;
    hl_rows_by_rows(t->scores, t->x->u, c->vector + (size_t)begin * (size_t)t->x->D, t->users, n, t->x->D);
    memset(t->nearby, 0, (size_t)t->users * sizeof *t->nearby);
    hl_count_scores(t->counts->above, t->nearby, t->scores, c->scale + begin, c->weight + c->begin + begin,
                    t->threshold, t->near, t->users, n);
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = 0; i < t->users; i++)
        if (t->nearby[i]) settle_near(t, i, begin, n);
}

static void count(hl_scorer *s, const hl_counts *counts, const hl_round *r)
{
    const cosine *x = s->self;
    hl_arena *a = &x->e->scratch;
    const size_t mark = hl_arena_mark(a);
    float *threshold = HL_TAKE(a, float, r->users);
    for (int i = 0; i < r->users; i++) threshold[i] = (float)counts->threshold[i];
    const tiling t = {x,
                      counts,
                      r->users,
                      threshold,
                      (float)counts->margin + rounding(x->D),
                      HL_TAKE(a, float, (size_t)r->users *TILE),
                      HL_TAKE(a, int64_t, r->users)};
    for (int begin = 0; begin < x->c->mine; begin += TILE) {
        count_tile(&t, begin, x->c->mine - begin < TILE ? x->c->mine - begin : TILE);
        hl_act_tick();
    }
    hl_arena_back(a, mark);
}

/* ---- what is not finite */

static hl_status tell_user(const hl_scorer *s, const hl_first *f, const char *user)
{
    return hl_finite_tell_user(((const cosine *)s->self)->e, f, user);
}

static const char *why(const hl_scorer *s)
{
    cosine *x = s->self;
    hl_finite_why(x->why, x->e);
    return x->why;
}

static const hl_scorer_kind kind = {.name = "HLLM",
                                    .act = "ranking users",
                                    .find_users = find_users,
                                    .column = column,
                                    .score = score,
                                    .count = count,
                                    .tell_user = tell_user,
                                    .why = why};

hl_status hl_cosine_evaluate(hl_score *score, hl_engine *e, const hl_catalogue *c, const hl_eval_orders *orders)
{
    const hl_mesh *m = e->mesh;
    cosine x = {.e = e, .c = c, .D = hl_engine_width(e)};
    hl_scorer s = {.kind = &kind,
                   .world = &m->world,
                   .group = &m->vectors,
                   .first_rank = hl_layout_last_stage_rank(&m->layout, HL_ITEM, 0),
                   .corpus = e->corpus,
                   .most_users = INT64_MAX,
                   .self = &x};
    return hl_evaluate(score, &s, orders);
}
