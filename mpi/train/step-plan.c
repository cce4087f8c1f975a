/* step-plan.c - what everybody works out alike before a step: the plan, who has what, where each row lies. */
#include "model/user.h"
#include "mpi/train/budget.h"
#include "mpi/train/step-state.h"

/* Where each text and each row lies on the ranks of its replica: replicas number their own in the order of the plan. */
static void number_texts(hl_step_state *s)
{
    const hl_plan *p = &s->plan;
    size_t mark = hl_arena_mark(&s->e->scratch);
    int *count = HL_TAKE_ZERO(&s->e->scratch, int, s->e->mesh->world.size);
    s->my_text = HL_TAKE(&s->e->plan, int, p->texts);
    for (int c = 0; c < p->micro_batches; c++) {
        int owner = s->share.micro_batch[c];
        s->side[HL_ITEM].micro_batch[c].row = count[owner];
        for (int t = p->micro_batch_begin[c]; t < p->micro_batch_begin[c + 1]; t++) s->my_text[t] = count[owner]++;
    }
    s->side[HL_ITEM].rows = s->side[HL_ITEM].last_stage ? count[s->side[HL_ITEM].first_rank] : 0;
    hl_arena_back(&s->e->scratch, mark);
}

/* owner: first rank of the replica that has each of the things of all samples, of which sample i has those from
 * begin_of(plan, i) on; place: where they are there.  Returns how many are mine. */
static int number_by_sample(hl_step_state *s, int *owner, int *place, int (*begin_of)(const hl_plan *p, int sample))
{
    const hl_plan *p = &s->plan;
    const int me = s->side[HL_USER].first_rank;
    size_t mark = hl_arena_mark(&s->e->scratch);
    int *count = HL_TAKE_ZERO(&s->e->scratch, int, s->e->mesh->world.size);
    for (int c = 0; c < p->user_micro_batches; c++) {
        int rank = s->share.user_micro_batch[c];
        const int begin = p->user_micro_batch_begin[c], end = p->user_micro_batch_begin[c + 1];
        for (int r = begin_of(p, begin); r < begin_of(p, end); r++) {
            owner[r] = rank;
            place[r] = count[rank]++;
        }
    }
    const int mine = me < 0 ? 0 : count[me];
    hl_arena_back(&s->e->scratch, mark);
    return mine;
}

static int row_begin(const hl_plan *p, int sample) { return p->row_begin[sample]; }

/* What users read, and which of it are transitions. */
static void number_readings(hl_step_state *s, int *owner, int *place)
{
    const hl_plan *p = &s->plan;
    s->side[HL_USER].rows = number_by_sample(s, owner, place, hl_plan_reading_begin);
    for (int c = 0; c < p->user_micro_batches; c++)
        s->side[HL_USER].micro_batch[c].row = place[hl_plan_reading_begin(p, p->user_micro_batch_begin[c])];
}

static void number_rows(hl_step_state *s, int *owner, int *place, const int *reading_place)
{
    const hl_plan *p = &s->plan;
    s->transitions = number_by_sample(s, owner, place, row_begin);
    if (p->fusion == HL_FUSION_NONE) return;
    s->transition = HL_TAKE(&s->e->plan, int, s->transitions);
    for (int i = 0; i < p->samples; i++)
        for (int r = p->row_begin[i]; r < p->row_begin[i + 1]; r++)
            if (owner[r] == s->side[HL_USER].first_rank)
                s->transition[place[r]] = reading_place[hl_plan_reading_begin(p, i) + r - p->row_begin[i]];
}

/* What is dropped by chance is named by the sample of the batch and the update that is to come. */
static void name_samples(hl_pack *pack, hl_engine *e, int first)
{
    int *sample = HL_TAKE(&e->plan, int, pack->T);
    for (int s = 0; s < pack->segments; s++)
        for (int i = pack->begin[s]; i < pack->begin[s + 1]; i++) sample[i] = first + s;
    pack->sample = sample;
    pack->seed = e->rules.seed;
    pack->step = (uint64_t)e->updates;
}

/* When the items of the rows were met. */
static void take_times(hl_pack *pack, hl_step_state *s, int sample)
{
    hl_engine *e = s->e;
    if (!e->model[HL_USER].reads_times) return;
    HL_CHECK(s->user && s->first && e->corpus->times);
    int64_t *time = HL_TAKE(&e->plan, int64_t, pack->T);
    for (int i = 0; i < pack->segments; i++) {
        const int64_t *its = e->corpus->times(e->corpus, s->user[sample + i]) + s->first[sample + i];
        for (int t = pack->begin[i]; t < pack->begin[i + 1]; t++) time[t] = its[t - pack->begin[i]];
    }
    pack->time = time;
}

