/* cmd-plan.c - hllm plan: layout, schedule, seconds and bytes of each rank, without running anything. */
#include "base/minmax.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/plan/calibration.h"
#include "app/plan/placement.h"
#include "app/plan/rules.h"
#include "app/plan/shapes.h"
#include <jansson.h>
#include <stdio.h>

enum { MOST_RANKS = 100000, MOST_ITEMS = 4000000 };

typedef struct {
    int ranks, rank; /* rank < 0: no list */
    bool json;
} orders;

static hl_status take_orders(orders *o, int *argc, char **argv)
{
    *o = (orders){.ranks = 1, .rank = -1};
    o->json = hl_arguments_take_flag("json", argc, argv);
    HL_TRY(hl_arguments_take_number(&o->ranks, "ranks", 1, MOST_RANKS, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->rank, "rank", 0, MOST_RANKS, argc, argv));
    if (o->rank >= o->ranks) return HL_FAIL(HL_EUSAGE, "--rank %d: there are %d ranks, from 0 on", o->rank, o->ranks);
    return HL_OK;
}

/* "stage 1 of 2, layers 3 to 5, 1 of 2 ranks"; "-" where there is none. */
static void part_text(char *out, size_t n, const hl_forecast *f, hl_side side, int rank)
{
    const hl_layout *l = &f->layout;
    const hl_layout_side *g = &l->side[side];
    if (!hl_layout_has(l, side, rank)) {
        snprintf(out, n, "-");
        return;
    }
    const hl_transformer_layers x = hl_cost_layers(&f->job, side, rank);
    snprintf(out, n, "copy %d layers %d-%d share %d/%d", hl_layout_replica(l, side, rank), x.begin, x.end - 1,
             hl_layout_share(l, side, rank) + 1, g->tp);
}

static void print_ranks(const hl_forecast *f)
{
    printf("%5s  %-30s %-30s %10s %10s %9s %8s\n", "rank", "Item LLM", "User LLM", "state MB", "kept MB", "seconds",
           "waiting");
    for (int r = 0; r < f->layout.ranks; r++) {
        char item[60], user[60];
        part_text(item, sizeof item, f, HL_ITEM, r);
        part_text(user, sizeof user, f, HL_USER, r);
        printf("%5d  %-30s %-30s %10.1f %10.1f %9.3g %6.1f %%\n", r, item, user, f->state[r] / 1e6, f->saved[r] / 1e6,
               f->cost[r].step, 100 * f->cost[r].waiting / f->step);
    }
}

static double longest(const hl_forecast *f, int act)
{
    double most = 0;
    for (int r = 0; r < f->layout.ranks; r++) most = hl_max(f->cost[r].seconds[act], most);
    return most;
}

static void print_phases(const hl_forecast *f)
{
    printf("\n%-16s %10s\n", "phase", "seconds");
    for (int a = 0; a < HL_ACTS; a++)
        if (longest(f, a) > 0) printf("%-16s %10.4g\n", hl_act_table[a].name, longest(f, a));
    printf("%-16s %10.4g\n", "step", f->step);
}

static void print_list(const hl_schedule *s, int rank)
{
    printf("\nrank %d does, in this order:\n", rank);
    for (int i = 0, n; i < s->n; i += n) {
        printf("  %s", hl_act_table[s->task[i].act].name);
        for (n = 0; i + n < s->n && s->task[i + n].act == s->task[i].act; n++)
            if (s->task[i + n].micro_batch >= 0) printf(" %d", s->task[i + n].micro_batch);
        putchar('\n');
    }
}

static void print_candidates(const hl_placement_candidate *list, int n, int best)
{
    printf("placement auto\n");
    for (int i = 0; i < n; i++) printf("  %10.4g s  %s%s\n", list[i].step, list[i].text, i == best ? "  <- taken" : "");
    putchar('\n');
}

static double waiting(const hl_forecast *f)
{
    double sum = 0;
    for (int r = 0; r < f->layout.ranks; r++) sum += f->cost[r].waiting + f->step - f->cost[r].step;
    return sum / (f->layout.ranks * f->step);
}

