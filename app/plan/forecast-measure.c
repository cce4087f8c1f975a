/* forecast-measure.c - what the ranks of a forecast hold, in bytes, and what micro-batches take them, in seconds.
 *
 * Ranks of one share of one stage are alike in all replicas, and most shares of a stage are as wide as each other: each
 * width is measured once, over all micro-batches. */
#include "app/plan/forecast-measure.h"
#include "app/plan/rules.h"
#include "base/minmax.h"
#include "base/part.h"
#include "model/models.h"
#include "model/user.h"
#include <stdlib.h>

/* The shares of the stages of a side, and what each saves of each micro-batch and takes for it.  Shares that are alike
 * have the same arrays, which are the forecast's. */
typedef struct {
    const hl_layout *l;
    hl_side side;
    int n;            /* pp * tp */
    int64_t **bytes;  /* (n), (micro-batches) */
    double **seconds; /* (n), (micro-batches x 2) forward and backward */
    double *most;     /* (n) bytes of the largest micro-batch */
    double *scratch;  /* (n) bytes that a backward takes for a while */
} shares;

static hl_tensor_group group_at(const shares *s, int i)
{
    return hl_layout_tensor_group(s->l, s->side, s->l->side[s->side].begin + i);
}

static bool are_as_many(hl_cut a, hl_cut b) { return a.end - a.begin == b.end - b.begin; }

/* Do both save the same of any micro-batch? */
static bool are_alike(const hl_transformer *shape, const hl_tensor_group *a, const hl_tensor_group *b)
{
    const int columns = hl_tensor_group_columns(a), x = hl_tensor_group_column(a), y = hl_tensor_group_column(b);
    const hl_transformer_share p = hl_transformer_share_of(shape, x, columns),
                               q = hl_transformer_share_of(shape, y, columns);
    if (a->stage != b->stage || a->sequence_parallel || hl_tensor_group_row(a) != hl_tensor_group_row(b)) return false;
    if (a->rows && hl_part_count(shape->hidden_size, columns, x) != hl_part_count(shape->hidden_size, columns, y))
        return false;
    return are_as_many(p.query, q.query) && are_as_many(p.key, q.key) && are_as_many(p.width, q.width);
}

/* Is share i to be measured, or has the one before it the same? */
static bool is_measured(const shares *s, int i) { return i == 0 || s->bytes[i] != s->bytes[i - 1]; }

static shares open_shares(const hl_layout *l, hl_side side, const hl_transformer *shape, int micro_batches,
                          hl_arena *arena)
{
    const int n = hl_layout_width(l, side);
    const shares s = {.l = l,
                      .side = side,
                      .n = n,
                      .bytes = HL_TAKE(arena, int64_t *, n),
                      .seconds = HL_TAKE(arena, double *, n),
                      .most = HL_TAKE_ZERO(arena, double, n),
                      .scratch = HL_TAKE_ZERO(arena, double, n)};
    for (int i = 0; i < s.n; i++) {
        const hl_tensor_group mine = group_at(&s, i), before = group_at(&s, i ? i - 1 : 0);
        const bool is_new = i == 0 || !are_alike(shape, &before, &mine);
        s.bytes[i] = is_new ? HL_TAKE_ZERO(arena, int64_t, micro_batches) : s.bytes[i - 1];
        s.seconds[i] = is_new ? HL_TAKE_ZERO(arena, double, 2 * (size_t)micro_batches) : s.seconds[i - 1];
    }
    return s;
}

/* ---- what they save */

static hl_model_settings settings_of(const hl_forecast *f, const hl_config *c, hl_side side)
{
    return (hl_model_settings){.shape = f->job.shape[side],
                               .longest = side == HL_ITEM ? c->MAX_TEXT_LENGTH : hl_rules_longest_history(c),
                               .item_tokens = hl_rules_item_tokens(c),
                               .share_prefix = c->share_prefix,
                               .share_tokens = c->share_tokens,
                               .slices = c->exact_groups ? c->exact_tp / f->layout.side[side].tp : 0};
}

/* Tokens that are made up are of no vocabulary: then a pack has sizes alone. */
static void pack_items(hl_pack *pack, const hl_model *m, const hl_forecast *f, const hl_corpus *corpus, int c,
                       hl_arena *arena)
{
    const hl_plan *p = &f->plan;
    const int begin = p->micro_batch_begin[c], n = p->micro_batch_begin[c + 1] - begin;
    (f->is_made_up && m->kind->sizes ? m->kind->sizes : m->kind->pack)(pack, m, corpus, p->item + begin, n, arena);
}

