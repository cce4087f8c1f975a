/* rehearse.c - hllm-rehearse: a step of many ranks that takes simulated time.  hllm rehearse starts it by smpirun.
 *
 * The ranks are threads of one process.  What all of them know alike - the question, the corpus, the forecast - is made
 * by the first and read by all. */
#include "app/plan/forecast.h"
#include "app/plan/made-up.h"
#include "app/plan/rules.h"
#include "app/rehearse/nowhere.h"
#include "app/rehearse/question.h"
#include "app/rehearse/stuck.h"
#include "app/rehearse/timed.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/usage.h"
#include "math/criterion.h"
#include "mpi/comm/algorithms.h"
#include "mpi/train/step.h"
#include <math.h>
#include <stdlib.h>

static const size_t NOWHERE = (size_t)1 << 36; /* addresses of the longest array */

typedef struct {
    hl_question question;
    hl_models models;
    hl_made_up corpus;
    hl_windows windows;
    hl_forecast forecast;
    void *nowhere, *page;
    hl_question_answer answer;
} common;

/* ---- what is known alike */

/* Texts of a batch that differ, of so many draws out of `items`. */
static double different(double draws, double items) { return -items * expm1(-draws / items); }

/* Fewer items, so that a batch meets some of them again. */
static void repeat_items(hl_made_up *x, const hl_config *c, double texts)
{
    const double wanted = texts * c->batch_size,
                 negatives = c->num_negatives ? c->num_negatives : c->batch_size * (c->MAX_ITEM_LIST_LENGTH + 1.0),
                 draws = c->batch_size * (c->MAX_ITEM_LIST_LENGTH + 1.0) + negatives;
    double least = 1, most = (double)x->corpus.items;
    for (int i = 0; i < 60; i++) {
        const double middle = (least + most) / 2;
        *(different(draws, middle) < wanted ? &least : &most) = middle;
    }
    const int32_t items = (int32_t)most;
    for (int64_t i = 0; i < x->corpus.users * x->history; i++) x->item[i] = 1 + x->item[i] % items;
    x->corpus.items = items + 1;
}

/* Texts of the configuration are in the other program.  Of them a step asks one alone. */
static void give_text(hl_question *q)
{
    static char none[] = "", some[] = "auto";
    q->config.item_cache = q->has_cached_items ? some : none;
}

static hl_status open_common(common *a, const char *path, int ranks)
{
    hl_question *q = &a->question;
    hl_config *c = &q->config;
    HL_TRY(hl_fault_check());
    HL_TRY(hl_question_read(q, sizeof *q, path));
    give_text(q);
    a->models = hl_models_for(&q->item, &q->user);
    hl_made_up_open(&a->corpus, c, 0);
    if (q->texts > 0) repeat_items(&a->corpus, c, q->texts);
    const hl_windows_rule rule = hl_rules_windows(c);
    hl_windows_open(&a->windows, &a->corpus.corpus, &rule);
    const hl_parallelism p = hl_rules_parallelism(c, HL_COLOCATED);
    const hl_forecast_question asked = {.config = c,
                                        .item = &q->item,
                                        .user = &q->user,
                                        .corpus = &a->corpus.corpus,
                                        .machine = q->machine,
                                        .room = q->room};
    HL_TRY(hl_forecast_open(&a->forecast, &asked, ranks, &p));
    a->page = hl_stuck_open(ranks);
    a->nowhere = hl_nowhere_open(NOWHERE);
    return HL_OK;
}

/* The first rank's; NULL where it has failed. */
static common *meet(const hl_group *world, const char *path)
{
    common *a = NULL;
    if (world->rank == 0) {
        a = hl_alloc_zero(1, sizeof *a);
        if (open_common(a, path, world->size) != HL_OK) {
            hl_log(HL_ERROR, "%s", hl_error_text());
            a = NULL;
        }
    }
    MPI_Bcast(&a, sizeof a, MPI_BYTE, 0, world->comm);
    return a;
}

/* ---- a rank */

static hl_engine_rules rules_of(const common *a)
{
    const hl_config *c = &a->question.config;
    return (hl_engine_rules){.plan = hl_rules_plan(c),
                             .models = hl_timed_models(&a->models),
                             .criterion = hl_criteria[c->loss],
                             .nce_thres = (float)c->nce_thres,
                             .weight_decay = c->optim_args_weight_decay,
                             .clip_grad_norm = c->clip_grad_norm,
                             .activation_budget = a->forecast.budget,
                             .for_training = true,
                             .zero = c->zero,
                             .overlap = c->overlap && !*a->question.sums,
                             .slices = c->exact_tp,
                             .longest_text = c->MAX_TEXT_LENGTH,
                             .longest_history = hl_rules_longest_history(c)};
}

static hl_status take_step(hl_step_report *report, hl_engine *e, const common *a, hl_trace *trace)
{
    const hl_config *c = &a->question.config;
    const hl_sampler sampler = {
        &a->windows, (uint64_t)c->seed, c->batch_size, c->num_negatives, NULL, c->negatives == HL_NEGATIVES_OWN};
    const hl_step_orders orders = {.learning_rate = 1e-4, .update = true, .trace = trace};
    hl_arena arena = hl_arena_growing("the batch of a step");
    hl_batch batch;
    hl_sampler_draw(&batch, &sampler, 0, &arena);
    hl_group_barrier(&e->mesh->world);
    const hl_status s = hl_step_run(report, e, &batch, &orders);
    hl_arena_free(&arena);
    return s;
}

