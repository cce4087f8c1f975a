/* evaluate.c - every user's target ranked against the whole catalogue.
 *
 * A text stands for all items that have it, so a column of a tile counts with its weight.  What a column must not
 * count is known beforehand: the target's own text (its other items are ties) and the user's history.  These
 * few are listed, and taken back after the tile was counted.  Bits of a product depend on where in it a number stands:
 * scores that rounding alone may hold apart from the target's are computed once more, each by itself as the target's
 * was. */
#include "mpi/evaluate.h"
#include "base/acts.h"
#include "base/fault.h"
#include "base/part.h"
#include "base/stop.h"
#include "math/count.h"
#include "math/linear.h"
#include "math/rows.h"
#include "mpi/exchange.h"
#include "mpi/finite.h"
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 512, USER_ROWS = 1024 };

/* `count` items of text `text` that user `user` of the round must not be ranked against. */
typedef struct {
    int text, user, count;
} exception;

typedef struct {
    hl_engine *e;
    const hl_catalogue *c;
    const hl_eval_orders *orders;
    const hl_targets *targets;
    int64_t first; /* target of the round */
    int users, D;
    int *target;    /* (users) its text */
    bool *repeated; /* (users) the target is in the history */
    exception *exceptions;
    int n_exceptions;
    float *u;         /* (users, D) unit user vectors, on ranks that have item vectors */
    float *threshold; /* (users) the target's score */
    int64_t *counts;  /* (2 users) above, then equal */
    hl_first odd;     /* user of the round, twice, + 1 where it is only its target's score that is not finite */
} eval_round;

