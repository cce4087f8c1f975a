/* users.c - histories as vectors of their users, or as logits of targets.
 *
 * Histories are cut over the user replicas, which read them in packs.  Where labels are predicted each has a row more:
 * that of its target in early fusion, that of the [USER] token in late fusion, whose head gets the target's vector
 * where users' rows come out. */
#include "mpi/eval/users.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/rows.h"
#include "model/user.h"
#include "mpi/comm/exchange.h"
#include <math.h>
#include <string.h>

enum { USER_ROWS = 1024 };

typedef struct {
    hl_engine *e;
    const hl_catalogue *c;
    const hl_histories *h;
    hl_fusion fusion; /* none: vectors are wanted, not logits */
    int D;
} reading;

static const hl_layout *layout_of(const reading *r) { return &r->e->mesh->layout; }

/* Rows that are read of a history. */
static int rows_of(const reading *r, int i) { return r->h->length[i] + (r->fusion != HL_FUSION_NONE); }

/* The first rank of the replica that reads a history. */
static int reader_of(const reading *r, int i)
{
    const hl_layout *l = layout_of(r);
    return hl_layout_first_rank(l, HL_USER, hl_part_owner(r->h->n, hl_layout_replicas(l, HL_USER), i));
}

/* My histories: [begin, begin + n). */
static int mine_of(const reading *r, int *begin)
{
    const hl_group *g = &r->e->mesh->side[HL_USER].group;
    const hl_layout *l = layout_of(r);
    const int replicas = hl_layout_replicas(l, HL_USER), replica = g->rank / hl_layout_width(l, HL_USER);
    *begin = hl_group_has_me(g) ? (int)hl_part_begin(r->h->n, replicas, replica) : 0;
    return hl_group_has_me(g) ? (int)hl_part_count(r->h->n, replicas, replica) : 0;
}

/* ---- item vectors to whom reads them */

/* Readings that are added one by one. */
typedef struct {
    int n, *holder, *held, *reader, *read;
} list;

static list list_of(const reading *r, int most)
{
    hl_arena *a = &r->e->plan;
    return (list){0, HL_TAKE(a, int, most), HL_TAKE(a, int, most), HL_TAKE(a, int, most), HL_TAKE(a, int, most)};
}

/* The vector of an item becomes row `place` of all ranks of the stage that begins at rank `first`. */
static void add(list *x, const reading *r, int32_t item, int first, int place)
{
    const hl_layout *l = layout_of(r);
    const int outs = hl_layout_last_stage_ranks(l, HL_ITEM), text = hl_catalogue_text(r->c, r->e->corpus, item),
              owner = hl_part_owner(r->c->texts, outs, text);
    for (int t = 0; t < l->side[HL_USER].tp; t++, x->n++) {
        x->holder[x->n] = hl_layout_last_stage_rank(l, HL_ITEM, owner);
        x->held[x->n] = text - (int)hl_part_begin(r->c->texts, outs, owner);
        x->reader[x->n] = first + t;
        x->read[x->n] = place;
    }
}

/* (rows, D), laid in the plan arena. */
static float *bring(const reading *r, const list *x, int rows)
{
    hl_exchange way;
    hl_exchange_set_up(&way, &r->e->mesh->world, &(hl_readings){x->n, x->holder, x->held, x->reader, x->read},
                       &r->e->plan);
    float *vectors = HL_TAKE_ROWS(&r->e->plan, float, rows, r->D);
    hl_exchange_forward(&way, vectors, r->c->vector, r->D, &r->e->wire);
    return vectors;
}

/* What is read, to all ranks of the first stages. */
static float *bring_histories(const reading *r)
{
    int most = 0, rows = 0, begin, n = mine_of(r, &begin);
    for (int i = 0; i < r->h->n; i++) most += rows_of(r, i) * layout_of(r)->side[HL_USER].tp;
    list x = list_of(r, most);
    for (int i = 0, here = 0, last_reader = -1; i < r->h->n; i++) {
        const int first = reader_of(r, i), items = r->h->length[i] + (r->fusion == HL_FUSION_EARLY);
        if (first != last_reader) here = 0;
        last_reader = first;
        for (int k = 0; k < items; k++) add(&x, r, r->h->end[i][k - r->h->length[i]], first, here + k);
        here += rows_of(r, i);
    }
    for (int i = begin; i < begin + n; i++) rows += rows_of(r, i);
    return bring(r, &x, rows);
}

/* The targets of my histories, where users' rows come out. */
static float *bring_targets(const reading *r)
{
    int begin, n = mine_of(r, &begin);
    list x = list_of(r, r->h->n * layout_of(r)->side[HL_USER].tp);
    for (int i = 0, here = 0, last_reader = -1; i < r->h->n; i++) {
        const int first = reader_of(r, i);
        if (first != last_reader) here = 0;
        last_reader = first;
        add(&x, r, *r->h->end[i], hl_layout_last_stage(layout_of(r), HL_USER, first), here++);
    }
    return bring(r, &x, n);
}

