/* cmd-compare.c - hllm compare: models beside each other, user by user, with intervals and p-values. */
#include "app/cli/commands.h"
#include "app/compare/comparison-show.h"
#include "app/config/arguments.h"
#include "app/config/nearest.h"
#include "base/alloc.h"
#include "base/minmax.h"
#include "data/metric.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is to be compared */

static void add_files(hl_names *files, const char *list)
{
    for (const char *at = list;; at++) {
        const size_t n = strcspn(at, ",");
        if (n) hl_names_add(files, at, n);
        at += n;
        if (!*at) return;
    }
}

/* "NAME=FILE,FILE", or a file whose name without folder and ending is that of the model. */
static hl_status add_model(hl_comparison_orders *o, const char *text)
{
    const char *equals = strchr(text, '='), *slash = strchr(text, '/');
    if (o->models == HL_COMPARISON_MODELS)
        return HL_FAIL(HL_EUSAGE, "more than %d models; compare fewer at once", HL_COMPARISON_MODELS);
    hl_comparison_model *m = &o->model[o->models++];
    if (equals && (!slash || slash > equals)) {
        m->name = hl_alloc_text(text);
        m->name[equals - text] = 0;
        add_files(&m->files, equals + 1);
    } else {
        const char *last = strrchr(text, '/'), *from = last ? last + 1 : text, *dot = strrchr(from, '.');
        m->name = hl_alloc_text(from);
        if (dot && dot > from) m->name[dot - from] = 0;
        hl_names_add(&m->files, text, strlen(text));
    }
    if (m->files.n == 0) return HL_FAIL(HL_EUSAGE, "%s: names no file; write NAME=FILE,FILE", text);
    for (int k = 0; k < o->models - 1; k++)
        if (strcmp(o->model[k].name, m->name) == 0)
            return HL_FAIL(HL_EUSAGE,
                           "two models are called \"%.100s\"; write NAME=FILE, and NAME=FILE,FILE for seeds of one",
                           m->name);
    return HL_OK;
}

/* ---- by which metrics */

static hl_status no_metric(const char *name)
{
    const char *near = "recall";
    for (int i = 0; i < hl_metric_table_n; i++) {
        const hl_metric *m = &hl_metric_table[i];
        if (m->at_cut && hl_nearest_distance(m->name, name) < hl_nearest_distance(near, name)) near = m->name;
    }
    return HL_FAIL(HL_EUSAGE, "--metrics: \"%.40s\" is no metric of a user's target; the nearest is \"%s\"", name,
                   near);
}

static hl_status add_column(hl_comparison_orders *o, const char *name, int cut)
{
    if (o->columns == HL_COMPARISON_COLUMNS)
        return HL_FAIL(HL_EUSAGE, "more than %d metrics; name fewer", HL_COMPARISON_COLUMNS);
    if (cut) snprintf(o->column[o->columns++], HL_COMPARISON_COLUMN, "%s@%d", name, cut);
    else snprintf(o->column[o->columns++], HL_COMPARISON_COLUMN, "%s", name);
    return HL_OK;
}

/* One of "Recall,MRR", at all lengths. */
static hl_status add_metric(hl_comparison_orders *o, const char *text, size_t n)
{
    char name[HL_COMPARISON_COLUMN / 2];
    snprintf(name, sizeof name, "%.*s", (int)n, text);
    for (char *at = name; *at; at++) *at = (char)tolower((unsigned char)*at);
    const hl_metric *m = hl_metric_find(name);
    if (!m || !m->at_cut) return no_metric(name);
    if (m->whole) HL_TRY(add_column(o, name, 0));
    for (int k = 0; k < o->cuts; k++) HL_TRY(add_column(o, name, o->cut[k]));
    return HL_OK;
}

static hl_status add_metrics(hl_comparison_orders *o, const char *list)
{
    for (const char *at = list;; at++) {
        const size_t n = strcspn(at, ",");
        HL_TRY(add_metric(o, at, n));
        at += n;
        if (!*at) return HL_OK;
    }
}

static int ascending(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return x < y ? -1 : x > y;
}

