/* test-schedule.c - the lists of all ranks can be carried out: nobody waits for ever, nothing is used before it is
 * there.
 *
 * What a micro-batch goes through on a rank is known beforehand: received from the stage before, forward, sent on, and
 * so forth.  The walker plays all ranks at once, without MPI.  A rank goes on until it comes to an act that it does
 * with others (its stage, its group, everyone); that happens when all of them stand at it.  Before an act, what it uses
 * must be done: on the ranks that do it, and on all ranks for an act of a group, which reads what others made. */
#include "step/schedule.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <string.h>

enum { RANKS = 9, TASKS = 2000, LONGEST = 12 };

/* Acts, with those on micro-batches told apart by what the micro-batch holds: texts that are read, else targets, else
 * negatives. */
typedef enum {
    RECEIVE,
    SEND,
    RECEIVE_BACK,
    SEND_BACK,
    RECEIVE_USER,
    SEND_USER,
    RECEIVE_BACK_USER,
    SEND_BACK_USER,
    RECOMPUTE,
    F_READ,
    F_TARGET,
    F_NEGATIVE,
    B_READ,
    B_TARGET,
    B_NEGATIVE,
    F_USER,
    B_USER,
    ROWS,
    POSITIVES,
    LABELS,
    GIVE_INPUTS,
    GIVE_TARGETS,
    GIVE_ROWS,
    RETURN_ROWS,
    RETURN_TARGETS,
    RETURN_INPUTS,
    TALLY,
    LOSS,
    SUM_ITEM,
    SUM_USER,
    UPDATE,
    THINGS
} thing;

typedef enum { ITEM_RANKS, USER_RANKS, ITEM_OUT, USER_OUT, ALL_RANKS, BUSY_RANKS } members;
typedef enum { ALONE, WITH_STAGE, WITH_GROUP } company;

#define BIT(t) (1u << (t))

static const struct {
    members who;
    company with;
    unsigned uses;
} rules[THINGS] = {
    [RECEIVE] = {ITEM_RANKS, ALONE, 0},
    [SEND] = {ITEM_RANKS, ALONE, 0},
    [RECEIVE_BACK] = {ITEM_RANKS, ALONE, 0},
    [SEND_BACK] = {ITEM_RANKS, ALONE, 0},
    [RECEIVE_USER] = {USER_RANKS, ALONE, 0},
    [SEND_USER] = {USER_RANKS, ALONE, 0},
    [RECEIVE_BACK_USER] = {USER_RANKS, ALONE, 0},
    [SEND_BACK_USER] = {USER_RANKS, ALONE, 0},
    [RECOMPUTE] = {ITEM_RANKS, WITH_STAGE, BIT(LOSS)},
    [F_READ] = {ITEM_RANKS, WITH_STAGE, 0},
    [F_TARGET] = {ITEM_RANKS, WITH_STAGE, 0},
    [F_NEGATIVE] = {ITEM_RANKS, WITH_STAGE, 0},
    [B_READ] = {ITEM_RANKS, WITH_STAGE, BIT(F_READ) | BIT(LOSS) | BIT(RETURN_TARGETS) | BIT(RETURN_INPUTS)},
    [B_TARGET] = {ITEM_RANKS, WITH_STAGE, BIT(F_TARGET) | BIT(LOSS) | BIT(RETURN_TARGETS)},
    [B_NEGATIVE] = {ITEM_RANKS, WITH_STAGE, BIT(F_NEGATIVE) | BIT(LOSS)},
    [F_USER] = {USER_RANKS, WITH_STAGE, BIT(GIVE_INPUTS)},
    [B_USER] = {USER_RANKS, WITH_STAGE, BIT(F_USER) | BIT(POSITIVES) | BIT(LABELS)},
    [ROWS] = {USER_OUT, ALONE, BIT(F_USER) | BIT(GIVE_TARGETS)},
    [POSITIVES] = {USER_OUT, WITH_STAGE, BIT(ROWS) | BIT(RETURN_ROWS)},
    [LABELS] = {USER_OUT, ALONE, BIT(ROWS) | BIT(POSITIVES)},
    [GIVE_INPUTS] = {ALL_RANKS, WITH_GROUP, BIT(F_READ)},
    [GIVE_TARGETS] = {ALL_RANKS, WITH_GROUP, BIT(F_READ) | BIT(F_TARGET)},
    [GIVE_ROWS] = {ALL_RANKS, WITH_GROUP, BIT(ROWS)},
    [RETURN_ROWS] = {ALL_RANKS, WITH_GROUP, BIT(LOSS)},
    [RETURN_TARGETS] = {ALL_RANKS, WITH_GROUP, BIT(POSITIVES) | BIT(LABELS)},
    [RETURN_INPUTS] = {ALL_RANKS, WITH_GROUP, BIT(B_USER)},
    [TALLY] = {ALL_RANKS, WITH_GROUP, BIT(SUM_ITEM) | BIT(SUM_USER)},
    [LOSS] = {ITEM_OUT, WITH_GROUP, BIT(GIVE_ROWS) | BIT(F_READ) | BIT(F_TARGET) | BIT(F_NEGATIVE)},
    [SUM_ITEM] = {ITEM_RANKS, WITH_GROUP, BIT(B_READ) | BIT(B_TARGET) | BIT(B_NEGATIVE)},
    [SUM_USER] = {USER_RANKS, WITH_GROUP, BIT(B_USER)},
    [UPDATE] = {BUSY_RANKS, ALONE, BIT(TALLY)},
};

