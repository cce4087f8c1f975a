/* evaluation.c - evaluate a job's model and show the figures beside what needs no model. */
#include "experiments/evaluation.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/usage.h"
#include "experiments/ease.h"
#include "mpi/catalogue.h"
#include "mpi/ease.h"
#include "mpi/reference.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int history_at(const hl_config *c)
{
    return c->MAX_ITEM_LIST_LENGTH_TEST ? c->MAX_ITEM_LIST_LENGTH_TEST : c->MAX_ITEM_LIST_LENGTH;
}

static int ascending(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return x < y ? -1 : x > y;
}

hl_eval_orders hl_evaluation_orders(const hl_config *c, hl_phase phase)
{
    hl_eval_orders orders = {.phase = phase, .history = history_at(c), .users = c->eval_batch_size};
    orders.cuts = c->topk.n < HL_CUTS ? c->topk.n : HL_CUTS;
    memcpy(orders.cut, c->topk.at, (size_t)orders.cuts * sizeof *orders.cut);
    qsort(orders.cut, (size_t)orders.cuts, sizeof *orders.cut, ascending);
    return orders;
}

static void find_spectrum(hl_evaluation *v, hl_job *j, const hl_catalogue *c)
{
    int D = hl_engine_width(&j->engine);
    hl_spectrum_find(&v->spectrum, j->world, c, D, &j->engine.scratch);
    hl_log(HL_INFO, "%s: item vectors spread along %.1f of %d directions, %.1f %% along the first", hl_phase_name[v->phase], v->spectrum.effective_rank, D,
           100 * v->spectrum.first_share);
}

void hl_evaluation_run(hl_evaluation *v, hl_job *j, hl_phase phase)
{
    hl_catalogue catalogue;
    hl_eval_orders orders = hl_evaluation_orders(j->config, phase);
    double began = hl_seconds(), cpu = hl_cpu_seconds();
    *v = (hl_evaluation){.phase = phase};
    hl_log_transient("%s: encoding the catalogue", hl_phase_name[phase]);
    hl_catalogue_open(&catalogue, &j->engine);
    v->texts = catalogue.texts;
    v->tokens = catalogue.tokens;
    hl_group_sum_int(j->world, &v->tokens, 1);
    v->encode_seconds = hl_seconds() - began;
    hl_log_transient("%s: ranking %lld users", hl_phase_name[phase], (long long)j->engine.corpus->users);
    hl_evaluate(&v->score, &j->engine, &catalogue, &orders);
    v->rank_seconds = hl_seconds() - began - v->encode_seconds;
    find_spectrum(v, j, &catalogue);
    hl_catalogue_close(&catalogue);
    v->seconds = hl_seconds() - began;
    v->cpu_seconds = hl_cpu_seconds() - cpu;
    hl_group_sum_double(j->world, &v->cpu_seconds, 1);
    v->peak_bytes = (int64_t)hl_group_max(j->world, (double)hl_peak_bytes());
}

/* ---- metrics by name */

/* "ndcg@200" -> "ndcg", 200; "mrr" -> "mrr", 0. */
static int split_name(char metric[16], const char *name)
{
    const char *at = strchr(name, '@');
    snprintf(metric, 16, "%.*s", at ? (int)(at - name) : (int)strlen(name), name);
    return at ? atoi(at + 1) : 0;
}

double hl_evaluation_metric(const hl_score *s, const char *name)
{
    char metric[16];
    int cut = split_name(metric, name);
    return hl_score_value(s, metric, cut);
}

/* Call show(self, "recall@10") for every column of the table. */
static void each_column(const hl_config *c, void (*show)(void *self, const char *name), void *self)
{
    for (int m = 0; m < c->metrics.n; m++) {
        char name[32];
        if (strcmp(c->metrics.at[m], "mrr") == 0) show(self, "mrr");
        else
            for (int k = 0; k < c->topk.n; k++) {
                snprintf(name, sizeof name, "%s@%d", c->metrics.at[m], c->topk.at[k]);
                show(self, name);
            }
    }
}

/* ---- a row of figures: of a score, or of a file */

typedef struct {
    const char *title;
    const hl_score *score;
    const json_t *figures;
} row;

