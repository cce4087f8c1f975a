/* forecast.c - what a step of a configuration would be like on so many ranks, without running it. */
#include "app/plan/forecast.h"
#include "base/fold.h"
#include "base/rng.h"
#include "app/plan/forecast-memory.h"
#include "io/weights/hf-config.h"
#include "io/files/regular.h"
#include "io/tokenizer/tokenizer.h"
#include "model/item.h"
#include "data/sampler.h"
#include "model/user.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

hl_machine hl_forecast_machine(int threads)
{
    return (hl_machine){.flops = 4e10 * (threads > 0 ? threads : 1), .memory = 1e10, .wire = 3e9, .latency = 1e-5};
}

/* What is not a number is none. */
static double number(const json_t *o, const char *key)
{
    const json_t *x = json_object_get(o, key);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

static bool is_between(double x, double least, double most) { return x >= least && x <= most; }

/* Figures that a machine can have; without other ranks nothing travels. */
static bool makes_sense(const hl_machine *m)
{
    const bool is_alone = m->wire == 0 && m->latency == 0;
    return is_between(m->flops, 1e6, 1e17) && is_between(m->memory, 1e6, 1e15)
           && (is_alone || (is_between(m->wire, 1e2, 1e14) && is_between(m->latency, 1e-9, 10)));
}

/* Products of the nearest width. */
static double gemm_of(const json_t *o, int width)
{
    double best = 0, nearest = INFINITY;
    size_t i;
    const json_t *x;
    json_array_foreach(json_object_get(o, "gemm"), i, x)
    {
        double away = fabs(log(number(x, "width") / width));
        if (away < nearest) nearest = away, best = number(x, "gflops");
    }
    return 1e9 * best;
}

hl_status hl_forecast_calibrated(hl_machine *m, const char *path, int width)
{
    json_error_t e;
    FILE *in;
    HL_TRY(hl_regular_stream(&in, path, HL_EFORMAT, "name a file that hllm bench calibrate has made"));
    json_t *o = json_loadf(in, 0, &e);
    fclose(in);
    if (!o) return HL_FAIL(HL_EFORMAT, "%s:%d: %s; make it with hllm bench calibrate %s", path, e.line, e.text, path);
    const hl_machine has = {gemm_of(o, width), 1e9 * number(o, "stream_gbs"), 1e9 * number(o, "bandwidth_gbs"),
                            number(o, "latency_s")};
    json_decref(o);
    if (!makes_sense(&has))
        return HL_FAIL(HL_EFORMAT, "%s: is no calibration; make it with hllm bench calibrate %s", path, path);
    m->flops = has.flops;
    m->memory = has.memory;
    if (has.wire > 0) m->wire = has.wire, m->latency = has.latency;
    return HL_OK;
}

static hl_status vocabulary(int *n, const hl_config *c)
{
    hl_tokenizer *t;
    hl_status s = hl_tokenizer_open(&t, *c->tokenizer ? c->tokenizer : c->item_pretrain_dir);
    if (s == HL_OK) *n = hl_tokenizer_vocab(t);
    hl_tokenizer_close(t);
    return s;
}

hl_status hl_forecast_shapes(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    *item = c->item_llm;
    *user = c->user_llm;
    if (*c->item_pretrain_dir) HL_TRY(hl_hf_config(c->item_pretrain_dir, item));
    else HL_TRY(vocabulary(&item->vocab_size, c));
    if (*c->user_pretrain_dir) HL_TRY(hl_hf_config(c->user_pretrain_dir, user));
    else user->vocab_size = item->vocab_size;
    HL_TRY(hl_transformer_check(item, "item_llm"));
    return hl_transformer_check(user, "user_llm");
}

/* A stage has a layer at least. */
static hl_status check_stages(const char *key, int stages, const hl_transformer *shape)
{
    if (stages <= 1 || stages <= shape->num_hidden_layers) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s: %d stages are more than the model's %d layers; the most is %s: %d", key, stages,
                   shape->num_hidden_layers, key, shape->num_hidden_layers > 1 ? shape->num_hidden_layers : 1);
}

/* ---- exact mode: what its groups and slices can be, and which layouts they cover */