static hl_status take_cuts(hl_comparison_orders *o, int *argc, char ***argv)
{
    const char *text;
    HL_TRY(hl_arguments_take_list(o->cut, &o->cuts, &text, "topk", HL_CUTS, 1000000, argc, *argv));
    if (o->cuts == 0) o->cut[o->cuts++] = 10;
    qsort(o->cut, (size_t)o->cuts, sizeof *o->cut, ascending);
    for (int k = 1; k < o->cuts; k++)
        if (o->cut[k] == o->cut[k - 1]) return HL_FAIL(HL_EUSAGE, "--topk has %d twice; leave one out", o->cut[k]);
    return HL_OK;
}

static hl_status read_seed(uint64_t *seed, const char *text)
{
    char *end;
    if (!text) return HL_OK;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    if (end != text && !*end && !errno && *text != '-') return HL_OK;
    return HL_FAIL(HL_EUSAGE, "--seed %s is not a whole number from 0 on", text);
}

typedef struct {
    hl_comparison_orders compare;
    const char *csv;
    bool json;
} orders;

static hl_status take_orders(orders *o, int argc, char **argv)
{
    hl_comparison_orders *c = &o->compare;
    const char *metrics, *seed;
    c->resamples = 2000, c->flips = 10000, c->seed = 1;
    o->json = hl_arguments_take_flag("json", &argc, argv);
    c->all_pairs = hl_arguments_take_flag("all-pairs", &argc, argv);
    HL_TRY(hl_arguments_take(&o->csv, "csv", &argc, argv));
    HL_TRY(hl_arguments_take(&metrics, "metrics", &argc, argv));
    HL_TRY(hl_arguments_take(&seed, "seed", &argc, argv));
    HL_TRY(hl_arguments_take_number(&c->resamples, "resamples", 100, 1000000, &argc, argv));
    HL_TRY(hl_arguments_take_number(&c->flips, "flips", 100, 10000000, &argc, argv));
    HL_TRY(read_seed(&c->seed, seed));
    HL_TRY(take_cuts(c, &argc, &argv));
    HL_TRY(add_metrics(c, metrics ? metrics : "recall,ndcg"));
    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0)
            return HL_FAIL(HL_EUSAGE,
                           "%s: no option of hllm compare; they are --metrics, --topk, --all-pairs, --resamples, "
                           "--flips, --seed, --csv and --json",
                           argv[i]);
        HL_TRY(add_model(c, argv[i]));
    }
    if (c->models == 0) return HL_FAIL(HL_EUSAGE, "name files that hllm eval --ranks has written, one a model");
    return HL_OK;
}

/* ---- the command */

static hl_status show(const hl_comparison *c, const orders *o)
{
    if (o->csv) HL_TRY(hl_comparison_write_csv(c, o->csv));
    if (!o->json) {
        hl_comparison_print(c);
        return HL_OK;
    }
    json_t *out = hl_comparison_json(c);
    json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    putchar('\n');
    json_decref(out);
    return HL_OK;
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    orders o = {0};
    hl_comparison c = {0};
    hl_status s = take_orders(&o, argc, argv);
    if (s == HL_OK) s = hl_comparison_make(&c, world, &o.compare);
    if (s == HL_OK) s = hl_group_agree(world, world->rank == 0 ? show(&c, &o) : HL_OK);
    hl_comparison_close(&c);
    hl_comparison_orders_free(&o.compare);
    return s;
}

const hl_command hl_cmd_compare = {
    .name = "compare",
    .arguments = "FILE|NAME=FILE[,FILE...]... [--json]",
    .help = "models beside each other, user by user: intervals, differences, p-values",
    .more =
        "  FILE               ranks of targets, by hllm eval --ranks; NAME=FILE,FILE: several seeds of one model,\n"
        "                     whose metrics are averaged a user.  All must be of one protocol and the same users\n"
        "  --metrics LIST     of a user's target (Recall,NDCG): Recall, Hit, Precision, NDCG, MRR, MAP\n"
        "  --topk LIST        lengths of the lists (10)\n"
        "  --all-pairs        compare all pairs; else each with the first\n"
        "  --resamples N      of the users, for 95 % bootstrap intervals (2000)\n"
        "  --flips N          of signs, for the p-values of a paired randomization test (10000); all where at most\n"
        "                     16 users differ.  They are corrected over all tests of the table: Holm, and\n"
        "                     Benjamini and Hochberg\n"
        "  --seed N           of both (1)\n"
        "  --csv FILE         a line a mean, then a line a difference\n"
        "  --json             one JSON object on standard output\n",
    .needs_no_launcher = true,
    .run = run,
};
