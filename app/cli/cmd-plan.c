/* cmd-plan.c - hllm plan: layout, schedule, seconds and bytes of each rank, without running anything. */
#include "app/cli/commands.h"
#include "app/cli/plan-show.h"
#include "app/config/arguments.h"
#include "app/plan/calibration.h"
#include "app/plan/id-shapes.h"
#include "app/plan/nearest-fit.h"
#include "app/plan/rules.h"
#include "app/plan/search.h"
#include "app/plan/shapes.h"
#include "app/train/data.h"
#include "base/minmax.h"
#include "base/path.h"
#include "data/id-corpus.h"
#include "io/dataset/dataset.h"
#include <stdio.h>
#include <stdlib.h>

enum {
    MOST_RANKS = 100000,
    MOST_ITEMS = 4000000,
    MOST_SAMPLES = 2000000000,
    MOST_HOURS = 100000000,
    MOST_GB = 1000000,
    MOST_ROWS = 20,
    MOST_COUNTED = 1024 /* ranks whose messages are counted */
};

typedef struct {
    int ranks, nodes, ranks_per_node; /* nodes, ranks_per_node 0: not said */
    int rank;                         /* < 0: no list */
    int samples, items, hours_a_failure, node_memory_gb;
    int table[MOST_ROWS], rows; /* several numbers of ranks; rows 0: one */
    bool json, every_rank, made_up, searches;
    const char *config; /* the first argument */
} orders;

/* ---- what is asked */

/* ranks = nodes x ranks a node, of which two say the third. */
static hl_status count_ranks(orders *o, bool is_given)
{
    if (o->nodes && o->ranks_per_node && is_given && o->ranks != o->nodes * o->ranks_per_node)
        return HL_FAIL(HL_EUSAGE, "--ranks %d: %d nodes of %d ranks have %d; leave it out", o->ranks, o->nodes,
                       o->ranks_per_node, o->nodes * o->ranks_per_node);
    if (o->nodes && !o->ranks_per_node && is_given) o->ranks_per_node = (o->ranks + o->nodes - 1) / o->nodes;
    else if (o->nodes) o->ranks = o->nodes * hl_max(o->ranks_per_node, 1), o->ranks_per_node = o->ranks / o->nodes;
    else if (o->ranks_per_node && !is_given) o->ranks = o->ranks_per_node;
    if (o->ranks <= MOST_RANKS) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "--nodes %d: %d ranks are more than %d", o->nodes, o->ranks, MOST_RANKS);
}

/* "64" or "64,256,1024". */
static hl_status take_ranks(orders *o, int *argc, char **argv)
{
    const char *text;
    HL_TRY(hl_arguments_take_list(o->table, &o->rows, &text, "ranks", MOST_ROWS, MOST_RANKS, argc, argv));
    o->ranks = o->rows ? o->table[0] : 0;
    if (o->rows == 1) o->rows = 0;
    if (o->rows && o->nodes)
        return HL_FAIL(HL_EUSAGE, "--ranks %s: a table needs no --nodes; give --ranks-per-node", text);
    return HL_OK;
}

static hl_status take_orders(orders *o, int *argc, char **argv)
{
    *o = (orders){.rank = -1, .hours_a_failure = (int)HL_OUTLOOK_HOURS_A_FAILURE};
    o->json = hl_arguments_take_flag("json", argc, argv);
    o->every_rank = hl_arguments_take_flag("all", argc, argv);
    o->made_up = hl_arguments_take_flag("made-up", argc, argv);
    o->searches = hl_arguments_take_flag("auto", argc, argv);
    HL_TRY(hl_arguments_take_number(&o->nodes, "nodes", 1, MOST_RANKS, argc, argv));
    HL_TRY(take_ranks(o, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->ranks_per_node, "ranks-per-node", 1, MOST_RANKS / hl_max(o->nodes, 1), argc,
                                    argv));
    HL_TRY(hl_arguments_take_number(&o->samples, "samples", 1, MOST_SAMPLES, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->items, "items", 1, MOST_SAMPLES, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->hours_a_failure, "mtbf", 1, MOST_HOURS, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->node_memory_gb, "node-memory", 1, MOST_GB, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->rank, "rank", 0, MOST_RANKS, argc, argv));
    const bool is_given = o->ranks > 0;
    o->ranks = hl_max(o->ranks, 1);
    HL_TRY(count_ranks(o, is_given));
    o->config = *argc > 0 ? argv[0] : "CONFIG";
    if (o->rank >= o->ranks) return HL_FAIL(HL_EUSAGE, "--rank %d: there are %d ranks, from 0 on", o->rank, o->ranks);
    return HL_OK;
}

