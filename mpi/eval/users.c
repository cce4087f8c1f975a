/* users.c - the users of a round as vectors, on every rank that has item vectors. */
#include "mpi/eval/users.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/rows.h"
#include "model/user.h"
#include "mpi/comm/exchange.h"
#include <math.h>

enum { USER_ROWS = 1024 };

typedef struct {
    hl_engine *e;
    const hl_catalogue *c;
    hl_round *round;
    int D;
} reading;

/* The users of the round are cut over the user replicas; the first rank of the one that has this user. */
static int reader_of(const reading *r, int user)
{
    const hl_layout *l = &r->e->mesh->layout;
    return hl_layout_first_rank(l, HL_USER, hl_part_owner(r->round->users, hl_layout_replicas(l, HL_USER), user));
}

/* Bring the vectors of the histories to all ranks of the user replicas; length (users).  Laid in the plan arena. */
static float *bring_histories(const reading *r, int *length)
{
    hl_engine *e = r->e;
    const hl_layout *l = &e->mesh->layout;
    int n = 0, here = 0, outs = hl_layout_last_stage_ranks(l, HL_ITEM),
        most = r->round->users * r->round->history * l->side[HL_USER].tp;
    int *holder = HL_TAKE(&e->plan, int, most), *held = HL_TAKE(&e->plan, int, most);
    int *reader = HL_TAKE(&e->plan, int, most), *place = HL_TAKE(&e->plan, int, most);
    for (int i = 0, last_reader = -1; i < r->round->users; i++) {
        const int32_t *history;
        int items;
        hl_targets_at(r->round->targets, r->round->first + i, &history, &items);
        length[i] = hl_min(items, r->round->history);
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
    hl_exchange_set_up(&x, &e->mesh->world, &(hl_readings){n, holder, held, reader, place}, &e->plan);
    float *vectors = HL_TAKE_ROWS(&e->plan, float, x.received, r->D);
    hl_exchange_forward(&x, vectors, r->c->vector, r->D, &e->wire);
    return vectors;
}

static void look_for_odd_users(const reading *r, const float *y, int user, int n)
{
    for (int i = 0; (i = hl_rows_find_odd(y, i, n, r->D)) < n; i++)
        hl_first_note(&r->round->odd, 2 * (int64_t)(user + i), NAN);
}

/* When the items of the histories of n users from `user` on were met. */
static void take_times(const reading *r, hl_pack *pack, int user)
{
    const hl_corpus *c = r->e->corpus;
    if (!r->e->model[HL_USER].reads_times) return;
    int64_t *time = HL_TAKE(&r->e->scratch, int64_t, pack->T);
    for (int i = 0; i < pack->segments; i++) {
        const int32_t *history;
        int items;
        const int64_t row = r->round->first + user + i;
        hl_targets_at(r->round->targets, row, &history, &items);
        const int64_t *its = c->times(c, hl_targets_user(r->round->targets, row)) + items;
        for (int t = pack->begin[i]; t < pack->begin[i + 1]; t++) time[t] = its[t - pack->begin[i + 1]];
    }
    pack->time = time;
}

/* The items themselves. */
static void take_items(const reading *r, hl_pack *pack, int user)
{
    if (!r->e->model[HL_USER].reads_items) return;
    int32_t *item = HL_TAKE(&r->e->scratch, int32_t, pack->T);
    for (int i = 0; i < pack->segments; i++) {
        const int32_t *history;
        int items;
        hl_targets_at(r->round->targets, r->round->first + user + i, &history, &items);
        for (int t = pack->begin[i]; t < pack->begin[i + 1]; t++) item[t] = history[items - (pack->begin[i + 1] - t)];
    }
    pack->item = item;
}

/* u (n, D) = the User LLM's last row, as a unit vector, of n users from `user` on whose histories lie in x; on ranks
 * where it comes out. */
static void encode_users(const reading *r, float *u, const float *x, const int *length, int user, int n)
{
    hl_engine *e = r->e;
    size_t mark = hl_arena_mark(&e->scratch);
    hl_pack pack;
    const hl_model *m = &e->model[HL_USER];
    hl_user_pack(&pack, length, n, m->slots, true, &e->scratch);
    take_times(r, &pack, user);
    take_items(r, &pack, user);
    void *saved = hl_arena_take(&e->scratch, m->kind->saved);
    m->kind->trace(saved, m, &pack, &e->scratch);
    float *last = HL_TAKE_ROWS(&e->scratch, float, n, r->D), *norm = HL_TAKE(&e->scratch, float, n);
    float *y = m->last ? last : hl_pipe_room(&e->pipe[HL_USER], HL_FORWARD, (size_t)pack.T * (size_t)r->D);
    if (!m->first) hl_pipe_recv(&e->pipe[HL_USER], HL_FORWARD, pack.T, r->D);
    m->kind->forward(y, saved, m, e->sharding[HL_USER].w,
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
static int most_times(const reading *r, const int *length)
{
    int replicas = hl_layout_replicas(&r->e->mesh->layout, HL_USER), most = 0, rows;
    for (int i = 0; i < replicas && r->e->rules.zero >= 3; i++) {
        int times = 0, from = (int)hl_part_begin(r->round->users, replicas, i),
            end = (int)hl_part_begin(r->round->users, replicas, i + 1);
        for (; from < end; times++) from += users_together(&rows, length + from, end - from);
        if (times > most) most = times;
    }
    return most;
}

/* Users [begin, begin + n) of the round. */
static void encode_my_users(const reading *r, float *u, const float *x, const int *length, int begin, int n)
{
    size_t D = (size_t)r->D;
    int left = most_times(r, length), rows;
    for (int from = 0, count; from < n; from += count, left--) {
        count = users_together(&rows, length + begin + from, n - from);
        encode_users(r, u + (size_t)from * D, x, length + begin + from, begin + from, count);
        x += (size_t)rows * D;
    }
    while (left-- > 0) r->e->model[HL_USER].kind->pass_forward(&r->e->model[HL_USER]);
}

/* All user vectors of the round to all ranks that have item vectors, from the first rank of each replica's last
 * stage. */
static float *give_users(const reading *r, const float *mine, int n)
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
        in_count[q] = comes ? (int)hl_part_count(r->round->users, replicas, j) : 0;
        in_begin[q] = comes ? (int)hl_part_begin(r->round->users, replicas, j) : 0;
        out_count[q] = gives && hl_layout_is_last_stage(&m->layout, HL_ITEM, q) ? n : 0;
        out_begin[q] = 0;
    }
    float *u = HL_TAKE_ROWS(r->round->arena, float, here ? r->round->users : 0, r->D);
    hl_group_all_to_all(&m->world, u, in_count, in_begin, mine, out_count, out_begin, (size_t)r->D * sizeof *mine);
    return u;
}

float *hl_users_encode(hl_engine *e, const hl_catalogue *c, hl_round *round)
{
    const hl_group *g = &e->mesh->side[HL_USER].group;
    reading r = {e, c, round, hl_engine_width(e)};
    int replicas = hl_layout_replicas(&e->mesh->layout, HL_USER),
        replica = hl_group_has_me(g) ? g->rank / hl_layout_width(&e->mesh->layout, HL_USER) : 0;
    int *length = HL_TAKE(&e->plan, int, round->users);
    float *x = bring_histories(&r, length), *mine = NULL;
    int n = 0;
    if (hl_group_has_me(g)) {
        n = (int)hl_part_count(round->users, replicas, replica);
        mine = HL_TAKE_ROWS(&e->plan, float, n, r.D);
        encode_my_users(&r, mine, x, length, (int)hl_part_begin(round->users, replicas, replica), n);
    }
    float *u = give_users(&r, mine, n);
    hl_arena_back(&e->plan, 0);
    hl_arena_back(&e->wire, 0);
    return u;
}