static int by_number(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

static int by_text(const void *a, const void *b)
{
    const exception *x = a, *y = b;
    if (x->text != y->text) return x->text < y->text ? -1 : 1;
    return x->user < y->user ? -1 : x->user > y->user;
}

/* The different items of what is left out of a history, among my texts. */
static void except_history(eval_round *r, int user, const int32_t *history, int n, int32_t target)
{
    size_t mark = hl_arena_mark(&r->e->scratch);
    int32_t *items = HL_TAKE(&r->e->scratch, int32_t, n);
    memcpy(items, history, (size_t)n * sizeof *items);
    qsort(items, (size_t)n, sizeof *items, by_number);
    for (int i = 0; i < n; i++) {
        if (i > 0 && items[i] == items[i - 1]) continue;
        if (items[i] == target) {
            r->repeated[user] = true;
            continue;
        }
        int text = hl_catalogue_text(r->c, r->e->corpus, items[i]);
        if (text >= r->c->begin && text < r->c->begin + r->c->mine)
            r->exceptions[r->n_exceptions++] = (exception){text, user, 1};
    }
    hl_arena_back(&r->e->scratch, mark);
}

static int history_items(const eval_round *r)
{
    int sum = 0, n;
    const int32_t *history;
    for (int i = 0; i < r->users; i++) {
        hl_targets_at(r->targets, r->first + i, &history, &n);
        sum += n;
    }
    return sum;
}

static void read_users(eval_round *r)
{
    hl_arena *a = &r->e->plan;
    int most = history_items(r);
    r->target = HL_TAKE(a, int, r->users);
    r->repeated = HL_TAKE_ZERO(a, bool, r->users);
    r->exceptions = HL_TAKE(a, exception, most);
    for (int i = 0; i < r->users; i++) {
        const int32_t *history;
        int n;
        int32_t target = hl_targets_at(r->targets, r->first + i, &history, &n);
        r->target[i] = hl_catalogue_text(r->c, r->e->corpus, target);
        const int from = hl_mask_begin(r->orders->mask, r->orders->history, n);
        except_history(r, i, history + from, n - from, target);
    }
    qsort(r->exceptions, (size_t)r->n_exceptions, sizeof *r->exceptions, by_text);
}

/* ---- the users' vectors */

/* The users of the round are cut over the user replicas; the first rank of the one that has this user. */
static int reader_of(const eval_round *r, int user)
{
    const hl_layout *l = &r->e->mesh->layout;
    return hl_layout_first_rank(l, HL_USER, hl_part_owner(r->users, hl_layout_replicas(l, HL_USER), user));
}

/* Bring the vectors of the histories to all ranks of the user replicas; length (users).  Laid in the plan arena. */
static float *bring_histories(eval_round *r, int *length)
{
    hl_engine *e = r->e;
    const hl_layout *l = &e->mesh->layout;
    int n = 0, here = 0, outs = hl_layout_last_stage_ranks(l, HL_ITEM),
        most = r->users * r->orders->history * l->side[HL_USER].tp;
    int *holder = HL_TAKE(&e->plan, int, most), *held = HL_TAKE(&e->plan, int, most);
    int *reader = HL_TAKE(&e->plan, int, most), *place = HL_TAKE(&e->plan, int, most);
    for (int i = 0, last_reader = -1; i < r->users; i++) {
        const int32_t *history;
        int items;
        hl_targets_at(r->targets, r->first + i, &history, &items);
        length[i] = items < r->orders->history ? items : r->orders->history;
        int rank = reader_of(r, i);
        if (rank != last_reader) here = 0;
        last_reader = rank;
        for (int k = items - length[i]; k < items; k++, here++) {
            int text = hl_catalogue_text(r->c, e->corpus, history[k]), owner = hl_part_owner(r->c->texts, outs, text);
            for (int t = 0; t < l->side[HL_USER].tp; t++, n++) {
                holder[n] = hl_layout_last_stage_rank(l, HL_ITEM, owner);
                held[n] = text - (int)hl_part_begin(r->c->texts, outs, owner);
                reader[n] = rank + t;
                place[n] = here;
            }
        }
    }
    hl_exchange x;
    hl_exchange_plan(&x, &e->mesh->world, &(hl_readings){n, holder, held, reader, place}, &e->plan);
    float *vectors = HL_TAKE_ROWS(&e->plan, float, x.received, r->D);
    hl_exchange_forward(&x, vectors, r->c->vector, r->D, &e->wire);
    return vectors;
}

static void look_for_odd_users(eval_round *r, const float *y, int user, int n)
{
    for (int i = 0; (i = hl_rows_find_odd(y, i, n, r->D)) < n; i++)
        hl_first_note(&r->odd, 2 * (int64_t)(user + i), NAN);
}

/* u (n, D) = the User LLM's last row, as a unit vector, of n users from `user` on whose histories lie in x; on ranks
 * where it comes out. */
static void encode_users(eval_round *r, float *u, const float *x, const int *length, int user, int n)
{
    hl_engine *e = r->e;
    size_t mark = hl_arena_mark(&e->scratch);
    hl_pack pack;
    hl_stack_saved saved;
    hl_user_pack(&pack, length, n, true, &e->scratch);
    hl_stack_saved_lay(&saved, &e->user_model.stack, &pack, &e->scratch);
    const hl_stack *m = &e->user_model.stack;
    float *last = HL_TAKE_ROWS(&e->scratch, float, n, r->D), *norm = HL_TAKE(&e->scratch, float, n);
    float *y = m->last ? last : hl_pipe_room(&e->pipe[HL_USER], HL_FORWARD, (size_t)pack.T * (size_t)r->D);
    if (!m->first) hl_pipe_recv(&e->pipe[HL_USER], HL_FORWARD, pack.T, r->D);
    hl_stack_forward(y, &saved, m, e->sharding[HL_USER].w,
                     m->first ? x : hl_pipe_received(&e->pipe[HL_USER], HL_FORWARD), &pack, &e->scratch);
    if (!m->last) hl_pipe_send(&e->pipe[HL_USER], HL_FORWARD, pack.T, r->D);
    if (m->last) hl_rows_unit_forward(u, norm, y, n, r->D);
    if (m->last) look_for_odd_users(r, y, user, n);
    hl_arena_back(&e->scratch, mark);
}

/* Users from the first of `length` (n) on whose histories are encoded together, and how many rows these have. */
static int users_together(int *rows, const int *length, int n)
{
    int count = 0;
    for (*rows = 0; count < n && (count == 0 || *rows + length[count] <= USER_ROWS); count++) *rows += length[count];
    return count;
}

/* The most times that a replica encodes, where all do as often; length: of all users of the round. */
static int most_times(const eval_round *r, const int *length)
{
    int replicas = hl_layout_replicas(&r->e->mesh->layout, HL_USER), most = 0, rows;
    for (int i = 0; i < replicas && r->e->rules.zero >= 3; i++) {
        int times = 0, from = (int)hl_part_begin(r->users, replicas, i),
            end = (int)hl_part_begin(r->users, replicas, i + 1);
        for (; from < end; times++) from += users_together(&rows, length + from, end - from);
        if (times > most) most = times;
    }
    return most;
}

/* Users [begin, begin + n) of the round. */
static void encode_my_users(eval_round *r, float *u, const float *x, const int *length, int begin, int n)
{
    size_t D = (size_t)r->D;
    int left = most_times(r, length), rows;
    for (int from = 0, count; from < n; from += count, left--) {
        count = users_together(&rows, length + begin + from, n - from);
        encode_users(r, u + (size_t)from * D, x, length + begin + from, begin + from, count);
        x += (size_t)rows * D;
    }
    while (left-- > 0) hl_stack_pass_forward(&r->e->user_model.stack);
}

/* All user vectors of the round to all ranks that have item vectors, from the first rank of each replica's last
 * stage. */
static void give_users(eval_round *r, const float *mine, int n)
{
    const hl_mesh *m = r->e->mesh;
    hl_arena *a = &r->e->plan;
    int p = m->world.size, here = hl_group_has_me(&m->vectors), replicas = hl_layout_replicas(&m->layout, HL_USER);
    bool gives = hl_layout_is_last_stage(&m->layout, HL_USER, m->world.rank) && m->side[HL_USER].tp.rank == 0;
    int *in_count = HL_TAKE(a, int, p), *in_begin = HL_TAKE(a, int, p), *out_count = HL_TAKE(a, int, p),
        *out_begin = HL_TAKE(a, int, p);
    for (int q = 0; q < p; q++) {
        bool comes = here && hl_layout_has(&m->layout, HL_USER, q)
                     && hl_layout_last_stage(&m->layout, HL_USER, hl_layout_first_rank_of(&m->layout, HL_USER, q)) == q;
        int j = (q - m->layout.side[HL_USER].begin) / hl_layout_width(&m->layout, HL_USER);
        in_count[q] = comes ? (int)hl_part_count(r->users, replicas, j) : 0;
        in_begin[q] = comes ? (int)hl_part_begin(r->users, replicas, j) : 0;
        out_count[q] = gives && hl_layout_is_last_stage(&m->layout, HL_ITEM, q) ? n : 0;
        out_begin[q] = 0;
    }
    r->u = HL_TAKE_ROWS(a, float, here ? r->users : 0, r->D);
    hl_group_all_to_all(&m->world, r->u, in_count, in_begin, mine, out_count, out_begin, (size_t)r->D * sizeof *mine);
}

static void find_users(eval_round *r)
{
    hl_engine *e = r->e;
    const hl_group *g = &e->mesh->side[HL_USER].group;
    int replicas = hl_layout_replicas(&e->mesh->layout, HL_USER),
        replica = hl_group_has_me(g) ? g->rank / hl_layout_width(&e->mesh->layout, HL_USER) : 0;
    int *length = HL_TAKE(&e->plan, int, r->users);
    float *x = bring_histories(r, length), *mine = NULL;
    int n = 0;
    if (hl_group_has_me(g)) {
        n = (int)hl_part_count(r->users, replicas, replica);
        mine = HL_TAKE_ROWS(&e->plan, float, n, r->D);
        encode_my_users(r, mine, x, length, (int)hl_part_begin(r->users, replicas, replica), n);
    }
    give_users(r, mine, n);
}

/* ---- counting, on ranks that have item vectors */

/* The target's score comes from whoever holds its text; the others add zero. */
static void find_thresholds(eval_round *r)
{
    size_t D = (size_t)r->D;
    r->threshold = HL_TAKE(&r->e->plan, float, r->users);
    for (int i = 0; i < r->users; i++) {
        int at = r->target[i] - r->c->begin;
        r->threshold[i] = 0;
        if (at < 0 || at >= r->c->mine) continue;
        hl_rows_dot(&r->threshold[i], r->u + (size_t)i * D, r->c->vector + (size_t)at * D, 1, r->D);
        r->threshold[i] *= r->c->scale[at];
        if (!isfinite(r->threshold[i])) hl_first_note(&r->odd, 2 * (int64_t)i + 1, (double)r->threshold[i]);
    }
    hl_group_all_reduce(&r->e->mesh->vectors, r->threshold, (size_t)r->users);
    for (int i = 0; i < r->users; i++)
        if (isinf(r->threshold[i])) r->threshold[i] = NAN; /* nobody's best score */
}

static void take_back(eval_round *r, int user, float score, int count)
{
    float low = r->threshold[user] - r->orders->margin, high = r->threshold[user] + r->orders->margin;
    r->counts[user] -= hl_count_is_above(score, high) ? count : 0;
    r->counts[r->users + user] -= score >= low && score <= high ? count : 0;
}

/* A text that equals the target's by its tokens is a tie, whatever the last bit of its score says. */
static void settle_exception(eval_round *r, const exception *x, float score)
{
    if (x->text == r->target[x->user]) r->counts[r->users + x->user] -= x->count;
    else take_back(r, x->user, score, x->count);
}

static void settle_targets(eval_round *r, const float *scores, int begin, int n)
{
    for (int i = 0; i < r->users; i++) {
        int at = r->target[i] - r->c->begin - begin;
        if (at < 0 || at >= n) continue;
        take_back(r, i, scores[(size_t)i * (size_t)n + (size_t)at], r->c->weight[r->target[i]]);
        r->counts[r->users + i] += r->c->weight[r->target[i]] - 1;
    }
}

/* How far rounding may carry a score of the products of a tile from that of find_thresholds. */
static float rounding(int D) { return 2 * FLT_EPSILON * sqrtf((float)D); }

/* Texts [begin, begin + n) of mine whose scores (n) are near the target's: computed as the target's was, so that equal
 * vectors have equal scores whatever their places in a product, and counted. */
static void settle_near(eval_round *r, int user, float *scores, int begin, int n)
{
    const float t = r->threshold[user], margin = r->orders->margin, near = margin + rounding(r->D);
    for (int k = 0; (k = hl_count_find_near(scores, k, n, t - near, t + near)) < n; k++) {
        const int at = begin + k, weight = r->c->weight[r->c->begin + at];
        hl_rows_dot(&scores[k], r->u + (size_t)user * (size_t)r->D, r->c->vector + (size_t)at * (size_t)r->D, 1, r->D);
        scores[k] *= r->c->scale[at];
        r->counts[user] += hl_count_is_above(scores[k], t + margin) ? weight : 0;
        r->counts[r->users + user] += scores[k] >= t - margin && scores[k] <= t + margin ? weight : 0;
    }
}

static void count_tile(eval_round *r, float *scores, int64_t *near, int begin, int n)
{
    hl_rows_by_rows(scores, r->u, r->c->vector + (size_t)begin * (size_t)r->D, r->users, n, r->D);
    memset(near, 0, (size_t)r->users * sizeof *near);
    hl_count_scores(r->counts, near, scores, r->c->scale + begin, r->c->weight + r->c->begin + begin, r->threshold,
                    r->orders->margin + rounding(r->D), r->users, n);
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = 0; i < r->users; i++)
        if (near[i]) settle_near(r, i, scores + (size_t)i * (size_t)n, begin, n);
}

