/* table.c - the metrics of a model beside those of what needs no model. */
#include "app/train/table.h"
#include "app/train/data.h"
#include "app/train/ease.h"
#include "app/train/metrics.h"
#include "app/train/recommender.h"
#include "data/metric.h"
#include "io/files/regular.h"
#include "mpi/eval/reference.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Can a metric such as "recall@10" have this value?  A share is a fraction, not a percentage. */
static bool can_be(const char *name, double value)
{
    char metric[32];
    snprintf(metric, sizeof metric, "%.*s", (int)strcspn(name, "@"), name);
    const hl_metric *m = hl_metric_find(metric);
    return value >= 0 && (value <= 1 || (m && !m->is_share && isfinite(value)));
}

static hl_status check_row(const char *name, const json_t *row, const char *path)
{
    const char *key;
    json_t *x;
    json_object_foreach((json_t *)(uintptr_t)row, key, x)
    {
        const double value = json_number_value(x);
        if (!json_is_number(x) || !can_be(key, value))
            return HL_FAIL(HL_EFORMAT,
                           "%s: %.60s of \"%.60s\" is not a number from 0 to 1 (a fraction, not per cent); correct "
                           "reference_scores",
                           path, key, name);
    }
    return HL_OK;
}

/* Facts that stand beside the rows, as hllm synth writes them, are passed over. */
static hl_status check_rows(json_t *rows, const char *path)
{
    const char *name;
    json_t *row;
    int n = 0;
    json_object_foreach(rows, name, row)
    {
        if (!json_is_object(row)) continue;
        HL_TRY(check_row(name, row, path));
        n++;
    }
    return n ? HL_OK
             : HL_FAIL(HL_EFORMAT,
                       "%s: has no object of metrics by their names, as {\"oracle\": {\"recall@10\": 0.4}}; correct "
                       "reference_scores",
                       path);
}

/* Rows that somebody else computed: {"oracle": {"recall@10": 0.4, ...}, ...}.  Rank 0. */
static hl_status read_reference(json_t **out, const char *path)
{
    json_error_t wrong;
    FILE *in;
    *out = NULL;
    if (!path[0]) return HL_OK;
    HL_TRY(hl_regular_stream(&in, path, HL_EFORMAT, "correct reference_scores"));
    *out = json_loadf(in, 0, &wrong);
    fclose(in);
    if (!json_is_object(*out))
        return HL_FAIL(HL_EFORMAT,
                       "%s: not a JSON object of rows of metrics by their titles (%s); correct reference_scores", path,
                       wrong.text);
    return check_rows(*out, path);
}

hl_status hl_table_check_reference(const char *path)
{
    json_t *rows;
    const hl_status s = read_reference(&rows, path);
    json_decref(rows);
    return s;
}

/* Is EASE a row beside the model's, as wanted, and not the model itself? */
static bool has_ease_beside(const hl_config *c) { return c->ease && c->model != HL_MODEL_EASE; }

hl_status hl_table_check(const hl_job *j)
{
    json_t *reference = NULL;
    hl_status s =
        hl_group_agree(j->world, j->world->rank == 0 ? read_reference(&reference, j->config->reference_scores) : HL_OK);
    json_decref(reference);
    const hl_recommender *model = hl_recommenders[j->config->model];
    if (s == HL_OK && model->fits) s = model->fits(j);
    return s == HL_OK && has_ease_beside(j->config) ? hl_recommender_EASE.fits(j) : s;
}

enum { ROWS_MOST = 16 };

typedef struct {
    hl_metrics row[ROWS_MOST];
    int n;
} rows;

static void add_row(rows *r, hl_metrics row)
{
    if (r->n < ROWS_MOST) r->row[r->n++] = row;
}

#define TITLES(name, reads_texts, has_user_llm, no_steps) \
    [HL_MODEL_##name] = {#name, #name ", ties first", #name ", ties last"},
static const char *const titles[][HL_TIES] = {HL_MODEL_CHOICES(TITLES)};

/* A model's expected metrics, and the ends of the band where it has one. */
static void add_model(rows *r, hl_model_choice model, const hl_score *score)
{
    for (hl_ties t = 0; t < HL_TIES; t++)
        if (t == HL_TIES_RANDOM || score->tied)
            add_row(r, (hl_metrics){.title = titles[model][t], .score = score, .ties = t});
}

/* score (HL_REFERENCES): what needs no model. */
static hl_status add_references(rows *r, hl_score *score, const hl_job *j, const hl_eval_orders *orders)
{
    for (int i = 0; i < HL_REFERENCES; i++) {
        hl_scorer s;
        if (strcmp(hl_references[i]->name, hl_model_facts_of[j->config->model].name) == 0) continue; /* it is there */
        hl_scorer_open(&s, hl_references[i], j->world, hl_dataset_corpus(j->data));
        const hl_status status = hl_evaluate(&score[i], &s, orders);
        hl_scorer_close(&s);
        HL_TRY(status);
        add_row(r, (hl_metrics){.title = hl_references[i]->name, .score = &score[i]});
    }
    return HL_OK;
}

/* EASE as a reference. */
static hl_status add_ease(rows *r, hl_score *ease, const hl_job *j, hl_phase phase)
{
    hl_evaluation v[2];
    hl_user_ranks nobodys[2] = {0};
    if (!has_ease_beside(j->config)) return HL_OK;
    HL_TRY(hl_ease_evaluate(v, j, nobodys));
    *ease = v[phase].score;
    add_model(r, HL_MODEL_EASE, ease);
    return HL_OK;
}

static void print(const hl_config *c, const hl_evaluation *v, const rows *r)
{
    hl_metrics_print_names(c, hl_phase_name[v->phase]);
    for (int i = 0; i < r->n; i++) hl_metrics_print(c, &r->row[i]);
    printf("%lld users; %lld share their target's score with other items (metrics are the mean over the orders of "
           "these ties; "
           "\"ties first\": the target before them, \"ties last\": behind them); %lld targets repeat an item of the "
           "history: a miss\n",
           (long long)v->score.users, (long long)v->score.tied, (long long)v->score.repeated);
    fflush(stdout);
}

/* Rank 0. */
static void show(const hl_config *c, const hl_evaluation *v, const rows *r, json_t **json)
{
    if (!json) {
        print(c, v, r);
        return;
    }
    *json = json_object();
    for (int i = 0; i < r->n; i++) json_object_set_new(*json, r->row[i].title, hl_metrics_json(c, &r->row[i]));
}

hl_status hl_table_make(const hl_job *j, const hl_evaluation *v, json_t **json)
{
    const hl_eval_orders orders = hl_evaluation_orders(j->config, v->phase);
    hl_score references[HL_REFERENCES], ease;
    rows r = {0};
    json_t *reference = NULL, *metrics;
    const char *title;
    add_model(&r, j->config->model, &v->score);
    HL_TRY(add_references(&r, references, j, &orders));
    HL_TRY(add_ease(&r, &ease, j, v->phase));
    HL_TRY_ALL(j->world, j->world->rank == 0 ? read_reference(&reference, j->config->reference_scores) : HL_OK);
    json_object_foreach(reference, title, metrics) if (json_is_object(metrics))
        add_row(&r, (hl_metrics){.title = title, .json = metrics});
    if (j->world->rank == 0) show(j->config, v, &r, json);
    hl_data_warn(j->world, j->config, hl_dataset_manifest(j->data));
    json_decref(reference);
    return HL_OK;
}
