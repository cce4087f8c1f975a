/* train.c - train, validate each epoch, keep the best, test it at the end. */
#include "app/train/train.h"
#include "base/acts.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/stop.h"
#include "app/train/masking.h"
#include "app/train/metrics.h"
#include "app/train/pace.h"
#include "app/train/run.h"
#include "app/train/saving.h"
#include "app/train/summary.h"
#include "app/train/table.h"
#include "step/rate.h"
#include "mpi/train/step.h"
#include "mpi/comm/watch.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    hl_job *job;
    hl_run run;
    hl_rate rate;
    int64_t steps_per_epoch, steps; /* of an epoch; of the job */
    bool zeros_told;
    double began, masked_level; /* share of masked negatives that is worth the next warning */
    double initial_share;       /* of the masked ones, while no update has changed the item vectors; 0: not known */
    int64_t began_at;           /* step */
    hl_saving saving;
    double former_best; /* the best before the last one, and its step */
    int64_t former_step;
    hl_arena batch;
    hl_summary summary;
    hl_pace pace;
} trainer;

static hl_rate rate_of(const hl_config *c, int64_t steps)
{
    static const hl_rate_kind kinds[] = {[HL_SCHEDULE_CONSTANT] = HL_RATE_CONSTANT,
                                         [HL_SCHEDULE_LINEAR] = HL_RATE_LINEAR,
                                         [HL_SCHEDULE_COSINE] = HL_RATE_COSINE};
    return (hl_rate){kinds[c->scheduler_args_type], c->optim_args_learning_rate, c->scheduler_args_warmup, steps};
}

/* The learning rate follows the whole training, also where max_steps ends it early. */
static hl_status count_steps(trainer *t)
{
    const hl_config *c = t->job->config;
    if (hl_windows_count(&t->job->windows) == 0)
        return HL_FAIL(HL_EFORMAT,
                       "%s has no user with four interactions or more, so there is nothing to train on; use other data",
                       c->dataset);
    t->steps_per_epoch = hl_sampler_steps_per_epoch(&t->job->sampler);
    t->steps = t->steps_per_epoch * c->epochs;
    t->rate = rate_of(c, t->steps);
    if (c->max_steps > 0 && c->max_steps < t->steps) t->steps = c->max_steps;
    return HL_OK;
}

/* ---- a step, and what people see of it */

/* Has no update changed the item vectors yet?  The first steps may have had rate 0. */
static bool is_initial(const trainer *t)
{
    const int64_t step = t->run.state.step;
    return t->job->config->freeze_ad || step == 0 || (step == 1 && hl_rate_at(&t->rate, 0) == 0);
}

/* What to change where so many negatives of the step are masked. */
static const char *advice(const trainer *t, double share)
{
    const hl_prepare_report *texts = &hl_dataset_manifest(t->job->data)->report;
    return hl_masking_advice(&(hl_masking){t->job->config, texts, share, t->initial_share, is_initial(t)});
}

/* Before state.step counts the step as made. */
static void warn_of_masking(trainer *t, double share)
{
    if (is_initial(t)) t->initial_share = share;
    if (share < t->masked_level) return;
    if (t->job->world->rank == 0)
        hl_log(HL_WARN,
               "step %" PRId64 ": %.0f %% of the negatives are masked as false ones; when all are, the loss is 0 for "
               "good: %s",
               t->run.state.step + 1, 100 * share, advice(t, share));
    t->masked_level = fmin(1.01, 2 * share);
}

static hl_status end_of_step(const trainer *t, const hl_step_report *r, hl_status s)
{
    const bool has_advice = r->fault == HL_STEP_ONE_VECTOR || r->fault == HL_STEP_ALL_MASKED;
    const int64_t at = t->run.state.step;
    if (!has_advice) return HL_FAIL(s, "step %" PRId64 ": %s", at, hl_error_text());
    return HL_FAIL(s, "step %" PRId64 ": %s: %s", at, hl_error_text(), advice(t, 1));
}

