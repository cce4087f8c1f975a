/* cost.c - the schedules of all ranks are played, a clock each.
 *
 * A rank goes on until it comes to an act that others are still to come to, or to a message that is not sent yet.  Who
 * comes last to an act lets all of its company go on, and who sends a message its receiver; so each act is looked at
 * once, however many ranks there are.  The clocks do not depend on who goes first. */
#include "step/cost.h"
#include "base/minmax.h"
#include "step/price.h"
#include "step/price-micro-batch.h"
#include <math.h>
#include <stdlib.h>

/* ---- who does an act together */

/* The ranks first, first + 1 ... of `run` neighbours, and again `stride` further, `times` in all. */
typedef struct {
    int first, run, stride, times;
    int place; /* of its count in play.came */
} company;

static int member(const company *c, int i) { return c->first + i / c->run * c->stride + i % c->run; }

enum { ALL, VECTORS, SIDES_BEGIN }; /* places; then a side's stages of all replicas, and its stages one by one */

static company stage_of_all(const hl_layout *l, hl_side side, int stage, int place)
{
    return (company){l->side[side].begin + stage * l->side[side].tp, l->side[side].tp, hl_layout_width(l, side),
                     hl_layout_replicas(l, side), place};
}

/* Places of a side: (pp) for stages of all replicas, (replicas x pp) for those of one. */
static int places_of(const hl_layout *l, hl_side side) { return l->side[side].pp * (1 + hl_layout_replicas(l, side)); }

static company company_of(const hl_cost_job *j, hl_act act, int rank)
{
    const hl_layout *l = j->layout;
    const hl_act_company with = hl_act_table[act].with;
    const hl_side side = hl_act_table[act].side;
    const hl_layout_side *x = &l->side[side];
    const int begin = SIDES_BEGIN + (side == HL_USER ? places_of(l, HL_ITEM) : 0);
    if (with == HL_WITH_ALL) return (company){0, l->ranks, 0, 1, ALL};
    if (with == HL_WITH_VECTORS) return stage_of_all(l, side, x->pp - 1, VECTORS);
    const int stage = hl_layout_stage(l, side, rank), replica = hl_layout_replica(l, side, rank);
    if (with == HL_WITH_REPLICAS || j->share->lockstep) return stage_of_all(l, side, stage, begin + stage);
    return (company){hl_layout_first_rank(l, side, replica) + stage * x->tp, x->tp, 0, 1,
                     begin + x->pp + replica * x->pp + stage};
}

/* ---- playing */

typedef enum { FORWARD, BACK, WAYS } way;

/* Between the stages of a side, one way. */
typedef struct {
    double *there;        /* (ranks x tasks) when each message that a rank sends is there */
    int *sent, *received; /* (ranks) */
} messages;

typedef struct {
    const hl_cost_job *j;
    hl_prices prices;
    hl_cost *cost;
    int *at;       /* (ranks) next task */
    double *clock; /* (ranks) */
    double *met;   /* (ranks) when it was done with what it did with others */
    int *came;     /* ranks that have come to the next act of a company, by its place */
    int *ready;    /* a stack of ranks that may go on */
    int n_ready;
    bool *asleep; /* (ranks) who waits for others */
    messages sent[HL_SIDES][WAYS];
    int most; /* tasks of a rank */
} play;

static void let_go_on(play *x, int rank)
{
    x->asleep[rank] = false;
    x->ready[x->n_ready++] = rank;
}

static bool is_done(const play *x, int rank) { return x->at[rank] == x->j->schedule[rank].n; }

static hl_task next(const play *x, int rank) { return x->j->schedule[rank].task[x->at[rank]]; }

static void take_time(play *x, int rank, hl_act act, double begin, double end)
{
    x->cost[rank].seconds[act] += end - x->clock[rank];
    x->cost[rank].waiting += begin - x->clock[rank];
    x->clock[rank] = end;
    x->at[rank]++;
}

/* Does this act send or receive messages of its side, and which way do they go? */
static bool is_message(hl_act act, way *to, bool *receives)
{
    const hl_side_acts *of = &hl_side_act[hl_act_table[act].side];
    *to = act == of->send_back || act == of->receive_back ? BACK : FORWARD;
    *receives = act == of->receive || act == of->receive_back;
    return *receives || act == of->send || act == of->send_back;
}

/* The rank that receives what this rank sends, and the one whose messages it receives. */
static int receiver(const hl_layout *l, hl_side side, int rank, way to)
{
    return to == FORWARD ? rank + l->side[side].tp : rank - l->side[side].tp;
}
static int sender(const hl_layout *l, hl_side side, int rank, way to)
{
    return receiver(l, side, rank, to == FORWARD ? BACK : FORWARD);
}

/* Does the rank sleep until a message of this kind comes? */
static bool waits_for(const play *x, int rank, hl_side side, way to)
{
    way comes;
    bool receives;
    if (!x->asleep[rank]) return false;
    const hl_act act = next(x, rank).act;
    return is_message(act, &comes, &receives) && receives && comes == to && hl_act_table[act].side == side;
}

static bool send(play *x, int rank, hl_task t, way to)
{
    const double latency = x->j->machine.latency;
    const hl_side side = hl_act_table[t.act].side;
    messages *mine = &x->sent[side][to];
    const int other = receiver(x->j->layout, side, rank, to);
    mine->there[rank * x->most + mine->sent[rank]++] =
        x->clock[rank] + latency + hl_price_message(&x->prices, side, t.micro_batch, rank, other);
    take_time(x, rank, t.act, x->clock[rank], x->clock[rank] + latency);
    if (waits_for(x, other, side, to)) let_go_on(x, other);
    return true;
}