static void count_tiles(eval_round *r)
{
    hl_arena *a = &r->e->scratch;
    size_t mark = hl_arena_mark(a);
    float *scores = HL_TAKE(a, float, (size_t)r->users *TILE);
    int64_t *near = HL_TAKE(a, int64_t, r->users);
    int next = 0;
    r->counts = HL_TAKE_ZERO(&r->e->plan, int64_t, 2 * r->users);
    for (int begin = 0, n; begin < r->c->mine; begin += n) {
        n = r->c->mine - begin < TILE ? r->c->mine - begin : TILE;
        count_tile(r, scores, near, begin, n);
        hl_act_tick();
        settle_targets(r, scores, begin, n);
        for (; next < r->n_exceptions && r->exceptions[next].text - r->c->begin < begin + n; next++) {
            const exception *x = &r->exceptions[next];
            settle_exception(r, x, scores[(size_t)x->user * (size_t)n + (size_t)(x->text - r->c->begin - begin)]);
        }
    }
    hl_group_all_reduce_int(&r->e->mesh->vectors, r->counts, 2 * (size_t)r->users);
    hl_arena_back(a, mark);
}

static void add_up(hl_score *score, const eval_round *r)
{
    for (int i = 0; i < r->users; i++) {
        int64_t rank = r->repeated[i] ? 0 : 1 + r->counts[i], ties = r->repeated[i] ? 0 : r->counts[r->users + i];
        hl_score_add(score, rank, ties);
        const int64_t user = hl_targets_user(r->targets, r->first + i);
        if (r->orders->rank) r->orders->rank[user] = rank;
        if (r->orders->ties) r->orders->ties[user] = ties;
    }
}