static void pack_users(hl_pack *pack, const hl_model *m, const hl_plan *p, int c, hl_arena *arena)
{
    const int begin = p->user_micro_batch_begin[c], n = p->user_micro_batch_begin[c + 1] - begin;
    int *length = HL_TAKE(arena, int, n);
    for (int i = 0; i < n; i++)
        length[i] = hl_plan_reading_begin(p, begin + i + 1) - hl_plan_reading_begin(p, begin + i);
    hl_user_pack(pack, length, n, m->slots, false, arena);
    pack->user_token = p->fusion == HL_FUSION_LATE;
}

static void measure(const shares *s, int i, int c, const hl_model *model, const hl_pack *pack, hl_forecast *f)
{
    double *seconds = s->seconds[i] + 2 * c;
    const hl_work work = model->kind->work(model, pack);
    s->bytes[i][c] = hl_activations_bytes(model, pack, &f->arena);
    s->most[i] = hl_max(s->most[i], (double)s->bytes[i][c]);
    s->scratch[i] = hl_max(s->scratch[i], work.scratch);
    for (hl_way_of_pass way = 0; way < HL_WAYS; way++) seconds[way] = hl_machine_seconds(&f->job.machine, &work, way);
}

static void tell(const shares *s, int c, const hl_model *model, const hl_pack *pack, const hl_forecast_listener *to)
{
    for (int i = 0; i < s->n; i++) {
        const hl_tensor_group tp = group_at(s, i);
        to->hear(to->self, s->side, i, c, &model[i], pack, &tp);
    }
}

/* model (s->n): those of the shares that are measured, or all. */
static void measure_all(const shares *s, const hl_model *model, hl_forecast *f, const hl_forecast_question *q,
                        const hl_corpus *corpus)
{
    const hl_plan *p = &f->plan;
    const int micro_batches = s->side == HL_USER ? p->user_micro_batches : p->micro_batches;
    for (int c = 0; c < micro_batches; c++) {
        const size_t mark = hl_arena_mark(&f->arena);
        hl_pack pack;
        if (s->side == HL_USER) pack_users(&pack, &model[0], p, c, &f->arena);
        else pack_items(&pack, &model[0], f, corpus, c, &f->arena);
        for (int i = 0; i < s->n; i++)
            if (is_measured(s, i)) measure(s, i, c, &model[i], &pack, f);
        if (q->listener) tell(s, c, model, &pack, q->listener);
        hl_arena_back(&f->arena, mark);
    }
}

static shares measured(hl_forecast *f, const hl_forecast_question *q, const hl_corpus *corpus, hl_side side)
{
    const hl_plan *p = &f->plan;
    const int micro_batches = side == HL_USER ? p->user_micro_batches : p->micro_batches;
    const shares s = open_shares(&f->layout, side, f->job.shape[side], micro_batches, &f->arena);
    const hl_model_settings settings = settings_of(f, q->config, side);
    hl_model *model = hl_alloc_zero((size_t)s.n, sizeof *model);
    hl_tensor_group *group = hl_alloc((size_t)s.n * sizeof *group);
    for (int i = 0; i < s.n; i++) {
        group[i] = group_at(&s, i);
        if (q->listener || is_measured(&s, i))
            hl_model_open(&model[i], hl_models_kind_for(side, f->job.shape[side]), &settings, &group[i]);
    }
    if (q->listener) q->listener->open(q->listener->self, side, s.n, micro_batches);
    measure_all(&s, model, f, q, corpus);
    for (int i = 1; i < s.n; i++)
        if (!is_measured(&s, i)) s.most[i] = s.most[i - 1], s.scratch[i] = s.scratch[i - 1];
    for (int i = 0; i < s.n; i++) hl_model_close(&model[i]);
    free(group);
    free(model);
    return s;
}

/* ---- what of it is saved */

/* A replica saves what fits on each of its ranks, and in lockstep what fits everywhere. */
static void find_fit(hl_activations_saved *fit, hl_forecast *f, const shares *texts, int64_t budget)
{
    const int replicas = hl_layout_replicas(&f->layout, HL_ITEM);
    hl_activations_saved *one = hl_alloc((size_t)replicas * sizeof *one),
                         all = {f->plan.micro_batches, f->plan.micro_batches};
    for (int r = 0; r < replicas; r++) fit[r] = all;
    for (int i = 0; i < texts->n; i++) {
        if (!is_measured(texts, i)) continue;
        hl_activations_fit(one, &f->layout, &f->plan, &f->share, texts->bytes[i], budget, &f->arena);
        for (int r = 0; r < replicas; r++) fit[r] = hl_activations_least(fit[r], one[r]);
    }
    for (int r = 0; r < replicas; r++) all = hl_activations_least(all, fit[r]);
    for (int r = 0; r < replicas && f->share.lockstep; r++) fit[r] = all;
    free(one);
}

