/* plan-show.c - how hllm plan shows a forecast to people: the ranks in short, or a line for each. */
#include "app/cli/plan-show.h"
#include "app/plan/calibration.h"
#include "base/minmax.h"
#include <stdio.h>

/* ---- the ranks */

/* "copy 1 layers 3-5 share 1/2"; "-" where there is none. */
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
    printf("\n%5s  %-30s %-30s %10s %10s %9s %8s\n", "rank", "Item LLM", "User LLM", "state MB", "kept MB", "seconds",
           "waiting");
    for (int r = 0; r < f->layout.ranks; r++) {
        char item[60], user[60];
        part_text(item, sizeof item, f, HL_ITEM, r);
        part_text(user, sizeof user, f, HL_USER, r);
        printf("%5d  %-30s %-30s %10.1f %10.1f %9.3g %6.1f %%\n", r, item, user, f->state[r] / 1e6, f->saved[r] / 1e6,
               f->cost[r].step, 100 * f->cost[r].waiting / f->step);
    }
}

static void print_spread(const char *name, const hl_spread *s, double unit)
{
    printf("%-16s %10.4g %10.4g %10.4g %7d %7d\n", name, s->least / unit, s->mean / unit, s->most / unit, s->least_rank,
           s->most_rank);
}

static void print_spreads(const hl_outlook *o)
{
    printf("\n%-16s %10s %10s %10s %7s %7s\n", "of the ranks", "least", "mean", "most", "rank", "rank");
    print_spread("state MB", &o->state, 1e6);
    print_spread("kept MB", &o->saved, 1e6);
    print_spread("passing MB", &o->passing, 1e6);
    print_spread("memory MB", &o->memory, 1e6);
    print_spread("seconds", &o->seconds, 1);
    print_spread("waiting %", &o->waiting, 0.01);
}

/* ---- ranks that stand out: by a tenth of the mean, and by what anybody would see */

typedef double figure(const hl_forecast *f, int rank);

static double busy_of(const hl_forecast *f, int rank) { return f->cost[rank].step - f->cost[rank].waiting; }

static double mean_of(const hl_forecast *f, figure *of)
{
    double sum = 0;
    for (int r = 0; r < f->layout.ranks; r++) sum += of(f, r);
    return sum / f->layout.ranks;
}

enum { RUNS_SHOWN = 6 };

/* " 12-15 40", and how many more runs of ranks there are. */
static int list_runs(char *out, size_t room, const hl_forecast *f, figure *of, double from)
{
    size_t at = 0;
    int runs = 0;
    for (int r = 0, end; r < f->layout.ranks; r = end) {
        end = r + 1;
        if (of(f, r) <= from) continue;
        while (end < f->layout.ranks && of(f, end) > from) end++;
        if (runs++ >= RUNS_SHOWN) continue;
        at += (size_t)snprintf(out + at, room - at, end - r > 1 ? " %d-%d" : " %d", r, end - 1);
    }
    return runs;
}

static void print_outstanding(const char *what, const hl_forecast *f, figure *of)
{
    char list[RUNS_SHOWN * 24] = "";
    const double mean = mean_of(f, of);
    const int runs = list_runs(list, sizeof list, f, of, 1.1 * mean);
    if (runs == 0) return;
    printf("%s than the mean by a tenth at least: ranks%s", what, list);
    if (runs > RUNS_SHOWN) printf(" and %d other runs of ranks", runs - RUNS_SHOWN);
    putchar('\n');
}

/* ---- the step */

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
    printf("%-16s %10.4g", "step", f->step);
    if (f->interval.high > 0)
        printf("   from %.4g to %.4g, as %s", f->interval.low, f->interval.high,
               f->job.machine.high > 0 ? "steps were beside forecasts so far"
                                       : "far as the calibration's fits were off");
    putchar('\n');
}

hl_plan_sent hl_plan_sent_in(const hl_plan_view *v, int group)
{
    hl_plan_sent x = {0};
    for (int r = 0; r < v->forecast->layout.ranks; r++) {
        const hl_sent *s = &v->sent[r][group];
        x.bytes += s->bytes;
        x.messages += s->messages;
        if (s->bytes > x.most) x.most = s->bytes, x.rank = r;
    }
    return x;
}

