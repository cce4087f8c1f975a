/* train-step.c - one step of a training, and what people see of it. */
#include "app/train/masking.h"
#include "app/train/progress-bar.h"
#include "app/train/trainer.h"
#include "base/acts.h"
#include "base/clock.h"
#include "base/log.h"
#include <inttypes.h>
#include <math.h>

/* Has no update changed the item vectors yet?  The first steps may have had rate 0. */
static bool is_initial(const hl_trainer *t)
{
    const int64_t step = t->run.state.step;
    return t->job->config->freeze_ad || *t->job->config->item_cache || step == 0
           || (step == 1 && hl_rate_at(&t->rate, 0) == 0);
}

/* What to change where so many negatives of the step are masked. */
static const char *advice(const hl_trainer *t, double share)
{
    const hl_prepare_report *texts = &hl_dataset_manifest(t->job->data)->report;
    return hl_masking_advice(&(hl_masking){t->job->config, texts, share, t->initial_share, is_initial(t)});
}

/* Before state.step counts the step as made. */
static void warn_of_masking(hl_trainer *t, double share)
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

static hl_status end_of_step(const hl_trainer *t, const hl_step_report *r, hl_status s)
{
    const bool has_advice = r->fault == HL_STEP_ONE_VECTOR || r->fault == HL_STEP_ALL_MASKED;
    const int64_t at = t->run.state.step;
    if (!has_advice) return HL_FAIL(s, "step %" PRId64 ": %s", at, hl_error_text());
    return HL_FAIL(s, "step %" PRId64 ": %s: %s", at, hl_error_text(), advice(t, 1));
}

static void warn_of_zeros(hl_trainer *t, int64_t zeros)
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

static void warn_of_pace(hl_trainer *t, double seconds)
{
    const char *sentence = hl_pace_note(&t->pace, seconds);
    if (sentence && t->job->world->rank == 0) hl_log(HL_WARN, "step %" PRId64 ": %s", t->run.state.step, sentence);
}

static void tell_step(const hl_trainer *t, const hl_step_report *r, double lr)
{
    const int64_t at = t->run.state.step;
    char facts[160];
    snprintf(facts, sizeof facts,
             "epoch %" PRId64 "/%d step %" PRId64 "/%" PRId64 "  loss %.4f  lr %.2e  top-10 %.3f  masked %.1f %%",
             hl_trainer_epoch(t) + 1, t->job->config->epochs, at, t->steps, r->loss, lr, r->top_acc[2],
             100 * r->masked_share);
    const hl_progress_bar done = {.began = t->began,
                                  .began_at = t->began_at,
                                  .at = at,
                                  .end = t->steps,
                                  .each = t->job->config->batch_size,
                                  .log_every = t->job->config->log_every};
    hl_progress_bar_tell(&done, facts);
}

/* The clock of one rank counts, so that all save alike. */
static bool is_time_to_save(const hl_trainer *t)
{
    const double minutes = t->job->config->checkpoint_minutes, now = hl_seconds();
    const bool is_time = minutes > 0 && now - t->saving.since >= 60 * minutes;
    if (t->job->world->rank > 0) return false;
    return t->saving.failures ? hl_saving_is_urgent(&t->saving, now) : is_time;
}

hl_status hl_trainer_step(hl_trainer *t, hl_step_report *report)
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
