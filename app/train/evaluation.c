/* evaluation.c - evaluate a job's model. */
#include "app/train/evaluation.h"
#include "base/acts.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/usage.h"
#include "app/train/metrics.h"
#include "data/metric.h"
#include "mpi/eval/cosine.h"
#include "mpi/eval/labels.h"
#include <math.h>
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
    hl_eval_orders orders = {
        .phase = phase, .history = history_at(c), .mask = c->history_mask, .users = c->eval_batch_size};
    orders.cuts = hl_min(c->topk.n, HL_CUTS);
    memcpy(orders.cut, c->topk.at, (size_t)orders.cuts * sizeof *orders.cut);
    for (int i = 0; i < c->metrics.n; i++) orders.lists |= hl_metric_find(c->metrics.at[i])->of_lists != NULL;
    qsort(orders.cut, (size_t)orders.cuts, sizeof *orders.cut, ascending);
    return orders;
}

static void find_spectrum(hl_evaluation *v, hl_job *j, const hl_catalogue *c)
{
    int D = hl_engine_width(&j->engine);
    hl_spectrum_find(&v->spectrum, j->world, c, D, &j->engine.scratch);
    hl_log(HL_INFO, "%s: item vectors spread along %.1f of %d directions, %.1f %% along the first",
           hl_phase_name[v->phase], v->spectrum.effective_rank, D, 100 * v->spectrum.first_share);
}

/* More than this share of the users is worth a warning. */
static const double many_tied = 0.01;

static void warn_of_ties(const hl_evaluation *v, const hl_config *c)
{
    const hl_score *s = &v->score;
    const int k = s->cuts - 1;
    const double users = (double)s->users, tied = (double)s->tied;
    if (tied <= many_tied * users) return;
    hl_log(
        HL_WARN,
        "%s: the targets of %lld of %lld users (%.1f %%) share their score with other items, with %.1f on average: "
        "metrics are the mean over the orders of these ties; recall@%d would be %.4f with the targets first, %.4f with "
        "them last; items whose texts are equal, or alike as far as they are read, tie always: look at the texts of %s",
        hl_phase_name[v->phase], (long long)s->tied, (long long)s->users, 100 * tied / users, s->ties / tied, s->cut[k],
        s->gains[HL_TIES_FIRST].recall[k] / users, s->gains[HL_TIES_LAST].recall[k] / users, c->dataset);
}

static hl_status check_vectors(const hl_evaluation *v, hl_job *j, const hl_catalogue *c)
{
    int64_t zeros;
    hl_status s = hl_catalogue_check(c, &j->engine, &zeros);
    if (s != HL_OK) return HL_FAIL(s, "%s: %s", hl_phase_name[v->phase], hl_error_text());
    if (zeros > 0 && j->world->rank == 0)
        hl_log(HL_WARN,
               "%s: the vectors of %lld items are zero: they have no direction, and their score is 0 for every user",
               hl_phase_name[v->phase], (long long)zeros);
    return HL_OK;
}

/* Of no user, or of those who were ranked before a stop, whose lists are gone. */
static hl_score first_score(const hl_config *c, hl_phase phase, const hl_begun *begun)
{
    hl_eval_orders orders = hl_evaluation_orders(c, phase);
    const hl_score *has = begun && !orders.lists ? hl_begun_for(begun, phase, orders.cut, orders.cuts) : NULL;
    return has ? *has : hl_score_at(orders.cut, orders.cuts);
}

static hl_status rank_users(hl_evaluation *v, hl_job *j, const hl_catalogue *c)
{
    hl_eval_orders orders = hl_evaluation_orders(j->config, v->phase);
    const hl_score begun = v->score;
    orders.begun = &begun;
    orders.rank = j->ranks[v->phase].rank;
    orders.ties = j->ranks[v->phase].ties;
    if (begun.users)
        hl_log(HL_INFO, "%s: going on after %lld users, which were ranked before a signal came",
               hl_phase_name[v->phase], (long long)begun.users);
    hl_log_transient("%s: ranking %lld users", hl_phase_name[v->phase],
                     (long long)hl_targets_count(j->engine.corpus, v->phase));
    hl_status s = hl_cosine_evaluate(&v->score, &j->engine, c, &orders);
    if (s != HL_OK) return HL_FAIL(s, "%s: %s", hl_phase_name[v->phase], hl_error_text());
    if (j->world->rank == 0) warn_of_ties(v, j->config);
    return HL_OK;
}

/* "0.7101", or "-" where there is none. */
static void area_text(char out[16], double area)
{
    if (isnan(area)) snprintf(out, 16, "-");
    else snprintf(out, 16, "%.4f", area);
}