static const thing plain[HL_ACTS] = {
    [HL_ITEM_RECEIVE] = RECEIVE,
    [HL_ITEM_SEND] = SEND,
    [HL_ITEM_RECEIVE_BACK] = RECEIVE_BACK,
    [HL_ITEM_SEND_BACK] = SEND_BACK,
    [HL_USER_RECEIVE] = RECEIVE_USER,
    [HL_USER_SEND] = SEND_USER,
    [HL_USER_RECEIVE_BACK] = RECEIVE_BACK_USER,
    [HL_USER_SEND_BACK] = SEND_BACK_USER,
    [HL_ITEM_RECOMPUTE] = RECOMPUTE,
    [HL_USER_FORWARD] = F_USER,
    [HL_USER_BACKWARD] = B_USER,
    [HL_USER_ROWS] = ROWS,
    [HL_USER_POSITIVES] = POSITIVES,
    [HL_PREDICT_LABELS] = LABELS,
    [HL_GIVE_INPUTS] = GIVE_INPUTS,
    [HL_GIVE_TARGETS] = GIVE_TARGETS,
    [HL_GIVE_ROWS] = GIVE_ROWS,
    [HL_RETURN_ROWS] = RETURN_ROWS,
    [HL_RETURN_TARGETS] = RETURN_TARGETS,
    [HL_RETURN_INPUTS] = RETURN_INPUTS,
    [HL_TALLY] = TALLY,
    [HL_LOSS] = LOSS,
    [HL_SUM_ITEM] = SUM_ITEM,
    [HL_SUM_USER] = SUM_USER,
    [HL_UPDATE] = UPDATE,
};

typedef struct {
    toy t;
    hl_arena arena;
    hl_batch b;
    hl_plan p;
    hl_layout l;
    hl_share share;
    hl_schedule list[RANKS];
} job;

typedef struct {
    const job *j;
    int left[RANKS][THINGS];   /* how often each rank has still to do each thing */
    int at[RANKS];             /* next task of its list */
    int gone[RANKS][2][TASKS]; /* item or user micro-batch: how far it has come on its way */
    /* micro-batches that a rank sent, each way of each side, and received */
    int wire[RANKS][4][TASKS], sent[RANKS][4], received[RANKS][4];
    const char *trouble;
} walk;

