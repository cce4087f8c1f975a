/* train-save.c - a training is saved: what happens where a disk does not take it. */
#include "app/train/trainer.h"
#include "base/acts.h"
#include "base/clock.h"
#include "base/log.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* What is left where the job ends without a save. */
static void say_what_is_left(char out[120], const hl_trainer *t)
{
    const int64_t saved = t->run.saved;
    if (saved < 0) snprintf(out, 120, "there is no checkpoint before it, and the same command begins anew");
    else snprintf(out, 120, "step-%" PRId64 " is whole, and the same command goes on from there", saved);
}

/* The seconds of work that would be lost now, by the clock of one rank. */
static double at_stake(const hl_trainer *t)
{
    double seconds = hl_seconds() - t->saving.since;
    hl_group_broadcast(t->job->world, &seconds, sizeof seconds, 0);
    return seconds;
}

/* A save has failed with s: HL_OK where training may go on without it. */
static hl_status go_on_unsaved(hl_trainer *t, hl_status s)
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

static hl_status saved(hl_trainer *t)
{
    if (t->saving.failures && t->job->world->rank == 0)
        hl_log(HL_INFO, "step %" PRId64 " is saved, after %d saves that failed", t->run.state.step, t->saving.failures);
    hl_saving_done(&t->saving, hl_seconds());
    return HL_OK;
}

hl_status hl_trainer_save(hl_trainer *t)
{
    hl_act_begin("saving a checkpoint", -1);
    const hl_status s = hl_run_save(&t->run);
    return s == HL_OK ? saved(t) : go_on_unsaved(t, s);
}

hl_status hl_trainer_save_state(hl_trainer *t)
{
    if (t->run.saved != t->run.state.step) return hl_trainer_save(t);
    const hl_status s = hl_run_save_state(&t->run);
    return s == HL_OK ? saved(t) : go_on_unsaved(t, s);
}

/* Where no later step follows.  In a test the weights at hand may be those of another step, which is saved: then the
 * state goes alone. */
hl_status hl_trainer_save_now(hl_trainer *t)
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

bool hl_trainer_is_saved(const hl_trainer *t)
{
    return !t->saving.failures && (t->run.saved == t->run.state.step || t->run.state.step == t->began_at);
}
