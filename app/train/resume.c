/* resume.c - how a run begins: anew, or from what its folder holds. */
#include "app/train/resume.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/path.h"
#include "base/process.h"
#include "app/train/origin.h"
#include "app/train/weights.h"
#include "io/checkpoint/aside.h"
#include "io/files/regular.h"
#include "io/checkpoint/steps.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USED_MOST = 1 << 20 };

static bool is_first(const hl_run *r) { return r->job->world->rank == 0; }

/* Rank 0's is the one that counts. */
static void note_job(hl_state *s)
{
    hl_process me;
    hl_process_find(&me);
    snprintf(s->job, sizeof s->job, "%s", me.job);
}

/* Rank 0: does used.yaml, which is written anew, say what the checkpoint says?  It is a warning where it does not. */
static void check_used(const hl_run *r, const hl_config *was)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    hl_config used;
    hl_path(path, "%s/used.yaml", r->job->config->checkpoint_dir);
    hl_config_defaults(&used);
    hl_status s = hl_regular_read(path, USED_MOST, &text, &n);
    if (s == HL_OK) s = hl_config_parse(&used, text, n, path);
    if (access(path, F_OK) != 0) hl_log(HL_WARN, "%s: is gone; it is written anew", path);
    else if (s != HL_OK) hl_log(HL_WARN, "%s; it is written anew", hl_error_text());
    else if (hl_config_digest(&used) != hl_config_digest(was))
        hl_log(HL_WARN, "%s: is not what this run was started with; it is written anew", path);
    free(text);
    hl_config_free(&used);
}

/* Rank 0: nothing but their digest says what the settings were. */
static hl_status compare_digests(const hl_run *r, const char *path)
{
    const hl_config *c = r->job->config;
    if (r->state.config == hl_config_digest(c)) return HL_OK;
    if (!c->force)
        return HL_FAIL(HL_EUSAGE,
                       "%s: was trained with other settings, or by an older program, and neither it nor used.yaml says "
                       "with which; restore used.yaml, choose another "
                       "checkpoint_dir, or go on with --force where you know better",
                       path);
    hl_log(HL_WARN,
           "%s: neither it nor used.yaml says what this run was started with, so it is not known whether this "
           "configuration is the same",
           path);
    return HL_OK;
}

/* Rank 0: may the configuration go on with the checkpoint? */
static hl_status compare_options(const hl_run *r, const hl_checkpoint *c)
{
    hl_config was;
    const char *path = hl_checkpoint_path(c);
    bool known = hl_origin_options(&was, hl_checkpoint_state(c), path);
    hl_status s = HL_OK;
    if (known) s = hl_config_may_resume(r->job->config, &was, path, true);
    else s = compare_digests(r, path);
    if (s == HL_OK) s = hl_origin_check_items(r->job, hl_checkpoint_state(c), path);
    if (s == HL_OK && known) check_used(r, &was);
    hl_config_free(&was);
    return s;
}

/* Let the file `name`, which is for people, name this step.  That it did not is a warning. */
static void mend_name(const char *folder, const char *name, int64_t step)
{
    if (!hl_step_is_ours(folder, step) || hl_step_named(folder, name) == step) return;
    hl_log(HL_WARN, "%s/%s: does not name step-%lld; it is written anew", folder, name, (long long)step);
    if (hl_step_name(folder, name, step) != HL_OK) hl_log(HL_WARN, "%s", hl_error_text());
}

/* A person may have written `latest` to go back, or a kill have come before it moved. */
static void tell_of_newer(const char *folder, int64_t step)
{
    int64_t *steps, newest = step;
    int n = hl_steps_list(folder, &steps);
    for (int i = 0; i < n; i++) newest = hl_max(steps[i], newest);
    free(steps);
    if (newest > step && hl_step_named(folder, "latest") == step)
        hl_log(HL_WARN,
               "%s/latest: names step-%lld, though there is step-%lld; the run goes on from step-%lld, and makes what "
               "comes after it again",
               folder, (long long)step, (long long)newest, (long long)step);
}

static void mend_names(const hl_run *r)
{
    const char *folder = r->job->config->checkpoint_dir;
    tell_of_newer(folder, r->state.step);
    mend_name(folder, "latest", r->state.step);
    if (r->state.best >= 0) mend_name(folder, "best", r->state.best_step);
}