static hl_status check_power(const char *key, int n)
{
    int below = 1;
    while (2 * below <= n) below *= 2;
    return hl_fold_fits(n) ? HL_OK
                           : HL_FAIL(HL_EUSAGE, "%s: %d is not a power of two; the nearest are %d and %d", key, n,
                                     below, 2 * below);
}

/* Key heads and width of the MLP are cut into slices, which the ranks of a stage divide. */
static hl_status check_slices(const char *side, const hl_transformer *shape, int tp, int slices)
{
    int fits = slices;
    while (shape->num_key_value_heads % fits || shape->intermediate_size % fits) fits /= 2;
    if (fits < slices)
        return HL_FAIL(
            HL_EUSAGE,
            "exact.tp: %d slices do not divide the %d key heads and the %d wide MLP of %s_llm; the most is %d", slices,
            shape->num_key_value_heads, shape->intermediate_size, side, fits);
    while (fits > tp) fits /= 2;
    if (slices % tp)
        return HL_FAIL(HL_EUSAGE,
                       "%s.tp: %d ranks do not divide the %d slices of exact.tp; the nearest possible is %s.tp %d",
                       side, tp, slices, side, fits);
    return HL_OK;
}

static hl_status check_exact(const hl_config *c, const hl_transformer *item, const hl_transformer *user)
{
    if (c->exact_groups == 0 && c->exact_tp > 1)
        return HL_FAIL(HL_EUSAGE,
                       "exact.tp %d needs exact.groups; give as many groups as the largest layout has replicas",
                       c->exact_tp);
    if (c->exact_groups == 0) return HL_OK;
    if (c->sequence_parallel)
        return HL_FAIL(
            HL_EUSAGE,
            "exact.groups needs all rows of a norm on one rank, for its gradient; leave out sequence_parallel");
    HL_TRY(check_power("exact.groups", c->exact_groups));
    HL_TRY(check_power("exact.tp", c->exact_tp));
    if (c->zero > 1)
        return HL_FAIL(
            HL_EUSAGE,
            "exact.groups needs each group's gradients whole: zero %d divides them; the nearest possible is zero 1",
            c->zero);
    if (c->item_rows || c->user_rows)
        return HL_FAIL(HL_EUSAGE,
                       "exact.groups: layers on a grid are summed panel by panel, in an order of their own; the "
                       "nearest possible is %s.tp %d",
                       c->item_rows ? "item" : "user", c->item_rows ? c->item_tp : c->user_tp);
    HL_TRY(check_slices("item", item, c->item_tp, c->exact_tp));
    return check_slices("user", user, c->user_tp, c->exact_tp);
}

static hl_status check_replicas(const hl_config *c, const char *side, int replicas)
{
    if (c->exact_groups == 0 || replicas <= c->exact_groups) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "exact.groups: %d groups are for as many replicas at most, and there are %d of the %s LLM; the "
                   "nearest possible is %s.dp %d",
                   c->exact_groups, replicas, side, side, c->exact_groups);
}

hl_status hl_forecast_check_replicas(const hl_config *c, const hl_layout *l)
{
    HL_TRY(check_replicas(c, "item", hl_layout_replicas(l, HL_ITEM)));
    return check_replicas(c, "user", hl_layout_replicas(l, HL_USER));
}

/* ---- names that begin so */

static bool begins_some(const hl_params *t, const char *prefix)
{
    bool found = false;
    for (int i = 0; i < t->n && !found; i++) found = strncmp(t->at[i].name, prefix, strlen(prefix)) == 0;
    return found;
}

static hl_status check_names(const hl_names *prefixes, const hl_params *t)
{
    for (int i = 0; i < prefixes->n; i++)
        if (!begins_some(t, prefixes->at[i]))
            return HL_FAIL(HL_EUSAGE,
                           "freeze_prefix %s begins no parameter's name; names are like item_llm.model.layers.0.",
                           prefixes->at[i]);
    return HL_OK;
}

static hl_status check_frozen(const hl_config *c, const hl_transformer *item, const hl_transformer *user)
{
    hl_params t = {0};
    if (c->freeze_prefix.n == 0) return HL_OK;
    hl_item_params(&t, item, c->item_emb_token_n, &hl_alone);
    hl_user_params(&t, user, &hl_alone);
    const hl_status s = check_names(&c->freeze_prefix, &t);
    hl_params_free(&t);
    return s;
}