static bool is_member(const job *j, members who, int rank)
{
    bool item = hl_layout_has(&j->l, HL_ITEM, rank), user = hl_layout_has(&j->l, HL_USER, rank);
    if (who == ITEM_OUT) return hl_layout_is_last_stage(&j->l, HL_ITEM, rank);
    if (who == USER_OUT) return hl_layout_is_last_stage(&j->l, HL_USER, rank);
    return who == ALL_RANKS || (who == ITEM_RANKS && item) || (who == USER_RANKS && user)
           || (who == BUSY_RANKS && (item || user));
}

/* The first rank of the replica that a rank is in. */
static int first_rank_of(const job *j, members who, int rank)
{
    return who == ITEM_RANKS || who == ITEM_OUT ? hl_layout_first_rank_of(&j->l, HL_ITEM, rank)
                                                : hl_layout_first_rank_of(&j->l, HL_USER, rank);
}

static int stage_of(const job *j, members who, int rank)
{
    return who == ITEM_RANKS || who == ITEM_OUT ? hl_layout_stage(&j->l, HL_ITEM, rank)
                                                : hl_layout_stage(&j->l, HL_USER, rank);
}

/* Does `other` do this together with `rank`?  In lockstep a stage goes with those of all replicas. */
static bool takes_part(const job *j, thing t, int rank, int other)
{
    members who = rules[t].who;
    if (rank == other || rules[t].with == ALONE || !is_member(j, who, other)) return rank == other;
    bool together = first_rank_of(j, who, rank) == first_rank_of(j, who, other)
                    || (j->share.lockstep && t >= RECOMPUTE && t < ROWS);
    return rules[t].with == WITH_GROUP || (together && stage_of(j, who, rank) == stage_of(j, who, other));
}

static bool is_empty(const job *j, hl_task task)
{
    return j->share.lockstep && task.act <= HL_USER_BACKWARD && task.micro_batch < 0;
}

static bool has_target(const hl_plan *p, int mb)
{
    for (int r = 0; r < p->rows; r++)
        if (p->target[r] >= p->micro_batch_begin[mb] && p->target[r] < p->micro_batch_begin[mb + 1]) return true;
    return false;
}

static thing thing_of(const job *j, hl_task task)
{
    if (task.act != HL_ITEM_FORWARD && task.act != HL_ITEM_BACKWARD) return plain[task.act];
    thing first = task.act == HL_ITEM_FORWARD ? F_READ : B_READ;
    if (task.micro_batch < 0 || task.micro_batch >= j->p.micro_batches) return first; /* and trouble */
    if (j->p.micro_batch_begin[task.micro_batch] < j->p.read) return first;
    return has_target(&j->p, task.micro_batch) ? first + 1 : first + 2;
}

static bool has_micro_batch(const job *j, members who, int owner, int rank)
{
    return is_member(j, who, rank) && first_rank_of(j, who, rank) == owner;
}

/* The first so many of a replica's micro-batches of either kind save their activations. */
static bool is_saved(const job *j, int mb)
{
    bool read = mb < j->p.early_micro_batches;
    int before = 0;
    for (int c = read ? 0 : j->p.early_micro_batches; c < mb; c++)
        before += j->share.micro_batch[c] == j->share.micro_batch[mb];
    return before < (read ? j->share.save_history : j->share.save_negatives_only);
}

/* What a micro-batch goes through on a rank; how many acts. */
static int way_of(hl_act way[LONGEST], const job *j, hl_side side, int mb, int rank)
{
    const hl_side_acts *of = &hl_side_act[side];
    int stage = hl_layout_stage(&j->l, side, rank), last = j->l.side[side].pp - 1, n = 0;
    const bool ends = side == HL_ITEM && j->p.items_frozen; /* goes no way back */
    bool recomputed = side == HL_ITEM && !ends && !is_saved(j, mb);
    for (int turn = 0; turn <= recomputed; turn++) {
        if (stage > 0) way[n++] = of->receive;
        way[n++] = turn ? HL_ITEM_RECOMPUTE : of->forward;
        if (stage < last) way[n++] = of->send;
    }
    if (ends) return n;
    if (stage < last) way[n++] = of->receive_back;
    way[n++] = of->backward;
    if (stage > 0) way[n++] = of->send_back;
    return n;
}