/* ---- through the layers */

/* When the items of n histories from `from` on were met. */
static void take_times(const reading *r, hl_pack *pack, int from)
{
    if (!r->e->model[HL_USER].reads_times) return;
    int64_t *time = HL_TAKE(&r->e->scratch, int64_t, pack->T);
    for (int i = 0; i < pack->segments; i++)
        for (int t = pack->begin[i], k = -r->h->length[from + i]; t < pack->begin[i + 1]; t++, k++)
            time[t] = r->h->time_end[from + i][k];
    pack->time = time;
}

/* The items themselves. */
static void take_items(const reading *r, hl_pack *pack, int from)
{
    if (!r->e->model[HL_USER].reads_items) return;
    int32_t *item = HL_TAKE(&r->e->scratch, int32_t, pack->T);
    for (int i = 0; i < pack->segments; i++)
        for (int t = pack->begin[i], k = -r->h->length[from + i]; t < pack->begin[i + 1]; t++, k++)
            item[t] = r->h->end[from + i][k];
    pack->item = item;
}

/* y (n, D) = the User LLM's last row of n histories from `from` on, which lie in x; on ranks where it comes out. */
static void encode(const reading *r, float *out, const float *x, int from, int n)
{
    hl_engine *e = r->e;
    size_t mark = hl_arena_mark(&e->scratch);
    hl_pack pack;
    const hl_model *m = &e->model[HL_USER];
    int *rows = HL_TAKE(&e->scratch, int, n);
    for (int i = 0; i < n; i++) rows[i] = rows_of(r, from + i);
    hl_user_pack(&pack, rows, n, m->slots, true, &e->scratch);
    pack.user_token = r->fusion == HL_FUSION_LATE;
    take_times(r, &pack, from);
    take_items(r, &pack, from);
    void *saved = hl_arena_take(&e->scratch, m->kind->saved);
    m->kind->trace(saved, m, &pack, &e->scratch);
    float *y = m->last ? out : hl_pipe_room(&e->pipe[HL_USER], HL_FORWARD, (size_t)pack.T * (size_t)r->D);
    if (!m->first) hl_pipe_recv(&e->pipe[HL_USER], HL_FORWARD, pack.T, r->D);
    m->kind->forward(y, saved, m, e->sharding[HL_USER].w,
                     m->first ? x : hl_pipe_received(&e->pipe[HL_USER], HL_FORWARD), &pack, &e->scratch);
    if (!m->last) hl_pipe_send(&e->pipe[HL_USER], HL_FORWARD, pack.T, r->D);
    hl_arena_back(&e->scratch, mark);
}

/* Histories from `from` on, before `end`, that are encoded together, and how many rows these have. */
static int together(int *rows, const reading *r, int from, int end)
{
    int i = from;
    for (*rows = 0; i < end && (i == from || *rows + rows_of(r, i) <= USER_ROWS); i++) *rows += rows_of(r, i);
    return i - from;
}

/* The most times that a replica encodes, where all do as often. */
static int most_times(const reading *r)
{
    int replicas = hl_layout_replicas(layout_of(r), HL_USER), most = 0, rows;
    for (int i = 0; i < replicas && r->e->rules.zero >= 3; i++) {
        int times = 0, from = (int)hl_part_begin(r->h->n, replicas, i),
            end = (int)hl_part_begin(r->h->n, replicas, i + 1);
        for (; from < end; times++) from += together(&rows, r, from, end);
        if (times > most) most = times;
    }
    return most;
}

/* y (n, D), laid in the plan arena: of my histories, which lie in x, the last row, where it comes out. */
static float *encode_mine(const reading *r, const float *x)
{
    int begin, n = mine_of(r, &begin), left = most_times(r), rows;
    float *y = HL_TAKE_ROWS(&r->e->plan, float, n, r->D);
    if (!hl_group_has_me(&r->e->mesh->side[HL_USER].group)) return y;
    for (int from = begin, count; from < begin + n; from += count, left--) {
        count = together(&rows, r, from, begin + n);
        encode(r, y + hl_rows_numbers(from - begin, r->D), x, from, count);
        x += hl_rows_numbers(rows, r->D);
    }
    while (left-- > 0) r->e->model[HL_USER].kind->pass_forward(&r->e->model[HL_USER]);
    return y;
}

/* Does this rank tell others what came out of its replica? */
static bool tells(const reading *r)
{
    const hl_mesh *m = r->e->mesh;
    return hl_layout_is_last_stage(layout_of(r), HL_USER, m->world.rank) && m->side[HL_USER].tp.rank == 0;
}

/* ---- vectors */