static hl_status go_on(hl_run *r, const hl_checkpoint *c)
{
    const char *path = hl_checkpoint_path(c);
    HL_TRY_ALL(r->job->world, hl_state_read(&r->state, hl_checkpoint_state(c), path));
    if (r->state.step != hl_checkpoint_step(c))
        return HL_FAIL(HL_EFORMAT,
                       "%s: its training state is of step %lld; take another checkpoint, and move this one away", path,
                       (long long)r->state.step);
    HL_TRY_ALL(r->job->world, is_first(r) ? compare_options(r, c) : HL_OK);
    note_job(&r->state);
    if (r->state.data != hl_dataset_digest(r->job->data))
        return HL_FAIL(
            HL_EUSAGE,
            "%s was trained on other data than %s holds now; restore the data or choose another checkpoint_dir", path,
            r->job->config->dataset);
    HL_TRY(hl_weights_take(r->job, c, true));
    r->job->engine.updates = (long)r->state.updates;
    if (is_first(r)) mend_names(r);
    r->resumed = true;
    r->saved = r->agreed = r->state.step;
    hl_log(HL_INFO, "continuing from %s", path);
    return HL_OK;
}

/* The item vectors come last: those of the run that begins may be there already. */
static const char *const records[] = {"metrics.jsonl", "ledger.jsonl", "used.yaml", "stops", "items.h5"};
enum { RECORDS = sizeof records / sizeof records[0] };

/* Without `resume`: what an earlier run has left must neither be lost nor be taken for this one's after a kill. */
static hl_status set_aside(const hl_config *c, bool with_vectors)
{
    char old[PATH_MAX];
    HL_TRY(hl_aside_move(old, c->checkpoint_dir, records, with_vectors ? RECORDS : RECORDS - 1));
    if (*old) hl_log(HL_INFO, "the run that was in %s is now in %s", c->checkpoint_dir, old);
    return HL_OK;
}

/* What kills have left, before anything is read. */
static hl_status tidy(const hl_config *c, bool with_vectors)
{
    if (access(c->checkpoint_dir, F_OK) != 0) return HL_OK;
    if (hl_aside_is_unfinished(c->checkpoint_dir)) HL_TRY(set_aside(c, with_vectors));
    hl_steps_clean(c->checkpoint_dir);
    hl_steps_tell_others(c->checkpoint_dir);
    return HL_OK;
}

/* Rank 0: was this checkpoint (NULL: there is none) written by the batch job that we are, before it was started
 * again? */
static bool is_own(const hl_checkpoint *found)
{
    hl_process me;
    hl_state was = {0};
    hl_process_find(&me);
    if (!found) return me.restarts > 0;
    if (hl_state_read(&was, hl_checkpoint_state(found), hl_checkpoint_path(found)) != HL_OK) return false;
    bool is_same = *was.job && strcmp(was.job, me.job) == 0, is_unknown = !*was.job && me.restarts > 0;
    return is_same || is_unknown;
}

/* resume is false, and *found is what the folder has; s: how opening it went. */
static hl_status begin_anew(const hl_group *world, const hl_config *c, hl_checkpoint **found, hl_status s,
                            bool with_vectors)
{
    bool own = world->rank == 0 && is_own(*found);
    hl_group_broadcast(world, &own, sizeof own, 0);
    if (own && *found)
        hl_log(HL_INFO, "resume is false, but %s is of this very job, which was started again: it goes on",
               hl_checkpoint_path(*found));
    if (own) return s;
    hl_checkpoint_close(*found);
    *found = NULL;
    HL_TRY_ALL(world, world->rank == 0 ? set_aside(c, with_vectors) : HL_OK);
    return HL_OK;
}

/* The newest checkpoint that the run goes on with; NULL: there is none. */
static hl_status find(hl_checkpoint **found, const hl_group *world, const hl_config *c, bool with_vectors)
{
    const bool anew = !c->resume && !c->val_only;
    HL_TRY_ALL(world, world->rank == 0 ? tidy(c, with_vectors) : HL_OK);
    const hl_status s = hl_checkpoint_open_newest(found, world, c->checkpoint_dir, true);
    const bool are_damaged = s == HL_ESTORE; /* all of them; they go aside too */
    return anew && (s == HL_OK || are_damaged) ? begin_anew(world, c, found, s, with_vectors) : s;
}

hl_status hl_resume_make_room(bool *goes_on, const hl_group *world, const hl_config *c)
{
    hl_checkpoint *found = NULL;
    const hl_status s = find(&found, world, c, true);
    *goes_on = found != NULL;
    hl_checkpoint_close(found);
    return s;
}

hl_status hl_resume(hl_run *r)
{
    const hl_config *c = r->job->config;
    hl_checkpoint *found = NULL;
    note_job(&r->state);
    hl_status s = find(&found, r->job->world, c, false);
    if (s == HL_OK && found) s = go_on(r, found);
    hl_checkpoint_close(found);
    if (s == HL_OK && c->val_only && !r->resumed)
        return HL_FAIL(HL_EUSAGE,
                       "%s: has no checkpoint, and val_only trains none; leave val_only out, or name the "
                       "checkpoint_dir of a training",
                       c->checkpoint_dir);
    return s;
}