static void expect_micro_batch(walk *w, hl_side side, int mb, int rank)
{
    hl_act way[LONGEST];
    for (int n = way_of(way, w->j, side, mb, rank); n > 0; n--)
        w->left[rank][thing_of(w->j, (hl_task){way[n - 1], mb})]++;
}

/* Where items are frozen their gradients are not made; there may be no labels. */
static bool is_wanted(const job *j, thing t)
{
    if (t == LABELS) return j->p.fusion != HL_FUSION_NONE;
    return !j->p.items_frozen || !(BIT(t) & (BIT(RETURN_TARGETS) | BIT(RETURN_INPUTS) | BIT(SUM_ITEM)));
}

static void begin_walk(walk *w, const job *j)
{
    memset(w, 0, sizeof *w);
    w->j = j;
    for (int rank = 0; rank < j->l.ranks; rank++) {
        for (int t = ROWS; t < THINGS; t++) w->left[rank][t] = is_wanted(j, t) && is_member(j, rules[t].who, rank);
        for (int c = 0; c < j->p.micro_batches; c++)
            if (has_micro_batch(j, ITEM_RANKS, j->share.micro_batch[c], rank)) expect_micro_batch(w, HL_ITEM, c, rank);
        for (int c = 0; c < j->p.user_micro_batches; c++)
            if (has_micro_batch(j, USER_RANKS, j->share.user_micro_batch[c], rank))
                expect_micro_batch(w, HL_USER, c, rank);
    }
}

/* The way of a side's micro-batches that an act belongs to: 0 and 1 forward, of items and users; 2 and 3 back; -1
 * none. */
static int wire_of(hl_act act, bool *receives)
{
    const hl_side side = hl_act_table[act].side;
    const hl_side_acts *of = &hl_side_act[side];
    *receives = act == of->receive || act == of->receive_back;
    if (act == of->send || act == of->receive) return (int)side;
    return act == of->send_back || act == of->receive_back ? HL_SIDES + (int)side : -1;
}

/* The rank that sends what this one receives. */
static int neighbour(const job *j, int rank, int wire)
{
    int tp = j->l.side[wire % HL_SIDES].tp;
    return wire < HL_SIDES ? rank - tp : rank + tp;
}

/* Is what it wants to receive on its way?  Others need not wait. */
static bool has_arrived(const walk *w, int rank)
{
    bool receives = false;
    int k = wire_of(w->j->list[rank].task[w->at[rank]].act, &receives);
    return k < 0 || !receives || w->sent[neighbour(w->j, rank, k)][k] > w->received[rank][k];
}

static const char *trouble_on_wire(walk *w, int rank, hl_task task)
{
    bool receives = false;
    int k = wire_of(task.act, &receives);
    if (k < 0) return NULL;
    if (receives)
        return w->wire[neighbour(w->j, rank, k)][k][w->received[rank][k]++] == task.micro_batch
                   ? NULL
                   : "another micro-batch than was sent";
    w->wire[rank][k][w->sent[rank][k]++] = task.micro_batch;
    return NULL;
}

/* A micro-batch is its replica's, and goes its way. */
static const char *trouble_with_micro_batch(walk *w, int rank, hl_task task)
{
    hl_act way[LONGEST];
    bool user = hl_act_table[task.act].side == HL_USER;
    if (is_empty(w->j, task)) return NULL;
    if (task.act > HL_USER_SEND_BACK) return task.micro_batch == -1 ? NULL : "a micro-batch where there is none";
    if (task.micro_batch < 0 || task.micro_batch >= (user ? w->j->p.user_micro_batches : w->j->p.micro_batches))
        return "no such micro-batch";
    int owner = (user ? w->j->share.user_micro_batch : w->j->share.micro_batch)[task.micro_batch];
    if (!has_micro_batch(w->j, user ? USER_RANKS : ITEM_RANKS, owner, rank)) return "a micro-batch of another rank";
    int n = way_of(way, w->j, hl_act_table[task.act].side, task.micro_batch, rank),
        *gone = &w->gone[rank][user][task.micro_batch];
    if (*gone < n && way[*gone] == task.act) {
        ++*gone;
        return trouble_on_wire(w, rank, task);
    }
    for (int i = 0; i < *gone; i++)
        if (way[i] == task.act) return "a micro-batch twice";
    return "used before it is done";
}