static void tell_labels(const hl_evaluation *v)
{
    const hl_label_score *s = &v->labels;
    char auc[16], gauc[16];
    area_text(auc, s->auc);
    area_text(gauc, s->gauc);
    hl_log(HL_INFO,
           "%s: %lld labels, %lld of them positive: AUC %s, log loss %.4f; GAUC %s over %lld users; %lld users have "
           "labels of one kind alone and are left out of it",
           hl_phase_name[v->phase], (long long)s->labels, (long long)s->positive, auc, s->log_loss, gauc,
           (long long)s->users, (long long)s->users_alike);
}

static hl_status predict_labels(hl_evaluation *v, hl_job *j, const hl_catalogue *c)
{
    hl_label_score *s = &v->labels;
    if (j->config->fusion == HL_FUSION_NONE) return HL_OK;
    hl_log_transient("%s: predicting labels", hl_phase_name[v->phase]);
    const hl_status status =
        hl_labels_evaluate(s, &j->engine, c, v->phase, history_at(j->config), j->config->eval_batch_size);
    if (status != HL_OK) return HL_FAIL(status, "%s: %s", hl_phase_name[v->phase], hl_error_text());
    tell_labels(v);
    return HL_OK;
}

hl_status hl_evaluation_run(hl_evaluation *v, hl_job *j, hl_phase phase, const hl_begun *begun)
{
    hl_catalogue catalogue;
    double began = hl_seconds(), cpu = hl_usage_cpu_seconds();
    if (j->ranks[phase].rank) begun = NULL; /* which has no ranks */
    *v = (hl_evaluation){.phase = phase, .score = first_score(j->config, phase, begun)};
    hl_act_begin("encoding the catalogue", -1);
    hl_log_transient("%s: encoding the catalogue", hl_phase_name[phase]);
    hl_catalogue_open(&catalogue, &j->engine);
    v->texts = catalogue.texts;
    v->tokens = catalogue.tokens;
    hl_group_all_reduce_int(j->world, &v->tokens, 1);
    v->encode_seconds = hl_seconds() - began;
    hl_status s = check_vectors(v, j, &catalogue);
    if (s == HL_OK) s = rank_users(v, j, &catalogue);
    if (s == HL_OK) s = predict_labels(v, j, &catalogue);
    v->rank_seconds = hl_seconds() - began - v->encode_seconds;
    if (s == HL_OK) find_spectrum(v, j, &catalogue);
    hl_catalogue_close(&catalogue);
    HL_TRY(s);
    v->seconds = hl_seconds() - began;
    v->cpu_seconds = hl_usage_cpu_seconds() - cpu;
    hl_group_all_reduce_double(j->world, &v->cpu_seconds, 1);
    v->peak_bytes = (int64_t)hl_group_max(j->world, (double)hl_usage_peak_bytes());
    return HL_OK;
}

bool hl_evaluation_recall(hl_evaluation *v, const hl_config *c, hl_phase phase, const hl_begun *begun)
{
    const hl_eval_orders orders = hl_evaluation_orders(c, phase);
    const hl_score *has = hl_begun_for(begun, phase, orders.cut, orders.cuts);
    if (c->fusion != HL_FUSION_NONE) return false; /* labels are not kept */
    if (!has || !begun->is_whole || has->users == 0 || (orders.lists && !has->has_lists)) return false;
    *v = (hl_evaluation){.phase = phase, .score = *has};
    return true;
}

double hl_evaluation_value(const hl_evaluation *v, const char *metric)
{
    if (strcmp(metric, "auc") == 0) return v->labels.auc;
    return strcmp(metric, "gauc") == 0 ? v->labels.gauc : hl_metrics_value(&v->score, metric);
}

static void put_labels(json_t *out, const hl_label_score *s)
{
    if (s->labels == 0) return;
    if (!isnan(s->auc)) json_object_set_new(out, "auc", json_real(s->auc));
    if (!isnan(s->gauc)) json_object_set_new(out, "gauc", json_real(s->gauc));
    json_object_set_new(out, "log_loss", json_real(s->log_loss));
    json_object_set_new(out, "labels", json_integer(s->labels));
    json_object_set_new(out, "labels_positive", json_integer(s->positive));
    json_object_set_new(out, "gauc_users", json_integer(s->users));
    json_object_set_new(out, "gauc_users_left_out", json_integer(s->users_alike));
}

static json_t *band_end(const hl_job *j, const hl_evaluation *v, hl_ties ties)
{
    return hl_metrics_json(j->config, &(hl_metrics){.score = &v->score, .ties = ties});
}

json_t *hl_evaluation_json(const hl_job *j, const hl_evaluation *v)
{
    json_t *out = hl_metrics_json(j->config, &(hl_metrics){.score = &v->score});
    json_object_set_new(out, "optimistic", band_end(j, v, HL_TIES_FIRST));
    json_object_set_new(out, "pessimistic", band_end(j, v, HL_TIES_LAST));
    json_object_update(out, j->details);
    put_labels(out, &v->labels);
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
