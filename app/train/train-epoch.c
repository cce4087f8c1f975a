/* train-epoch.c - the end of an epoch: evaluations, and which of them was the best. */
#include "app/train/trainer.h"
#include "base/log.h"
#include <inttypes.h>

/* As in the public code: an equal value counts as better, and training ends after more than stopping_step worse
 * ones. */
static bool is_best(hl_trainer *t, double value)
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

/* What a signal leaves of an evaluation is kept beside the weights, and the next start goes on from it. */
static hl_status keep_begun(hl_trainer *t, const hl_evaluation *v)
{
    hl_state *s = &t->run.state;
    s->begun = (hl_begun){true, v->phase, v->score, .is_whole = false};
    HL_TRY(hl_trainer_save_now(t));
    return HL_FAIL(HL_ESTOP,
                   "stopped at step %" PRId64 " by a signal, with %" PRId64 " of %" PRId64
                   " users of its %s ranked; the same command continues from here",
                   s->step, v->score.users, hl_targets_count(t->job->engine.corpus, v->phase), hl_phase_name[v->phase]);
}

hl_status hl_trainer_evaluate(hl_trainer *t, hl_evaluation *v, hl_phase phase)
{
    hl_status status = hl_evaluation_run(v, t->job, phase, &t->run.state.begun);
    if (status == HL_ESTOP) return keep_begun(t, v);
    t->run.state.begun.is_there = false;
    return status;
}

hl_status hl_trainer_validate(hl_trainer *t)
{
    hl_evaluation v;
    const char *metric = t->job->config->valid_metric;
    HL_TRY(hl_trainer_evaluate(t, &v, HL_VALID));
    double value = hl_evaluation_value(&v, metric);
    bool best = is_best(t, value);
    t->run.state.due = false;
    hl_log(HL_INFO, "epoch %" PRId64 ": valid %s %.4f%s, %.1f s", hl_trainer_epoch(t) + 1, metric, value,
           best ? " (the best so far)" : "", v.seconds);
    if (t->run.state.ended) hl_log(HL_INFO, "%d evaluations without a better one: training ends", t->run.state.bad);
    HL_TRY(hl_run_note_evaluation(&t->run, &v, hl_trainer_epoch(t)));
    return hl_trainer_save_state(t);
}

/* Saved before it is validated, which may take long. */
hl_status hl_trainer_end_epoch(hl_trainer *t)
{
    hl_state *s = &t->run.state;
    int64_t epoch = hl_trainer_epoch(t);
    hl_log(HL_INFO, "epoch %" PRId64 ": mean loss %.4f over %" PRId64 " steps", epoch + 1,
           s->epoch_loss / (double)s->epoch_steps, s->epoch_steps);
    HL_TRY(hl_run_note_epoch(&t->run, epoch));
    s->epoch_loss = 0;
    s->epoch_steps = 0;
    s->due = (epoch + 1) % t->job->config->eval_step == 0;
    HL_TRY(hl_trainer_save(t));
    return s->due ? hl_trainer_validate(t) : HL_OK;
}