static void print(const hl_forecast *f, const orders *o, const hl_placement_candidate *list, int n, int best)
{
    char text[120];
    hl_layout_text(text, sizeof text, &f->layout);
    if (n) print_candidates(list, n, best);
    printf("%s\n", text);
    printf("a made-up batch: %d samples, %d texts in %d chunks (%d before the users), %d user chunks\n",
           f->plan.samples, f->plan.texts, f->plan.micro_batches, f->plan.early_micro_batches,
           f->plan.user_micro_batches);
    printf("a machine of %.3g GFLOP/s a rank, memory %.3g GB/s, between ranks %.3g GB/s and %.3g us\n\n",
           f->job.machine.flops / 1e9, f->job.machine.memory / 1e9, f->job.machine.wire / 1e9,
           f->job.machine.latency * 1e6);
    print_ranks(f);
    print_phases(f);
    printf("%.1f %% of all ranks' time is waiting\n", 100 * waiting(f));
    if (o->rank >= 0) print_list(&f->schedule[o->rank], o->rank);
}

static json_t *rank_json(const hl_forecast *f, int r)
{
    json_t *phases = json_object(),
           *o = json_pack("{s:i, s:f, s:f, s:f, s:f}", "rank", r, "state_bytes", f->state[r], "kept_bytes", f->saved[r],
                          "seconds", f->cost[r].step, "waiting", f->cost[r].waiting);
    for (int a = 0; a < HL_ACTS; a++)
        if (f->cost[r].seconds[a] > 0)
            json_object_set_new(phases, hl_act_table[a].name, json_real(f->cost[r].seconds[a]));
    json_object_set_new(o, "phases", phases);
    return o;
}

static void print_json(const hl_forecast *f)
{
    char text[120];
    hl_layout_text(text, sizeof text, &f->layout);
    json_t *ranks = json_array();
    for (int r = 0; r < f->layout.ranks; r++) json_array_append_new(ranks, rank_json(f, r));
    json_t *o = json_pack("{s:i, s:s, s:f, s:f, s:o}", "schema", 1, "layout", text, "step", f->step, "waiting",
                          waiting(f), "ranks", ranks);
    json_dumpf(o, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(o);
}

/* A batch is drawn item by item; from some size on only its seconds grow. */
static hl_status check_batch(const hl_config *c)
{
    const int64_t items = (int64_t)c->batch_size * (c->MAX_ITEM_LIST_LENGTH + 1) + c->num_negatives;
    if (items <= MOST_ITEMS) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "batch_size %d and num_negatives %d are %lld items a step, more than hllm plan draws (%d); forecast a "
        "smaller batch, its seconds and bytes grow in proportion",
        c->batch_size, c->num_negatives, (long long)items, MOST_ITEMS);
}

static hl_status forecast(const hl_config *c, const orders *o)
{
    hl_transformer item, user;
    hl_forecast f;
    hl_placement_candidate list[HL_PLACEMENT_CANDIDATES];
    hl_parallelism p = hl_rules_parallelism(c, HL_COLOCATED);
    hl_forecast_question q = {c, &item, &user, NULL, hl_calibration_usual(c->threads)};
    int n = 0, best = -1;
    HL_TRY(check_batch(c));
    HL_TRY(hl_shapes_read(&item, &user, c));
    HL_TRY(hl_shapes_check(c, &item, &user));
    if (*c->calibration) HL_TRY(hl_calibration_read(&q.machine, c->calibration, item.hidden_size));
    if (c->placement == HL_PLACE_AUTO && o->ranks > 1) best = hl_placement_choose(list, &n, &q, o->ranks);
    if (best >= 0) p = list[best].parallelism;
    hl_status s = hl_forecast_open(&f, &q, o->ranks, &p);
    if (s == HL_OK && o->json) print_json(&f);
    else if (s == HL_OK) print(&f, o, list, n, best);
    hl_forecast_close(&f);
    return s;
}

static hl_status run_alone(int argc, char **argv)
{
    orders o;
    hl_config c;
    HL_TRY(take_orders(&o, &argc, argv));
    hl_status s = hl_arguments_config_alone(&c, argc, argv);
    if (s == HL_OK && c.model == HL_MODEL_EASE) s = HL_FAIL(HL_EUSAGE, "model EASE has no steps to forecast");
    if (s == HL_OK) s = forecast(&c, &o);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_plan = {
    .name = "plan",
    .arguments = "CONFIG... --ranks N [--key value]...",
    .help = "layout, schedule, seconds and bytes of each rank, without running anything",
    .more = "  --ranks N            as if started with so many; one process answers, MPI is not started\n"
            "  --rank R             the list of acts of this rank too\n"
            "  --json               one JSON object on standard output\n"
            "The batch is made up, of texts of MAX_TEXT_LENGTH tokens, so seconds and bytes are on the high side;\n"
            "it has at most 4 million items.\n",
    .has_config = true,
    .run_alone = run_alone,
};