hl_status hl_forecast_check(const hl_config *c, const hl_transformer *item, const hl_transformer *user)
{
    HL_TRY(check_exact(c, item, user));
    HL_TRY(check_stages("item.pp", c->item_pp, item));
    HL_TRY(check_stages("user.pp", c->user_pp, user));
    return check_frozen(c, item, user);
}

/* ---- a made-up batch */

typedef struct {
    int32_t *token, *item; /* item i's text begins at token i, so all differ */
    int length, history;
} made_up;

static const int32_t *tokens_of(const hl_corpus *c, int64_t item, int *n)
{
    const made_up *x = c->self;
    *n = x->length;
    return x->token + item;
}

static int64_t itself(const hl_corpus *c, int64_t item)
{
    (void)c;
    return item;
}

static const int32_t *sequence_of(const hl_corpus *c, int64_t user, int *n)
{
    const made_up *x = c->self;
    *n = x->history;
    return x->item + user * x->history;
}

static void make_up(hl_corpus *corpus, made_up *x, const hl_config *c)
{
    int64_t history = c->MAX_ITEM_LIST_LENGTH + 3, users = c->batch_size, items = 20 * users * history + 1;
    hl_rng r = hl_rng_at(1, HL_FOR_SYNTH, 0, 0);
    *x = (made_up){hl_alloc((size_t)(items + c->MAX_TEXT_LENGTH) * sizeof(int32_t)),
                   hl_alloc((size_t)(users * history) * sizeof(int32_t)), c->MAX_TEXT_LENGTH, (int)history};
    for (int64_t i = 0; i < items + c->MAX_TEXT_LENGTH; i++) x->token[i] = (int32_t)i;
    for (int64_t i = 0; i < users * history; i++) x->item[i] = 1 + (int32_t)hl_rng_below(&r, (uint64_t)items - 1);
    *corpus = (hl_corpus){
        .items = items, .users = users, .self = x, .tokens = tokens_of, .first_equal = itself, .sequence = sequence_of};
}

static void draw(hl_plan *plan, int parts, const hl_corpus *corpus, const hl_config *c, const hl_transformer *item,
                 const hl_transformer *user, hl_arena *arena)
{
    hl_windows w;
    hl_batch b;
    hl_windows_open(&w, corpus, c->MAX_ITEM_LIST_LENGTH, c->data_split);
    const hl_sampler sampler = {&w, (uint64_t)c->seed, c->batch_size, c->num_negatives, NULL};
    double ratio = (1 + user->num_hidden_layers * hl_transformer_layer_flop(user))
                   / (1 + item->num_hidden_layers * hl_transformer_layer_flop(item));
    const hl_plan_rules rules = {.chunk_tokens = c->chunk_tokens,
                                 .parts = parts,
                                 .user_micro_batch_rows = HL_USER_MICRO_BATCH_ROWS,
                                 .item_tokens = c->item_emb_token_n,
                                 .dedup = c->dedup,
                                 .share_prefix = c->share_prefix,
                                 .serial = c->schedule,
                                 .groups = c->exact_groups,
                                 .user_cost = ratio};
    hl_sampler_draw(&b, &sampler, 0, arena);
    hl_plan_make(plan, &b, corpus, &rules, item->hidden_size, arena);
    hl_windows_close(&w);
}

/* ---- the whole */

static void forecast(hl_forecast *f, const hl_config *c, const hl_corpus *corpus, const hl_machine *machine)
{
    int ranks = f->layout.ranks;
    draw(&f->plan, hl_layout_parts(&f->layout, HL_ITEM), corpus, c, &f->item, &f->user, &f->arena);
    hl_share_make(&f->share, &f->layout, &f->plan, &f->arena);
    f->share.lockstep = hl_zero_is_lockstep(c->zero);
    f->schedule = HL_TAKE(&f->arena, hl_schedule, ranks);
    f->cost = HL_TAKE_ZERO(&f->arena, hl_cost, ranks);
    f->state = HL_TAKE_ZERO(&f->arena, double, ranks);
    f->saved = HL_TAKE_ZERO(&f->arena, double, ranks);
    hl_activations_saved *fit = HL_TAKE(&f->arena, hl_activations_saved, hl_layout_replicas(&f->layout, HL_ITEM));
    hl_forecast_memory_saved(f, fit, c, corpus);
    hl_schedule_make_all(f->schedule, &f->layout, &f->plan, &f->share, fit, &f->arena);
    f->job = (hl_cost_job){&f->layout,          &f->plan, &f->share, f->schedule, {&f->item, &f->user},
                           c->item_emb_token_n, c->zero,  *machine};
    hl_forecast_memory_state(f);
    f->step = hl_cost_play(f->cost, &f->job);
}