static void print_sent(const hl_plan_view *v)
{
    if (!v->sent || v->forecast->layout.ranks == 1) return;
    printf("\n%-16s %12s %12s %12s %7s\n", "sent in a step", "MB", "messages", "MB of one", "rank");
    for (int g = 0; g < HL_MESH_GROUPS; g++) {
        const hl_plan_sent x = hl_plan_sent_in(v, g);
        if (x.messages > 0)
            printf("%-16s %12.6g %12.0f %12.6g %7d\n", hl_mesh_name(g), x.bytes / 1e6, x.messages, x.most / 1e6,
                   x.rank);
    }
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

static void print_candidates(const hl_plan_view *v)
{
    if (v->candidates) printf("placement auto\n");
    for (int i = 0; i < v->candidates; i++)
        printf("  %10.4g s  %s%s\n", v->candidate[i].step, v->candidate[i].text, i == v->best ? "  <- taken" : "");
    if (v->candidates) putchar('\n');
}

static void print_machine(const hl_machine *m, const char *calibration, int ranks)
{
    const char *guess = hl_calibration_guess(m, ranks);
    printf("a machine of %.3g GFLOP/s a rank, memory %.3g GB/s, between ranks %.3g GB/s and %.3g us, %s%s\n",
           m->flops / 1e9, m->memory / 1e9, m->wire / 1e9, m->latency * 1e6,
           *calibration ? "measured: " : "assumed: hllm bench calibrate FILE measures it, --calibration FILE takes it",
           calibration);
    if (guess) printf("  %s\n", guess);
}

/* ---- the job */

static void print_nodes(const hl_plan_view *v)
{
    const hl_outlook *o = v->outlook;
    printf("%d node%s: %.4g GB on the fullest (node %d)", o->nodes, o->nodes == 1 ? "" : "s", o->node_bytes / 1e9,
           o->fullest_node);
    if (v->node_memory > 0)
        printf(" of %.4g GB, %s", v->node_memory / 1e9,
               o->node_bytes > v->node_memory
                   ? "more than it has: take more nodes, zero, tp, pp or an activation_budget"
                   : "which fits");
    putchar('\n');
}

static void print_budget(const hl_plan_view *v)
{
    const hl_forecast *f = v->forecast;
    if (*v->nearest)
        printf("rank %d takes %.4g GB at the least and has %.4g GB: such a job is refused; %s\n", f->least_rank,
               f->least / 1e9, v->room / 1e9, v->nearest);
    else if (v->budget_is_auto && f->budget >= 0)
        printf("activation_budget auto: %.4g GB a rank, what is beyond is recomputed\n", (double)f->budget / 1e9);
    else if (v->budget_is_auto)
        printf("activation_budget auto: all is kept here; --node-memory GB says what a node can keep\n");
}

static void print_training(const hl_outlook *o)
{
    if (o->steps > 0)
        printf("training: %.0f steps, %.3g hours, %.4g node-hours without evaluations\n", o->steps, o->hours,
               o->hours * o->nodes);
    else printf("training: unknown steps; give --samples N, those of an epoch, or prepare the data\n");
}

static void print_checkpoints(const hl_outlook *o, const hl_outlook_question *q)
{
    printf("checkpoint: %.4g GB, %.3g s at %.3g GB/s a node; with a failure of a node every %.0f hours, one every %.3g "
           "minutes loses least: %.2g %% of the time\n",
           o->checkpoint_bytes / 1e9, o->checkpoint_seconds, q->disk / 1e9, q->hours_a_failure,
           o->checkpoint_every / 60, 100 * o->lost);
}

static void print_start(const hl_start *s, double disk, bool is_measured)
{
    printf(
        "start: %.4g GB are read, %.4g of weights, and %.0f files opened, by all ranks together; %.2g s at %.3g GB/s a "
        "node (%s), without the launch\n",
        s->bytes / 1e9, s->weights / 1e9, s->opens, s->seconds, disk / 1e9, is_measured ? "measured" : "assumed");
}

void hl_plan_show(const hl_plan_view *v)
{
    const hl_forecast *f = v->forecast;
    char text[120];
    hl_layout_text(text, sizeof text, &f->layout);
    hl_plan_show_layouts(v);
    print_candidates(v);
    printf("%s\n", text);
    printf("%s: %d samples, %d texts in %d chunks (%d before the users), %d user chunks\n", v->batch, f->plan.samples,
           f->plan.texts, f->plan.micro_batches, f->plan.early_micro_batches, f->plan.user_micro_batches);
    print_machine(&f->job.machine, v->calibration, f->layout.ranks);
    if (v->every_rank) print_ranks(f);
    else print_spreads(v->outlook);
    print_outstanding("more memory", f, hl_forecast_bytes);
    print_outstanding("busy longer", f, busy_of);
    print_phases(f);
    print_sent(v);
    printf("%.1f %% of all ranks' time is waiting\n\n", 100 * v->outlook->waiting.mean);
    print_nodes(v);
    print_budget(v);
    print_training(v->outlook);
    print_checkpoints(v->outlook, &v->asked);
    print_start(&v->start, v->disk_read, v->disk_is_measured);
    hl_plan_show_batch(v);
    if (v->rank >= 0) print_list(&f->schedule[v->rank], v->rank);
}