/* What a replica saves of a micro-batch, on each of its ranks. */
static void add_saved(hl_forecast *f, const shares *s, int first_rank, int c)
{
    for (int i = 0; i < s->n; i++) f->saved[first_rank + i] += (double)s->bytes[i][c];
}

static void add_texts(hl_forecast *f, const shares *texts, const hl_activations_saved *fit)
{
    const hl_plan *p = &f->plan;
    int *place = hl_alloc_zero((size_t)hl_layout_replicas(&f->layout, HL_ITEM), 2 * sizeof *place);
    for (int c = 0; c < p->micro_batches; c++) {
        const int first_rank = f->share.micro_batch[c], r = hl_layout_replica(&f->layout, HL_ITEM, first_rank);
        const bool read = c < p->early_micro_batches;
        if (place[2 * r + read]++ < (read ? fit[r].history : fit[r].negatives_only)) add_saved(f, texts, first_rank, c);
    }
    free(place);
}

/* ---- what a rank holds for a while, and what it is besides */

static double at_rank(const shares *s, const double *of, int rank)
{
    return hl_layout_has(s->l, s->side, rank) ? of[(rank - s->l->side[s->side].begin) % s->n] : 0;
}

/* Rows of the vectors that a rank has: of texts and their gradients, and in the loss; of users all that is made of
 * them (mpi/train/step-plan.c). */
enum { ROWS_OF_A_TEXT = 5, ROWS_OF_THE_LOSS = 3, ROWS_OF_A_USER = 10 };

static void add_rows(double *rows, const hl_forecast *f, hl_side side, int owner, double n)
{
    const hl_layout *l = &f->layout;
    const int first = hl_layout_first_rank(l, side, hl_layout_replica(l, side, owner));
    for (int r = first; r < first + hl_layout_width(l, side); r++)
        if (hl_layout_is_last_stage(l, side, r)) rows[r] += n;
}

static double *count_rows(hl_forecast *f)
{
    const hl_plan *p = &f->plan;
    double *rows = HL_TAKE_ZERO(&f->arena, double, f->layout.ranks);
    for (int c = 0; c < p->micro_batches; c++)
        add_rows(rows, f, HL_ITEM, f->share.micro_batch[c],
                 ROWS_OF_A_TEXT * (double)(p->micro_batch_begin[c + 1] - p->micro_batch_begin[c]));
    for (int c = 0; c < p->user_micro_batches; c++)
        add_rows(rows, f, HL_USER, f->share.user_micro_batch[c], ROWS_OF_A_USER * (double)hl_plan_user_readings(p, c));
    for (int r = 0; r < f->layout.ranks; r++)
        if (hl_layout_is_last_stage(&f->layout, HL_ITEM, r)) rows[r] += ROWS_OF_THE_LOSS * (double)p->rows;
    return rows;
}

/* The number of each item where there are no texts (data/id-corpus.h), and where each user's windows begin
 * (data/windows.h).  Pages of files that are mapped are not counted: the machine takes them back when it needs them. */
static double corpus_bytes(const hl_forecast *f, const hl_forecast_question *q, const hl_corpus *corpus)
{
    const double items = hl_config_reads_ids(q->config) ? (double)corpus->items * sizeof(int32_t) : 0;
    return items + (f->is_made_up ? 0 : (double)corpus->users * sizeof(int64_t));
}

static double messages_of(const hl_forecast *f, int rank)
{
    if (f->layout.ranks == 1) return 0;
    return hl_max(HL_FORECAST_MESSAGES, hl_min(f->summed[rank], HL_FORECAST_PIECE));
}

/* f->passing, but for what is recomputed. */
static void find_passing(hl_forecast *f, const shares *texts, const shares *users, double corpus)
{
    const double *rows = count_rows(f), process = HL_FORECAST_PROCESS + corpus;
    for (int r = 0; r < f->layout.ranks; r++)
        f->passing[r] = process + messages_of(f, r)
                        + rows[r] * hl_transformer_vector_size(&f->item) * (double)sizeof(float)
                        + hl_max(at_rank(texts, texts->scratch, r), at_rank(users, users->scratch, r));
}

