/* train.c - train, validate each epoch, keep the best, test it at the end. */
#include "app/train/train.h"
#include "app/train/details.h"
#include "app/train/table.h"
#include "app/train/trainer.h"
#include "base/clock.h"
#include "base/log.h"
#include "mpi/comm/watch.h"
#include <inttypes.h>

static hl_rate rate_of(const hl_config *c, int64_t steps)
{
    static const hl_rate_kind kinds[] = {[HL_SCHEDULE_CONSTANT] = HL_RATE_CONSTANT,
                                         [HL_SCHEDULE_LINEAR] = HL_RATE_LINEAR,
                                         [HL_SCHEDULE_COSINE] = HL_RATE_COSINE};
    return (hl_rate){kinds[c->scheduler_args_type], c->optim_args_learning_rate, c->scheduler_args_warmup, steps};
}

/* The learning rate follows the whole training, also where max_steps ends it early. */
static hl_status count_steps(hl_trainer *t)
{
    const hl_config *c = t->job->config;
    if (hl_windows_count(&t->job->windows) == 0)
        return HL_FAIL(
            HL_EFORMAT,
            "%s has no user with four interactions or more, so there is nothing to train on; use other data%s",
            c->dataset, c->train_users < 1 ? ", or more of train_users" : "");
    t->steps_per_epoch = hl_sampler_steps_per_epoch(&t->job->sampler);
    t->steps = t->steps_per_epoch * c->epochs;
    t->rate = rate_of(c, t->steps);
    if (c->max_steps > 0 && c->max_steps < t->steps) t->steps = c->max_steps;
    return HL_OK;
}

static hl_status stop_here(hl_trainer *t)
{
    if (t->run.state.step == 0)
        return HL_FAIL(HL_ESTOP, "stopped before the first step by a signal; the same command starts it again");
    if (!hl_trainer_is_saved(t)) HL_TRY(hl_trainer_save_now(t));
    return HL_FAIL(HL_ESTOP, "stopped at step %" PRId64 " by a signal; the same command continues from here",
                   t->run.state.step);
}

/* A step was made, and it is not the last of an epoch, which is saved anyway. */
static hl_status save_if_due(hl_trainer *t, const hl_step_report *r)
{
    const int64_t every = t->job->config->checkpoint_every, step = t->run.state.step;
    const bool is_due =
        r->save || (t->saving.failures ? hl_saving_is_due(&t->saving, step) : every > 0 && step % every == 0);
    return is_due && !r->stop ? hl_trainer_save(t) : HL_OK;
}

/* Weights that are about to change are the best, and on no disk: the former best is it again. */
static void give_up_unsaved_best(hl_trainer *t)
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

static hl_status loop(hl_trainer *t)
{
    const hl_state *s = &t->run.state;
    t->saving = hl_saving_begin(t->job->config->save_patience, hl_seconds());
    t->began_at = s->step;
    if (s->due) HL_TRY(hl_trainer_validate(t));
    t->began = hl_seconds();
    while (s->step < t->steps && !s->ended) {
        hl_step_report report;
        give_up_unsaved_best(t);
        HL_TRY(hl_trainer_step(t, &report));
        if (report.given_up) return stop_here(t);
        if (s->step % t->steps_per_epoch == 0 || s->step == t->steps) HL_TRY(hl_trainer_end_epoch(t));
        else HL_TRY(save_if_due(t, &report));
        if (report.stop) return stop_here(t);
    }
    return hl_trainer_is_saved(t) ? HL_OK : hl_trainer_save_now(t);
}

/* The next start has the metrics without testing again; without room for them it tests again. */
static void keep_test(hl_trainer *t, const hl_evaluation *v)
{
    t->run.state.begun = (hl_begun){true, v->phase, v->score, .is_whole = true};
    if (hl_run_save_state(&t->run) != HL_OK && t->job->world->rank == 0)
        hl_log(HL_WARN, "the test is not kept: %s", hl_error_text());
}

static hl_status test_best(hl_trainer *t, json_t **result)
{
    hl_evaluation v;
    HL_TRY(hl_run_take_best(&t->run));
    hl_details_prepare(t->job, HL_TEST);
    HL_TRY(hl_trainer_evaluate(t, &v, HL_TEST));
    hl_details_make(t->job, HL_TEST);
    HL_TRY(hl_run_note_evaluation(&t->run, &v, hl_trainer_epoch(t)));
    HL_TRY(hl_run_sync(&t->run));
    keep_test(t, &v);
    return hl_table_make(t->job, &v, result);
}

static hl_status show_test(const hl_trainer *t, const hl_evaluation *v, json_t **result)
{
    hl_log(HL_INFO,
           "this run has ended at step %" PRId64
           ": the metrics are those of its test; hllm eval --checkpoint %s tests again",
           t->run.state.step, t->job->config->checkpoint_dir);
    return hl_table_make(t->job, v, result);
}

/* Nothing is left to be done, and nothing is written. */
static bool is_over(const hl_trainer *t, hl_evaluation *v)
{
    const hl_state *s = &t->run.state;
    const bool is_trained = t->job->config->val_only || s->step >= t->steps || s->ended;
    return is_trained && !s->due && hl_evaluation_recall(v, t->job->config, HL_TEST, &s->begun);
}

static hl_status train(hl_trainer *t, json_t **result)
{
    hl_evaluation tested;
    HL_TRY(count_steps(t));
    HL_TRY(hl_table_check(t->job));
    HL_TRY(hl_run_open(&t->run, t->job));
    if (is_over(t, &tested)) return show_test(t, &tested, result);
    HL_TRY(hl_run_begin(&t->run));
    hl_log(HL_INFO, "%s; %d threads a rank; %" PRId64 " samples, %" PRId64 " steps an epoch, %d epochs", t->job->layout,
           t->job->threads, hl_windows_count(&t->job->windows), t->steps_per_epoch, t->job->config->epochs);
    if (t->job->config->train_users < 1)
        hl_log(HL_INFO, "train_users %g: %" PRId64 " of %" PRId64 " users are trained on; all are evaluated",
               t->job->config->train_users, hl_windows_users(&t->job->windows), t->job->corpus->users);
    hl_watch_patience(hl_pace_patience(t->job->config->hang_timeout, t->job->forecast[HL_ACTS]));
    if (!t->job->config->val_only) HL_TRY(loop(t));
    HL_TRY(hl_summary_tell(&t->summary, t->job->forecast, &t->job->mesh, t->run.record));
    return test_best(t, result);
}

/* Users of a validation count, and after it those of the test. */
static hl_reached reached_by(const hl_trainer *t)
{
    const hl_state *s = &t->run.state;
    const int64_t validated = s->step > 0 && !s->due ? hl_targets_count(hl_dataset_corpus(t->job->data), HL_VALID) : 0;
    return (hl_reached){s->step, validated + (s->begun.is_there ? s->begun.score.users : 0)};
}

hl_status hl_train(hl_job *j, json_t **result)
{
    hl_trainer t = {.job = j,
                    .masked_level = 0.1,
                    .summary.learned = j->forecast_learned,
                    .batch = hl_arena_growing("the batch of a step"),
                    .pace.forecast = *j->config->calibration ? j->forecast[HL_ACTS] : 0};
    hl_status s = train(&t, result);
    j->reached = reached_by(&t);
    hl_run_close(&t.run);
    hl_arena_free(&t.batch);
    return s;
}