static const char *trouble_with_uses(const walk *w, int rank, thing t)
{
    for (int u = 0; u < THINGS; u++) {
        if (!(rules[t].uses & BIT(u))) continue;
        for (int q = 0; q < w->j->l.ranks; q++)
            if ((rules[t].with == WITH_GROUP || takes_part(w->j, t, rank, q)) && w->left[q][u] > 0)
                return "used before it is done";
    }
    return NULL;
}

static void perform(walk *w, int rank)
{
    hl_task task = w->j->list[rank].task[w->at[rank]++];
    const char *trouble = trouble_with_micro_batch(w, rank, task);
    if (!trouble && !is_empty(w->j, task) && w->left[rank][thing_of(w->j, task)]-- <= 0)
        trouble = "more often than wanted";
    if (trouble) w->trouble = trouble;
}

static bool stand_at_the_same(const walk *w, int rank, int other)
{
    const hl_schedule *list = w->j->list;
    if (w->at[other] == list[other].n) return false;
    hl_task a = list[rank].task[w->at[rank]], b = list[other].task[w->at[other]];
    const hl_layout *l = &w->j->l;
    const hl_side side = hl_act_table[a.act].side;
    bool of_one = hl_layout_first_rank_of(l, side, rank) == hl_layout_first_rank_of(l, side, other);
    return a.act == b.act && (a.micro_batch == b.micro_batch || (a.act <= HL_USER_BACKWARD && !of_one));
}

/* One act of this rank, and of those that do it together, where that is possible. */
static bool move(walk *w, int rank)
{
    if (w->at[rank] == w->j->list[rank].n) return false;
    thing t = thing_of(w->j, w->j->list[rank].task[w->at[rank]]);
    if (!has_arrived(w, rank)) return false;
    for (int q = 0; q < w->j->l.ranks; q++)
        if (takes_part(w->j, t, rank, q) && !stand_at_the_same(w, rank, q)) return false;
    bool with[RANKS];
    for (int q = 0; q < w->j->l.ranks; q++) {
        with[q] = takes_part(w->j, t, rank, q);
        hl_task task = w->j->list[with[q] ? q : rank].task[w->at[with[q] ? q : rank]];
        const char *trouble = !with[q] || is_empty(w->j, task) ? NULL : trouble_with_uses(w, q, thing_of(w->j, task));
        if (trouble) w->trouble = trouble;
    }
    for (int q = 0; q < w->j->l.ranks; q++)
        if (with[q]) perform(w, q);
    return true;
}

/* What is wrong with the lists; NULL: nothing. */
static const char *walk_all(const job *j)
{
    static walk w;
    bool moved = true;
    begin_walk(&w, j);
    while (moved && !w.trouble) {
        moved = false;
        for (int rank = 0; rank < j->l.ranks && !w.trouble; rank++) moved = move(&w, rank) || moved;
    }
    if (w.trouble) return w.trouble;
    for (int rank = 0; rank < j->l.ranks; rank++)
        if (w.at[rank] < j->list[rank].n) return "deadlock";
    for (int rank = 0; rank < j->l.ranks; rank++)
        for (int t = 0; t < THINGS; t++)
            if (w.left[rank][t] > 0) return "something was not done";
    return NULL;
}

/* ---- jobs */