/* A batch is drawn item by item; from some size on only its seconds grow. */
static hl_status check_batch(const hl_config *c)
{
    const int64_t owners = c->negatives == HL_NEGATIVES_OWN ? (int64_t)c->batch_size * c->MAX_ITEM_LIST_LENGTH : 1,
                  items = (int64_t)c->batch_size * (c->MAX_ITEM_LIST_LENGTH + 1) + owners * c->num_negatives;
    if (items <= MOST_ITEMS) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "batch_size %d and num_negatives %d are %lld items a step, more than hllm plan draws (%d); forecast a "
        "smaller batch, its seconds and bytes grow in proportion",
        c->batch_size, c->num_negatives, (long long)items, MOST_ITEMS);
}

/* ---- the data, where they are prepared */

typedef struct {
    hl_dataset *data;
    hl_id_corpus ids;      /* of a model of item ids */
    const hl_corpus *read; /* what the model reads of them; NULL: there are no data */
    double samples;        /* of an epoch; 0: there are no data */
} corpus;

static double samples_of(const hl_config *c, const hl_dataset *data)
{
    hl_windows w;
    const hl_windows_rule rule = hl_rules_windows(c);
    hl_windows_open(&w, hl_dataset_corpus(data), &rule);
    const double n = (double)hl_windows_count(&w);
    hl_windows_close(&w);
    return n;
}

/* Data that cannot be found are made up. */
static hl_status open_corpus(corpus *x, const hl_config *c)
{
    hl_group alone;
    char folder[PATH_MAX];
    hl_prepare_settings s = hl_data_settings(c);
    *x = (corpus){0};
    hl_group_alone(&alone);
    if (hl_data_folder(folder, &alone, &s) != HL_OK || !hl_path_is_there(folder, "manifest.json")) return HL_OK;
    HL_TRY(hl_dataset_open(&alone, folder, &x->data));
    x->samples = samples_of(c, x->data);
    x->read = hl_dataset_corpus(x->data);
    if (hl_config_reads_ids(c)) {
        hl_id_corpus_open(&x->ids, x->read);
        x->read = &x->ids.corpus;
    }
    if (x->samples > 0) return HL_OK;
    x->read = NULL;
    hl_dataset_close(x->data);
    x->data = NULL;
    return HL_OK;
}

/* ---- the forecast */

/* What is asked of one number of ranks, and what may be chosen for it. */
typedef struct {
    const orders *orders;
    const corpus *corpus;
    hl_config config; /* with the layout that was found; what it points to is the caller's */
    hl_transformer item, user;
    hl_forecast_question question;
    hl_plan_view view;
    hl_placement_candidate candidate[HL_PLACEMENT_CANDIDATES];
    hl_search_layout layout[HL_SEARCH_BEST];
    hl_traffic_heard heard;
} inquiry;

static double room_of(const orders *o)
{
    return 1e9 * o->node_memory_gb / (o->ranks_per_node ? o->ranks_per_node : o->ranks);
}