static double value_of(const row *r, const char *name)
{
    if (r->score) return hl_evaluation_metric(r->score, name);
    const json_t *x = json_object_get(r->figures, name);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

typedef struct {
    const row *row;
    json_t *json;
} painter;

static void print_name(void *self, const char *name)
{
    (void)self;
    printf(" %10s", name);
}

static void print_value(void *self, const char *name)
{
    double x = value_of(((painter *)self)->row, name);
    if (isnan(x)) printf(" %10s", "-");
    else printf(" %10.4f", x);
}

static void note_value(void *self, const char *name)
{
    painter *p = self;
    double x = value_of(p->row, name);
    if (!isnan(x)) json_object_set_new(p->json, name, json_real(x));
}

static json_t *figures_of(const hl_config *c, const row *r)
{
    painter p = {r, json_object()};
    each_column(c, note_value, &p);
    return p.json;
}

hl_score hl_evaluation_ties_last(const hl_score *s)
{
    hl_score low = *s;
    memcpy(low.recall, s->recall_low, sizeof low.recall);
    memcpy(low.ndcg, s->ndcg_low, sizeof low.ndcg);
    low.mrr = s->mrr_low;
    return low;
}

json_t *hl_evaluation_json(const hl_job *j, const hl_evaluation *v)
{
    hl_score low = hl_evaluation_ties_last(&v->score);
    json_t *out = figures_of(j->config, &(row){.score = &v->score});
    json_object_set_new(out, "pessimistic", figures_of(j->config, &(row){.score = &low}));
    json_object_set_new(out, "users", json_integer(v->score.users));
    json_object_set_new(out, "tied", json_integer(v->score.tied));
    json_object_set_new(out, "ties", json_real(v->score.ties));
    json_object_set_new(out, "repeated", json_integer(v->score.repeated));
    if (v->spectrum.first_share > 0) {
        json_object_set_new(out, "effective_rank", json_real(v->spectrum.effective_rank));
        json_object_set_new(out, "first_share", json_real(v->spectrum.first_share));
    }
    if (v->l2) json_object_set_new(out, "l2", json_integer(v->l2));
    json_object_set_new(out, "texts", json_integer(v->texts));
    json_object_set_new(out, "tokens", json_integer(v->tokens));
    json_object_set_new(out, "seconds", json_real(v->seconds));
    json_object_set_new(out, "encode_seconds", json_real(v->encode_seconds));
    json_object_set_new(out, "rank_seconds", json_real(v->rank_seconds));
    json_object_set_new(out, "cpu_seconds", json_real(v->cpu_seconds));
    json_object_set_new(out, "peak_bytes", json_integer(v->peak_bytes));
    return out;
}

/* Rows that somebody else computed: {"oracle": {"recall@10": 0.4, ...}, ...}.  Rank 0. */
static hl_status read_reference(json_t **out, const char *path)
{
    json_error_t wrong;
    *out = NULL;
    if (!path[0]) return HL_OK;
    *out = json_load_file(path, 0, &wrong);
    if (!json_is_object(*out)) return HL_FAIL(HL_EFORMAT, "%s: not a JSON object with a row of figures a name (%s); correct reference_scores", path, wrong.text);
    return HL_OK;
}

static void print_table(const hl_config *c, const hl_evaluation *v, const row *rows, int n)
{
    printf("%-18s", hl_phase_name[v->phase]);
    each_column(c, print_name, NULL);
    putchar('\n');
    for (int i = 0; i < n; i++) {
        painter p = {&rows[i], NULL};
        printf("%-18s", rows[i].title);
        each_column(c, print_value, &p);
        putchar('\n');
    }
    printf("%lld users; %lld share their target's score with other items (\"ties last\": those stand before it); %lld targets repeat an item of the history: a miss\n",
           (long long)v->score.users, (long long)v->score.tied, (long long)v->score.repeated);
    fflush(stdout);
}

hl_status hl_evaluation_check(const hl_job *j)
{
    json_t *reference = NULL;
    hl_status s = hl_group_agree(j->world, j->world->rank == 0 ? read_reference(&reference, j->config->reference_scores) : HL_OK);
    json_decref(reference);
    bool with_ease = j->config->ease || j->config->model == HL_MODEL_EASE;
    return s == HL_OK && with_ease ? hl_ease_fits(j->world, hl_dataset_corpus(j->data)) : s;
}

/* ---- the table */

enum { ROWS_MOST = 16 };

typedef struct {
    row row[ROWS_MOST];
    int n;
} rows;

static void add_row(rows *r, const char *title, const hl_score *score, const json_t *figures)
{
    if (r->n < ROWS_MOST) r->row[r->n++] = (row){title, score, figures};
}

static const char *const titles[][2] = {
    [HL_MODEL_HLLM] = {"HLLM", "HLLM, ties last"},
    [HL_MODEL_EASE] = {"EASE", "EASE, ties last"},
};

/* EASE as a reference; nothing where it is not wanted, or is the model itself. */
static hl_status add_ease(rows *r, hl_score ease[2], const hl_job *j, hl_phase phase)
{
    hl_evaluation v[2];
    if (!j->config->ease || j->config->model == HL_MODEL_EASE) return HL_OK;
    HL_TRY(hl_ease_evaluate(v, j));
    ease[0] = v[phase].score;
    ease[1] = hl_evaluation_ties_last(&v[phase].score);
    for (int i = 0; i < 2; i++) add_row(r, titles[HL_MODEL_EASE][i], &ease[i], NULL);
    return HL_OK;
}

/* Rank 0. */
static void show(const hl_config *c, const hl_evaluation *v, const rows *r, json_t **json)
{
    if (!json) {
        print_table(c, v, r->row, r->n);
        return;
    }
    *json = json_object();
    for (int i = 0; i < r->n; i++) json_object_set_new(*json, r->row[i].title, figures_of(c, &r->row[i]));
}

hl_status hl_evaluation_table(const hl_job *j, const hl_evaluation *v, json_t **json)
{
    const hl_corpus *corpus = hl_dataset_corpus(j->data);
    hl_score low = hl_evaluation_ties_last(&v->score), popular, chance, ease[2];
    rows r = {0};
    json_t *reference = NULL, *figures;
    const char *title;
    hl_score_popularity(&popular, j->world, corpus, v->phase, v->score.cut, v->score.cuts);
    hl_score_chance(&chance, j->world, corpus, v->phase, v->score.cut, v->score.cuts);
    add_row(&r, titles[j->config->model][0], &v->score, NULL);
    add_row(&r, titles[j->config->model][1], &low, NULL);
    add_row(&r, "popularity", &popular, NULL);
    add_row(&r, "random", &chance, NULL);
    HL_TRY(add_ease(&r, ease, j, v->phase));
    HL_TRY_ALL(j->world, j->world->rank == 0 ? read_reference(&reference, j->config->reference_scores) : HL_OK);
    json_object_foreach(reference, title, figures)
        if (json_is_object(figures)) add_row(&r, title, NULL, figures);
    if (j->world->rank == 0) show(j->config, v, &r, json);
    json_decref(reference);
    return HL_OK;
}