/* At most 9 ranks in all: replicas of up to `most` tp, and of as many stages as that leaves. */
static hl_layout_wish draw_wish(int *ranks, hl_rng *r, int most, hl_layout_kind kind)
{
    bool apart = kind == HL_SEPARATE;
    int item_tp = toy_between(r, 1, most), user_tp = toy_between(r, 1, most);
    int item_pp = toy_between(r, 1, most > 1 ? RANKS / (apart ? 2 : 1) / item_tp : 1),
        user_pp = toy_between(r, 1, most > 1 ? RANKS / (apart ? 2 : 1) / user_tp : 1);
    int item = item_tp * item_pp, user = user_tp * user_pp, least = item > user ? item : user;
    *ranks = toy_between(r, apart ? item + user : least, RANKS);
    int users = toy_between(r, 1, (*ranks - (apart ? item : 0)) / user);
    int items = toy_between(r, 1, (*ranks - (apart ? users * user : 0)) / item);
    return (hl_layout_wish){kind, {{items, item_tp, item_pp}, {users, user_tp, user_pp}}};
}

static bool is_serial(int trial) { return trial % 11 == 5; }

static void open_job(job *j, int trial, int most_tp)
{
    hl_rng r = hl_rng_at((uint64_t)trial, HL_FOR_TESTS, 9, 0);
    int ranks;
    static const hl_layout_kind kinds[] = {HL_COLOCATED, HL_SEPARATE, HL_HYBRID, HL_SEPARATE};
    hl_layout_wish wish = draw_wish(&ranks, &r, most_tp, kinds[trial % 4]);
    j->arena = hl_arena_growing("job");
    toy_open(&j->t, toy_between(&r, 5, 80), 20, (uint64_t)trial);
    int samples = toy_between(&r, 1, 12), S = toy_between(&r, 1, 9), negatives = toy_between(&r, 1, 60);
    toy_draw_batch(&j->b, &j->t, samples, S, negatives, &r, &j->arena);
    const hl_plan_rules plan = {.chunk_tokens = toy_between(&r, 1, 100),
                                .user_micro_batch_rows = toy_between(&r, 1, 20),
                                .item_tokens = 1,
                                .items_frozen = trial % 13 == 7,
                                .dedup = trial % 3,
                                .serial = is_serial(trial),
                                .fusion = (hl_fusion)(trial / 4 % 3)};
    hl_plan_make(&j->p, &j->b, &j->t.corpus, &plan, 8, &j->arena);
    CHECK_OK(hl_layout_make(&j->l, ranks, &wish));
    hl_share_make(&j->share, &j->l, &j->p, &j->arena);
    if (trial % 7) j->share.save_history = toy_between(&r, 0, 5), j->share.save_negatives_only = toy_between(&r, 0, 5);
    j->share.lockstep = trial % 5 >= 3;
    for (int rank = 0; rank < ranks; rank++) {
        hl_schedule_make(&j->list[rank], &j->l, &j->p, &j->share, rank, &j->arena);
        CHECK(j->list[rank].n < TASKS);
    }
}

static void close_job(job *j)
{
    hl_arena_free(&j->arena);
    toy_close(&j->t);
}

/* Where all replicas save alike. */
static void lists_of_all_ranks_are_those_of_each(void)
{
    for (int trial = 0; trial < 200; trial++) {
        job j;
        open_job(&j, trial, 3);
        hl_schedule *all = HL_TAKE(&j.arena, hl_schedule, j.l.ranks);
        const int replicas = hl_layout_replicas(&j.l, HL_ITEM);
        hl_activations_saved *saved = HL_TAKE(&j.arena, hl_activations_saved, replicas);
        for (int r = 0; r < replicas; r++)
            saved[r] = (hl_activations_saved){j.share.save_history, j.share.save_negatives_only};
        hl_schedule_make_all(all, &j.l, &j.p, &j.share, saved, &j.arena);
        for (int r = 0; r < j.l.ranks; r++) {
            CHECK(all[r].n == j.list[r].n);
            CHECK(memcmp(all[r].task, j.list[r].task, (size_t)all[r].n * sizeof(hl_task)) == 0);
        }
        close_job(&j);
    }
}

static void every_schedule_can_be_carried_out(void)
{
    for (int trial = 0; trial < 1000; trial++) {
        job j;
        open_job(&j, trial, 1 + trial % 3);
        const char *trouble = walk_all(&j);
        if (trouble) printf("     trial %d: %s\n", trial, trouble);
        CHECK(!trouble);
        close_job(&j);
    }
}