/* The items of the rows, each by itself, where texts may be equal. */
static void take_items(hl_pack *pack, hl_step_state *s, int sample)
{
    if (!s->e->model[HL_USER].reads_items) return;
    int32_t *item = HL_TAKE(&s->e->plan, int32_t, pack->T);
    for (int i = 0; i < pack->segments; i++) {
        const int32_t *its = s->item + s->begin[sample + i];
        for (int t = pack->begin[i]; t < pack->begin[i + 1]; t++) item[t] = its[t - pack->begin[i]];
    }
    pack->item = item;
}

static void pack_users(hl_step_state *s, int c)
{
    hl_engine *e = s->e;
    int begin = s->plan.user_micro_batch_begin[c], n = s->plan.user_micro_batch_begin[c + 1] - begin;
    int *length = HL_TAKE(&e->plan, int, n);
    for (int i = 0; i < n; i++)
        length[i] = hl_plan_reading_begin(&s->plan, begin + i + 1) - hl_plan_reading_begin(&s->plan, begin + i);
    hl_pack *pack = &s->side[HL_USER].micro_batch[c].pack;
    hl_user_pack(pack, length, n, e->model[HL_USER].slots, false, &e->plan);
    pack->user_token = s->plan.fusion == HL_FUSION_LATE;
    name_samples(pack, e, begin);
    take_times(pack, s, begin);
    take_items(pack, s, begin);
}

static void pack_items(hl_step_state *s, int c)
{
    hl_engine *e = s->e;
    const hl_model *m = &e->model[HL_ITEM];
    const int begin = s->plan.micro_batch_begin[c], n = s->plan.micro_batch_begin[c + 1] - begin;
    hl_pack *pack = &s->side[HL_ITEM].micro_batch[c].pack;
    m->kind->pack(pack, m, e->corpus, s->plan.item + begin, n, &e->plan);
    const hl_sparse_rows *rows = &e->sharding[HL_ITEM].rows;
    if (rows->end == 0 || !pack->token) return;
    int *slot = HL_TAKE(&e->plan, int, pack->T);
    hl_sparse_rows_find(slot, rows, pack->token, pack->T);
    pack->slot = slot;
}

static void pack_micro_batches(hl_step_state *s)
{
    static void (*const pack[HL_SIDES])(hl_step_state * s, int c) = {pack_items, pack_users};
    const int n[HL_SIDES] = {s->plan.micro_batches, s->plan.user_micro_batches};
    for (hl_side i = 0; i < HL_SIDES; i++)
        for (int c = 0; c < n[i]; c++) {
            if (hl_step_owner(s, i)[c] != s->side[i].first_rank) continue;
            pack[i](s, c);
            s->side[i].micro_batch[c].saved = hl_arena_take(&s->e->plan, s->e->model[i].kind->saved);
        }
}

/* The User LLM is small beside the other and its activations are always saved. */
static void choose_saved(hl_step_state *s)
{
    const size_t mark = hl_arena_mark(&s->e->scratch);
    int64_t *bytes = HL_TAKE_ZERO(&s->e->scratch, int64_t, s->plan.micro_batches);
    for (int c = 0; c < s->plan.micro_batches && s->e->rules.activation_budget >= 0; c++)
        if (s->share.micro_batch[c] == s->side[HL_ITEM].first_rank)
            bytes[c] =
                hl_activations_bytes(&s->e->model[HL_ITEM], &s->side[HL_ITEM].micro_batch[c].pack, &s->e->scratch);
    s->share.lockstep = hl_zero_is_lockstep(s->e->rules.zero);
    if (s->side[HL_ITEM].first_rank >= 0)
        hl_budget_choose(&s->share, s->e->mesh, &s->plan, bytes, s->e->rules.activation_budget, &s->e->scratch);
    hl_arena_back(&s->e->scratch, mark);
}