static hl_status open_inquiry(inquiry *i, const hl_config *c, const orders *o, const corpus *x)
{
    *i = (inquiry){.orders = o, .corpus = x, .config = *c};
    HL_TRY(hl_shapes_read(&i->item, &i->user, c));
    HL_TRY(hl_shapes_check(c, &i->item, &i->user));
    if (hl_id_shapes_have_items(c))
        hl_id_shapes_take_items(&i->item, &i->user, c, x->read ? x->read->items : o->items + 1);
    i->question = (hl_forecast_question){&i->config, &i->item, &i->user, x->read, hl_calibration_usual(c->threads),
                                         room_of(o), NULL};
    i->view = (hl_plan_view){.batch = x->data ? "the first batch of the data" : "a made-up batch",
                             .asked = {.ranks_per_node = o->ranks_per_node,
                                       .samples = o->samples ? o->samples : x->samples,
                                       .disk = HL_OUTLOOK_DISK,
                                       .hours_a_failure = o->hours_a_failure},
                             .calibration = c->calibration,
                             .node_memory = 1e9 * o->node_memory_gb,
                             .room = i->question.room,
                             .budget_is_auto = c->activation_budget == HL_BUDGET_AUTO,
                             .every_rank = o->every_rank,
                             .rank = o->rank,
                             .candidate = i->candidate,
                             .best = -1,
                             .layout = i->layout,
                             .config = o->config,
                             .ranks_per_node = o->ranks_per_node ? o->ranks_per_node : o->ranks,
                             .threads = c->threads};
    if (*c->calibration) HL_TRY(hl_calibration_read(&i->question.machine, c->calibration, i->item.hidden_size));
    hl_machine *m = &i->question.machine;
    if (o->ranks_per_node) m->ranks_per_node = o->ranks_per_node;
    i->view.disk_is_measured = m->disk_write > 0 && m->disk_read > 0;
    i->view.disk_read = i->view.disk_is_measured ? m->disk_read : HL_OUTLOOK_DISK;
    if (i->view.disk_is_measured) i->view.asked.disk = m->disk_write;
    return HL_OK;
}

static hl_status search(inquiry *i)
{
    const orders *o = i->orders;
    i->view.tried = hl_search(i->layout, &i->view.layouts, &i->question, o->ranks, o->ranks_per_node);
    if (i->view.layouts == 0)
        return HL_FAIL(HL_EUSAGE,
                       "none of %d layouts on %d ranks fits into %.4g GB a rank; use fewer ranks on each node, more "
                       "nodes, or smaller chunk_tokens",
                       i->view.tried, o->ranks, i->question.room / 1e9);
    hl_search_take(&i->config, &i->layout[0]);
    return HL_OK;
}

static hl_start_question start_question(const inquiry *i, const corpus *x)
{
    const hl_outlook_question *asked = &i->view.asked;
    hl_start_question q = {.ranks_per_node = asked->ranks_per_node, .disk = i->view.disk_read};
    const hl_manifest *m = x->data ? hl_dataset_manifest(x->data) : NULL;
    for (int t = 0; m && t < HL_TABLES; t++)
        for (int64_t k = 0; k < hl_manifest_shards(m, (hl_table)t); k++) {
            q.dataset_bytes += (double)m->shards[t][k].size;
            q.shards++;
        }
    return q;
}

/* The layout, and its forecast: close it also after a failure. */
static hl_status answer(hl_forecast *f, inquiry *i)
{
    const orders *o = i->orders;
    hl_plan_view *v = &i->view;
    *f = (hl_forecast){0};
    if (o->searches) HL_TRY(search(i));
    else if (i->config.placement == HL_PLACE_AUTO && o->ranks > 1)
        v->best = hl_placement_choose(i->candidate, &v->candidates, &i->question, o->ranks);
    if (o->ranks <= MOST_COUNTED && !o->rows) i->question.listener = &i->heard.listener;
    const hl_parallelism p =
        v->best >= 0 ? i->candidate[v->best].parallelism : hl_rules_parallelism(&i->config, HL_COLOCATED);
    return hl_forecast_open(f, &i->question, o->ranks, &p);
}

static hl_status forecast(const hl_config *c, const orders *o, const corpus *x)
{
    inquiry i;
    hl_forecast f;
    hl_outlook outlook;
    char nearest[160] = "";
    hl_traffic_groups *sent = NULL;
    HL_TRY(open_inquiry(&i, c, o, x));
    hl_traffic_open(&i.heard, (hl_tile_engine)c->tp_engine);
    const hl_status s = answer(&f, &i);
    if (s == HL_OK) {
        hl_outlook_make(&outlook, &f, c, &i.view.asked);
        if (i.question.room > 0 && f.least > i.question.room) hl_nearest_fit(nearest, sizeof nearest, &i.question, &f);
        if (i.question.listener) {
            sent = hl_alloc((size_t)o->ranks * sizeof *sent);
            hl_traffic_forecast(sent, &i.heard, &f, &i.config);
        }
        i.view.forecast = &f;
        i.view.sent = (const hl_traffic_groups *)sent;
        i.view.outlook = &outlook;
        const hl_start_question start = start_question(&i, x);
        hl_start_forecast(&i.view.start, &f, c, &start);
        i.view.nearest = nearest;
        (o->json ? hl_plan_show_json : hl_plan_show)(&i.view);
    }
    free(sent);
    hl_traffic_close(&i.heard);
    hl_forecast_close(&f);
    return s;
}