/* ---- figures */

enum {
    SECONDS,
    WAITED = SECONDS + HL_ACTS + 1,
    SENT = WAITED + HL_ACTS + 1,
    BEGAN = SENT + HL_MESH_GROUPS,
    ENDED,
    USEFUL,
    FIGURES
};

static void add_up(hl_fact f[FIGURES], const hl_trace *t, const hl_step_report *r, const hl_group *world)
{
    double x[FIGURES] = {0};
    for (int i = 0; i < t->n; i++) {
        const hl_trace_event *e = &t->at[i];
        x[SECONDS + e->act] += e->end - e->begin;
        x[WAITED + e->act] += e->waited;
        x[USEFUL] += e->end - e->begin - e->waited;
    }
    for (int i = 0; i < HL_MESH_GROUPS; i++) x[SENT + i] = (double)r->sent[i];
    x[BEGAN] = t->at[0].begin;
    x[ENDED] = t->at[t->n - 1].end;
    for (int i = 0; i < FIGURES; i++) f[i] = hl_fact_of(x[i], world->rank);
    hl_facts_agree(f, FIGURES, world);
}

static void answer_phases(hl_question_answer *x, const hl_fact f[FIGURES], const hl_forecast *forecast)
{
    const int ranks = forecast->layout.ranks;
    for (int a = 0; a <= HL_ACTS; a++) {
        const hl_fact *s = &f[SECONDS + a];
        x->phase[a] = (hl_question_phase){.least = s->min,
                                          .mean = s->sum / ranks,
                                          .most = s->max,
                                          .rank = (int)s->who,
                                          .waited = f[WAITED + a].sum / ranks};
        for (int r = 0; a < HL_ACTS && r < ranks; r++)
            x->phase[a].forecast = hl_max(forecast->cost[r].seconds[a], x->phase[a].forecast);
    }
}

static void answer(common *a, const hl_fact f[FIGURES])
{
    const hl_forecast *forecast = &a->forecast;
    const int ranks = forecast->layout.ranks;
    hl_question_answer *x = &a->answer;
    *x = (hl_question_answer){.step = f[ENDED].max - f[BEGAN].min,
                              .forecast = forecast->step,
                              .useful_mean = f[USEFUL].sum / ranks,
                              .useful_most = f[USEFUL].max,
                              .memory = forecast->least,
                              .samples = forecast->plan.samples,
                              .rows = forecast->plan.rows,
                              .texts = forecast->plan.texts,
                              .micro_batches = forecast->plan.micro_batches,
                              .overlaps = rules_of(a).overlap,
                              .took_bytes = (double)hl_usage_peak_bytes()};
    for (int r = 0; r < ranks; r++) {
        x->memory = hl_max(forecast->state[r] + forecast->saved[r], x->memory);
        x->waiting += forecast->cost[r].waiting / ranks / forecast->step;
    }
    for (int i = 0; i < HL_MESH_GROUPS; i++) x->sent[i] = f[SENT + i].sum;
    hl_layout_text(x->layout, sizeof x->layout, &forecast->layout);
    answer_phases(x, f, forecast);
}

static hl_status rehearse(const hl_group *world, common *a)
{
    hl_mesh mesh;
    hl_engine engine;
    hl_step_report report;
    hl_trace trace = {0};
    hl_fact f[FIGURES];
    const hl_engine_rules rules = rules_of(a);
    hl_mesh_open(&mesh, world, &a->forecast.layout);
    hl_engine_open(&engine, &mesh, &a->corpus.corpus, &a->question.item, &a->question.user, &rules);
    const hl_status s = take_step(&report, &engine, a, &trace);
    if (s == HL_OK) add_up(f, &trace, &report, world);
    if (s == HL_OK && world->rank == 0) answer(a, f);
    hl_engine_close(&engine);
    hl_mesh_close(&mesh);
    free(trace.at);
    return s;
}

/* ---- the program */

static void begin_rank(const hl_group *world, const common *a)
{
    hl_log_rank(world->rank, world->size);
    hl_fault_rank(world->rank);
    hl_nowhere_use(a->nowhere, NOWHERE);
    hl_stuck_use(a->page, world->rank);
    hl_timed_machine(&a->question.machine);
    hl_group_pieces((size_t)a->question.piece);
    hl_algorithm_take(*a->question.sums ? a->question.sums : NULL);
}

int main(int argc, char **argv)
{
    hl_group world = {.comm = MPI_COMM_WORLD, .name = "world"};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(world.comm, &world.rank);
    MPI_Comm_size(world.comm, &world.size);
    world.traffic = hl_alloc_zero(1, sizeof *world.traffic);
    common *a = meet(&world, argc > 1 ? argv[1] : "");
    hl_status s = a ? HL_OK : HL_EFAIL;
    if (a) {
        begin_rank(&world, a);
        s = rehearse(&world, a);
        if (s == HL_OK && world.rank == 0) s = hl_question_write(argv[2], &a->answer, sizeof a->answer);
        if (s != HL_OK && world.rank == 0) hl_log(HL_ERROR, "%s", hl_error_text());
        hl_stuck_finish(a->page, world.rank);
    }
    free(world.traffic);
    MPI_Finalize();
    return (int)s;
}
