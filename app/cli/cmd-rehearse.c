/* cmd-rehearse.c - hllm rehearse: a step of many ranks in simulated time. */
#include "app/cli/commands.h"
#include "app/cli/rehearse-show.h"
#include "app/config/arguments.h"
#include "app/plan/calibration.h"
#include "app/plan/placement.h"
#include "app/plan/rules.h"
#include "app/plan/shapes.h"
#include "base/path.h"
#include "mpi/comm/algorithms.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RANKS = 16384, MOST_PIECE = 2000 };

typedef struct {
    int ranks[HL_REHEARSE_ROWS], rows;
    double texts;
    bool json;
    const char *sums;
    int piece; /* MB */
    hl_ask_orders ask;
    char hosts[PATH_MAX];
} orders;

/* ---- what is asked */

/* "64" or "64,256,1024". */
static hl_status take_ranks(orders *o, int *argc, char **argv)
{
    const char *text;
    HL_TRY(hl_arguments_take_list(o->ranks, &o->rows, &text, "ranks", HL_REHEARSE_ROWS, MOST_RANKS, argc, argv));
    return o->rows ? HL_OK : HL_FAIL(HL_EUSAGE, "--ranks N is missing: on how many is a step to be rehearsed?");
}

/* The hosts stand beside the platform: X.xml and X.hosts. */
static hl_status take_platform(orders *o, int *argc, char **argv)
{
    const char *hosts;
    HL_TRY(hl_arguments_take(&o->ask.platform, "platform", argc, argv));
    HL_TRY(hl_arguments_take(&hosts, "hosts", argc, argv));
    if (!o->ask.platform)
        return HL_FAIL(HL_EUSAGE, "--platform FILE is missing: a machine for SimGrid, which "
                                  "experiments/platforms/make.sh writes from nodes, bandwidth and latency");
    const char *dot = strrchr(o->ask.platform, '.');
    const int stem = dot ? (int)(dot - o->ask.platform) : (int)strlen(o->ask.platform);
    o->ask.hosts = o->hosts;
    if (hosts) return hl_path_make(o->hosts, "%s", hosts);
    return hl_path_make(o->hosts, "%.*s.hosts", stem, o->ask.platform);
}

static hl_status take_texts(orders *o, int *argc, char **argv)
{
    const char *text;
    char *end;
    HL_TRY(hl_arguments_take(&text, "texts", argc, argv));
    if (!text) return HL_OK;
    o->texts = strtod(text, &end);
    if (*end || end == text || !(o->texts > 0) || o->texts > 1e6)
        return HL_FAIL(HL_EUSAGE, "--texts %s: wants the texts a sample that differ, as 22 or 4.4", text);
    return HL_OK;
}