/* The same on every rank. */
static hl_status judge(eval_round *r)
{
    char user[HL_CALLED], item[HL_CALLED], why[HL_WHY];
    const int32_t *history;
    int n;
    if (!hl_first_agree(&r->odd, &r->e->mesh->world)) return HL_OK;
    const int64_t at = r->first + r->odd.number / 2;
    hl_corpus_call_user(user, r->e->corpus, hl_targets_user(r->targets, at));
    if (r->odd.number % 2 == 0) return hl_finite_tell_user(r->e, &r->odd, user);
    hl_finite_why(why, r->e);
    hl_corpus_call_item(item, r->e->corpus, hl_targets_at(r->targets, at, &history, &n));
    return HL_FAIL(HL_ENUMERIC, "the score of %s for %s is %g (rank %d): %s", item, user, r->odd.value, r->odd.rank,
                   why);
}

static hl_status run_round(hl_score *score, eval_round *r)
{
    r->odd = hl_first_none(r->e->mesh->world.rank);
    read_users(r);
    find_users(r);
    if (hl_group_has_me(&r->e->mesh->vectors)) {
        find_thresholds(r);
        count_tiles(r);
        add_up(score, r);
    }
    hl_arena_back(&r->e->plan, 0);
    hl_arena_back(&r->e->wire, 0);
    return judge(r);
}