/* What is recomputed is held too: one micro-batch, in a pipeline one for each stage from this one on. */
static double recomputed(const hl_forecast *f, const shares *texts, int rank)
{
    const hl_layout *l = &f->layout;
    if (!hl_layout_has(l, HL_ITEM, rank)) return 0;
    return (l->side[HL_ITEM].pp - hl_layout_stage(l, HL_ITEM, rank)) * at_rank(texts, texts->most, rank);
}

static void add_recomputed(hl_forecast *f, const shares *texts, const hl_activations_saved *fit)
{
    const hl_plan *p = &f->plan;
    int *all = hl_alloc_zero((size_t)hl_layout_replicas(&f->layout, HL_ITEM), 2 * sizeof *all);
    for (int c = 0; c < p->micro_batches; c++)
        all[2 * hl_layout_replica(&f->layout, HL_ITEM, f->share.micro_batch[c]) + (c < p->early_micro_batches)]++;
    for (int r = 0; r < f->layout.ranks; r++) {
        if (!hl_layout_has(&f->layout, HL_ITEM, r)) continue;
        const int k = hl_layout_replica(&f->layout, HL_ITEM, r);
        if (fit[k].history < all[2 * k + 1] || fit[k].negatives_only < all[2 * k])
            f->passing[r] += recomputed(f, texts, r);
    }
    free(all);
}

/* ---- how much may be saved */

/* f->saved: what users save. */
static void find_least(hl_forecast *f, const shares *texts)
{
    f->least = 0;
    for (int r = 0; r < f->layout.ranks; r++) {
        const double bytes = hl_forecast_bytes(f, r) + recomputed(f, texts, r);
        if (bytes > f->least) f->least = bytes, f->least_rank = r;
    }
}

static int64_t budget_of(const hl_forecast *f, const hl_forecast_question *q)
{
    const hl_config *c = q->config;
    const double left = c->memory_share * q->room - f->least;
    if (c->activation_budget != HL_BUDGET_AUTO) return c->activation_budget;
    return q->room <= 0 ? -1 : left > 0 ? (int64_t)left : 0;
}

/* ---- the whole */

/* Bytes of gradients of a side that replicas add up at once: all, or those of the longest layer. */
static double summed_of(const hl_forecast *f, const hl_stage_params *of, int rank)
{
    const hl_layout *l = &f->layout;
    const bool is_frozen = of->side == HL_ITEM && f->plan.items_frozen;
    if (is_frozen || !hl_layout_has(l, of->side, rank) || hl_layout_replicas(l, of->side) == 1) return 0;
    const hl_params *t = hl_stage_params_of(of, rank);
    if (!hl_zero_shards_gradients(f->job.zero)) return sizeof(float) * (double)t->count;
    size_t *begin = hl_alloc((size_t)(t->n + 1) * sizeof *begin), longest = 0;
    const int layers = hl_params_layers(begin, t);
    for (int i = 0; i < layers; i++) longest = hl_max(longest, begin[i + 1] - begin[i]);
    free(begin);
    return sizeof(float) * (double)longest;
}

void hl_forecast_measure_state(hl_forecast *f)
{
    hl_stage_params tables[HL_SIDES];
    for (hl_side i = 0; i < HL_SIDES; i++)
        hl_stage_params_open(&tables[i], &f->layout, i, f->job.shape[i], f->job.item_tokens);
    for (int r = 0; r < f->layout.ranks; r++) {
        f->state[r] = hl_cost_state_bytes(&f->job, tables, r);
        f->summed[r] = hl_max(summed_of(f, &tables[HL_ITEM], r), summed_of(f, &tables[HL_USER], r));
    }
    for (hl_side i = 0; i < HL_SIDES; i++) hl_stage_params_close(&tables[i]);
}

void hl_forecast_measure_saved(hl_forecast *f, hl_activations_saved *fit, const hl_forecast_question *q,
                               const hl_corpus *corpus)
{
    const shares texts = measured(f, q, corpus, HL_ITEM), users = measured(f, q, corpus, HL_USER);
    f->job.seconds[HL_ITEM] = (const double *const *)texts.seconds;
    f->job.seconds[HL_USER] = (const double *const *)users.seconds;
    for (int k = 0; k < f->plan.user_micro_batches; k++) add_saved(f, &users, f->share.user_micro_batch[k], k);
    find_passing(f, &texts, &users, corpus_bytes(f, q, corpus));
    find_least(f, &texts);
    f->budget = budget_of(f, q);
    find_fit(fit, f, &texts, f->budget);
    add_texts(f, &texts, fit);
    add_recomputed(f, &texts, fit);
}