hl_status hl_forecast_open(hl_forecast *f, const hl_config *c, const hl_transformer *item, const hl_transformer *user,
                           int ranks, const hl_layout_wish *wish, const hl_corpus *corpus, const hl_machine *machine)
{
    hl_corpus other;
    made_up x = {0};
    *f = (hl_forecast){.item = *item, .user = *user, .arena = hl_arena_growing("a forecast")};
    HL_TRY(hl_forecast_layout(&f->layout, c, ranks, wish));
    HL_TRY(hl_forecast_check_replicas(c, &f->layout));
    if (!corpus) make_up(&other, &x, c);
    forecast(f, c, corpus ? corpus : &other, machine);
    free(x.token);
    free(x.item);
    return HL_OK;
}

void hl_forecast_close(hl_forecast *f) { hl_arena_free(&f->arena); }

hl_status hl_forecast_layout(hl_layout *l, const hl_config *c, int ranks, const hl_layout_wish *wish)
{
    HL_TRY(hl_layout_make(l, ranks, wish));
    hl_layout_take_grids(l, (const int[]){c->item_rows, c->user_rows}, (hl_tile_engine)c->tp_engine);
    l->sequence_parallel = c->sequence_parallel;
    return HL_OK;
}

hl_layout_wish hl_forecast_wish(const hl_config *c, hl_layout_kind kind)
{
    static const hl_layout_kind kinds[] = {
        [HL_PLACE_SEPARATE] = HL_SEPARATE, [HL_PLACE_COLOCATED] = HL_COLOCATED, [HL_PLACE_HYBRID] = HL_HYBRID};
    return (hl_layout_wish){
        .kind = c->placement == HL_PLACE_AUTO ? kind : kinds[c->placement],
        .side = {[HL_ITEM] = {c->item_dp, c->item_tp, c->item_pp}, [HL_USER] = {c->user_dp, c->user_tp, c->user_pp}}};
}

static void try_candidate(hl_candidate *x, const hl_config *c, const hl_transformer *item, const hl_transformer *user,
                          int ranks, const hl_corpus *corpus, const hl_machine *machine)
{
    hl_forecast f;
    hl_status s = hl_forecast_open(&f, c, item, user, ranks, &x->wish, corpus, machine);
    x->step = s == HL_OK ? f.step : -1;
    if (s == HL_OK) hl_layout_text(x->text, sizeof x->text, &f.layout);
    hl_forecast_close(&f);
}

/* Colocated first, which is also what is taken where others are as good. */
int hl_forecast_choose(hl_candidate list[HL_CANDIDATES], int *n, const hl_config *c, const hl_transformer *item,
                       const hl_transformer *user, int ranks, const hl_corpus *corpus, const hl_machine *machine)
{
    static const struct {
        hl_layout_kind kind;
        int users;
    } kinds[HL_CANDIDATES] = {{HL_COLOCATED, 0}, {HL_HYBRID, 1},   {HL_HYBRID, 2},
                              {HL_SEPARATE, 1},  {HL_SEPARATE, 2}, {HL_SEPARATE, 4}};
    int best = -1;
    *n = 0;
    for (int i = 0; i < HL_CANDIDATES; i++) {
        hl_candidate x = {.wish = hl_forecast_wish(c, kinds[i].kind)};
        bool given = c->user_dp > 0;
        if (given && kinds[i].users > 1) continue;
        if (!given) x.wish.side[HL_USER].dp = kinds[i].users;
        try_candidate(&x, c, item, user, ranks, corpus, machine);
        if (x.step < 0) continue;
        list[*n] = x;
        if (best < 0 || x.step < 0.98 * list[best].step) best = *n;
        ++*n;
    }
    return best;
}