/* false: it is not sent yet. */
static bool receive(play *x, int rank, hl_task t, way to)
{
    const hl_side side = hl_act_table[t.act].side;
    messages *theirs = &x->sent[side][to];
    const int from = sender(x->j->layout, side, rank, to);
    if (theirs->sent[from] <= theirs->received[rank]) return false;
    double there = theirs->there[from * x->most + theirs->received[rank]++], begin = fmax(there, x->clock[rank]);
    take_time(x, rank, t.act, begin, begin);
    return true;
}

static bool alone(play *x, int rank, hl_task t)
{
    take_time(x, rank, t.act, x->clock[rank], x->clock[rank] + hl_price_act(&x->prices, rank, t));
    return true;
}

/* When all of a company are there.  By chance the slowest is late, by a share of the seconds since it met others.  If
 * its work is the longest anyway, chance changes less: it is no later than ranks are on average and that share. */
static double all_are_there(const play *x, const company *c)
{
    const int n = c->run * c->times;
    double sum = 0, apart = 0, last = 0;
    for (int i = 0; i < n; i++) {
        const int q = member(c, i);
        sum += x->clock[q];
        last = hl_max(last, x->clock[q]);
        apart = hl_max(apart, x->clock[q] - x->met[q]);
    }
    return hl_max(last, sum / n + apart * hl_noise_share(&x->j->machine.noise, apart, n));
}

/* The last one to come finds all of them at the same act. */
static bool together(play *x, int rank, hl_task t)
{
    const company c = company_of(x->j, t.act, rank);
    const int n = c.run * c.times;
    double longest = 0;
    if (++x->came[c.place] < n) return false;
    x->came[c.place] = 0;
    const double begin = all_are_there(x, &c);
    for (int i = 0; i < n; i++) {
        const int q = member(&c, i);
        HL_CHECK(!is_done(x, q) && next(x, q).act == t.act);
        longest = hl_max(longest, hl_price_act(&x->prices, q, next(x, q)));
    }
    for (int i = 0; i < n; i++) {
        const int q = member(&c, i);
        take_time(x, q, t.act, begin, begin + longest);
        if (n > 1) x->met[q] = x->clock[q];
        if (q != rank) let_go_on(x, q);
    }
    return true;
}

/* One act of this rank, and of those that do it together; false: others are to come first. */
static bool move(play *x, int rank)
{
    const hl_task t = next(x, rank);
    way to;
    bool receives;
    if (is_message(t.act, &to, &receives)) return (receives ? receive : send)(x, rank, t, to);
    return (hl_act_table[t.act].with == HL_WITH_NOBODY ? alone : together)(x, rank, t);
}

static void open_play(play *x, hl_cost *cost, const hl_cost_job *j)
{
    const hl_layout *l = j->layout;
    const size_t ranks = (size_t)l->ranks,
                 places = (size_t)(SIDES_BEGIN + places_of(l, HL_ITEM) + places_of(l, HL_USER));
    *x = (play){.j = j,
                .cost = cost,
                .at = hl_alloc_zero(ranks, sizeof(int)),
                .clock = hl_alloc_zero(ranks, sizeof(double)),
                .met = hl_alloc_zero(ranks, sizeof(double)),
                .came = hl_alloc_zero(places, sizeof(int)),
                .ready = hl_alloc(ranks * sizeof(int)),
                .asleep = hl_alloc_zero(ranks, sizeof(bool))};
    hl_prices_open(&x->prices, j);
    for (int r = 0; r < l->ranks; r++) {
        cost[r] = (hl_cost){0};
        if (j->schedule[r].n > x->most) x->most = j->schedule[r].n;
    }
    for (int k = 0; k < HL_SIDES * WAYS; k++) {
        messages *sent = &x->sent[k / WAYS][k % WAYS];
        sent->there = hl_alloc_zero(ranks * (size_t)x->most, sizeof(double));
        sent->sent = hl_alloc_zero(ranks, sizeof(int));
        sent->received = hl_alloc_zero(ranks, sizeof(int));
    }
}

static void close_play(play *x)
{
    for (int k = 0; k < HL_SIDES * WAYS; k++) {
        messages *sent = &x->sent[k / WAYS][k % WAYS];
        free(sent->there);
        free(sent->sent);
        free(sent->received);
    }
    hl_prices_close(&x->prices);
    free(x->asleep);
    free(x->ready);
    free(x->came);
    free(x->at);
    free(x->met);
    free(x->clock);
}

double hl_cost_play(hl_cost *cost, const hl_cost_job *j)
{
    play x;
    double longest = 0;
    open_play(&x, cost, j);
    for (int r = j->layout->ranks - 1; r >= 0; r--) {
        x.clock[r] = cost[r].begin = hl_price_begin(&x.prices, r);
        let_go_on(&x, r);
    }
    while (x.n_ready) {
        const int rank = x.ready[--x.n_ready];
        while (!is_done(&x, rank) && move(&x, rank)) continue;
        x.asleep[rank] = !is_done(&x, rank);
    }
    for (int r = 0; r < j->layout->ranks; r++) {
        HL_CHECK(is_done(&x, r)); /* no deadlock */
        cost[r].step = x.clock[r];
        if (x.clock[r] > longest) longest = x.clock[r];
    }
    close_play(&x);
    return longest;
}