static void set_up_routes(hl_step_state *s)
{
    hl_engine *e = s->e;
    const hl_layout *l = &e->mesh->layout;
    const hl_plan *p = &s->plan;
    int *reader = HL_TAKE(&e->plan, int, p->readings), *read = HL_TAKE(&e->plan, int, p->readings),
        *owner = HL_TAKE(&e->plan, int, p->rows), *place = HL_TAKE(&e->plan, int, p->rows);
    number_readings(s, reader, read);
    number_rows(s, owner, place, read);
    hl_route_set_up(&s->inputs, &s->where, &(hl_route_ends){p->readings, p->reading, reader, read}, &e->plan,
                    &e->scratch);
    for (int r = 0; r < p->rows; r++) owner[r] = hl_layout_last_stage(l, HL_USER, owner[r]);
    hl_route_set_up(&s->targets, &s->where, &(hl_route_ends){p->rows, p->target, owner, place}, &e->plan, &e->scratch);
    hl_loss_open(&s->loss, e->rules.criterion, e->mesh, p, owner, s->D, &e->plan);
}

void hl_step_prepare(hl_step_state *s, hl_engine *e, const hl_batch *batch, const hl_step_orders *orders)
{
    const hl_mesh *mesh = e->mesh;
    int me = mesh->world.rank;
    *s = (hl_step_state){.e = e,
                         .orders = orders,
                         .user = batch->user,
                         .first = batch->first,
                         .begin = batch->begin,
                         .item = batch->item,
                         .D = hl_engine_width(e)};
    hl_mesh_sent(s->sent, mesh);
    hl_mesh_messages(s->messages, mesh);
    for (hl_side i = 0; i < HL_SIDES; i++) {
        s->side[i].first_rank =
            hl_layout_has(&mesh->layout, i, me) ? hl_layout_first_rank_of(&mesh->layout, i, me) : -1;
        s->side[i].last_stage = hl_layout_is_last_stage(&mesh->layout, i, me);
    }
    hl_plan_make(&s->plan, batch, e->corpus, &e->rules.plan, s->D, &e->plan);
    hl_sharding_take_items(&e->sharding[HL_ITEM], s->plan.item, s->plan.texts);
    hl_share_make(&s->share, &mesh->layout, &s->plan, &e->plan);
    s->side[HL_ITEM].micro_batch = HL_TAKE_ZERO(&e->plan, hl_micro_batch, s->plan.micro_batches);
    s->side[HL_USER].micro_batch = HL_TAKE_ZERO(&e->plan, hl_micro_batch, s->plan.user_micro_batches);
    pack_micro_batches(s);
    choose_saved(s);
    hl_schedule_make(&s->schedule, &mesh->layout, &s->plan, &s->share, me, &e->plan);
    number_texts(s);
    s->where = (hl_whereabouts){mesh, &s->plan, &s->share, s->my_text};
    set_up_routes(s);
    s->bytes = (double)(hl_route_bytes(&s->inputs, s->D) + hl_route_bytes(&s->targets, s->D));
    hl_tally_clear(&s->tally, me);
}

/* ---- rows */

static float *take_rows(hl_step_state *s, int n) { return HL_TAKE_ROWS(&s->e->plan, float, n, s->D); }

static float *take_zero_rows(hl_step_state *s, int n) { return HL_TAKE_ZERO_ROWS(&s->e->plan, float, n, s->D); }

void hl_step_lay_rows(hl_step_state *s)
{
    hl_step_side *item = &s->side[HL_ITEM], *user = &s->side[HL_USER];
    item->out = take_rows(s, item->rows);
    if (!s->plan.items_frozen) item->dout = take_zero_rows(s, item->rows);
    user->in = take_rows(s, user->rows);
    user->din = take_rows(s, user->rows);
    user->out = take_rows(s, user->rows);
    user->dout = take_zero_rows(s, user->rows);
    s->y = s->transition ? take_rows(s, s->transitions) : user->out;
    s->target = take_rows(s, s->transitions);
    if (!s->plan.items_frozen) s->dtarget = take_zero_rows(s, s->transitions);
    s->unit_y = take_rows(s, s->transitions);
    s->unit_t = take_rows(s, s->transitions);
    s->dunit_y = take_rows(s, s->transitions);
    s->dunit_t = take_zero_rows(s, s->transitions);
    s->norm_y = HL_TAKE(&s->e->plan, float, s->transitions);
    s->norm_t = HL_TAKE(&s->e->plan, float, s->transitions);
    hl_step_lay_labels(s);
    for (hl_side i = 0; i < HL_SIDES; i++) hl_sharding_zero_gradients(&s->e->sharding[i]);
    if (s->e->sharding[HL_ITEM].w && s->e->model[HL_ITEM].scale_at >= 0)
        s->scale = hl_model_scale(s->e->sharding[HL_ITEM].w + s->e->model[HL_ITEM].scale_at);
    hl_group_broadcast(&s->e->mesh->world, &s->scale, sizeof s->scale, s->e->mesh->layout.side[HL_ITEM].begin);
}