static hl_status take_sums(orders *o, int *argc, char **argv)
{
    char list[200] = "";
    HL_TRY(hl_arguments_take(&o->sums, "sums", argc, argv));
    if (!o->sums || hl_algorithm_take(o->sums)) return HL_OK;
    for (const hl_algorithm *a = hl_algorithms; a->name; a++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", *list ? ", " : "", a->name);
    return HL_FAIL(HL_EUSAGE, "--sums %s: there is no such algorithm; there are %s", o->sums, list);
}

static hl_status take_network(orders *o, int *argc, char **argv)
{
    const char *text;
    HL_TRY(hl_arguments_take(&text, "network", argc, argv));
    o->ask.is_plain = !text || strcmp(text, "plain") == 0;
    if (o->ask.is_plain || strcmp(text, "smpi") == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "--network %s: there are plain and smpi", text);
}

static hl_status take_orders(orders *o, int *argc, char **argv)
{
    *o = (orders){.json = hl_arguments_take_flag("json", argc, argv)};
    HL_TRY(take_ranks(o, argc, argv));
    HL_TRY(take_platform(o, argc, argv));
    HL_TRY(take_texts(o, argc, argv));
    HL_TRY(take_sums(o, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->piece, "piece", 1, MOST_PIECE, argc, argv));
    return take_network(o, argc, argv);
}

/* ---- what can be rehearsed */

static hl_status check(const hl_config *c)
{
    const char *no_steps = hl_model_facts_of[c->model].no_steps;
    if (no_steps) return HL_FAIL(HL_EUSAGE, "%s to rehearse", no_steps);
    if (hl_model_reads_ids(c->model))
        return HL_FAIL(HL_EUSAGE, "model %s: only models of texts are rehearsed; hllm plan forecasts its steps",
                       hl_model_facts_of[c->model].name);
    if (*c->item_cache)
        return HL_FAIL(HL_EUSAGE, "item_cache: only models of texts are rehearsed; hllm plan forecasts its steps");
    if (c->item_rows || c->user_rows)
        return HL_FAIL(HL_EUSAGE, "item.tp and user.tp: grids of ranks are not rehearsed; give a number without x");
    if (c->user_ranks != HL_USERS_LAST)
        return HL_FAIL(HL_EUSAGE, "user_ranks: only last is rehearsed; give --user_ranks last");
    return HL_OK;
}

/* Placement auto becomes what hllm plan finds best. */
static void choose_placement(hl_question *q, int ranks)
{
    static const hl_placement placements[] = {
        [HL_SEPARATE] = HL_PLACE_SEPARATE, [HL_COLOCATED] = HL_PLACE_COLOCATED, [HL_HYBRID] = HL_PLACE_HYBRID};
    hl_placement_candidate list[HL_PLACEMENT_CANDIDATES];
    const hl_forecast_question asked = {
        .config = &q->config, .item = &q->item, .user = &q->user, .machine = q->machine, .room = q->room};
    int n, best = ranks > 1 ? hl_placement_choose(list, &n, &asked, ranks) : -1;
    q->config.placement = best < 0 ? HL_PLACE_COLOCATED : placements[list[best].parallelism.wish.kind];
    if (best >= 0) q->config.user_dp = list[best].parallelism.wish.side[HL_USER].dp;
}

static hl_status open_question(hl_question *q, const hl_config *c, const orders *o, int ranks)
{
    memset(q, 0, sizeof *q);
    q->config = *c;
    q->has_cached_items = *c->item_cache != 0;
    q->machine = hl_calibration_usual(c->threads);
    q->texts = o->texts;
    q->config.share_tokens = false; /* tokens that are made up are of no vocabulary */
    HL_TRY(hl_shapes_read(&q->item, &q->user, c));
    HL_TRY(hl_shapes_check(c, &q->item, &q->user));
    if (*c->calibration) HL_TRY(hl_calibration_read(&q->machine, c->calibration, q->item.hidden_size));
    q->machine.noise = (hl_noise){0}; /* in simulated time nobody is late by chance, so not in the forecast beside it */
    q->piece = o->piece * 1000000;
    if (o->sums) snprintf(q->sums, sizeof q->sums, "%s", o->sums);
    if (c->placement == HL_PLACE_AUTO) choose_placement(q, ranks);
    return HL_OK;
}

/* ---- rows */

static hl_status fill(hl_rehearse_row *row, const hl_config *c, const orders *o, int ranks)
{
    hl_question q;
    hl_ask_orders ask = o->ask;
    ask.ranks = row->ranks = ranks;
    HL_TRY(open_question(&q, c, o, ranks));
    return hl_ask(&row->answer, &q, &ask);
}

static hl_status rehearse(const hl_config *c, const orders *o)
{
    hl_rehearse_row row[HL_REHEARSE_ROWS];
    HL_TRY(hl_ask_check());
    HL_TRY(check(c));
    for (int i = 0; i < o->rows; i++) HL_TRY(fill(&row[i], c, o, o->ranks[i]));
    const hl_rehearse_view view = {.row = row,
                                   .rows = o->rows,
                                   .ask = &o->ask,
                                   .calibration = c->calibration,
                                   .texts = o->texts,
                                   .sums = o->sums,
                                   .piece = o->piece};
    (o->json ? hl_rehearse_show_json : hl_rehearse_show)(&view);
    return HL_OK;
}

static hl_status run_alone(int argc, char **argv)
{
    orders o;
    hl_config c;
    HL_TRY(take_orders(&o, &argc, argv));
    hl_status s = hl_arguments_config_alone(&c, argc, argv);
    if (s == HL_OK) s = rehearse(&c, &o);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_rehearse = {
    .name = "rehearse",
    .arguments = "CONFIG... --ranks N --platform FILE [--key value]...",
    .help = "a step of many ranks in simulated time, with all its messages: seconds, waits, deadlocks",
    .more =
        "  --ranks N            so many, on this machine alone\n"
        "  --ranks N,M,...      a table of several, with the efficiency beside the first\n"
        "  --platform FILE      a machine for SimGrid; experiments/platforms/make.sh writes fat trees and dragonflies\n"
        "  --hosts FILE         the host of each rank, a line each; by default FILE of --platform with .hosts\n"
        "  --texts X            different texts a sample, of those that are made up; by default all differ\n"
        "  --sums ALGORITHM     of sums over ranks: direct, ring, halving or doubling, without overlap; by default\n"
        "                       the program's own choice\n"
        "  --piece MB           rounds of so many MB in sums, 16 by default: longer ones are fewer messages\n"
        "  --network plain      messages take latency and bytes / bandwidth alone, as in hllm plan (the default)\n"
        "  --network smpi       as SimGrid has fitted them to TCP on Ethernet\n"
        "  --json               one JSON object on standard output\n"
        "Plan, layout, schedule and messages are those of a training; what is computed takes the seconds of\n"
        "hllm plan, by the calibration where there is one. All seconds are simulated. The batch is made up, of\n"
        "texts of MAX_TEXT_LENGTH tokens. It needs SimGrid: configure says whether it was found.\n",
    .has_config = true,
    .hears_signals = true,
    .run_alone = run_alone,
};