/* ---- violations */

/* Where a rank does an act first; -1 nowhere. */
static int find(const hl_schedule *s, hl_act act)
{
    for (int i = 0; i < s->n; i++)
        if (s->task[i].act == act) return i;
    return -1;
}

/* Move the first `act` of a rank to before its first `other`. */
static bool move_before(hl_schedule *s, hl_act act, hl_act other)
{
    int from = find(s, act), to = find(s, other);
    if (from < 0 || to < 0 || from < to) return false;
    hl_task task = s->task[from];
    memmove(&s->task[to + 1], &s->task[to], (size_t)(from - to) * sizeof task);
    s->task[to] = task;
    return true;
}

static bool drop(hl_schedule *s, hl_act act)
{
    int at = find(s, act);
    if (at < 0) return false;
    memmove(&s->task[at], &s->task[at + 1], (size_t)(s->n - at - 1) * sizeof *s->task);
    s->n--;
    return true;
}

static bool change_act(hl_schedule *s, hl_act act, hl_act other)
{
    int at = find(s, act);
    if (at >= 0) s->task[at].act = other;
    return at >= 0;
}

static bool repeat_micro_batch(hl_schedule *s, hl_act act)
{
    int at = find(s, act);
    for (int next = at + 1; at >= 0 && next < s->n; next++)
        if (s->task[next].act == act && s->task[next].micro_batch != s->task[at].micro_batch) {
            s->task[next].micro_batch = s->task[at].micro_batch;
            return true;
        }
    return false;
}

/* The last micro-batch that goes backward comes before the gradients of the inputs are back: one that is read. */
static bool hurry_read_micro_batch(hl_schedule *s)
{
    int to = find(s, HL_RETURN_INPUTS), from = s->n - 1;
    while (from > to && s->task[from].act != HL_ITEM_BACKWARD) from--;
    if (from <= to) return false;
    hl_task task = s->task[from];
    memmove(&s->task[to + 1], &s->task[to], (size_t)(from - to) * sizeof task);
    s->task[to] = task;
    return true;
}

static bool no_inputs_yet(hl_schedule *s) { return move_before(s, HL_USER_FORWARD, HL_GIVE_INPUTS); }
static bool loss_too_early(hl_schedule *s) { return move_before(s, HL_LOSS, HL_GIVE_ROWS); }
static bool backward_too_early(hl_schedule *s) { return move_before(s, HL_ITEM_BACKWARD, HL_LOSS); }
static bool user_backward_too_early(hl_schedule *s) { return move_before(s, HL_USER_BACKWARD, HL_USER_POSITIVES); }
static bool labels_too_late(hl_schedule *s) { return move_before(s, HL_RETURN_TARGETS, HL_PREDICT_LABELS); }
static bool labels_missing(hl_schedule *s) { return drop(s, HL_PREDICT_LABELS); }
static bool sum_too_early(hl_schedule *s) { return move_before(s, HL_SUM_USER, HL_RETURN_TARGETS); }
static bool update_too_early(hl_schedule *s) { return move_before(s, HL_UPDATE, HL_TALLY); }
static bool collectives_crossed(hl_schedule *s) { return move_before(s, HL_RETURN_TARGETS, HL_RETURN_ROWS); }
static bool collective_missing(hl_schedule *s) { return drop(s, HL_RETURN_ROWS); }
static bool forward_missing(hl_schedule *s) { return drop(s, HL_ITEM_FORWARD); }
static bool update_missing(hl_schedule *s) { return drop(s, HL_UPDATE); }
static bool user_forward_twice(hl_schedule *s) { return repeat_micro_batch(s, HL_USER_FORWARD); }
static bool sent_twice(hl_schedule *s) { return repeat_micro_batch(s, HL_ITEM_SEND); }
static bool recompute_missing(hl_schedule *s) { return drop(s, HL_ITEM_RECOMPUTE); }
static bool gradient_not_awaited(hl_schedule *s) { return move_before(s, HL_ITEM_BACKWARD, HL_ITEM_RECEIVE_BACK); }
static bool forward_instead_of_backward(hl_schedule *s) { return change_act(s, HL_ITEM_BACKWARD, HL_ITEM_FORWARD); }