/* ---- a table over ranks */

static hl_status fill_row(hl_plan_row *row, const hl_config *c, const orders *o, const corpus *x)
{
    inquiry i;
    hl_forecast f;
    hl_outlook outlook;
    HL_TRY(open_inquiry(&i, c, o, x));
    const hl_status s = answer(&f, &i);
    if (s == HL_OK) {
        hl_outlook_make(&outlook, &f, c, &i.view.asked);
        *row = (hl_plan_row){.ranks = o->ranks,
                             .step = f.step,
                             .samples = f.plan.samples / f.step,
                             .memory = outlook.memory.most,
                             .hours = outlook.hours * outlook.nodes};
        hl_layout_text(row->layout, sizeof row->layout, &f.layout);
    }
    hl_forecast_close(&f);
    return s;
}

static hl_status table(const hl_config *c, const orders *o, const corpus *x)
{
    hl_plan_row row[MOST_ROWS];
    for (int k = 0; k < o->rows; k++) {
        orders mine = *o;
        mine.ranks = o->table[k];
        HL_TRY(fill_row(&row[k], c, &mine, x));
        row[k].efficiency = row[k].samples / row[k].ranks / (row[0].samples / row[0].ranks);
    }
    (o->json ? hl_plan_show_table_json : hl_plan_show_table)(row, o->rows);
    return HL_OK;
}

static hl_status plan(const hl_config *c, const orders *o)
{
    corpus x = {0};
    const char *no_steps = hl_model_facts_of[c->model].no_steps;
    if (no_steps) return HL_FAIL(HL_EUSAGE, "%s to forecast", no_steps);
    HL_TRY(check_batch(c));
    hl_status s = o->made_up ? HL_OK : open_corpus(&x, c);
    if (s == HL_OK && o->items && (x.read || !hl_config_reads_ids(c)))
        s = HL_FAIL(HL_EUSAGE, "--items %d: %s; leave it out", o->items,
                    x.read ? "the data say how many items there are" : "only a table of item ids needs it");
    if (s == HL_OK) s = (o->rows ? table : forecast)(c, o, &x);
    hl_id_corpus_close(&x.ids);
    hl_dataset_close(x.data);
    return s;
}

static hl_status run_alone(int argc, char **argv)
{
    orders o;
    hl_config c;
    HL_TRY(take_orders(&o, &argc, argv));
    hl_status s = hl_arguments_config_alone(&c, argc, argv);
    if (s == HL_OK) s = plan(&c, &o);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_plan = {
    .name = "plan",
    .arguments = "CONFIG... --ranks N [--key value]...",
    .help = "layout, memory, seconds and node-hours of a job, without running anything",
    .more = "  --ranks N            as if started with so many; one process answers, MPI is not started\n"
            "  --ranks N,M,...      a table of several, with the efficiency beside the first\n"
            "  --auto               the five best of all layouts that fit: placement, tp, pp and zero, of which those\n"
            "                       that the configuration gives stay; and the lines of a batch job for the best\n"
            "  --nodes N --ranks-per-node R\n"
            "                       the same as N x R ranks, and what the fullest node holds\n"
            "  --node-memory GB     what a node has: whether it fits, and what activation_budget auto keeps\n"
            "  --samples N          training samples of an epoch, where the data are not prepared\n"
            "  --items N            of the catalogue, for a model of item ids, where the data are not prepared\n"
            "  --mtbf HOURS         from one failure of a node to the next (43800, five years), for checkpoints\n"
            "  --made-up            do not look for prepared data\n"
            "  --all                a line for each rank\n"
            "  --rank R             the list of acts of this rank too\n"
            "  --json               one JSON object on standard output\n"
            "The batch is the first of the data, or where these are not prepared made up, of texts of MAX_TEXT_LENGTH\n"
            "tokens: then seconds and bytes are on the high side. It has at most 4 million items.\n",
    .has_config = true,
    .run_alone = run_alone,
};