static void warn_of_zeros(trainer *t, int64_t zeros)
{
    if (zeros == 0 || t->zeros_told) return;
    if (t->job->world->rank == 0)
        hl_log(HL_WARN,
               "step %" PRId64 ": the vectors of %" PRId64 " targets and negatives are zero: they have no direction, "
               "their cosines "
               "are 0, and nothing is learnt from them",
               t->run.state.step, zeros);
    t->zeros_told = true;
}

static void warn_of_pace(trainer *t, double seconds)
{
    const char *sentence = hl_pace_note(&t->pace, seconds);
    if (sentence && t->job->world->rank == 0) hl_log(HL_WARN, "step %" PRId64 ": %s", t->run.state.step, sentence);
}

static void clock_text(char out[32], double seconds)
{
    int s = (int)seconds;
    if (s >= 3600) snprintf(out, 32, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
    else snprintf(out, 32, "%d:%02d", s / 60, s % 60);
}

/* "[#####...............]" */
static void bar_text(char out[24], double share)
{
    int full = (int)(20 * share);
    out[0] = '[';
    for (int i = 0; i < 20; i++) out[1 + i] = i < full ? '#' : '.';
    out[21] = ']';
    out[22] = 0;
}

/* A bar on a terminal, now and then a line in a log. */
static void tell_step(trainer *t, const hl_step_report *r, double lr)
{
    int64_t at = t->run.state.step, done = at - t->began_at;
    double each = (hl_seconds() - t->began) / (double)done, samples = t->job->config->batch_size / each;
    char left[32], bar[24], facts[160];
    bool worth_a_line = at % t->job->config->log_every == 0 || done == 1;
    if (!hl_log_is_live() && !worth_a_line) return;
    clock_text(left, each * (double)(t->steps - at));
    bar_text(bar, (double)at / (double)t->steps);
    snprintf(facts, sizeof facts,
             "epoch %" PRId64 "/%d step %" PRId64 "/%" PRId64 "  loss %.4f  lr %.2e  top-10 %.3f  masked %.1f %%",
             (at - 1) / t->steps_per_epoch + 1, t->job->config->epochs, at, t->steps, r->loss, lr, r->top_acc[2],
             100 * r->masked_share);
    if (hl_log_is_live()) hl_log_transient("%s %s  %.1f samples/s  %s left", bar, facts, samples, left);
    else hl_log(HL_INFO, "%s  %.1f samples/s  %s left", facts, samples, left);
}

/* The clock of one rank counts, so that all save alike. */
static bool is_time_to_save(const trainer *t)
{
    const double minutes = t->job->config->checkpoint_minutes, now = hl_seconds();
    const bool is_time = minutes > 0 && now - t->saving.since >= 60 * minutes;
    if (t->job->world->rank > 0) return false;
    return t->saving.failures ? hl_saving_is_urgent(&t->saving, now) : is_time;
}

/* Nothing changes where the report says that the step was given up. */
static hl_status step(hl_step_report *report, trainer *t)
{
    hl_batch batch;
    hl_state *s = &t->run.state;
    hl_step_orders orders = {
        .learning_rate = hl_rate_at(&t->rate, s->step), .save = is_time_to_save(t), .update = true};
    hl_act_begin("planning a step", -1);
    hl_sampler_draw(&batch, &t->job->sampler, s->step, &t->batch);
    hl_status status = hl_step_run(report, &t->job->engine, &batch, &orders);
    hl_arena_back(&t->batch, 0);
    if (report->given_up) return HL_OK;
    HL_TRY(hl_run_note_ledger(&t->run, s->step + 1, report->loss));
    if (status != HL_OK) return end_of_step(t, report, status);
    warn_of_masking(t, report->masked_share);
    int64_t epoch = s->step / t->steps_per_epoch;
    s->step++;
    s->updates = t->job->engine.updates;
    s->epoch_loss += report->loss;
    s->epoch_steps++;
    s->begun.is_there = false;
    hl_summary_add(&t->summary, report);
    warn_of_zeros(t, report->zeros);
    warn_of_pace(t, report->seconds);
    tell_step(t, report, orders.learning_rate);
    return hl_run_note_step(&t->run, report, orders.learning_rate, epoch);
}

/* ---- saving */

/* What is left where the job ends without a save. */
static void say_what_is_left(char out[120], const trainer *t)
{
    const int64_t saved = t->run.saved;
    if (saved < 0) snprintf(out, 120, "there is no checkpoint before it, and the same command begins anew");
    else snprintf(out, 120, "step-%" PRId64 " is whole, and the same command goes on from there", saved);
}

/* The seconds of work that would be lost now, by the clock of one rank. */
static double at_stake(const trainer *t)
{
    double seconds = hl_seconds() - t->saving.since;
    hl_group_broadcast(t->job->world, &seconds, sizeof seconds, 0);
    return seconds;
}

/* A save has failed with s: HL_OK where training may go on without it. */
static hl_status go_on_unsaved(trainer *t, hl_status s)
{
    char why[1000], left[120];
    if (s != HL_ESTORE) return s;
    snprintf(why, sizeof why, "%s", hl_error_text());
    const double seconds = at_stake(t);
    const bool is_over = hl_saving_failed(&t->saving, t->run.state.step, seconds);
    HL_TRY(hl_run_note_unsaved(&t->run, t->saving.failures, seconds, why));
    say_what_is_left(left, t);
    if (is_over)
        return HL_FAIL(HL_ESTORE,
                       "step %" PRId64 " is not saved, %.2g minutes of work are at stake (save_patience) and %d saves "
                       "in a row have failed: %.600s; %s",
                       t->run.state.step, seconds / 60, t->saving.failures, why, left);
    if (t->job->world->rank == 0)
        hl_log(HL_WARN,
               "step %" PRId64 " is not saved: %s; training goes on, and a save is tried again after step %" PRId64
               "; the job ends with %g minutes of work at stake (save_patience)",
               t->run.state.step, why, t->saving.next, t->job->config->save_patience);
    return HL_OK;
}

static hl_status saved(trainer *t)
{
    if (t->saving.failures && t->job->world->rank == 0)
        hl_log(HL_INFO, "step %" PRId64 " is saved, after %d saves that failed", t->run.state.step, t->saving.failures);
    hl_saving_done(&t->saving, hl_seconds());
    return HL_OK;
}

/* A failure is not the end, before much work is at stake. */
static hl_status save(trainer *t)
{
    hl_act_begin("saving a checkpoint", -1);
    const hl_status s = hl_run_save(&t->run);
    return s == HL_OK ? saved(t) : go_on_unsaved(t, s);
}

/* The state alone where this step is saved, else all. */
static hl_status save_state(trainer *t)
{
    if (t->run.saved != t->run.state.step) return save(t);
    const hl_status s = hl_run_save_state(&t->run);
    return s == HL_OK ? saved(t) : go_on_unsaved(t, s);
}

/* Where no later step follows.  In a test the weights at hand may be those of another step, which is saved: then the
 * state goes alone. */
static hl_status save_now(trainer *t)
{
    char left[120];
    hl_status s = HL_ESTORE;
    hl_act_begin("saving a checkpoint", -1);
    for (int i = 0; s == HL_ESTORE && hl_saving_wait(i) >= 0; i++) {
        usleep((useconds_t)(1e6 * hl_saving_wait(i)));
        s = t->run.saved == t->run.state.step ? hl_run_save_state(&t->run) : hl_run_save(&t->run);
    }
    if (s == HL_OK) return saved(t);
    say_what_is_left(left, t);
    return s == HL_ESTORE ? HL_FAIL(s, "step %" PRId64 " is not saved, after several tries: %.700s; %s",
                                    t->run.state.step, hl_error_text(), left)
                          : s;
}

/* Is all that training has done in a checkpoint? */
static bool is_saved(const trainer *t)
{
    return !t->saving.failures && (t->run.saved == t->run.state.step || t->run.state.step == t->began_at);
}

/* ---- the end of an epoch */

/* As in the public code: an equal value counts as better, and training ends after more than stopping_step worse
 * ones. */
static bool is_best(trainer *t, double value)
{
    hl_state *s = &t->run.state;
    if (!(value >= s->best)) {
        s->bad++;
        s->ended = s->bad > t->job->config->stopping_step;
        return false;
    }
    t->former_best = s->best;
    t->former_step = s->best_step;
    s->best = value;
    s->best_step = s->step;
    s->bad = 0;
    return true;
}

static int64_t epoch_of(const trainer *t) { return (t->run.state.step - 1) / t->steps_per_epoch; }

/* What a signal leaves of an evaluation is kept beside the weights, and the next start goes on from it. */
static hl_status keep_begun(trainer *t, const hl_evaluation *v)
{
    hl_state *s = &t->run.state;
    s->begun = (hl_begun){true, v->phase, v->score, .is_whole = false};
    HL_TRY(save_now(t));
    return HL_FAIL(HL_ESTOP,
                   "stopped at step %" PRId64 " by a signal, with %" PRId64 " of %" PRId64
                   " users of its %s ranked; the same command continues from here",
                   s->step, v->score.users, hl_targets_count(t->job->engine.corpus, v->phase), hl_phase_name[v->phase]);
}

static hl_status evaluate(hl_evaluation *v, trainer *t, hl_phase phase)
{
    hl_status status = hl_evaluation_run(v, t->job, phase, &t->run.state.begun);
    if (status == HL_ESTOP) return keep_begun(t, v);
    t->run.state.begun.is_there = false;
    return status;
}

static hl_status validate(trainer *t)
{
    hl_evaluation v;
    const char *metric = t->job->config->valid_metric;
    HL_TRY(evaluate(&v, t, HL_VALID));
    double value = hl_metrics_value(&v.score, metric);
    bool best = is_best(t, value);
    t->run.state.due = false;
    hl_log(HL_INFO, "epoch %" PRId64 ": valid %s %.4f%s, %.1f s", epoch_of(t) + 1, metric, value,
           best ? " (the best so far)" : "", v.seconds);
    if (t->run.state.ended) hl_log(HL_INFO, "%d evaluations without a better one: training ends", t->run.state.bad);
    HL_TRY(hl_run_note_evaluation(&t->run, &v, epoch_of(t)));
    return save_state(t);
}

/* Saved before it is validated, which may take long. */
static hl_status end_epoch(trainer *t)
{
    hl_state *s = &t->run.state;
    int64_t epoch = epoch_of(t);
    hl_log(HL_INFO, "epoch %" PRId64 ": mean loss %.4f over %" PRId64 " steps", epoch + 1,
           s->epoch_loss / (double)s->epoch_steps, s->epoch_steps);
    HL_TRY(hl_run_note_epoch(&t->run, epoch));
    s->epoch_loss = 0;
    s->epoch_steps = 0;
    s->due = (epoch + 1) % t->job->config->eval_step == 0;
    HL_TRY(save(t));
    return s->due ? validate(t) : HL_OK;
}

/* ---- the whole */

static hl_status stop_here(trainer *t)
{
    if (t->run.state.step == 0)
        return HL_FAIL(HL_ESTOP, "stopped before the first step by a signal; the same command starts it again");
    if (!is_saved(t)) HL_TRY(save_now(t));
    return HL_FAIL(HL_ESTOP, "stopped at step %" PRId64 " by a signal; the same command continues from here",
                   t->run.state.step);
}

/* A step was made, and it is not the last of an epoch, which is saved anyway. */
static hl_status save_if_due(trainer *t, const hl_step_report *r)
{
    const int64_t every = t->job->config->checkpoint_every, step = t->run.state.step;
    const bool is_due =
        r->save || (t->saving.failures ? hl_saving_is_due(&t->saving, step) : every > 0 && step % every == 0);
    return is_due && !r->stop ? save(t) : HL_OK;
}

/* Weights that are about to change are the best, and on no disk: the former best is it again. */
static void give_up_unsaved_best(trainer *t)
{
    hl_state *s = &t->run.state;
    const bool is_unsaved = s->best >= 0 && s->best_step == s->step && t->run.saved != s->step;
    if (!is_unsaved) return;
    s->best = t->former_best;
    s->best_step = t->former_step;
    if (t->job->world->rank == 0)
        hl_log(HL_WARN, "step %" PRId64 " was the best so far, but is not saved: it cannot be the one that is tested",
               s->step);
}

static hl_status loop(trainer *t)
{
    const hl_state *s = &t->run.state;
    t->saving = hl_saving_begin(t->job->config->save_patience, hl_seconds());
    t->began_at = s->step;
    if (s->due) HL_TRY(validate(t));
    t->began = hl_seconds();
    while (s->step < t->steps && !s->ended) {
        hl_step_report report;
        give_up_unsaved_best(t);
        HL_TRY(step(&report, t));
        if (report.given_up) return stop_here(t);
        if (s->step % t->steps_per_epoch == 0 || s->step == t->steps) HL_TRY(end_epoch(t));
        else HL_TRY(save_if_due(t, &report));
        if (report.stop) return stop_here(t);
    }
    return is_saved(t) ? HL_OK : save_now(t);
}

/* The next start has the metrics without testing again; without room for them it tests again. */
static void keep_test(trainer *t, const hl_evaluation *v)
{
    t->run.state.begun = (hl_begun){true, v->phase, v->score, .is_whole = true};
    if (hl_run_save_state(&t->run) != HL_OK && t->job->world->rank == 0)
        hl_log(HL_WARN, "the test is not kept: %s", hl_error_text());
}

static hl_status test_best(trainer *t, json_t **result)
{
    hl_evaluation v;
    HL_TRY(hl_run_take_best(&t->run));
    HL_TRY(evaluate(&v, t, HL_TEST));
    HL_TRY(hl_run_note_evaluation(&t->run, &v, epoch_of(t)));
    HL_TRY(hl_run_sync(&t->run));
    keep_test(t, &v);
    return hl_table_make(t->job, &v, result);
}

static hl_status show_test(const trainer *t, const hl_evaluation *v, json_t **result)
{
    hl_log(HL_INFO,
           "this run has ended at step %" PRId64
           ": the metrics are those of its test; hllm eval --checkpoint %s tests again",
           t->run.state.step, t->job->config->checkpoint_dir);
    return hl_table_make(t->job, v, result);
}

/* Nothing is left to be done, and nothing is written. */
static bool is_over(const trainer *t, hl_evaluation *v)
{
    const hl_state *s = &t->run.state;
    const bool is_trained = t->job->config->val_only || s->step >= t->steps || s->ended;
    return is_trained && !s->due && hl_evaluation_recall(v, t->job->config, HL_TEST, &s->begun);
}

static hl_status train(trainer *t, json_t **result)
{
    hl_evaluation tested;
    HL_TRY(count_steps(t));
    HL_TRY(hl_table_check(t->job));
    HL_TRY(hl_run_open(&t->run, t->job));
    if (is_over(t, &tested)) return show_test(t, &tested, result);
    HL_TRY(hl_run_begin(&t->run));
    hl_log(HL_INFO, "%s; %d threads a rank; %" PRId64 " samples, %" PRId64 " steps an epoch, %d epochs", t->job->layout,
           t->job->threads, hl_windows_count(&t->job->windows), t->steps_per_epoch, t->job->config->epochs);
    hl_watch_patience(hl_pace_patience(t->job->config->hang_timeout, t->job->forecast[HL_ACTS]));
    if (!t->job->config->val_only) HL_TRY(loop(t));
    HL_TRY(hl_summary_tell(&t->summary, t->job->forecast, &t->job->mesh, t->run.record));
    return test_best(t, result);
}

/* Users of a validation count, and after it those of the test. */
static hl_reached reached_by(const trainer *t)
{
    const hl_state *s = &t->run.state;
    const int64_t validated = s->step > 0 && !s->due ? hl_targets_count(hl_dataset_corpus(t->job->data), HL_VALID) : 0;
    return (hl_reached){s->step, validated + (s->begun.is_there ? s->begun.score.users : 0)};
}

hl_status hl_train(hl_job *j, json_t **result)
{
    trainer t = {.job = j,
                 .masked_level = 0.1,
                 .batch = hl_arena_growing("the batch of a step"),
                 .pace.forecast = *j->config->calibration ? j->forecast[HL_ACTS] : 0};
    hl_status s = train(&t, result);
    j->reached = reached_by(&t);
    hl_run_close(&t.run);
    hl_arena_free(&t.batch);
    return s;
}