/* As unit vectors; user: whose the first is in the round. */
static void make_unit(const reading *r, float *y, int n, int user, hl_round *round)
{
    const size_t mark = hl_arena_mark(&r->e->scratch);
    if (!hl_layout_is_last_stage(layout_of(r), HL_USER, r->e->mesh->world.rank)) return;
    float *norm = HL_TAKE(&r->e->scratch, float, n), *unit = HL_TAKE_ROWS(&r->e->scratch, float, n, r->D);
    for (int i = 0; (i = hl_rows_find_odd(y, i, n, r->D)) < n; i++)
        hl_first_note(&round->odd, 2 * (int64_t)(user + i), NAN);
    hl_rows_unit_forward(unit, norm, y, n, r->D);
    memcpy(y, unit, hl_rows_numbers(n, r->D) * sizeof *y);
    hl_arena_back(&r->e->scratch, mark);
}

/* All user vectors of the round to all ranks that have item vectors, from the first rank of each replica's last
 * stage. */
static float *give_users(const reading *r, const float *mine, int n, hl_arena *arena)
{
    const hl_mesh *m = r->e->mesh;
    hl_arena *a = &r->e->plan;
    int p = m->world.size, here = hl_group_has_me(&m->vectors), replicas = hl_layout_replicas(&m->layout, HL_USER);
    const bool gives = tells(r);
    int *in_count = HL_TAKE(a, int, p), *in_begin = HL_TAKE(a, int, p), *out_count = HL_TAKE(a, int, p),
        *out_begin = HL_TAKE(a, int, p);
    for (int q = 0; q < p; q++) {
        bool comes = here && hl_layout_has(&m->layout, HL_USER, q)
                     && hl_layout_last_stage(&m->layout, HL_USER, hl_layout_first_rank_of(&m->layout, HL_USER, q)) == q;
        int j = (q - m->layout.side[HL_USER].begin) / hl_layout_width(&m->layout, HL_USER);
        in_count[q] = comes ? (int)hl_part_count(r->h->n, replicas, j) : 0;
        in_begin[q] = comes ? (int)hl_part_begin(r->h->n, replicas, j) : 0;
        out_count[q] = gives && hl_layout_is_last_stage(&m->layout, HL_ITEM, q) ? n : 0;
        out_begin[q] = 0;
    }
    float *u = HL_TAKE_ROWS(arena, float, here ? r->h->n : 0, r->D);
    hl_group_all_to_all(&m->world, u, in_count, in_begin, mine, out_count, out_begin, (size_t)r->D * sizeof *mine);
    return u;
}

static void read_round(hl_histories *h, const hl_round *round, hl_engine *e)
{
    hl_arena *a = &e->plan;
    const hl_corpus *c = e->corpus;
    const bool has_times = e->model[HL_USER].reads_times;
    *h = (hl_histories){round->users, HL_TAKE(a, const int32_t *, round->users),
                        HL_TAKE(a, const int64_t *, has_times ? round->users : 0), HL_TAKE(a, int, round->users)};
    for (int i = 0; i < h->n; i++) {
        int items;
        const int64_t row = round->first + i;
        hl_targets_at(round->targets, row, &h->end[i], &items);
        h->end[i] += items;
        h->length[i] = hl_min(items, round->history);
        if (has_times) h->time_end[i] = c->times(c, hl_targets_user(round->targets, row)) + items;
    }
}

float *hl_users_encode(hl_engine *e, const hl_catalogue *c, hl_round *round)
{
    hl_histories h;
    int begin;
    read_round(&h, round, e);
    const reading r = {e, c, &h, HL_FUSION_NONE, hl_engine_width(e)};
    const int n = mine_of(&r, &begin);
    float *mine = encode_mine(&r, bring_histories(&r));
    make_unit(&r, mine, n, begin, round);
    float *u = give_users(&r, mine, n, round->arena);
    hl_arena_back(&e->plan, 0);
    hl_arena_back(&e->wire, 0);
    return u;
}

/* ---- logits */

void hl_users_label(float *logit, hl_engine *e, const hl_catalogue *c, const hl_histories *h)
{
    const hl_model *m = &e->model[HL_USER];
    const reading r = {e, c, h, e->rules.plan.fusion, hl_engine_width(e)};
    int begin;
    const int n = mine_of(&r, &begin);
    const float *said = encode_mine(&r, bring_histories(&r)),
                *target = r.fusion == HL_FUSION_LATE ? bring_targets(&r) : NULL;
    double *all = HL_TAKE_ZERO(&e->plan, double, h->n);
    if (tells(&r)) {
        float *mine = HL_TAKE(&e->plan, float, n);
        const hl_label_rows rows = {n, said, target, HL_TAKE_ROWS(&e->plan, float, n, m->head.size)};
        hl_label_head_forward(mine, &m->head, e->sharding[HL_USER].w, &rows, &e->scratch);
        for (int i = 0; i < n; i++) all[begin + i] = (double)mine[i];
    }
    hl_group_all_reduce_double(&e->mesh->world, all, (size_t)h->n);
    for (int i = 0; i < h->n; i++) logit[i] = (float)all[i];
    hl_arena_back(&e->plan, 0);
    hl_arena_back(&e->wire, 0);
}