static const struct {
    bool (*plant)(hl_schedule *s);
    const char *trouble; /* NULL: any */
    bool of_pipeline;    /* only there can it be planted */
} violations[] = {
    {hurry_read_micro_batch, "used before it is done", false},
    {no_inputs_yet, "used before it is done", false},
    {loss_too_early, NULL, false}, /* a deadlock where there are others, else used too early */
    {backward_too_early, "used before it is done", false},
    {user_backward_too_early, "used before it is done", false},
    {labels_too_late, NULL, false},
    {labels_missing, NULL, false},
    {sum_too_early, NULL, false},
    {update_too_early, "used before it is done", false},
    {collectives_crossed, NULL, false},
    {collective_missing, NULL, false},
    {forward_missing, "used before it is done", false},
    {update_missing, "something was not done", false},
    {user_forward_twice, "a micro-batch twice", false},
    {forward_instead_of_backward, "a micro-batch twice", false},
    {sent_twice, NULL, true},
    {recompute_missing, NULL, false},
    {gradient_not_awaited, NULL, true},
};

/* On one rank of a job that was sound: wherever it can be planted, the walker must see it.  The others of its
 * replica then wait for it, so what is seen there may be a deadlock. */
static int plant(size_t violation, int trial, int most_tp)
{
    job j;
    open_job(&j, trial, most_tp);
    /* there the last micro-batch is not one that is read */
    bool may = violations[violation].plant != hurry_read_micro_batch || !is_serial(trial);
    bool planted = may && violations[violation].plant(&j.list[trial % j.l.ranks]);
    const char *trouble = walk_all(&j);
    CHECK(planted == (trouble != NULL));
    if (planted && trouble && violations[violation].trouble && most_tp == 1 && !j.share.lockstep)
        CHECK(strcmp(trouble, violations[violation].trouble) == 0);
    close_job(&j);
    return planted;
}

static void violations_are_seen(void)
{
    for (size_t v = 0; v < sizeof violations / sizeof violations[0]; v++) {
        int planted[3] = {0};
        for (int trial = 0; trial < 450; trial++) planted[trial % 3] += plant(v, trial, 1 + trial % 3);
        for (int k = violations[v].of_pipeline; k < 3; k++) CHECK(planted[k] >= 10);
    }
}

static void a_micro_batch_of_another_rank_is_seen(void)
{
    int planted = 0;
    for (int trial = 0; trial < 60; trial++) {
        job j;
        open_job(&j, trial, 1);
        hl_schedule *s = &j.list[j.l.side[HL_ITEM].begin];
        int at = find(s, HL_ITEM_FORWARD);
        for (int c = 0; c < j.p.micro_batches && at >= 0; c++)
            if (j.share.micro_batch[c] != j.l.side[HL_ITEM].begin) {
                s->task[at].micro_batch = c;
                const char *trouble = walk_all(&j);
                CHECK(trouble && strcmp(trouble, "a micro-batch of another rank") == 0);
                planted++;
                break;
            }
        close_job(&j);
    }
    CHECK(planted >= 10);
}

static void acts_have_names_of_their_own(void)
{
    for (int a = 0; a < HL_ACTS; a++)
        for (int b = 0; b < a; b++) CHECK(strcmp(hl_act_table[a].name, hl_act_table[b].name) != 0);
}

static const test tests[] = {
    {"acts have names of their own", acts_have_names_of_their_own},
    {"every schedule of a thousand jobs can be carried out", every_schedule_can_be_carried_out},
    {"lists of all ranks are those of each", lists_of_all_ranks_are_those_of_each},
    {"violations are seen on whichever rank they are", violations_are_seen},
    {"a micro-batch of another rank is seen", a_micro_batch_of_another_rank_is_seen},
};
HL_TESTS("schedule", tests)