/* All ranks alike. */
static bool is_asked_to_stop(const hl_engine *e)
{
    const hl_group *world = &e->mesh->world;
    if (hl_fault("evaluate-signal", world->rank)) hl_stop_ask();
    return hl_group_any(world, hl_stop_is_asked());
}

/* Until all targets are ranked or a signal has come. */
static hl_status run_rounds(hl_score *score, hl_engine *e, const hl_catalogue *c, const hl_eval_orders *orders,
                            const hl_targets *targets)
{
    int64_t all = targets->n, first;
    bool stopped = false;
    for (first = score->users; first < all && !(stopped = is_asked_to_stop(e)); first += orders->users) {
        hl_act_begin("ranking users", (int)(first / orders->users));
        hl_fault_wait("evaluate-round", e->mesh->world.rank);
        int users = (int)(all - first < orders->users ? all - first : orders->users);
        eval_round round = {.e = e,
                            .c = c,
                            .orders = orders,
                            .targets = targets,
                            .first = first,
                            .users = users,
                            .D = hl_engine_width(e)};
        HL_TRY(run_round(score, &round));
    }
    hl_group_broadcast(&e->mesh->world, score, sizeof *score, hl_layout_last_stage_rank(&e->mesh->layout, HL_ITEM, 0));
    if (!stopped) return HL_OK;
    return HL_FAIL(
        HL_ESTOP,
        "stopped by a signal while ranking users; there is nothing to save: the same command starts it again");
}

hl_status hl_evaluate(hl_score *score, hl_engine *e, const hl_catalogue *c, const hl_eval_orders *orders)
{
    hl_targets targets;
    *score = orders->begun ? *orders->begun : hl_score_at(orders->cut, orders->cuts);
    hl_targets_open(&targets, e->corpus, orders->phase);
    hl_status s = run_rounds(score, e, c, orders, &targets);
    hl_targets_close(&targets);
    return s;
}
